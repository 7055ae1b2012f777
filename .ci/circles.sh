#!/usr/bin/env bash
# There are no circles between the files of a crate: none needs itself by way of others. What a file needs is what its `use` lines lead to,
# re-exports followed to where they come from. A mod.rs or lib.rs stands for its folder, whose files know it and are known to it, and is
# left aside, as tests are.
set -euo pipefail
cd "$(dirname "$0")/.."

circles() {
    find "$1" -name '*.rs' ! -path 'src/main.rs' ! -path 'src/cli/*' -print0 | sort -z | xargs -0 awk -v root="$1/" '
    # A module by its file: a/b.rs and a/b/mod.rs are a::b, lib.rs is the empty name.
    function module_of(file) {
        sub("^" root, "", file)
        sub(/\.rs$/, "", file)
        sub(/(^|\/)(mod|lib)$/, "", file)
        gsub(/\//, "::", file)
        return file
    }
    function child(module, name) { return module == "" ? name : module "::" name }
    function parent(module) { return match(module, /::[^:]*$/) ? substr(module, 1, RSTART - 1) : "" }

    # Takes a tree of `use` apart into its paths.
    function take_apart(prefix, tree,    open, depth, i, c, piece) {
        gsub(/ as [A-Za-z0-9_]+|[ \t]/, "", tree)
        open = index(tree, "{")
        if (!open) { if (tree != "") imported(prefix tree); return }
        prefix = prefix substr(tree, 1, open - 1)
        tree = substr(tree, open + 1, length(tree) - open - 1)
        depth = 0
        piece = ""
        for (i = 1; i <= length(tree); i++) {
            c = substr(tree, i, 1)
            depth += (c == "{") - (c == "}")
            if (c == "," && depth == 0) { take_apart(prefix, piece); piece = "" } else piece = piece c
        }
        take_apart(prefix, piece)
    }

    function imported(path,    name) {
        needs[module] = needs[module] " " path
        name = path
        sub(/^.*::/, "", name)
        comes_from[module, name] = path
    }

    # The last module that a path leads to; the module itself where it leads to none of this crate.
    function target(module, path, depth,    at, segments, count, i, rest) {
        count = split(path, segments, "::")
        at = module
        i = 2
        if (segments[1] == "crate") at = ""
        else if (segments[1] == "super") for (at = parent(at); segments[i] == "super"; i++) at = parent(at)
        else if (segments[1] != "self") i = 1
        for (; i <= count && (child(at, segments[i]) in file_of); i++) at = child(at, segments[i])
        if (depth < 9 && (at, segments[i]) in comes_from && comes_from[at, segments[i]] != path) {
            rest = comes_from[at, segments[i]]
            while (++i <= count) rest = rest "::" segments[i]
            return target(at, rest, depth + 1)
        }
        return at
    }
    function is_folder(module) { return file_of[module] ~ /\/(mod|lib)\.rs$/ }

    FNR == 1 { module = module_of(FILENAME); file_of[module] = FILENAME; statement = ""; over = aside = 0 }
    over { next }
    /^ *#\[cfg\(test\)\]/ { aside = 1; next }
    aside {
        if ($0 ~ /^ *#\[/) next
        aside = 0
        over = $0 ~ /mod [a-z_]+ \{/
        if (match($0, /mod [a-z_]+;/)) test[child(module, substr($0, RSTART + 4, RLENGTH - 5))] = 1
        next
    }
    { sub(/\/\/.*/, "") }
    /^ *(pub(\([a-z]+\))? )?use / { statement = " " }
    statement != "" {
        statement = statement $0
        if (statement ~ /;/) {
            sub(/^ *(pub(\([a-z]+\))? )?use /, "", statement)
            sub(/;.*/, "", statement)
            take_apart("", statement)
            statement = ""
        }
    }

    END {
        for (module in file_of) {
            if (module in test || is_folder(module)) continue
            count = split(needs[module], paths, " ")
            for (i = 1; i <= count; i++) {
                to = target(module, paths[i], 0)
                if (to != module && !(to in test) && !is_folder(to)) next_of[module] = next_of[module] " " to
            }
        }
        # The shortest way from each file back to itself.
        for (start in next_of) {
            split("", before)
            queue[1] = start
            last = 1
            for (first = 1; first <= last && !(start in before); first++) {
                count = split(next_of[queue[first]], nexts, " ")
                for (i = 1; i <= count; i++)
                    if (!(nexts[i] in before)) { before[nexts[i]] = queue[first]; queue[++last] = nexts[i] }
            }
            if (!(start in before) || start in told) continue
            way = file_of[start]
            at = start
            do { at = before[at]; told[at] = 1; way = file_of[at] " -> " way } while (at != start)
            print way
            found = 1
        }
        exit found
    }'
}

found=0
for crate in src proxies/src datasets/src; do
    circles "$crate" || found=1
done
exit "$found"

#!/usr/bin/env bash
# Builds the book: docs/build.sh ZERONAS FOLDER
#
# ZERONAS is the built program, whose help becomes the page on the command line; the documentation of the modules of proxies becomes
# that on their formulas. FOLDER gets the HTML. MDBOOK= another mdbook than that on the PATH. A warning of mdbook is an error.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
program=$(realpath "$1")
folder=$(realpath -m "$2")
cd "$(dirname "$0")"

# Not a terminal and of one width, so that the page does not depend on who builds it.
help() { COLUMNS=110 "$program" "$@" --help </dev/null 2>&1; }
commands() { help "$@" | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | grep -vx help; }
section() { printf '\n## `zeronas %s`\n\n```text\n%s\n```\n' "$*" "$(help "$@")"; }
{
    printf '# Command line\n\nWhat every command says of itself: `zeronas COMMAND --help`.\n\n```text\n%s\n```\n' "$(help)"
    for command in $(commands); do
        section "$command"
        for inner in $(commands "$command"); do section "$command" "$inner"; done
    done
} >cli.md

{
    printf '# Formulas\n\nEvery proxy as it is computed, from the documentation of its module, in alphabetical order.\n'
    for file in $(grep -l '^impl Proxy for' ../proxies/src/proxy/*.rs); do
        # The name, and the module's documentation with its first line as the first sentence; links to items become plain names.
        sed -n 's/^\/\/! \{0,1\}//p' "$file" | sed -E '1s/^`([a-z0-9_]+)`: (.)/\n## `\1`\n\n\u\2/; s/\[(`[^`]*`)\](\([^)]*\))?/\1/g'
    done
} >formulas.md

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${MDBOOK:-mdbook}" build --dest-dir "$folder" 2>&1 | tee "$log"
if grep -qE 'WARN|ERROR' "$log"; then
    echo "the book has warnings" >&2
    exit 1
fi

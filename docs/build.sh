#!/usr/bin/env bash
# Builds the book: docs/build.sh ZERONAS FOLDER
#
# ZERONAS is the built program, whose help becomes the page on the command line; FOLDER gets the HTML. MDBOOK= another mdbook than
# that on the PATH. A warning of mdbook is an error.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
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

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${MDBOOK:-mdbook}" build --dest-dir "$folder" 2>&1 | tee "$log"
if grep -q 'WARN' "$log"; then
    echo "the book has warnings" >&2
    exit 1
fi

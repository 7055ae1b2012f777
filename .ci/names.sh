#!/usr/bin/env bash
# No benchmark's name stands outside its folder in src/space, but in the registry, the re-exports and tests.
set -euo pipefail
cd "$(dirname "$0")/.."

found=0
while read -r folder names; do
    while read -r file; do
        # Tests stand at a file's end.
        if awk '/^ *#\[cfg\(test\)\]/ { exit } { print FILENAME ":" FNR ": " $0 }' "$file" | grep -E "[^/]*: .*($names)"; then
            found=1
        fi
    done < <(find src -name '*.rs' ! -path "src/space/$folder/*" ! -path src/space/registry.rs ! -path src/space/mod.rs \
        ! -name tests.rs ! -path src/report/published.rs ! -path src/report/fixture.rs)
done <<'EOF'
nats nats[-_]tss|nats[-_]sss|NatsTss|NatsSss
nb101 nb101|Nb101
nb301 nb301|Nb301
transnas transnas|Transnas
nb_macro nb[-_]macro|NbMacro
accel_nb accel[-_]nb|AccelNb
EOF
exit "$found"

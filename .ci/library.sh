#!/usr/bin/env bash
# The library draws no progress bars, reads no flags and catches no signals: that is for the program, src/main.rs and src/cli.
set -euo pipefail
cd "$(dirname "$0")/.."

! grep -rnE '\b(clap|clap_complete|indicatif|ctrlc|comfy_table)\b' src --include='*.rs' --exclude-dir=cli --exclude=main.rs

#!/usr/bin/env bash
# Builds zeronas with CUDA and puts it, with all that gpu/check.sh needs, into one folder to be taken to a machine with a GPU.
#
#   gpu/build.sh [FOLDER]        (default: target/gpu)
#
# Neither a GPU nor CUDA is needed to build: the driver's library is looked for when `--device cuda` is asked for, and so is NVRTC, which
# compiles the kernels there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-target/gpu}

cargo build --release --locked --features cuda
mkdir -p "$folder/golden"
cp "${CARGO_TARGET_DIR:-target}/release/zeronas" "$folder/zeronas"
strip "$folder/zeronas"
cp gpu/check.sh gpu/check.py benches/peer/torch_baseline.py benches/peer/archs_tss12.txt "$folder/"
cp tests/golden/*.jsonl "$folder/golden/"
size=$(du -sm "$folder" | cut -f1)
echo "$folder: $size MB"
[ "$size" -lt 48 ] || { echo "gpu/build.sh: more than 48 MB" >&2; exit 1; }

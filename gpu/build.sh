#!/usr/bin/env bash
# Builds zeronas with CUDA and puts it, with all that gpu/check.sh needs, into one folder to be taken to a machine with a GPU.
#
#   gpu/build.sh [FOLDER] [ARCHITECTURE]        (default: target/gpu sm_90)
#
# Neither a GPU nor CUDA is needed to build: the driver's library is looked for when `--device cuda` is asked for, and so is NVRTC, which
# compiles the kernels there. Where NVRTC is on LD_LIBRARY_PATH here, all variants of the kernels are compiled for that architecture now and
# lie in the folder, which saves minutes there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-target/gpu}
architecture=${2:-sm_90}
most=60

cargo build --release --locked --features cuda --bin zeronas --example gpu
built=${CARGO_TARGET_DIR:-target}/release
mkdir -p "$folder"
rm -rf "$folder"/zeronas* "$folder"/gpu "$folder"/gpu.gz "$folder"/cache
cp "$built/zeronas" "$built/examples/gpu" "$folder/"
strip "$folder/zeronas" "$folder/gpu"
cp gpu/check.sh gpu/check.py gpu/runner.py gpu/steps.py "$folder/"
cp benches/peer/torch_baseline.py benches/peer/torch_network.py benches/peer/archs_tss12.txt "$folder/"
# A program with the reference engine on CUDA, if one has been built.
[ ! -x "${CANDLE:-}" ] || { cp "$CANDLE" "$folder/zeronas-candle" && strip "$folder/zeronas-candle"; }
compiled="$folder/compiled.txt"
XDG_CACHE_HOME="$folder/cache" "$folder/gpu" compile "$architecture" > "$compiled"
if grep -q '"compiled"' "$compiled"; then
    echo "kernels for $architecture: $(grep -c '"compiled"' "$compiled") variants, $(grep -c '"refused"' "$compiled" || true) refused"
else
    rm -rf "$folder/cache"
    echo "no NVRTC here: the kernels will be compiled on the machine with the GPU"
fi
# Programs and kernels travel packed; check.sh unpacks them.
gzip --force "$folder"/zeronas* "$folder/gpu"
[ ! -d "$folder/cache" ] || gzip --force --recursive "$folder/cache"
size=$(du -sm "$folder" | cut -f1)
echo "$folder: $size MB"
[ "$size" -lt "$most" ] || { echo "gpu/build.sh: more than $most MB" >&2; exit 1; }

#!/usr/bin/env bash
# Training in zeronas against PyTorch on the same networks and the same cores, alternating, in one run: images a second at batch
# 256 on the architectures of a file. Prints medians over the rounds.
#
#   benches/training_versus_torch.sh [ROUNDS [THREADS [FILE]]]
#
# PYTHON=  an interpreter with torch and numpy
# SPACE=   the architectures' search space (nats-tss)
# ARGS=    more flags for zeronas train
#
# Both clocks start after the network has warmed up. zeronas's covers loading and augmentation, PyTorch's neither.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
threads=${2:-2}
archs=${3:-benches/peer/archs_tss12.txt}
python=${PYTHON:-python3}
space=${SPACE:-nats-tss}
batch=256
steps=8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet
zeronas=${CARGO_TARGET_DIR:-target}/release/zeronas
"$python" - "$work/images.bin" $((batch * steps)) <<'PY'
import random, sys
random.seed(0)
with open(sys.argv[1], "wb") as file:
    for _ in range(int(sys.argv[2])):
        file.write(bytes([random.randrange(10)]) + random.randbytes(3072))
PY

ours() {
    rm -rf "$work/out"
    # shellcheck disable=SC2086
    "$zeronas" train --space "$space" --arch "$1" --images "$work/images.bin" --recipe nats-12 --epochs 2 --batch-size $batch \
        --as-written --threads "$threads" --out "$work/out" ${ARGS:-} >/dev/null 2>&1
    # The second epoch: its last column.
    tail -1 "$work/out/history.csv" | awk -F, '{print $NF}'
}
peer() {
    "$python" benches/peer/torch_training.py --zeronas "$zeronas" --space "$space" --arch "$1" --batch $batch --steps $steps \
        --threads "$threads" | awk -F, '{print $NF}'
}
median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }

printf '%10s %10s %8s  %s\n' zeronas PyTorch ratio architecture
grep -v -e '^#' -e '^$' "$archs" | while read -r arch; do
    for _ in $(seq "$rounds"); do
        ours "$arch" >>"$work/ours"
        peer "$arch" >>"$work/peer"
    done
    a=$(median <"$work/ours") b=$(median <"$work/peer")
    rm "$work/ours" "$work/peer"
    awk -v a="$a" -v b="$b" -v arch="$arch" 'BEGIN {printf "%10.0f %10.0f %8.2f  %s\n", a, b, a / b, arch}'
done
printf 'images a second; %s threads, batch %s, medians of %s alternating rounds; %s\n' "$threads" "$batch" "$rounds" \
    "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs)"

#!/usr/bin/env bash
# zeronas against PyTorch on the same job and the same cores, alternating, in one run: PROXIES (naswot,synflow,grad_norm) at
# batch 64 on the 12 architectures of benches/peer/archs_tss12.txt. Prints medians over the rounds.
#
#   benches/versus_torch.sh [ROUNDS [WORKERS]]
#
# PYTHON= an interpreter with torch and numpy, PROXIES= other proxies (those of torch_baseline.py), ARGS= more flags for zeronas.
#
# PyTorch's clock starts after its imports and one warm-up architecture; zeronas's covers the whole process.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
workers=${2:-2}
python=${PYTHON:-python3}
proxies=${PROXIES:-naswot,synflow,grad_norm}
archs=benches/peer/archs_tss12.txt
count=$(grep -c '^|' "$archs")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet
zeronas=${CARGO_TARGET_DIR:-target}/release/zeronas

peer() {
    "$python" benches/peer/torch_baseline.py --archs "$archs" --mode "$1" --procs "$workers" --proxies "$proxies" |
        awk -F, '{print $4, $5}' >>"$work/$1"
}
ours() {
    local TIMEFORMAT='%R %U %S'
    rm -f "$work/scores.csv"
    # shellcheck disable=SC2086
    { time "$zeronas" score --archs "$archs" --proxies "$proxies" --images synthetic --threads "$workers" --top 0 --out "$work/scores.csv" \
        ${ARGS:-} 2>/dev/null; } 2>&1 | awk '{print $1, $2 + $3}' >>"$work/zeronas"
}
for _ in $(seq "$rounds"); do
    peer per-proxy
    peer shared
    ours
done

median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
cpu() { awk '{print $2}' "$work/$1" | median; }
wall() { awk '{print $1}' "$work/$1" | median; }
printf '%-20s %22s %12s %14s\n' program 'CPU s an architecture' archs/s 'CPU, x zeronas'
for name in per-proxy shared zeronas; do
    awk -v name="$name" -v n="$count" -v cpu="$(cpu $name)" -v wall="$(wall $name)" -v own="$(cpu zeronas)" \
        'BEGIN {printf "%-20s %22.3f %12.2f %14.2f\n", name, cpu / n, n / wall, cpu / own}'
done
printf '%s architectures, %s workers, medians of %s alternating rounds; %s\n' "$count" "$workers" "$rounds" \
    "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs)"

#!/usr/bin/env bash
# zeronas against PyTorch on the same job and the same cores, alternating, in one run. Prints medians over the rounds.
#
#   benches/versus_torch.sh [ROUNDS [WORKERS]]
#
# PYTHON=      an interpreter with torch and numpy
# SPACE=       a search space (nats-tss)
# ARCHS=       a file of architectures, or how many to draw (benches/peer/archs_tss12.txt)
# NETWORKS=    files of networks in JSON, separated by spaces, instead of a space and architectures
# PROXIES=     what both compute: those of torch_baseline.py (naswot,synflow,grad_norm)
# BATCH=       images in a minibatch (64)
# RESOLUTION=  side of the images, where not the space's own
# ARGS=        more flags for zeronas
#
# PyTorch's clock starts after its imports and one warm-up architecture; zeronas's covers the whole process, also its first use of memory,
# which is time in the system and most of it on a virtual machine. That is why ratios without such time are printed, too.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
workers=${2:-2}
python=${PYTHON:-python3}
space=${SPACE:-nats-tss}
archs=${ARCHS:-benches/peer/archs_tss12.txt}
proxies=${PROXIES:-naswot,synflow,grad_norm}
batch=${BATCH:-64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet
zeronas=${CARGO_TARGET_DIR:-target}/release/zeronas
side=()
[ -z "${RESOLUTION:-}" ] || side=(--resolution "$RESOLUTION")
if [ -n "${NETWORKS:-}" ]; then
    [ -z "${RESOLUTION:-}" ] || { echo "RESOLUTION is for a space; a network says how large its images are" >&2; exit 1; }
    read -ra networks <<<"$NETWORKS"
    subject=(--network "${networks[@]}")
    space="network files"
    count=${#networks[@]}
else
    if [ ! -e "$archs" ]; then
        "$zeronas" score --space "$space" --sample "$archs" --proxies params --images synthetic --top 0 --out "$work/drawn.csv" \
            >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
        "$python" -c 'import csv, sys; print(*(row["arch"] for row in csv.DictReader(sys.stdin)), sep="\n")' <"$work/drawn.csv" >"$work/archs"
        archs=$work/archs
    fi
    subject=(--space "$space" --archs "$archs")
    count=$(grep -cv -e '^#' -e '^$' "$archs")
fi

peer() {
    "$python" benches/peer/torch_baseline.py --zeronas "$zeronas" "${subject[@]}" "${side[@]}" --mode "$1" --batch "$batch" \
        --procs "$workers" --proxies "$proxies" | awk -F, '{print $4, $5, $6}' >>"$work/$1"
}
ours() {
    local TIMEFORMAT='%R %U %S'
    rm -f "$work/scores.csv"
    # shellcheck disable=SC2086
    { time "$zeronas" score "${subject[@]}" "${side[@]}" --proxies "$proxies" --images synthetic --batch-size "$batch" \
        --threads "$workers" --top 0 --out "$work/scores.csv" ${ARGS:-} 2>"$work/log"; } 2>&1 | awk '{print $1, $2 + $3, $3}' >>"$work/zeronas" ||
        { cat "$work/log" >&2; exit 1; }
}
for _ in $(seq "$rounds"); do
    peer per-proxy
    peer shared
    ours
done

median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
column() { awk -v column="$2" '{print $column}' "$work/$1" | median; }
user() { awk '{print $2 - $3}' "$work/$1" | median; }
printf '%-12s %22s %12s %10s %14s %15s\n' program 'CPU s an architecture' 'in system' archs/s 'CPU, x zeronas' 'without system'
for name in per-proxy shared zeronas; do
    awk -v name="$name" -v n="$count" -v wall="$(column $name 1)" -v cpu="$(column $name 2)" -v sys="$(column $name 3)" -v user="$(user $name)" \
        -v own="$(column zeronas 2)" -v own_user="$(user zeronas)" \
        'BEGIN {printf "%-12s %22.3f %12.3f %10.2f %14.2f %15.2f\n", name, cpu / n, sys / n, n / wall, cpu / own, user / own_user}'
done
printf '%s architectures of %s, %s, batch %s, %s workers, medians of %s alternating rounds; %s\n' "$count" "$space" "$proxies" "$batch" "$workers" \
    "$rounds" "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs)"

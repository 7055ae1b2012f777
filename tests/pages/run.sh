#!/usr/bin/env bash
# Makes a page of every kind with the program given, on the embedded benchmark, and checks them in a headless Chromium. Further arguments
# are those of check.py.
set -euo pipefail
zeronas=$(realpath "$1")
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

quietly() { "$zeronas" "$@" >"$out/said" 2>&1 || { cat "$out/said"; exit 1; }; }
quietly score --benchmark zeronas-mini --proxies naswot,synflow,params,flops,grad_norm --seeds 2 --top 0 --out "$out/scores.parquet"
quietly score --benchmark zeronas-mini --proxies naswot,synflow --seed 2 --top 0 --out "$out/others.parquet"
quietly report "$out/scores.parquet" --benchmark zeronas-mini --subset all,no-dead-edges --bootstrap 100 --out "$out/report"
quietly compare "$out/scores.parquet" "$out/others.parquet" --bootstrap 50 --out "$out/comparison"
quietly view "$out/scores.parquet"
quietly search --strategy random --evaluate table --table zeronas-mini --feedback test_accuracy \
    --budget evaluations=20 --runs 3 --out "$out/found"
quietly shortlist "$out/scores.parquet" --table zeronas-mini --feedback test_accuracy --final test_accuracy,train_accuracy \
    --most 10 --draws 5 --out "$out/shortlist"

# A second space, in which architectures are worth what some of their channels are, for what is recommended from one to the other.
quietly score --space nats-sss --sample 40 --batch-size 4 --proxies naswot,synflow,params --top 0 --out "$out/widths.csv"
awk -F, 'NR == 1 { print "arch,worth" } NR > 1 && !seen[$2]++ { split($2, width, ":"); print $2 "," 2 * width[1] + width[4] }' \
    "$out/widths.csv" >"$out/worth.csv"
quietly aggregates "$out"/{scores.parquet,widths.csv} --benchmark zeronas-mini "$out/worth.csv" --target test_accuracy worth --out "$out/aggregates"

# Images of CIFAR-10's form: the embedded ones, 40 in each of its five parts and the others to test with.
mkdir "$out/cifar"
embedded=../../datasets/data/cifar10_256.bin
for part in 1 2 3 4 5; do
    dd if=$embedded of="$out/cifar/data_batch_$part.bin" bs=3073 skip=$((40 * part - 40)) count=40 status=none
done
dd if=$embedded of="$out/cifar/test_batch.bin" bs=3073 skip=200 status=none
training=(--channels 8 --cells 1 --images "$out/cifar" --recipe quick --batch-size 50)
quietly train "${training[@]}" --arch 6111 --epochs 6 --out "$out/trained"
quietly confirm "$out/scores.parquet" "${training[@]}" --top 6 --rungs 1,2,4 --out "$out/confirmed"
quietly view "$out"
pages=("$out"/{report/report,report/no-dead-edges/report,comparison/report,scores,found/report,shortlist/report,aggregates/report}.html)
pages+=("$out"/{trained/curves,confirmed/report,index}.html)

# The whole of a benchmark, where its tables are at hand: 15,625 architectures by 33 proxies.
data=${ZERONAS_TABLES:-../../../shared/data}
if [ ! -d "$data" ]; then
    echo "SKIPPED: no tables of benchmarks here: the largest page is not opened"
else
    published=(freerea_{naswot,synflow,logsynflow,nregions} fracapuano_{naswot,logsynflow,skip} noual_{naswot,ntk_score,nasi})
    columns=$(printf 'c10_%s,' epe_nas fisher flops grad_norm grasp jacov l2_norm nwot params plain snip synflow zen "${published[@]}"
        printf 'c100_%s,' "${published[@]}")
    quietly report "$data"/{suite_zero_nb201,nats_tss_published_scores}.parquet --proxy-columns "${columns%,}" --benchmark "$data/nats_tss.parquet" \
        --target c10_test_200 --bootstrap 20 --out "$out/whole"
    pages+=("$out/whole/report.html")
fi
python3 check.py "${pages[@]}" "${@:2}"

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
quietly view "$out"
pages=("$out"/{report/report,report/no-dead-edges/report,comparison/report,scores,found/report,index}.html)

# The whole of a benchmark, where its tables are at hand: 15,625 architectures by 25 proxies.
data=../../../shared/data
if [ -d "$data" ]; then
    columns=$(printf 'c10_%s,' epe_nas fisher flops grad_norm grasp jacov l2_norm nwot params plain snip synflow zen freerea_naswot \
        freerea_synflow freerea_logsynflow freerea_nregions fracapuano_naswot fracapuano_logsynflow fracapuano_skip noual_naswot \
        noual_ntk_score noual_nasi)c100_freerea_naswot,c100_freerea_logsynflow
    quietly report "$data"/{suite_zero_nb201,nats_tss_published_scores}.parquet --proxy-columns "$columns" --benchmark "$data/nats_tss.parquet" \
        --target c10_test_200 --bootstrap 20 --out "$out/whole"
    pages+=("$out/whole/report.html")
fi
python3 check.py "${pages[@]}" "${@:2}"

#!/usr/bin/env bash
# The job array of docs/slurm on a Slurm of one node, which this starts and stops; needs root, slurm-wlm and munge.
# Usage: tests/slurm.sh PATH_OF_ZERONAS
set -euo pipefail

program=$(realpath "$1")
docs=$(realpath "$(dirname "$0")/../docs/slurm")
for tool in munged slurmctld slurmd sbatch; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool here (apt install slurm-wlm munge)"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "SKIPPED: Slurm's daemons are started by root"; exit 0; }

folder=$(mktemp -d)
pids=()
stop() { kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"; }
trap stop EXIT

# Munge wants its folders closed to others.
mkdir -m 700 "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
chmod 600 "$folder/munge/key"
socket="$folder/munge/socket"
munged --foreground --force --key-file="$folder/munge/key" --socket="$socket" --seed-file="$folder/munge/seed" \
    --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" 2>/dev/null &
pids+=($!)

host=$(hostname -s)
export SLURM_CONF="$folder/slurm.conf"
mkdir "$folder/state" "$folder/spool" "$folder/job"
cat > "$SLURM_CONF" <<CONF
ClusterName=zeronas
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -D 2>/dev/null & pids+=($!)
slurmd -D -N "$host" 2>/dev/null & pids+=($!)
for _ in $(seq 60); do
    if sinfo --noheader --format=%t 2>/dev/null | grep -q idle; then break; fi
    sleep 1
done
sinfo --noheader | grep -q idle || { tail -n 20 "$folder"/*.log; exit 1; }

cd "$folder/job"
export PATH="$(dirname "$program"):$PATH"
flags=(--sample 40 --proxies synflow,params --channels 4 --cells 1 --batch-size 4)
job=$(sbatch --parsable --array=3-6 --cpus-per-task=1 "$docs/score.sbatch" "${flags[@]}")
sbatch --wait --dependency=afterok:"$job" --wrap='zeronas merge part-*.parquet --out merged.csv' >/dev/null ||
    { cat slurm-*.out; tail -n 20 "$folder"/*.log; exit 1; }
zeronas score "${flags[@]}" --out whole.csv --top 0
diff <(cut -d, -f1-8 merged.csv) <(cut -d, -f1-8 whole.csv)
echo "a job array of $(ls part-*.parquet | wc -l) tasks, merged, has the $(($(wc -l < whole.csv) - 1)) rows of the whole"

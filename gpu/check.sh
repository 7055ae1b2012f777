#!/usr/bin/env bash
# Checks, measures and tunes zeronas on a machine with a GPU, within nine minutes, with nothing but the folder that gpu/build.sh made:
#
#   ./check.sh RESULTS [--device cuda:N]
#
# Writes results.json and results.txt into the folder RESULTS as it goes, and exits 1 if anything is wrong. What is found to be fastest is kept
# in the user's cache folder, where zeronas finds it from then on; --steps variants does that alone. NVRTC is taken from the system or from
# the Python that holds torch.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
libraries=$("$python" - <<'PY' 2>/dev/null || true
import glob, os, site, sysconfig
roots = {sysconfig.get_path("purelib"), *site.getsitepackages()}
found = [os.path.dirname(path) for root in roots for path in glob.glob(f"{root}/nvidia/*/lib/libnvrtc.so.*")]
print(":".join(dict.fromkeys(found)))
PY
)
for folder in /usr/local/cuda/lib64 /usr/local/cuda/lib /usr/local/nvidia/lib64; do
    [ -d "$folder" ] && libraries="$libraries:$folder"
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries"
for packed in "$here"/*.gz "$here"/cache/zeronas/kernels/*.gz; do
    [ ! -e "$packed" ] || [ -e "${packed%.gz}" ] || gunzip --keep "$packed"
done
# Kernels that were compiled beforehand go where zeronas looks for them, or it looks where they are.
export XDG_CACHE_HOME="${XDG_CACHE_HOME:-${HOME:-$here}/.cache}"
kernels=$XDG_CACHE_HOME/zeronas/kernels
if [ -d "$here/cache" ]; then
    # Whole or not at all: whoever finds a file there trusts it.
    into() { for file in "$here"/cache/zeronas/kernels/*.cubin; do
        name=${file##*/}
        [ -e "$kernels/$name" ] || { cp "$file" "$kernels/.$name.$$" && mv "$kernels/.$name.$$" "$kernels/$name"; } || return 1
    done; }
    mkdir -p "$kernels" && into || {
        export XDG_CACHE_HOME="$here/cache"
        echo "check.sh: $kernels cannot be written; zeronas finds the tuning only with XDG_CACHE_HOME=$XDG_CACHE_HOME" >&2
    }
fi
exec "$python" "$here/check.py" "$@"

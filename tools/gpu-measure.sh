#!/usr/bin/env bash
# Measures what is packed in .gpu (tools/gpu-pack.sh) on a machine with a GPU, and leaves the records of benchmarks/results:
#   tools/gpu-measure.sh OUT [job ...]
# Packed for all jobs: src/Host benchmarks/Cuda tests/Cuda.Tests tests/PrepareFinalize.Tests tests/Experts.Triton.Tests
# tests/Experts.Cutlass.Tests tests/Host.Tests. Without jobs named, these in this order:
#   tests        GPU tests of every packed app
#   conformance  conformance.DEVICE.json
#   portable     the same with the images for compute capability 80, and the tests of PrepareFinalize with them
#   verify       verify.DEVICE.json
#   peers        peers.DEVICE.json; without PEER_KERNEL only grouped_mm and the ceilings
#   bench        bench.cutlass.DEVICE.json and bench.triton.DEVICE.json, beside the peers' record that OUT holds
#   skew         bench.cutlass.zipf.DEVICE.json and bench.cutlass.one-expert.DEVICE.json, with the peers' ceilings
#   tune         tuning/, and bench.tuned.DEVICE.json with it
#   launch       cuda-launch.DEVICE.json
#   cold         cold-start.DEVICE.json
# Prints a line a job and exits 0 only when every line is ok. Output goes to OUT/logs; at the end everything in OUT is also
# in records.tar.gz and logs.tar.gz. A later call with the same OUT adds to it.
#   LIMIT=3600           seconds for all jobs; what still runs then is stopped, what was not begun is FAILED; where
#                        a command may take less, set it below that and name a few jobs a call, with the same OUT
#   PAUSE=20             milliseconds, the longest pause before a timed replay of peers, bench, skew and tune
#   PEER_KERNEL=FILE     vllm_fused_moe.py of Megatron-LM
#   GPU_RUN=.gpu/run     what starts an app
# shellcheck disable=SC2317 # jobs are called by name
set -uo pipefail
out=${1:?usage: tools/gpu-measure.sh OUT [job ...]}
shift
all=(tests conformance portable verify peers bench skew tune launch cold)
[ $# -gt 0 ] || set -- "${all[@]}"
for job in "$@"; do
    [[ " ${all[*]} " = *" $job "* ]] || { echo "A job must be one of ${all[*]}, got '$job'" >&2; exit 2; }
done

run=${GPU_RUN:-.gpu/run}
pause=(${PAUSE:+--pause "$PAUSE"})
pack=$(dirname "$run")
[ -x "$run" ] || { echo "GPU_RUN must be the run of a pack, got '$run'; make one with tools/gpu-pack.sh" >&2; exit 2; }
name=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)
[ -n "$name" ] || { echo "A GPU must be there, nvidia-smi names none" >&2; exit 2; }
gpu=$(sed -E 's/^NVIDIA //; s/[ -].*//' <<<"$name" | tr '[:upper:]' '[:lower:]') # NVIDIA H100 80GB HBM3: h100
mkdir -p "$out/logs"
out=$(cd "$out" && pwd)
benchmarks=$(cd "$(dirname "$0")/../benchmarks" && pwd)
peers=$out/peers.$gpu.json
FUSEDMOE_COMMIT=${FUSEDMOE_COMMIT:-$(cat "$pack/commit")}
export FUSEDMOE_COMMIT

left() { echo $((${LIMIT:-3600} - SECONDS)); }

limited() {
    [ "$(left)" -gt 0 ] || { echo "LIMIT is reached: $*"; return 124; }
    timeout -k 5 "$(left)" "$@"
}

host() { limited "$run" Host "$1" --device cuda:0 "${@:2}"; }

# The GPU tests of an app. Exit code 8: it has none.
gpu_tests() {
    local app code=0
    for app in "$@"; do
        [ -d "$pack/$app" ] || { echo "$job: $app is not packed, skipped" >&3; continue; }
        FUSEDMOE_REQUIRE_GPU=1 limited "$run" "$app" --filter TestCategory=Gpu
        case $? in
            0) ;;
            8) echo "$job: $app has no GPU tests" >&3 ;;
            *) echo "$job: $app failed" >&3; code=1 ;;
        esac
    done
    return "$code"
}

conformance() { host conformance --out "$out/$1.$gpu.json"; }

bench() { host bench --out "$out/bench.$1.$gpu.json" --shapes all "${pause[@]}" "${@:2}"; }

# The ceilings that were measured with the peers, as options of bench.
ceilings() {
    [ ! -f "$peers" ] || python3 -c 'import json, sys
c = json.load(open(sys.argv[1]))["ceilings"]
print("--bandwidth", c["terabytesPerSecond"], "--compute", c["teraflopsPerSecond"])' "$peers"
}

job_tests() { gpu_tests Cuda.Tests PrepareFinalize.Tests Experts.Triton.Tests Experts.Cutlass.Tests Host.Tests; }

job_conformance() { conformance conformance; }

job_portable() {
    local -x FUSEDMOE_CUDA_CAPABILITY=80
    local code=0
    conformance conformance.portable || code=1
    gpu_tests PrepareFinalize.Tests || code=1
    return "$code"
}

job_verify() { limited python3 "$benchmarks/verify.py" "$out/verify.$gpu.json" "$run" Host verify --device cuda:0; }

job_peers() {
    # It stops between cells, and one of large experts takes seconds.
    limited python3 "$benchmarks/peers/measure.py" ${PEER_KERNEL:+--kernel-file "$PEER_KERNEL"} \
        "${pause[@]}" --time-budget $(($(left) - 20)) --out "$peers"
}

job_bench() {
    local experts code=0 options=(--tokens 1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384)
    [ ! -f "$peers" ] || options+=(--peers "$peers")
    for experts in cutlass triton; do
        bench "$experts" --experts "$experts" "${options[@]}" || code=1
    done
    return "$code"
}

job_skew() {
    local options code=0
    read -ra options < <(ceilings)
    options+=(--experts cutlass --tokens 1 4 16 64 256 1024 4096 16384)
    bench cutlass.zipf --routing Zipf "${options[@]}" || code=1
    bench cutlass.one-expert --routing OneExpert "${options[@]}" || code=1
    return "$code"
}

job_tune() {
    local options
    read -ra options < <(ceilings)
    host tune --shapes all "${pause[@]}" --folder "$out/tuning" || return
    FusedMoe__Composer__TuningFolders__0=$out/tuning bench tuned --tokens 1 4 16 64 256 1024 4096 "${options[@]}"
}

job_launch() { limited "$run" Cuda "$out/cuda-launch.$gpu.json"; }

job_cold() { limited python3 "$benchmarks/cold_start.py" 8 "$out/cold-start.$gpu.json" "$run" Host run --device cuda:0; }

exec 3>&1
failed=0
echo "$name, commit $FUSEDMOE_COMMIT"
for job in "$@"; do
    started=$SECONDS
    verdict=ok
    "job_$job" >"$out/logs/$job.log" 2>&1 </dev/null || verdict=FAILED
    printf '%-12s %4d s  %s\n' "$job" $((SECONDS - started)) "$verdict"
    [ $verdict = ok ] || { failed=1; tail -n 5 "$out/logs/$job.log"; }
done
(cd "$out" && find . -name '*.json' -not -path './logs/*' -print0 | tar --null -T - -czf records.tar.gz && tar -czf logs.tar.gz logs)
exit $failed

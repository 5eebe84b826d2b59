#!/usr/bin/env bash
# Runs compute-sanitizer over the packed apps in .gpu (tools/gpu-pack.sh), on a machine with a GPU:
#   tools/gpu-check.sh LOGS [memcheck racecheck initcheck synccheck]
# Apps that are packed and have GPU tests are checked: src/Host tests/Cuda.Tests tests/PrepareFinalize.Tests
# tests/Experts.Triton.Tests tests/Experts.Cutlass.Tests. Without tools named: memcheck, racecheck and initcheck.
# Prints a line a (tool, job) and writes the sanitizer's and the app's output to LOGS; exits 0 only when every line is ok.
#   JOBS=10            jobs at a time; each is a process with a context of its own
#   LIMIT=170          seconds after which a job is stopped and counted as not ok
#   ONLY=REGEX         only jobs whose name matches
#   GPU_RUN=.gpu/run   what starts an app
#   SANITIZER_OPTIONS  more options for compute-sanitizer
set -uo pipefail
logs=${1:?usage: tools/gpu-check.sh LOGS [tool ...]}
shift
[ $# -gt 0 ] || set -- memcheck racecheck initcheck
run=${GPU_RUN:-.gpu/run}
limit=${LIMIT:-170}
mkdir -p "$logs"
PATH=$PATH:/usr/local/cuda/bin
command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer must be on the PATH, got none" >&2; exit 2; }

# One job a line: name, app, arguments. The conformance cases of the group 'configurations' run every kernel that a tunable
# backend can be asked for, at small sizes; the others cover what surrounds them. Of CUTLASS's, the jobs without -etc run every
# kernel, and those with it at odder sizes.
jobs_of() {
    cat <<'JOBS'
cuda                Cuda.Tests             --filter Category=Gpu
prepare-router      PrepareFinalize.Tests  --filter Category=Gpu&FullyQualifiedName~RouterGpu
prepare-steps       PrepareFinalize.Tests  --filter Category=Gpu&FullyQualifiedName!~RouterGpu
triton              Experts.Triton.Tests   --filter Category=Gpu
cutlass             Experts.Cutlass.Tests  --filter Category=Gpu
kernels-cutlass     Host                   conformance --device cuda:0 --backend cutlass --filter /configurations/even,/configurations/gelu-even,/configurations/relu2-no-mul-even,/configurations/swigluoai-limit-even
kernels-cutlass-etc Host                   conformance --device cuda:0 --backend cutlass --filter /configurations/multiples,/configurations/gelu-mult,/configurations/relu2-no-mul-mult,/configurations/swigluoai-limit-mult,/configurations/deep,/configurations/many,/configurations/top
kernels-batched     Host                   conformance --device cuda:0 --backend cutlass-batched --filter /configurations/even,/configurations/gelu-even,/configurations/relu2-no-mul-even,/configurations/swigluoai-limit-even
kernels-batched-etc Host                   conformance --device cuda:0 --backend cutlass-batched --filter /configurations/multiples,/configurations/gelu-mult,/configurations/relu2-no-mul-mult,/configurations/swigluoai-limit-mult,/configurations/deep,/configurations/many,/configurations/top
kernels-batched-tri Host                   conformance --device cuda:0 --backend triton-batched --filter /configurations/even,/configurations/multiples,/configurations/odd,/configurations/top,/configurations/deep,/configurations/many,/configurations/sw,/configurations/gelu,/configurations/relu,/configurations/si
kernels-batched-qnt Host                   conformance --device cuda:0 --backend triton-batched --filter /configurations/fp8,/configurations/int,/configurations/mx
kernels-even        Host                   conformance --device cuda:0 --backend triton --filter /configurations/even
kernels-activations Host                   conformance --device cuda:0 --backend triton --filter /configurations/sw
kernels-gelu        Host                   conformance --device cuda:0 --backend triton --filter /configurations/gelu
kernels-relu        Host                   conformance --device cuda:0 --backend triton --filter /configurations/relu,/configurations/si
kernels-other       Host                   conformance --device cuda:0 --backend triton --filter /configurations/multiples,/configurations/odd
kernels-top         Host                   conformance --device cuda:0 --backend triton --filter /configurations/top
kernels-deep        Host                   conformance --device cuda:0 --backend triton --filter /configurations/deep,/configurations/many
kernels-quantized   Host                   conformance --device cuda:0 --backend triton --filter /configurations/fp8,/configurations/int,/configurations/uint,/configurations/mx,/configurations/nv
layers              Host                   conformance --device cuda:0 --filter +cutlass/activation,+triton/activation,/features/,/expert-ids/,/graph/,/valid-tokens/,/expert-map/,/routing/gate,/shape/m
services            Host                   conformance --device cuda:0 --filter /service/,quantizer:,router:cuda-topk/shape,router:cuda-topk/expert-ids
JOBS
}

# The API's own error codes are left out: every call of ours is checked, and some tests provoke them.
options_of() {
    local options="--tool $1 --error-exitcode 99 --launch-timeout 120 --print-limit 50 --target-processes all"
    [ "$1" != memcheck ] || options+=" --report-api-errors no"
    echo "$options ${SANITIZER_OPTIONS:-}"
}

count_of() { grep -oE "$1" "$2" 2>/dev/null | tail -n 1 | grep -oE '[0-9]+' | head -n 1; }

# One summary line. Tests ran when the app says so; without the sanitizer's own summary a run counts as broken.
summary_of() {
    local tool=$1 name=$2 code=$3 seconds=$4 log=$logs/$1.$2.log out=$logs/$1.$2.out errors ran failed verdict=ok
    errors=$(count_of '(ERROR|RACECHECK) SUMMARY: [0-9]+' "$log")
    ran=$(count_of '^ *total: [0-9]+' "$out")
    failed=$(count_of '^ *failed: [0-9]+' "$out")
    if [ -z "$ran" ]; then # the conformance suite's last line: 12 passed, 0 failed, 1 not applicable
        failed=$(count_of '[0-9]+ failed, [0-9]+ not applicable' "$out")
        ran=$(count_of '[0-9]+ passed, [0-9]+ failed' "$out")
        [ -z "$ran" ] || ran=$((ran + failed))
    fi

    if [ "$code" = 124 ] || [ "$code" = 137 ]; then verdict="STOPPED after $limit s"
    elif grep -q '^ *total: 0$' "$out" 2>/dev/null; then verdict="no GPU tests"
    elif [ "$code" != 0 ] || [ "${errors:-1}" != 0 ] || [ "${failed:-0}" != 0 ] || [ "${ran:-0}" = 0 ]; then verdict=FAILED; fi
    printf '%-10s %-20s errors %-4s tests %-5s failed %-4s exit %-4s %4d s  %s\n' \
        "$tool" "$name" "${errors:-?}" "${ran:-?}" "${failed:-?}" "$code" "$seconds" "$verdict"
    if [ "$verdict" = FAILED ] || [ "${verdict#STOPPED}" != "$verdict" ]; then
        # What was found, by kernel: the lines of the sanitizer without addresses, most frequent first.
        grep -E '^=+ +(Invalid|Uninitialized|Error|Warning|Race|Potential|Program|Barrier|    at |at )' "$log" 2>/dev/null \
            | sed -E 's/0x[0-9a-f]+/0x…/g; s/\([0-9]+,[0-9]+,[0-9]+\)/(…)/g' | sort | uniq -c | sort -rn | head -n 8
        grep -hE '^ *(FAILED|failed) ' "$out" 2>/dev/null | head -n 5
    fi
    case $verdict in ok | "no GPU tests") ;; *) touch "$logs/.failed" ;; esac
}

check() {
    local tool=$1 name=$2 app=$3 code=0 started=$SECONDS
    shift 3
    # shellcheck disable=SC2046 # options are words
    FUSEDMOE_REQUIRE_GPU=1 timeout -k 5 "$limit" compute-sanitizer $(options_of "$tool") --log-file "$logs/$tool.$name.log" \
        "$run" "$app" "$@" >"$logs/$tool.$name.out" 2>&1 || code=$?
    summary_of "$tool" "$name" "$code" $((SECONDS - started))
}

rm -f "$logs/.failed"
first=$(ls "$(dirname "$run")" | grep -E '^(Host|.*\.Tests)$' | head -n 1)
"$run" "$first" --help >/dev/null 2>&1 # unpacks the runtime before the jobs race for it
for tool in "$@"; do
    while read -r name app arguments; do
        if [ -d "$(dirname "$run")/$app" ] && [[ $name =~ ${ONLY:-.} ]]; then
            while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-10}" ]; do wait -n; done
            # shellcheck disable=SC2086 # arguments are words without blanks
            check "$tool" "$name" "$app" $arguments </dev/null &
        fi
    done < <(jobs_of)
done
wait
[ ! -e "$logs/.failed" ]

#!/usr/bin/env bash
# Compiles the CUDA C++ kernels of every plugin, or of the ones named, into src/<plugin>/Kernels/images/:
#   tools/build-cuda-kernels.sh [PrepareFinalize Experts.Cutlass ...]
# Every Kernels/entry/*.cu becomes a cubin for sm_90a and, when its stem starts with sm80_, PTX for compute_80 as well;
# manifest.json says what was built. Compiler flags of one entry stand in it as "// nvcc: FLAGS".
set -euo pipefail
cd "$(dirname "$0")/.."
nvcc=$(tools/cuda-toolchain.sh)
if [ $# -eq 0 ]; then
    for entry in src/*/Kernels/entry; do
        plugin=${entry#src/}
        set -- "$@" "${plugin%/Kernels/entry}"
    done
fi

for plugin in "$@"; do
    python3 tools/cuda_kernels.py "$nvcc" "src/$plugin/Kernels"
done

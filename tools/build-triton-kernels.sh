#!/usr/bin/env bash
# Builds, checks and times all Triton kernel images on a machine that has Triton and a GPU, into the folder given
# (default: .triton-out). Then, anywhere: tools/build-triton-kernels.py install FOLDER/triton-images.tar.xz
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -u tools/build-triton-kernels.py all --out "${1:-.triton-out}" --processes "$(nproc)"

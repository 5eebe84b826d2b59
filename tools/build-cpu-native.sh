#!/usr/bin/env bash
# Builds src/Experts.Cpu/Native/libfusedmoe_cpu.so from dot_bf16.c and writes its manifest. Needs gcc 11 or newer.
set -euo pipefail
cd "$(dirname "$0")/../src/Experts.Cpu/Native"

source=dot_bf16.c
library=libfusedmoe_cpu.so
flags=(-std=gnu11 -O3 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -ffreestanding -nostdlib
    -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-s)

gcc "${flags[@]}" -o "$library" "$source"
chmod 644 "$library"

cat > manifest.json <<JSON
{
  "library": "$library",
  "symbol": "fusedmoe_dot_bf16",
  "target": "linux-x64, avx512f avx512bw avx512vl avx512bf16",
  "source": "$source",
  "sourceSha256": "$(sha256sum "$source" | cut -d' ' -f1)",
  "librarySha256": "$(sha256sum "$library" | cut -d' ' -f1)",
  "compiler": "$(gcc --version | head -n 1)",
  "flags": "${flags[*]}"
}
JSON
cat manifest.json

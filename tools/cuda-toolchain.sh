#!/usr/bin/env bash
# Unpacks nvcc, ptxas, cuobjdump and the CUTLASS headers (CUDA 12.4, CUTLASS 3.4.1) from Debian trixie's packages into a
# folder of their own; nothing is installed on the system and root is not needed.
#   tools/cuda-toolchain.sh [PREFIX]      default: ~/.cache/cuda-12.4, 340 MB
# Prints the path of a compiler wrapper that finds its own headers and libraries.
set -euo pipefail
prefix=${1:-$HOME/.cache/cuda-12.4}
wrapper=$prefix/nvcc
if [ -x "$wrapper" ]; then
    echo "$wrapper"
    exit 0
fi

# A fresh machine has no package lists to ask for its mirror; Debian's own address then stands in.
configured=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep '/debian/$' | sort -u | head -n 1 || true)
mirror=${DEBIAN_MIRROR:-${configured:-http://deb.debian.org/debian/}}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/lists/partial" "$scratch/packages" "$prefix"
echo "deb $mirror trixie main contrib non-free" > "$scratch/sources.list"
apt=(apt-get -q
    -o "Dir::Etc::SourceList=$scratch/sources.list"
    -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$scratch/lists"
    -o APT::Sandbox::User=root)
"${apt[@]}" update > /dev/null
packages=(nvidia-cuda-toolkit nvidia-cuda-dev libnvvm4 libnvrtc12 libnvrtc-builtins12.4 libcudart12
    libcu++-dev libcub-dev libthrust-dev libcutlass-dev)
(cd "$scratch/packages" && "${apt[@]}" download "${packages[@]}" > /dev/null)
for package in "$scratch"/packages/*.deb; do
    dpkg -x "$package" "$prefix"
done

# Static libraries are most of the size, and kernels link against none.
rm -f "$prefix"/usr/lib/x86_64-linux-gnu/*_static*.a
cat > "$wrapper" <<WRAPPER
#!/bin/sh
usr=$prefix/usr
export PATH="\$usr/lib/nvidia-cuda-toolkit/bin:\$usr/bin:\$PATH"
export LD_LIBRARY_PATH="\$usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "\$usr/lib/nvidia-cuda-toolkit/bin/nvcc" -I"\$usr/include" "\$@"
WRAPPER
chmod +x "$wrapper"
"$wrapper" --version | tail -n 2 >&2
echo "$wrapper"

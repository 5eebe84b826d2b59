#!/usr/bin/env bash
# Packs projects together with the .NET runtime into .gpu/, for a GPU machine with neither a .NET SDK nor a network:
#   tools/gpu-pack.sh src/Host tests/Cuda.Tests tests/PrepareFinalize.Tests
# There, from the same folder:
#   FUSEDMOE_REQUIRE_GPU=1 .gpu/run Cuda.Tests --filter Category=Gpu
set -euo pipefail
root=$(git rev-parse --show-toplevel)
out=$root/.gpu
mkdir -p "$out"
runtimes=$(dotnet --list-runtimes | sed -n 's|^Microsoft.NETCore.App .* \[\(.*\)\]$|\1|p' | tail -n 1)
dotnet_root=${runtimes%/shared/Microsoft.NETCore.App}
if [ ! -f "$out/dotnet-runtime.tar.xz" ]; then
    tar -C "$dotnet_root" -c host shared/Microsoft.NETCore.App dotnet | xz -T0 -6 > "$out/dotnet-runtime.partial"
    mv "$out/dotnet-runtime.partial" "$out/dotnet-runtime.tar.xz"
fi

for project in "$@"; do
    name=$(basename "$project")
    rm -rf "${out:?}/$name"
    # Compiled ahead of time, plugins included: a cold start then spends its time in the driver, not in the compiler.
    ahead=(-r linux-x64 -p:PublishReadyToRun=true)
    case $project in tests/*) ahead=() ;; esac
    dotnet publish "$root/$project" -c Release -o "$out/$name" --no-self-contained -v quiet "${ahead[@]}" \
        -p:DebugType=none -p:SatelliteResourceLanguages=en
done

cat > "$out/run" <<'RUN'
#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${XDG_CACHE_HOME:-$HOME/.cache}/gpu-dotnet
if [ ! -x "$home/dotnet" ]; then
    mkdir -p "$home"
    tar -C "$home" -xJf "$here/dotnet-runtime.tar.xz"
fi

name=$1
shift
config=$(find "$here/$name" -maxdepth 1 -name "*.$name.runtimeconfig.json" | head -n 1)
[ -n "$config" ] || config=$(find "$here/$name" -maxdepth 1 -name '*.runtimeconfig.json' | sort | head -n 1)
exec "$home/dotnet" "$here/$name/$(basename "$config" .runtimeconfig.json).dll" "$@"
RUN
chmod +x "$out/run"
git -C "$root" describe --always --abbrev=40 --dirty --exclude '*' > "$out/commit" # for records of programs that carry no commit
du -sh "$out"

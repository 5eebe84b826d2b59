"""Compiles one folder of CUDA C++ kernels and writes its manifest; called by build-cuda-kernels.sh.

Facts of a kernel are read from the PTX that the compiler wrote: threads from .maxntid, clusters from .reqnctapercluster,
parameters from their declarations, compile-time constants from the variables that KERNEL_CONSTANT declares.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

FLAGS = ["-std=c++17", "-O3", "--expt-relaxed-constexpr", "-diag-suppress=177"]
ENTRY = re.compile(r"\.visible \.entry (\w+)\(\n(.*?)\n?\)\n(.*?)\{", re.S)
PARAMETER = re.compile(r"\.param (?:\.align (\d+) )?\.(\w+)(?: \.ptr[^,]*?)? (\w+?)(?:\[(\d+)\])?,?$", re.M)
CONSTANT = re.compile(r"\.(?:global|const) \.align 4 \.u32 (\w+)__constant__(\w+)(?: = (-?\d+))?;")
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)


def sources_of(entry, root):
    """The entry and every header of ours that it includes, as sorted paths relative to the folder of the kernels."""
    found, queue = set(), [entry]
    while queue:
        path = queue.pop()
        name = path.relative_to(root).as_posix()
        if name in found:
            continue
        found.add(name)
        for include in INCLUDE.findall(path.read_text()):
            header = (path.parent / include).resolve()
            if not header.exists():
                header = (root / include).resolve()
            if header.exists():
                queue.append(header)
    return sorted(found)


def hash_of(sources, root):
    listing = "".join(f"{hashlib.sha256((root / s).read_bytes()).hexdigest()}  {s}\n" for s in sources)
    return hashlib.sha256(listing.encode()).hexdigest()


def parameters_of(text):
    sizes = {
        "b8": 1, "u8": 1, "s8": 1,
        "b16": 2, "u16": 2,
        "b32": 4, "u32": 4, "s32": 4, "f32": 4,
        "b64": 8, "u64": 8, "s64": 8, "f64": 8,
    }
    offset, rows = 0, []
    for index, (align, kind, _, count) in enumerate(PARAMETER.findall(text)):
        size = sizes[kind] * int(count or 1)
        step = int(align) if align else size
        offset = (offset + step - 1) // step * step
        rows.append({"name": f"p{index}", "offset": offset, "size": size})
        offset += size
    return rows


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def compile_entry(nvcc, entry, root, images):
    stem = entry.stem
    extra = [flag for line in re.findall(r"^// nvcc: (.*)$", entry.read_text(), re.M) for flag in line.split()]
    common = [nvcc, *FLAGS, *extra, f"-I{root}", str(entry)]
    cubin, ptx = images / f"{stem}.cubin", images / f"{stem}.ptx"
    run([*common, "-gencode=arch=compute_90a,code=sm_90a", "-cubin", "-o", str(cubin)])
    is_portable = stem.startswith("sm80_")
    arch = "compute_80" if is_portable else "compute_90a"
    run([*common, f"-arch={arch}", "-ptx", "-o", str(ptx)])
    text = re.sub(r"^\s*//.*\n", "", ptx.read_text(), flags=re.M)
    files = [("sm_90a", cubin)]
    if is_portable:
        ptx.write_text(text)
        files.append((arch, ptx))
    else:
        ptx.unlink()
    rows = [{"arch": a, "file": f.name, "sha256": hashlib.sha256(f.read_bytes()).hexdigest()} for a, f in files]
    return describe(stem, text, sources_of(entry, root), root, rows)


def describe(stem, ptx, sources, root, images):
    constants = {}
    for symbol, name, value in CONSTANT.findall(ptx):
        constants.setdefault(symbol, {})[name] = value or "0"
    kernels = []
    for symbol, parameters, directives in ENTRY.findall(ptx):
        facts = constants.get(symbol, {})
        threads = re.search(r"\.maxntid (\d+)", directives)
        if not threads:
            sys.exit(f"{stem}: kernel {symbol} must have __launch_bounds__, got none")
        cluster = re.search(r"\.reqnctapercluster (\d+), (\d+), (\d+)", directives)
        kernels.append({
            "key": symbol,
            "stem": stem,
            "symbol": symbol,
            "threads": int(threads[1]),
            "sharedBytes": int(facts.pop("shared_bytes", "0")),
            "cluster": [int(c) for c in cluster.groups()] if cluster else [1, 1, 1],
            "parameters": parameters_of(parameters),
            "constants": dict(sorted(facts.items())),
            "sources": sources,
            "sha256": hash_of(sources, root),
            "images": images,
        })
    return kernels


def dump(manifest):
    """JSON with one kernel a paragraph and its small lists on one line each, so that diffs stay readable."""
    rows = []
    for kernel in manifest["kernels"]:
        fields = ",\n".join(f"      {json.dumps(k)}: {json.dumps(v)}" for k, v in kernel.items())
        rows.append("    {\n" + fields + "\n    }")
    return ('{\n  "toolchain": ' + json.dumps(manifest["toolchain"]) + ',\n  "kernels": [\n'
            + ",\n".join(rows) + "\n  ]\n}\n")


def main():
    nvcc, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    images = root / "images"
    images.mkdir(exist_ok=True)
    for stale in [*images.glob("*.cubin"), *images.glob("*.ptx")]:
        stale.unlink()
    entries = sorted((root / "entry").glob("*.cu"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        built = list(pool.map(lambda entry: compile_entry(nvcc, entry, root, images), entries))
    kernels = sorted((k for rows in built for k in rows), key=lambda k: k["key"])
    version = re.search(r"V([\d.]+)", run([nvcc, "--version"]))[1]
    (images / "manifest.json").write_text(dump({"toolchain": f"nvcc {version}", "kernels": kernels}))
    size = sum(f.stat().st_size for f in images.iterdir())
    print(f"{root}: {len(kernels)} kernels from {len(entries)} sources, {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()

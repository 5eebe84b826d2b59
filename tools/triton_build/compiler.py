"""Compiles images ahead of time, many at once, and writes the manifest that KernelManifest reads."""

import concurrent.futures
import hashlib
import importlib
import json
import multiprocessing
import os
import pathlib
import re
import sys
import time

from . import catalog

KERNELS = pathlib.Path(__file__).resolve().parents[2] / "src" / "Experts.Triton" / "Kernels"
SHARED_LIMIT = 232448  # bytes of shared memory that one block of compute capability 9.0 may have


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def hash_sources(names):
    """One line a source, "{sha256}  {path}\\n": what KernelManifest.HashSources computes."""
    lines = "".join(f"{sha256((KERNELS / n).read_bytes())}  {n}\n" for n in names)
    return sha256(lines.encode())


def without_source_lines(ptx):
    """PTX without line numbers and debug sections, which name the folder that it was built in."""
    ptx = re.sub(r"^\t\.section\t\.debug\w*\s*\{.*?\}\n", "", ptx, flags=re.M | re.S)
    return re.sub(r"^\t\.(file|loc)\t.*\n", "", ptx, flags=re.M)


def compile_image(image, folder):
    """Compiles one image in this process. Returns its manifest row, or the reason why there is none."""
    started = time.time()
    try:
        if str(KERNELS) not in sys.path:
            sys.path.insert(0, str(KERNELS))
        import triton
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource

        function = getattr(importlib.import_module(image.module), image.kernel)
        names = list(function.arg_names)
        signature = {n: image.signature.get(n, "constexpr") for n in names}
        expected = list(image.signature) + list(image.constants)
        if names != expected:
            raise ValueError(f"the kernel's arguments must be {expected}, got {names}")
        source = ASTSource(
            fn=function, signature=signature,
            constexprs={(names.index(n),): v for n, v in image.constants.items()},
            attrs={(names.index(n),): [["tt.divisibility", 16]] for n in image.divisible})
        options = {"num_warps": image.warps, "num_stages": image.stages}
        if image.target < 90:
            options["ptx_version"] = 84
        compiled = triton.compile(source, target=GPUTarget("cuda", image.target, 32), options=options)
        metadata = compiled.metadata
        if getattr(metadata, "global_scratch_size", 0) or getattr(metadata, "profile_scratch_size", 0):
            raise ValueError("the kernel wants scratch memory, which the launcher does not give")
        if metadata.shared > SHARED_LIMIT:
            raise ValueError(f"shared memory must be at most {SHARED_LIMIT} bytes, got {metadata.shared}")
        kind = "cubin" if image.target >= 90 else "ptx"
        data = compiled.asm[kind]
        data = without_source_lines(data).encode() if isinstance(data, str) else bytes(data)
        if str(KERNELS).encode() in data:
            raise ValueError(f"the image must not depend on the folder it was built in, it names {KERNELS}")
        name = f"{image.key}.{kind}"
        (pathlib.Path(folder) / name).write_bytes(data)
        return {"row": row(image, name, data, metadata, triton.__version__), "seconds": time.time() - started,
                "bytes": len(data), "toolchain": f"triton {triton.__version__}"}
    except BaseException as e:  # a compiler that gives up on one image must not cost the others
        return {"error": f"{type(e).__name__}: {str(e)[-600:]}", "seconds": time.time() - started}


def row(image, name, data, metadata, version):
    offset, parameters = 0, []
    pairs = list(image.signature.items()) + [("global_scratch", "*i8"), ("profile_scratch", "*i8")]
    for parameter, kind in pairs:
        size = 8 if kind.startswith("*") else catalog.SIZE_OF[kind]
        offset = (offset + size - 1) // size * size
        parameters.append({"name": parameter, "offset": offset, "size": size})
        offset += size
    constants = {n: str(int(v)) for n, v in image.constants.items()}
    constants |= {"WARPS": str(image.warps), "PIPELINE": str(image.stages), "ALIGN": image.align}
    constants |= {f"TYPE_{n.upper()}": v for n, v in image.types.items()}
    sources = catalog.SOURCES[image.module]
    arch = "sm_90" if image.target >= 90 else f"compute_{image.target}"
    return {
        "key": image.key, "stem": image.kernel, "symbol": metadata.name, "threads": 32 * metadata.num_warps,
        "sharedBytes": metadata.shared, "cluster": [1, 1, 1], "parameters": parameters, "constants": constants,
        "sources": sources, "sha256": hash_sources(sources),
        "images": [{"arch": arch, "file": name, "sha256": sha256(data)}],
    }


def build(folder, processes, keys=None):
    """Compiles the catalog, or images whose key contains one of keys. Returns (rows, failures by key, slowest images)."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("TRITON_CACHE_DIR", "/tmp/fusedmoe-triton-cache")
    os.environ["TRITON_DISABLE_LINE_INFO"] = "1"
    chosen = [i for i in catalog.images() if i.is_wanted(keys)]
    rows, failures, toolchain, slowest = [], {}, "triton", []
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = {pool.submit(compile_image, i, str(folder)): i for i in chosen}
        for future in concurrent.futures.as_completed(futures):
            image = futures[future]
            try:
                result = future.result()
            except BaseException as e:
                result = {"error": f"the compiling process died: {e}", "seconds": 0}
            slowest.append((round(result["seconds"], 1), image.key))
            if "row" in result:
                rows.append(result["row"])
                toolchain = result["toolchain"]
            else:
                failures[image.key] = result["error"]
    rows.sort(key=lambda r: r["key"])
    write_manifest(folder, toolchain, rows)
    return rows, failures, sorted(slowest, reverse=True)[:5]


def write_manifest(folder, toolchain, rows):
    text = json.dumps({"toolchain": toolchain, "kernels": rows}, separators=(",", ":"))
    text = text.replace('{"key"', '\n{"key"') + "\n"
    (pathlib.Path(folder) / "manifest.json").write_text(text)

#!/usr/bin/env python3
"""Builds the Triton kernel images ahead of time, checks them and times them.

  simulate          runs kernel sources in numpy (no Triton, no GPU needed)
  compile           compiles every image into a folder, with its manifest (needs Triton, no GPU)
  check             runs images on small shapes against a reference in numpy (needs a GPU): all cubins, and the first few
                    PTX images of each kernel
  time              times bf16 tiles on large layers (needs a GPU)
  all               compile, check, time, and pack images that did not fail into one archive
  install ARCHIVE   unpacks an archive into src/Experts.Triton/Kernels
"""

import argparse
import json
import pathlib
import sys
import tarfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from triton_build import catalog, compiler  # noqa: E402


def report(text):
    print(text, flush=True)


def simulate(keys):
    from triton_build.interpreter import Interpreter
    from triton_build.small_cases import cases_of, relative_error

    runner, seen, failed = Interpreter(), set(), 0
    for image in catalog.images():
        # Tiles, warps and stages do not change what a kernel computes; one image a kind is enough, the smallest.
        kind = (image.kernel, image.align, tuple(sorted(image.types.items())),
                tuple((n, v) for n, v in image.constants.items() if not n.startswith("BLOCK_") or n == "BLOCK_SCALES"))
        if not image.is_wanted(keys) or (not keys and kind in seen):
            continue
        seen.add(kind)
        for number, case in enumerate(cases_of(image)):
            try:
                runner.run(image, case.grid, case.values)
                error = relative_error(case)
                bad = not error <= case.tolerance
                text = f"error {error:.2e}"
            except Exception as e:
                bad, text = True, f"{type(e).__name__}: {e}"
            failed += bad
            if bad or keys:
                report(f"{'FAIL' if bad else 'ok'} {image.key} case {number}: {text}")
    report(f"simulated {len(seen)} kinds of images, {failed} failed")
    return failed == 0


def compile_all(folder, processes, keys):
    started = time.time()
    rows, failures, slowest = compiler.build(folder, processes, keys)
    size = sum((pathlib.Path(folder) / r["images"][0]["file"]).stat().st_size for r in rows)
    report(f"compiled {len(rows)} images, {size / 1e6:.1f} MB, in {time.time() - started:.0f} s; slowest {slowest}")
    for key, reason in sorted(failures.items()):
        report(f"FAIL compile {key}: {reason}")
    return not failures


def check(folder, keys):
    from triton_build.device import check_images

    return check_images(folder, keys, report)


def time_tiles(folder, budget):
    from triton_build.timing import time_layers

    return time_layers(folder, budget, report)


def pack(folder, out, results, preset):
    """The archive holds the manifest and the images that did not fail; results.json, beside it, the measurements."""
    folder, out = pathlib.Path(folder), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    bad = set(results.get("failed", []))
    manifest = json.loads((folder / "manifest.json").read_text())
    rows = [r for r in manifest["kernels"] if r["key"] not in bad]
    compiler.write_manifest(folder, manifest["toolchain"], rows)
    (out / "results.json").write_text(json.dumps(results, indent=1))
    started = time.time()
    with tarfile.open(out / "triton-images.tar.xz", "w:xz", preset=preset) as archive:
        archive.add(folder / "manifest.json", "manifest.json")
        for row in rows:
            archive.add(folder / row["images"][0]["file"], row["images"][0]["file"])
    size = (out / "triton-images.tar.xz").stat().st_size
    report(f"packed {len(rows)} images into {size / 1e6:.1f} MB in {time.time() - started:.0f} s")


def install(archive):
    target = compiler.KERNELS
    with tarfile.open(archive) as source:
        # The old images go only when there are new ones.
        source.getmember("manifest.json")
        for old in [*target.glob("*.cubin"), *target.glob("*.ptx"), target / "manifest.json"]:
            old.unlink(missing_ok=True)
        source.extractall(target, filter="data")
    report(f"installed {len(list(target.glob('*.cubin')))} cubin and {len(list(target.glob('*.ptx')))} PTX images")
    return True


def everything(arguments):
    """Each step runs even when one before it failed: a machine with a GPU may be there for minutes only."""
    started, results = time.time(), {}
    ok = compile_all(arguments.folder, arguments.processes, arguments.only)
    for name, step in (("check", lambda: check(arguments.folder, arguments.only)),
                       ("time", lambda: time_tiles(arguments.folder, arguments.budget))):
        try:
            results |= step()
        except BaseException as e:
            ok = False
            report(f"FAIL {name}: {type(e).__name__}: {e}")
            if name == "check":
                results["failed"] = [i.key for i in catalog.images()]
        if arguments.out:
            # Quickly first: the machine may be gone before the times are there.
            pack(arguments.folder, arguments.out, results, preset=6 if name == "time" else 1)
    report(f"all took {time.time() - started:.0f} s")
    return ok and not results.get("failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["simulate", "compile", "check", "time", "all", "install"])
    parser.add_argument("archive", nargs="?", help="archive to install")
    parser.add_argument("--folder", default="/tmp/triton-images", help="folder of images (default %(default)s)")
    parser.add_argument("--out", help="folder for the archive and results.json")
    parser.add_argument("--processes", type=int, default=16, help="compiling processes (default %(default)s)")
    parser.add_argument("--budget", type=float, default=110, help="seconds for timing (default %(default)s)")
    parser.add_argument("--only", nargs="+", help="only images whose key contains one of these")
    arguments = parser.parse_args()
    if arguments.command == "install" and arguments.archive is None:
        parser.error("install must be given the archive to install")
    steps = {
        "simulate": lambda: simulate(arguments.only),
        "compile": lambda: compile_all(arguments.folder, arguments.processes, arguments.only),
        "check": lambda: not check(arguments.folder, arguments.only)["failed"],
        "time": lambda: bool(time_tiles(arguments.folder, arguments.budget)),
        "all": lambda: everything(arguments),
        "install": lambda: install(arguments.archive),
    }
    return 0 if steps[arguments.command]() else 1


if __name__ == "__main__":
    sys.exit(main())

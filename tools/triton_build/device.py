"""Runs the cases on a GPU, one process a kernel, so that a kernel that faults takes only its own cases down."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from . import catalog
from .driver import Kernels
from .small_cases import cases_of, relative_error

PORTABLE_CHECKS = 6  # PTX is compiled when it is loaded, which takes seconds an image
TOOLS = str(pathlib.Path(__file__).resolve().parents[1])
DEADLINE = 150  # seconds for all checks


def torch_types():
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, "i32": torch.int32,
            "i8": torch.int8, "u8": torch.uint8, "fp8e4nv": torch.float8_e4m3fn}


class Device:
    """Launches images of one folder on torch's current stream."""

    def __init__(self, folder):
        import torch

        self.torch, self.kernels, self.types = torch, Kernels(folder), torch_types()
        torch.zeros(1, device="cuda")

    def run(self, image, grid, values):
        """Writes the outputs of values in place."""
        torch, arguments, tensors = self.torch, {}, {}
        for name, kind in image.signature.items():
            value = values.get(name, 0)
            if hasattr(value, "shape") and kind.startswith("*"):
                tensors[name] = torch.from_numpy(value.copy()).cuda().to(self.types[kind[1:]]).contiguous()
                arguments[name] = tensors[name].data_ptr()
            else:
                arguments[name] = value
        stream = torch.cuda.current_stream().cuda_stream
        self.kernels.bind(image.key, grid, arguments, image.signature, programmatic=image.target >= 90)(stream)
        torch.cuda.synchronize()
        for name in ("c_ptr", "out_ptr"):
            if name in tensors:
                values[name][...] = tensors[name].float().cpu().numpy()


def run_case(device, case):
    """What a case writes over an output of NaN, and its error."""
    case.values[case.output][...] = np.nan
    device.run(case.image, case.grid, case.values)
    return case.values[case.output].copy(), relative_error(case)


def check_kernel(folder, kernel, keys):
    """Cases of one kernel: {key: worst error or reason}."""
    device, results, portable = Device(folder), {}, 0
    for image in catalog.images():
        if image.kernel != kernel or image.key not in device.kernels.rows or not image.is_wanted(keys):
            continue
        if image.target < 90:
            portable += 1
            if portable > PORTABLE_CHECKS:
                continue
        try:
            worst = 0.0
            for case in cases_of(image):
                first, error = run_case(device, case)
                worst = max(worst, error)
                if not error <= case.tolerance:
                    raise ValueError(f"relative error must be at most {case.tolerance}, got {error}")
                second, again = run_case(device, case)
                if not np.array_equal(first, second, equal_nan=True):
                    raise ValueError(f"two runs must give the same bits, got errors {error} and {again}")
            results[image.key] = worst
        except Exception as e:
            results[image.key] = f"{type(e).__name__}: {str(e)[:200]}"
    return results


def check_images(folder, keys, report):
    """All kernels at once. Returns the worst error or the reason by key, and the keys that failed: all of a kernel whose
    process gave no answer."""
    with tempfile.TemporaryDirectory() as answers:
        return check_in_processes(folder, keys, report, pathlib.Path(answers))


def check_in_processes(folder, keys, report, answers):
    started, deadline = {}, time.time() + DEADLINE
    for kernel in catalog.SIGNATURES:
        output = str(answers / f"{kernel}.json")
        command = [sys.executable, "-c", f"import sys, json; sys.path.insert(0, {TOOLS!r});"
                   "from triton_build.device import check_kernel;"
                   f"json.dump(check_kernel({str(folder)!r}, {kernel!r}, {keys!r}), open({output!r}, 'w'))"]
        started[kernel] = (subprocess.Popen(command, stderr=subprocess.PIPE, text=True), output)
    results, failed = {}, []
    for kernel, (process, output) in started.items():
        try:
            _, errors = process.communicate(timeout=max(1, deadline - time.time()))
            if process.returncode != 0:
                raise RuntimeError(errors[-400:])
            with open(output) as file:
                mine = json.load(file)
        except Exception as e:
            process.kill()
            report(f"FAIL check {kernel}: {type(e).__name__}: {e}")
            failed += [i.key for i in catalog.images() if i.kernel == kernel and i.is_wanted(keys)]
            continue
        numbers = [v for v in mine.values() if not isinstance(v, str)]
        worst = max(numbers, default=0)
        report(f"checked {kernel}: {len(numbers)} of {len(mine)} images pass, worst error {worst:.1e}")
        bad = {k: v for k, v in mine.items() if isinstance(v, str)}
        for key in list(bad)[:12]:
            report(f"  FAIL {key}: {bad[key]}")
        failed += list(bad)
        results |= mine
    return {"check": results, "failed": failed}

"""Runs the cases on a GPU, one process a kernel, so that a kernel that faults takes only its own cases down."""

import json
import subprocess
import sys
import tempfile
import time

from . import catalog
from .driver import Kernels
from .small_cases import cases_of, relative_error

PORTABLE_CHECKS = 6  # PTX is compiled when it is loaded, which takes seconds an image
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
        self.kernels.launch(image.key, grid, arguments, image.signature, stream, programmatic=image.target >= 90)
        torch.cuda.synchronize()
        for name in ("c_ptr", "out_ptr"):
            if name in tensors:
                values[name][...] = tensors[name].float().cpu().numpy()


def check_kernel(folder, kernel, keys):
    """Cases of one kernel: {key: worst error or reason}."""
    device, results, portable = Device(folder), {}, 0
    for image in catalog.images():
        wanted = not keys or any(k in image.key for k in keys)
        if image.kernel != kernel or image.key not in device.kernels.rows or not wanted:
            continue
        if image.target < 90:
            portable += 1
            if portable > PORTABLE_CHECKS:
                continue
        try:
            worst = 0.0
            for case in cases_of(image):
                device.run(image, case.grid, case.values)
                error = relative_error(case)
                worst = max(worst, error)
                if not error <= case.tolerance:
                    raise ValueError(f"relative error must be at most {case.tolerance}, got {error}")
                device.run(image, case.grid, case.values)
                if relative_error(case) != error:
                    raise ValueError(f"two runs must give one result, got errors {error} and {relative_error(case)}")
            results[image.key] = worst
        except Exception as e:
            results[image.key] = f"{type(e).__name__}: {str(e)[:200]}"
    return results


def check_images(folder, keys, report):
    """All kernels at once. Returns the keys that failed and the worst errors."""
    started, deadline = {}, time.time() + DEADLINE
    for kernel in catalog.SIGNATURES:
        output = tempfile.NamedTemporaryFile(suffix=".json", delete=False).name
        command = [sys.executable, "-c", f"import sys, json; sys.path.insert(0, {sys.path[0]!r});"
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

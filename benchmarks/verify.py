"""Compares the recorded layers with what each GPU backend computes, and writes the errors as one record.

    benchmarks/verify.py OUT.json COMMAND...
    benchmarks/verify.py verify.json .gpu/run Host verify --device cuda:0

COMMAND is `fusedmoe verify` without folder and backend. A backend may refuse a layer (exit code 3); a wrong result or any
other end makes this exit 1.
"""
import json
import pathlib
import subprocess
import sys
import time

import stamp

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "tests/data/golden"
FOLDERS = ("mixtral", "qwen3_moe", "deepseek_v3", "deepseek_v3_fp8", "gpt_oss", "gpt_oss_mxfp4")
REFUSED = 3
# The recording was made with activations as they are: the bound is the conformance suite's for 8-bit ones.
QUANTIZED = ("--activations", "config", "--tolerance", "0.05")


def verify(command, experts, folder, quantized=False):
    result = subprocess.run(
        [*command, str(GOLDEN / folder), "--experts", experts, *(QUANTIZED if quantized else ()), "--json"],
        capture_output=True, text=True)
    report = json.loads(result.stdout) if result.returncode in (0, 1) and result.stdout.startswith("{") else None
    run = {
        "experts": experts,
        "folder": folder,
        "activations": "config" if quantized else "none",
        "exitCode": result.returncode,
        "relativeErrors": [check["relativeError"] for check in report["checks"]] if report else [],
    }
    print(json.dumps(run), result.stderr.strip()[-500:] if result.returncode not in (0, REFUSED) else "", flush=True)
    return run, report and report["device"]


def main():
    path, command = sys.argv[1], sys.argv[2:]
    results = [verify(command, experts, folder) for experts in ("triton", "cutlass") for folder in FOLDERS]
    results += [verify(command, experts, "deepseek_v3_fp8", quantized=True) for experts in ("triton", "cutlass")]
    record = {
        "device": next((device for _, device in results if device), "unknown"),
        "driver": stamp.driver(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": stamp.commit(),
        "command": " ".join(command),
        "verify": [run for run, _ in results],
    }
    with open(path, "w", encoding="utf-8") as out:
        json.dump(record, out, indent=1)
        out.write("\n")
    codes = [run["exitCode"] for run, _ in results]
    return 0 if set(codes) <= {0, REFUSED} and 0 in codes else 1


if __name__ == "__main__":
    sys.exit(main())

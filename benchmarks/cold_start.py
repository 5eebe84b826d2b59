"""Times the cold start of a layer: from the start of the process to the first output on the device, by step.

    benchmarks/cold_start.py RUNS OUT.json COMMAND...
    benchmarks/cold_start.py 10 benchmarks/results/cold-start.json .gpu/run Host run --device cuda:0

COMMAND is `fusedmoe run` with its options; --timing and --json are added. The first run is left out: it also reads the program
from the disk. The weights are mapped from a file that the runs before have put in memory.
"""
import json
import statistics
import subprocess
import sys
import time

import stamp


def run(command):
    began = time.monotonic()
    result = subprocess.run([*command, "--timing", "--json"], capture_output=True, text=True)
    wall = (time.monotonic() - began) * 1000
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} exited with {result.returncode}\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return json.loads(result.stdout), wall


def median_of_step(results, name):
    return statistics.median(step["milliseconds"] for report, _ in results for step in report["start"] if step["name"] == name)


def main():
    runs, path, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    run(command)
    results = [run(command) for _ in range(runs)]
    first = results[0][0]
    totals = [r["firstOutputMilliseconds"] for r, _ in results]
    steps = {step["name"]: round(median_of_step(results, step["name"]), 1) for step in first["start"]}
    report = {
        "command": " ".join(command),
        "device": first["plan"]["device"],
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "driver": stamp.driver(),
        "commit": stamp.commit(),
        "runs": runs,
        "firstOutputMilliseconds": {
            "median": round(statistics.median(totals), 1),
            "least": round(min(totals), 1),
            "most": round(max(totals), 1),
        },
        "medianMillisecondsByStep": steps,
    }
    with open(path, "w", encoding="utf-8") as out:
        json.dump(report, out, indent=1)
        out.write("\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

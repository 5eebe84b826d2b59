#!/usr/bin/env python3
"""Prints the rows of docs/results.md from files that `fusedmoe bench --out` wrote in one sitting on one machine.

usage: results_table.py NAME=FILE...      for example cutlass=bench-cutlass.json triton=bench-triton.json
"""

import json
import pathlib
import sys

PEERS = ("triton", "grouped_mm")


def main():
    if len(sys.argv) < 2 or not all("=" in argument for argument in sys.argv[1:]):
        sys.exit(__doc__)
    runs = {name: json.loads(pathlib.Path(path).read_text())
            for name, path in (argument.split("=", 1) for argument in sys.argv[1:])}
    # Records from before there were pauses have none.
    same = {(run["device"], run["driver"], run["result"]["routing"], run["result"].get("pauseMilliseconds", 0),
             json.dumps(run["result"]["ceilings"])) for run in runs.values()}
    if len(same) != 1:
        sys.exit(f"The files must be of one device, driver, routing, pause and ceilings, got {sorted(same)}.")
    device, driver, routing, longest_pause, ceilings = same.pop()
    print(f"{device}, driver {driver}, routing {routing}, pause {longest_pause} ms, ceilings {ceilings}\n")
    cells = {}
    for name, run in runs.items():
        for cell in run["result"]["cells"]:
            cells.setdefault((cell["shape"], cell["tokens"]), {})[name] = cell
    columns = [f"{name} µs | x floor" for name in runs] + [f"peer {peer} µs" for peer in PEERS]
    print("| layer | tokens | floor µs | " + " | ".join(columns) + " |")
    print("| --- " * (3 + 2 * len(runs) + len(PEERS)) + "|")
    for (shape, tokens), measured in cells.items():
        first = next(iter(measured.values()))
        row = [shape, str(tokens), figure(first["floorMicroseconds"])]
        for name in runs:
            cell = measured.get(name)
            row += [figure(cell["microseconds"]), f"{cell['timesFloor']:.2f}"] if cell else ["-", "-"]
        peers = {peer["peer"]: peer["microseconds"] for peer in first["peers"]}
        row += [figure(peers[peer]) if peer in peers else "-" for peer in PEERS]
        print("| " + " | ".join(row) + " |")


def figure(microseconds):
    return f"{microseconds:.1f}" if microseconds < 100 else f"{microseconds:.0f}"


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes benchmarks/results/triton-tiles.*.json of the results.json that tools/build-triton-kernels.sh leaves.

  triton_tiles.py RESULTS OUT --driver 580.159.04 --commit f118bb8 --toolchain "triton 3.6.0" [--date 2026-11-26]
"""

import argparse
import ast
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from triton_build import timing  # noqa: E402

METHOD = (
    "bf16, SwiGLU, random weights and uniform random routing without repeats; microseconds, medians of "
    f"{timing.REPEATS} launches, each after {timing.FLUSH_BYTES >> 20} MiB were written to flush the L2 cache. tiles_us: "
    "[first product with the activation, second product], 16 row blocks in a group where pairs / experts exceeds half of "
    "the tile's rows, else 1. groups_us: first product of the best tile by row blocks in a group. layer_us: one graph "
    "replay of the best first product, second product and weighted sum, without sorting the pairs. tiny_us: one graph "
    "replay of the fastest tiny_gate_up and tiny_down.")


def tiles(times):
    """Times by tile, its name as keys spell it, without warps: '(16, 512, 3, 4)' becomes '16x512x3'."""
    return {"x".join(str(n) for n in ast.literal_eval(name)[:3]): value for name, value in times.items()}


def cell(name, measured):
    layer, tokens = name.rsplit(" ", 1)
    # A tile that failed has its error in the place of its times.
    row = {"layer": layer, "tokens": int(tokens),
           "tiles_us": {t: v for t, v in measured["tiles"].items() if not isinstance(v, str)}}
    if measured["tiny"]:
        row |= {"tiny_gate_up_us": tiles(measured["tiny"]["gate"]), "tiny_down_us": tiles(measured["tiny"]["down"]),
                "tiny_us": measured["tiny_us"]}
    if measured.get("groups"):
        row["groups_us"] = measured["groups"]
    return row | {k: measured[k] for k in ("best", "sum_us", "layer_us") if k in measured}


def layers():
    names = ("localExperts", "experts", "topK", "hidden", "intermediate")
    return {layer: dict(zip(names, shape)) for layer, shape in timing.LAYERS.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--driver", required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--toolchain", required=True)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    arguments = parser.parse_args()
    results = json.loads(pathlib.Path(arguments.results).read_text())
    head = {"device": results["device"], "driver": arguments.driver, "date": arguments.date, "commit": arguments.commit,
            "toolchain": arguments.toolchain, "torch": results["torch"], "method": METHOD}
    cells = [json.dumps(cell(name, measured)) for name, measured in results["timing"].items()]
    text = json.dumps(head, indent=1)[:-2] + ',\n "layers": ' + json.dumps(layers(), indent=1).replace("\n", "\n ")
    pathlib.Path(arguments.out).write_text(text + ',\n "cells": [\n  ' + ",\n  ".join(cells) + "\n ]\n}\n")


if __name__ == "__main__":
    main()

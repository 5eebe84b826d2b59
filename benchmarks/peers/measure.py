#!/usr/bin/env python3
"""Times whole bf16 layers of two peers on one GPU: a layer over torch's grouped_mm, and vLLM's Triton kernel.

Ids and weights in, layer output out; the median of graph replays, a pause and a flush of the L2 cache before each; the result
is checked on sampled rows in the same run. `fusedmoe bench --peers FILE` sets the figures beside its own.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import statistics
import sys
import time
import traceback

import torch

import pause
import routing
import warm_up
from layers import SHAPES, Call, Layer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import stamp  # noqa: E402

TOKENS = tuple(2**i for i in range(15))
TRIAL_REPEATS, REPEATS = 5, 21
ERROR_LIMIT = 0.02


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel-file", help="vllm_fused_moe.py of Megatron-LM; without it only grouped_mm is timed")
    parser.add_argument("--layers", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--tokens", nargs="+", type=int, default=list(TOKENS))
    parser.add_argument("--routing", default="uniform", choices=routing.NAMES)
    parser.add_argument("--pause", type=int, default=pause.LONGEST_MS, metavar="MS", help=(
        f"the longest pause in milliseconds before a replay: {pause.FACTOR} times as long as the one before took, rounded up; "
        "0 for none (default %(default)s)"))
    parser.add_argument("--time-budget", type=float, default=float("inf"), help="seconds; what is measured by then is written")
    parser.add_argument("--out", help="JSON file")
    parser.add_argument("--compile-tile", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pause < 0:
        parser.error(f"--pause must be at least 0 milliseconds, got {options.pause}")
    return options


class Run:
    """One sitting: peers, clock, and the cells so far."""

    def __init__(self, options):
        self.options, self.started = options, time.monotonic()
        self.peers, self.problems, self.cells, self.ceilings, self.clock = [], [], [], None, None

    def left(self):
        return self.options.time_budget - (time.monotonic() - self.started)

    def guarded(self, what, action):
        """The action's result, or None where it failed; a failure is recorded and the run goes on."""
        try:
            return action()
        except Exception as e:
            traceback.print_exc()
            self.problems.append(f"{what}: {type(e).__name__}: {e}"[:500])
            return None

    def prepare(self):
        from timing import Clock

        options = self.options
        compilers = warm_up.start() if options.kernel_file else []
        self.clock = Clock(options.pause)
        from grouped_peer import GroupedPeer

        self.add(GroupedPeer)
        if options.kernel_file:
            from triton_peer import TritonPeer

            self.add(lambda: TritonPeer(options.kernel_file))
            self.problems += warm_up.finish(compilers, min(90.0, max(5.0, self.left() / 2)))
            print(f"kernels compiled after {time.monotonic() - self.started:.0f} s", flush=True)
        self.ceilings = self.guarded("ceilings", self.clock.ceilings)

    def add(self, create):
        peer = self.guarded("a peer", create)
        if peer is not None:
            self.peers.append(peer)

    def measure(self):
        columns = "".join(f" {p.name + ' µs':>14} {'x':>5} {'error':>6}" for p in self.peers)
        print(f"{'layer':<16} {'tokens':>6} {'floor':>9}{columns}")
        for name in self.options.layers:
            layer = self.guarded(f"weights of {name}", lambda: Layer(SHAPES[name], "cuda"))
            for tokens in self.options.tokens if layer is not None else ():
                if self.left() <= 0:
                    budget = f"--time-budget {self.options.time_budget:.0f} s"
                    self.problems.append(f"stopped before {name}, {tokens} tokens: {budget}")
                    return
                if not self.alive():
                    self.problems.append(f"stopped before {name}, {tokens} tokens: the device answers no more")
                    return
                cell = self.guarded(f"{name}, {tokens} tokens", lambda: self.cell(name, layer, tokens))
                if cell is not None:
                    self.cells.append(cell)
                    self.print_cell(cell)
            del layer
            torch.cuda.empty_cache()

    def cell(self, name, layer, tokens):
        call = Call(layer, tokens, self.options.routing)
        size, operations = call.floor()
        cell = {"layer": name, "tokens": tokens, "activeExperts": call.active, "localPairs": call.pairs,
                "bytes": size, "operations": operations}
        if self.ceilings:
            cell["floorMicroseconds"] = 1e6 * max(size / self.ceilings[0], operations / self.ceilings[1])
        for peer in self.peers:
            cell[peer.name] = self.guarded(f"{peer.name}, {name}, {tokens} tokens", lambda: self.best(peer, call))
        return cell

    def best(self, peer, call):
        """The fastest configuration with a right result, timed again at length."""
        candidates, tried, best = peer.candidates(call), [], None
        for configuration in candidates:
            entry = {"configuration": configuration}
            tried.append(entry)
            try:
                # A graph keeps addresses only: what the call allocated must live as long.
                run = peer.bind(call, configuration)
                graph = self.clock.capture(run)
                # Capturing ran the call once; what is checked is what a replay writes.
                call.out.fill_(float("nan"))
                graph.replay()
                entry["error"] = call.error()
                repeats = TRIAL_REPEATS if len(candidates) > 1 else REPEATS
                times = self.clock.microseconds(graph.replay, repeats)
                entry["microseconds"] = statistics.median(times)
                if entry["error"] <= ERROR_LIMIT and (best is None or entry["microseconds"] < best[0]["microseconds"]):
                    best = (entry, graph, times, run)
            except Exception as e:
                entry["failure"] = f"{type(e).__name__}: {e}"[:300]
        if best is None:
            raise RuntimeError(f"no configuration gave a right result: {json.dumps(tried)}")
        entry, graph, times, _ = best
        if len(times) < REPEATS:
            times = self.clock.microseconds(graph.replay, REPEATS)
        result = {"microseconds": statistics.median(times), "least": times[0], "repeats": len(times), "error": entry["error"]}
        return {**result, "configuration": entry["configuration"], "tried": tried} if len(candidates) > 1 else result

    def alive(self):
        try:
            torch.cuda.synchronize()
            return True
        except Exception:
            return False

    def print_cell(self, cell):
        floor = cell.get("floorMicroseconds", float("nan"))
        line = f"{cell['layer']:<16} {cell['tokens']:>6} {floor:>9.1f}"
        for peer in self.peers:
            figure = cell[peer.name]
            if figure is None:
                line += f" {'failed':>14} {'':>5} {'':>6}"
                continue
            line += f" {figure['microseconds']:>14.1f} {figure['microseconds'] / floor:>5.2f} {figure['error']:>6.4f}"
            line += "  " + "x".join(str(v) for v in figure.get("configuration", {}).values())
        print(line, flush=True)

    def result(self):
        import triton

        kernel = self.options.kernel_file
        return {
            "device": torch.cuda.get_device_name(0),
            "driver": stamp.driver(),
            "commit": stamp.commit(),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "torch": torch.__version__,
            "triton": triton.__version__,
            "cuda": torch.version.cuda,
            "routing": self.options.routing,
            "pauseMilliseconds": self.options.pause,
            "kernelFile": kernel and {
                "name": pathlib.Path(kernel).name, "sha256": hashlib.sha256(pathlib.Path(kernel).read_bytes()).hexdigest()},
            "ceilings": self.ceilings and {
                "terabytesPerSecond": self.ceilings[0] / 1e12, "teraflopsPerSecond": self.ceilings[1] / 1e12},
            "problems": self.problems,
            "cells": self.cells,
        }


def main():
    options = arguments()
    torch.set_grad_enabled(False)
    warm_up.use_cache()
    if options.compile_tile is not None:
        warm_up.compile_one(options.kernel_file, options.compile_tile, options.layers, options.tokens, options.routing)
        return 0
    if not torch.cuda.is_available():
        print("A GPU must be there, torch finds none.", file=sys.stderr)
        return 3
    run = Run(options)
    try:
        run.prepare()
        if run.ceilings:
            print(f"{torch.cuda.get_device_name(0)}: {run.ceilings[0] / 1e12:.2f} TB/s, {run.ceilings[1] / 1e12:.0f} TFLOP/s")
        run.measure()
    finally:
        if options.out:
            pathlib.Path(options.out).write_text(json.dumps(run.result(), indent=1) + "\n")
    for problem in run.problems:
        print(f"problem: {problem}")
    print(f"{len(run.cells)} cells in {time.monotonic() - run.started:.0f} s")
    return 0 if run.cells else 1


if __name__ == "__main__":
    sys.exit(main())

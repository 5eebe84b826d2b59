"""Compiles the Triton peer's kernels in several processes, into the cache that the measuring process then reads."""

import os
import subprocess
import sys
import time

import torch

from layers import SHAPES, Call, Layer
from triton_peer import FIELDS, TILES, TritonPeer, tiles_for

MOST_TOKENS = 2048


def compile_one(kernel_file, tile, names, counts, distribution):
    """Runs every cell of a tile once, over weights that all experts share. Kernels do not differ above MOST_TOKENS."""
    peer = TritonPeer(kernel_file)
    for name in names:
        layer, done = Layer(SHAPES[name], "cuda", one_expert=True), set()
        for count in counts:
            tokens = min(count, MOST_TOKENS)
            call = Call(layer, tokens, distribution)
            per_expert = call.pairs / max(call.active, 1) * count / tokens
            if tokens not in done and tile in tiles_for(per_expert):
                peer.bind(call, dict(zip(FIELDS, TILES[tile])))()
                torch.cuda.synchronize()
                done.add(tokens)


def start():
    """One process a tile; each is this very command with --compile-tile."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen([sys.executable, *sys.argv, "--compile-tile", str(tile)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        for tile in range(len(TILES))]


def finish(processes, seconds):
    """Waits; what is not done by then is ended, and compiled later where it is needed. Returns what went wrong."""
    deadline, problems = time.monotonic() + seconds, []
    for tile, process in enumerate(processes):
        try:
            _, text = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
            if process.returncode:
                problems.append(f"compiling tile {TILES[tile]}: {(text.strip() or 'no message').splitlines()[-1]}")
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            problems.append(f"compiling tile {TILES[tile]}: not done after {seconds:.0f} s")
    return problems


def use_cache():
    """All processes share one cache of compiled kernels, wherever the home folder is."""
    os.environ.setdefault("TRITON_CACHE_DIR", "/tmp/fusedmoe-peers-triton")

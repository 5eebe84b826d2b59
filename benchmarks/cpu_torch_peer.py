"""The same layer in torch, experts looped over: the peer of benchmarks/Cpu. Prints one JSON object a figure.

usage: /usr/bin/python3 benchmarks/cpu_torch_peer.py TOKENS...      (Debian: apt-get install python3-torch)
"""

import json
import statistics
import sys
import time

import torch

EXPERTS, TOP_K, HIDDEN, INTERMEDIATE = 128, 8, 2048, 768


def layer(x, w13, w2, ids, weights):
    out = torch.zeros(x.shape, dtype=torch.float32)
    for expert in ids.unique().tolist():
        token, slot = torch.where(ids == expert)
        h = x[token] @ w13[expert].t()
        a = torch.nn.functional.silu(h[:, :INTERMEDIATE]) * h[:, INTERMEDIATE:]
        y = (a @ w2[expert].t()).float() * weights[token, slot, None]
        out.index_add_(0, token, y)
    return out.to(x.dtype)


def main():
    torch.manual_seed(1)
    for dtype in (torch.float32, torch.bfloat16):
        w13 = torch.empty(EXPERTS, 2 * INTERMEDIATE, HIDDEN, dtype=dtype)
        w2 = torch.empty(EXPERTS, HIDDEN, INTERMEDIATE, dtype=dtype)
        # One random expert over and over: products take the same time, and the program starts in seconds.
        w13[:] = (torch.rand(2 * INTERMEDIATE, HIDDEN) * 0.1 - 0.05).to(dtype)
        w2[:] = (torch.rand(HIDDEN, INTERMEDIATE) * 0.1 - 0.05).to(dtype)
        for tokens in map(int, sys.argv[1:]):
            x = (torch.rand(tokens, HIDDEN) * 0.1 - 0.05).to(dtype)
            weights = torch.full((tokens, TOP_K), 1.0 / TOP_K)
            runs = 41 if tokens < 64 else 9
            times = []
            with torch.no_grad():
                for run in range(runs + 2):
                    ids = torch.stack([torch.randperm(EXPERTS)[:TOP_K] for _ in range(tokens)])
                    start = time.perf_counter()
                    layer(x, w13, w2, ids, weights)
                    if run >= 2:
                        times.append((time.perf_counter() - start) * 1e3)
            print(json.dumps({
                "torch": torch.__version__, "dType": str(dtype).split(".")[1], "tokens": tokens,
                "medianMilliseconds": statistics.median(times), "bestMilliseconds": min(times), "runs": runs,
            }), flush=True)
        del w13, w2


if __name__ == "__main__":
    main()

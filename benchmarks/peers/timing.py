"""Graph replays with a pause and the L2 cache flushed before each, and the ceilings of the device."""

import statistics
import time

import torch

import pause

FLUSH_BYTES = 256 << 20
# Twice: a host that slept enqueues slowly at first, and what is timed must be enqueued before the flush ends.
FLUSH_READS = 2
UNCOUNTED = 2
CEILING_REPEATS = 21


class Clock:
    """Captures closures into CUDA graphs that share one pool of memory, and times replays."""

    def __init__(self, longest_pause):
        self._longest_pause = longest_pause
        self._stream = torch.cuda.Stream()
        cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)
        # Read, not written: written lines would have to be written back by the call that is timed.
        self._flush = torch.ones(max(FLUSH_BYTES, 4 * cache) // 4, dtype=torch.float32, device="cuda")
        self._sum = torch.empty((), dtype=torch.float32, device="cuda")
        self._pool = torch.cuda.graph_pool_handle()
        # A graph that lives as long as the clock: the pool of graphs that are all gone cannot be used again.
        self._anchor = self._record(lambda: self._flush[:256].zero_())

    def capture(self, call):
        """A graph of the call, which has run once before (kernels compile and load outside of the capture)."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            call()
        torch.cuda.synchronize()
        return self._record(call)

    def microseconds(self, replay, repeats):
        """Times of the repeats, sorted, after two that do not count."""
        marks = []
        for _ in range(repeats + UNCOUNTED):
            before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            if len(marks) >= UNCOUNTED:
                self._rest(marks[-1])
            for _ in range(FLUSH_READS):
                torch.sum(self._flush, dim=0, out=self._sum)
            before.record()
            replay()
            after.record()
            marks.append((before, after))
        torch.cuda.synchronize()
        return sorted(self._elapsed(mark) for mark in marks[UNCOUNTED:])

    def ceilings(self):
        """(bytes/s of reading 2 GiB of bf16, operations/s of an 8192 cubed bf16 product of random data)."""
        values = torch.empty(1 << 30, dtype=torch.bfloat16, device="cuda").normal_()
        read = statistics.median(self.microseconds(values.sum, CEILING_REPEATS))
        del values
        a, b, c = (torch.empty(8192, 8192, dtype=torch.bfloat16, device="cuda").normal_() for _ in range(3))
        product = statistics.median(self.microseconds(lambda: torch.mm(a, b, out=c), CEILING_REPEATS))
        return 2 * (1 << 30) / read * 1e6, 2 * 8192**3 / product * 1e6

    def _rest(self, last):
        """Waits until the device is idle, then for the pause that the last replay asks for; not at all without pauses."""
        if self._longest_pause > 0:
            torch.cuda.synchronize()
            time.sleep(1e-3 * pause.milliseconds_after(self._elapsed(last), self._longest_pause))

    @staticmethod
    def _elapsed(mark):
        before, after = mark
        return 1e3 * before.elapsed_time(after)

    def _record(self, call):
        # Not torch.cuda.graph: it collects garbage and empties the allocator's cache at every capture.
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(self._stream):
            graph.capture_begin(pool=self._pool)
            try:
                call()
            finally:
                graph.capture_end()
        torch.cuda.synchronize()
        return graph

"""How long the GPU rests before a timed replay, so that the replays before do not lower its clocks."""

import math

LONGEST_MS = 20
FACTOR = 4


def milliseconds_after(microseconds, longest):
    """Whole milliseconds: four times as long as the replay before took, rounded up, at most the longest.
    ReplayPause in src/Host has the same rule."""
    return min(longest, math.ceil(FACTOR * microseconds / 1000))

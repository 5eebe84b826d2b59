"""Numbers that bfloat16 holds, functions of them, and the sizes of every recorded layer."""

import math
import struct

EXPERTS, TOP_K, HIDDEN, FFN, LAYER = 6, 2, 32, 24, 1
TOKENS = (1, 7, 64)
GROUPS, KEPT = 3, 2


def rounded(value):
    """The bfloat16 bits nearest to a number (ties to even), and the number they stand for."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return bits, struct.unpack("<f", struct.pack("<I", bits << 16))[0]


class Matrix:
    """Rows of numbers that bfloat16 holds."""

    def __init__(self, source, rows, columns, scale):
        pairs = [[rounded(source.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]
        self.bits = [[p[0] for p in row] for row in pairs]
        self.rows = [[p[1] for p in row] for row in pairs]

    def times(self, vector):
        return [sum(a * b for a, b in zip(row, vector)) for row in self.rows]


def transposed(bits):
    return [list(column) for column in zip(*bits)]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softmax(logits):
    powers = [math.exp(x - max(logits)) for x in logits]
    return [p / sum(powers) for p in powers]


def best(keys, count):
    return sorted(range(len(keys)), key=lambda i: -keys[i])[:count]

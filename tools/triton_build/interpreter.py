"""Runs kernel sources in numpy, so that their logic is tested on machines without Triton and without a GPU.

Only the part of the language that these kernels use exists here. Loads and stores outside an array, and of a null
pointer, are errors where no mask leaves them out: this is also a memory check.
"""

import importlib
import sys
import types

import numpy as np

from .compiler import KERNELS


class Dtype:
    def __init__(self, name, storage):
        self.name, self.storage = name, storage


FLOAT32, INT32, INT64, UINT8, INT8 = (Dtype(n, t) for n, t in (
    ("fp32", np.float32), ("i32", np.int32), ("i64", np.int64), ("u8", np.uint8), ("i8", np.int8)))
BF16, FP16, FP8 = Dtype("bf16", np.float32), Dtype("fp16", np.float32), Dtype("fp8e4nv", np.float32)
DTYPES = {d.name: d for d in (FLOAT32, INT32, INT64, UINT8, INT8, BF16, FP16, FP8)}


def round_to(values, name):
    """float32 values rounded to what the type holds (nearest, ties to even)."""
    values = np.asarray(values, dtype=np.float32)
    if name == "fp16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    if name == "bf16":
        bits = values.view(np.uint32).astype(np.uint64)
        rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32)
        return np.where(np.isnan(values), values, rounded.view(np.float32)).astype(np.float32)
    return values


class Tensor(np.ndarray):
    """A numpy array with Triton's casts."""

    def to(self, dtype, bitcast=False):
        if bitcast:
            return tensor(np.asarray(self, dtype=np.int32).view(dtype.storage))
        data = np.asarray(self).astype(dtype.storage)
        return tensor(round_to(data, dtype.name) if dtype.storage is np.float32 else data)


def tensor(value):
    array = np.asarray(value)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return array.view(Tensor)


class Pointer:
    """Offsets into one flat array."""

    def __init__(self, array, dtype, offsets=0):
        self.array, self.offsets = array, np.asarray(offsets, dtype=np.int64)
        self.dtype = types.SimpleNamespace(element_ty=dtype)

    def __add__(self, other):
        return Pointer(self.array, self.dtype.element_ty, self.offsets + np.asarray(other, dtype=np.int64))

    def __getitem__(self, index):
        return Pointer(self.array, self.dtype.element_ty, self.offsets[index])

    def pick(self, mask):
        offsets, mask = np.broadcast_arrays(self.offsets, True if mask is None else np.asarray(mask, dtype=bool))
        wanted = offsets[mask]
        if wanted.size and (self.array is None or wanted.min() < 0 or wanted.max() >= self.array.size):
            size = "none" if self.array is None else self.array.size
            raise IndexError(f"offsets must be inside an array of {size}, got {wanted.min()} to {wanted.max()}")
        return offsets, mask


class Language(types.ModuleType):
    """triton.language."""

    constexpr = int
    float32, int32, int64, uint8, int8, bfloat16, float16 = FLOAT32, INT32, INT64, UINT8, INT8, BF16, FP16

    def __init__(self):
        super().__init__("triton.language")
        self.programs, self.program = (1, 1, 1), (0, 0, 0)
        cuda = types.SimpleNamespace(gdc_wait=lambda: None, gdc_launch_dependents=lambda: None)
        self.extra = types.SimpleNamespace(cuda=cuda)
        self.range = lambda *bounds, num_stages=None: range(*(int(b) for b in bounds))
        self.static_range = range

    def program_id(self, axis):
        return tensor(np.int32(self.program[axis]))

    def num_programs(self, axis):
        return tensor(np.int32(self.programs[axis]))

    def load(self, pointer, mask=None, other=None):
        offsets, mask = pointer.pick(mask)
        fill = np.nan if other is None and pointer.dtype.element_ty.storage is np.float32 else other or 0
        result = np.full(offsets.shape, fill, dtype=pointer.dtype.element_ty.storage)
        if mask.any():
            result[mask] = pointer.array[offsets[mask]]
        return tensor(result)

    def store(self, pointer, value, mask=None):
        shape = pointer.offsets.shape if mask is None else np.broadcast_shapes(pointer.offsets.shape, np.shape(mask))
        if np.shape(value) != shape:
            raise ValueError(f"the stored value must have shape {shape}, got {np.shape(value)}")
        offsets, mask = pointer.pick(mask)
        pointer.array[offsets[mask]] = np.asarray(value)[mask]

    def dot(self, a, b, acc=None, out_dtype=FLOAT32, max_num_imprecise_acc=None):
        if min(a.shape[0], b.shape[1], a.shape[1]) < 16 or a.shape[1] != b.shape[0]:
            raise ValueError(f"a dot must have sizes of at least 16 that fit, got {a.shape} by {b.shape}")
        product = np.asarray(a).astype(out_dtype.storage) @ np.asarray(b).astype(out_dtype.storage)
        return tensor(product if acc is None else np.asarray(acc) + product)

    def arange(self, start, end):
        if (end - start) & (end - start - 1):
            raise ValueError(f"arange must have a power of two of elements, got {end - start}")
        return tensor(np.arange(start, end, dtype=np.int32))

    def zeros(self, shape, dtype):
        return tensor(np.zeros(shape, dtype=dtype.storage))

    def cdiv(self, a, b):
        return (a + b - 1) // b

    def cast(self, value, dtype):
        return tensor(value).to(dtype)

    def where(self, condition, x, y):
        return tensor(np.where(condition, x, y))

    def maximum(self, x, y):
        return tensor(np.maximum(x, y))

    def minimum(self, x, y):
        return tensor(np.minimum(x, y))

    def exp(self, x):
        with np.errstate(over="ignore"):
            return tensor(np.exp(x))

    def erf(self, x):
        import math
        return tensor(np.vectorize(math.erf)(x).astype(np.float32))

    def sum(self, x, axis):
        return tensor(np.sum(np.asarray(x), axis=axis))

    def cumsum(self, x, axis):
        return tensor(np.cumsum(np.asarray(x), axis=axis, dtype=np.int32))

    def reshape(self, x, shape):
        return tensor(np.reshape(np.asarray(x), shape))

    def expand_dims(self, x, axis):
        return tensor(np.expand_dims(np.asarray(x), axis))

    def broadcast_to(self, x, shape):
        return tensor(np.broadcast_to(np.asarray(x), shape))

    def trans(self, x):
        return tensor(np.asarray(x).T)

    def split(self, x):
        return tensor(np.asarray(x)[..., 0]), tensor(np.asarray(x)[..., 1])

    def interleave(self, a, b):
        return tensor(np.stack([np.asarray(a), np.asarray(b)], axis=-1).reshape(*a.shape[:-1], -1))


LANGUAGE = Language()


def install():
    """Makes `import triton` find this interpreter, and the kernel sources importable."""
    module = types.ModuleType("triton")
    module.jit, module.language = (lambda function: function), LANGUAGE
    sys.modules["triton"], sys.modules["triton.language"] = module, LANGUAGE
    if str(KERNELS) not in sys.path:
        sys.path.insert(0, str(KERNELS))


class Interpreter:
    """Runs images of the catalog with values by name; arrays are numpy, 16-bit and fp8 ones held as float32."""

    def __init__(self):
        install()

    def run(self, image, grid, values):
        """Writes into the arrays of values in place."""
        kernel = getattr(importlib.import_module(image.module), image.kernel)
        arguments, flats = dict(image.constants), {}
        for name, kind in image.signature.items():
            value = values.get(name, 0)
            if kind.startswith("*"):
                dtype = DTYPES[kind[1:]]
                if isinstance(value, np.ndarray):
                    flats[name] = value.reshape(-1).astype(dtype.storage)
                arguments[name] = Pointer(flats.get(name), dtype)
            else:
                arguments[name] = tensor(DTYPES[kind].storage(value))
        grid = tuple(grid) + (1,) * (3 - len(grid))
        LANGUAGE.programs = grid
        for z in range(grid[2]):
            for y in range(grid[1]):
                for x in range(grid[0]):
                    LANGUAGE.program = (x, y, z)
                    kernel(**arguments)
        for name, flat in flats.items():
            if name in ("c_ptr", "out_ptr"):
                values[name][...] = flat.reshape(values[name].shape)

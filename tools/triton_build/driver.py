"""Loads images and launches them through the CUDA driver, exactly as the C# launcher does (the context is torch's)."""

import ctypes
import json
import pathlib


class Attribute(ctypes.Structure):
    """CUlaunchAttribute of cuda.h: an id, padding to 8 bytes, a value of 64 bytes."""

    _fields_ = [("id", ctypes.c_int), ("pad", ctypes.c_int), ("value", ctypes.c_int), ("rest", ctypes.c_byte * 60)]


class Config(ctypes.Structure):
    """CUlaunchConfig of cuda.h."""

    _fields_ = [("grid", ctypes.c_uint * 3), ("block", ctypes.c_uint * 3), ("shared", ctypes.c_uint),
                ("stream", ctypes.c_void_p), ("attributes", ctypes.POINTER(Attribute)), ("count", ctypes.c_uint)]


PROGRAMMATIC_STREAM_SERIALIZATION = 6
MAX_DYNAMIC_SHARED_SIZE_BYTES = 8
C_TYPES = {"fp32": ctypes.c_float, "i32": ctypes.c_int32}  # pointers and i64 have eight bytes


class Kernels:
    """The kernels of one manifest folder, loaded when first launched."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.rows = {r["key"]: r for r in json.loads((self.folder / "manifest.json").read_text())["kernels"]}
        self.cuda = ctypes.CDLL("libcuda.so.1")
        self.loaded = {}
        self.kinds = {}

    def check(self, status, what):
        if status != 0:
            text = ctypes.c_char_p()
            self.cuda.cuGetErrorName(status, ctypes.byref(text))
            raise RuntimeError(f"{what} failed: {(text.value or b'?').decode()} ({status})")

    def load(self, key):
        if key not in self.loaded:
            row = self.rows[key]
            data = (self.folder / row["images"][0]["file"]).read_bytes() + b"\0"
            module, function = ctypes.c_void_p(), ctypes.c_void_p()
            self.check(self.cuda.cuModuleLoadData(ctypes.byref(module), data), f"cuModuleLoadData({key})")
            name = row["symbol"].encode()
            status = self.cuda.cuModuleGetFunction(ctypes.byref(function), module, name)
            self.check(status, f"cuModuleGetFunction({key})")
            if row["sharedBytes"] > 48 * 1024:
                self.check(self.cuda.cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE_BYTES, row["sharedBytes"]),
                           f"cuFuncSetAttribute({key}, {row['sharedBytes']})")
            self.loaded[key] = (function, row)
        return self.loaded[key]

    def bind(self, key, grid, values, kinds, programmatic=True):
        """A launch with its arguments: values by parameter name (0 where there is none), of the types of the catalog's
        signature. Calling it with a stream launches and allocates nothing."""
        function, row = self.load(key)
        buffers = []
        for parameter in row["parameters"]:
            kind = kinds.get(parameter["name"], "*i8")
            buffers.append(C_TYPES.get(kind, ctypes.c_int64)(values.get(parameter["name"], 0)))
        pointers = (ctypes.c_void_p * len(buffers))(*[ctypes.cast(ctypes.byref(b), ctypes.c_void_p) for b in buffers])
        attribute = Attribute(PROGRAMMATIC_STREAM_SERIALIZATION, 0, 1)
        grid = tuple(grid) + (1,) * (3 - len(grid))
        config = Config((ctypes.c_uint * 3)(*grid), (ctypes.c_uint * 3)(row["threads"], 1, 1), row["sharedBytes"], None,
                        ctypes.pointer(attribute), 1 if programmatic else 0)
        what = f"launch of {key}"

        # Everything that the driver follows a pointer to lives as long as the launch does.
        def launch(stream, alive=(buffers, attribute)):
            config.stream = stream
            self.check(self.cuda.cuLaunchKernelEx(ctypes.byref(config), function, pointers, None), what)

        return launch

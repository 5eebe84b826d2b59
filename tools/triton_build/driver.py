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

    def launch(self, key, grid, values, kinds, stream, programmatic=True):
        """Values by parameter name; kinds are the types of the catalog's signature."""
        function, row = self.load(key)
        buffers = []
        for parameter in row["parameters"]:
            name = parameter["name"]
            kind = kinds.get(name, "*i8")
            value = values.get(name, 0)
            if kind == "fp32":
                buffers.append(ctypes.c_float(value))
            elif kind == "i32":
                buffers.append(ctypes.c_int32(value))
            else:
                buffers.append(ctypes.c_int64(value))
        pointers = (ctypes.c_void_p * len(buffers))(*[ctypes.cast(ctypes.byref(b), ctypes.c_void_p) for b in buffers])
        attribute = Attribute(PROGRAMMATIC_STREAM_SERIALIZATION, 0, 1)
        grid = tuple(grid) + (1,) * (3 - len(grid))
        config = Config((ctypes.c_uint * 3)(*grid), (ctypes.c_uint * 3)(row["threads"], 1, 1), row["sharedBytes"],
                        stream, ctypes.pointer(attribute), 1 if programmatic else 0)
        self.check(self.cuda.cuLaunchKernelEx(ctypes.byref(config), function, pointers, None), f"launch of {key}")

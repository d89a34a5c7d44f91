"""Makes the small files beside it whose pickles hold more than tensors, without PyTorch: its names are stood in for, so that the
pickles bear them. Run it only to change them; the tests read the stored files.

    python make_odd_files.py
"""

import argparse
import collections
import datetime
import decimal
import enum
import functools
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile


def module(name):
    made = types.ModuleType(name)
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
    return made


def named(where, name, what):
    what.__module__, what.__name__, what.__qualname__ = where.__name__, name, name
    setattr(where, name, what)
    return what


torch = module("torch")
utils, tensor_module, nn = module("torch._utils"), module("torch._tensor"), module("torch.nn")
numpy, core, multiarray = module("numpy"), module("numpy._core"), module("numpy._core.multiarray")
project = module("project")
FLOAT = named(torch, "FloatStorage", type("FloatStorage", (), {}))
SHORT = named(torch, "ShortStorage", type("ShortStorage", (), {}))
FLOAT8 = named(torch, "Float8Storage", type("Float8Storage", (), {}))
rebuild = named(utils, "_rebuild_tensor_v2", lambda *parts: None)
rebuild_parameter = named(utils, "_rebuild_parameter", lambda *parts: None)
rebuild_from_type = named(tensor_module, "_rebuild_from_type_v2", lambda *parts: None)
scalar = named(multiarray, "scalar", lambda *parts: None)
dtype = named(numpy, "dtype", lambda *parts: None)
LayerNorm = named(nn, "LayerNorm", type("LayerNorm", (), {}))


class Storage:
    def __init__(self, kind, values):
        self.kind, self.values = kind, values


class Call:
    """Pickled as a call of a function with arguments."""

    def __init__(self, function, *arguments, items=None, pairs=None):
        self.made = (function, arguments, None, items, pairs)

    def __reduce__(self):
        function, arguments, state, items, pairs = self.made
        return (function, arguments, state, iter(items) if items else None, iter(pairs) if pairs else None)


def tensor(*values, kind=FLOAT):
    storage = Storage(kind, values)
    return Call(rebuild, storage, 0, (len(values),), (1,), False, collections.OrderedDict())


class Size(tuple):
    def __reduce__(self):
        return torch.Size, (tuple(self),)


class Device:
    def __reduce__(self):
        return torch.device, ("cuda", 0)


class Global:
    """Pickled as a name alone, as types of numbers are."""

    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return self.name


named(torch, "Size", lambda *parts: None)
named(torch, "device", lambda *parts: None)
torch.float32 = Global("float32")
torch.float32.__module__ = "torch"


class Colour(enum.Enum):
    RED = 1


class Config(dict):
    pass


named(project, "Colour", Colour)
named(project, "Config", Config)
Model = named(project, "Model", type("Model", (), {}))


def write(path, content, protocol=2, more=(), compress=False):
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, Storage):
                return None
            if value not in storages:
                storages.append(value)
            return ("storage", value.kind, str(storages.index(value)), "cpu", len(value.values))

    text = io.BytesIO()
    Pickler(text, protocol).dump(content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), text.getvalue(), archive.compression)
        for index, storage in enumerate(storages):
            form = {FLOAT: "f", SHORT: "h", FLOAT8: "B"}[storage.kind]
            data = struct.pack(f"<{len(storage.values)}{form}", *storage.values)
            archive.writestr(zipfile.ZipInfo(f"archive/data/{index}"), data, archive.compression)
        for name, data in more:
            archive.writestr(zipfile.ZipInfo(name), data, archive.compression)


def weights(before=""):
    return collections.OrderedDict([
        (f"{before}cls_token", tensor(1.0, 2.0)),
        (f"{before}blocks.0.norm1.weight", tensor(3.0)),
    ])


def odd():
    config = Config(lr=0.1)
    config.author = "somebody"
    return {
        "scalar": Call(scalar, Call(dtype, "f8", False, True), b"\0\0\0\0\0 S@"),
        "args": argparse.Namespace(lr=0.1, blocks=[1, 2], inner=argparse.Namespace(seed=0)),
        "size": Size((2, 3)),
        "dtype": torch.float32,
        "device": Device(),
        "history": collections.defaultdict(list, {"loss": [4.5, 4.4]}),
        "counter": collections.Counter("abca"),
        "queue": collections.deque([1, 2], 5),
        "set": {1, 2},
        "frozen": frozenset([3]),
        "complex": 1 + 2j,
        "norm": functools.partial(LayerNorm, eps=1e-6),
        "decimal": decimal.Decimal("0.1"),
        "when": datetime.datetime(2026, 1, 2, 3, 4),
        "path": pathlib.PurePosixPath("/data"),
        "colour": Colour.RED,
        "config": config,
        "model_of_its_own": Model(),
        "slice": slice(1, 2),
        "range": range(3),
        "bytes": b"abc",
        "array": bytearray(b"abc"),
        "large": 1 << 5000,
        "none": None, "true": True, "nan": float("nan"), "tuple": (1, (2,), [3]),
    }


for protocol in (2, 3, 4, 5):
    write(f"odd-values-{protocol}.pth.tar", {"epoch": 3, "arch": "vit_small", **odd(), "state_dict": weights()}, protocol)
write("teacher.pth.tar", {
    "student": weights("module.backbone."), "teacher": weights("_orig_mod.module.backbone."), "epoch": 9,
    "args": argparse.Namespace(arch="vit_small"),
})
write("deep.pth.tar", {"model": {"epoch": 2, "state_dict": weights("module.module.")}, "optimizer": {"state": {}}})
defaulted = collections.defaultdict(int)
defaulted.update(weights())
write("defaultdict.pth.tar", defaulted)
write("pairs.pth.tar", {"state_dict": Call(collections.OrderedDict, [list(pair) for pair in weights().items()])})
write("kinds.pth.tar", {"state_dict": collections.OrderedDict([
    ("parameter", Call(rebuild_parameter, tensor(1.0, 2.0), True, collections.OrderedDict())),
    ("typed", Call(rebuild_from_type, rebuild, LayerNorm, tensor(4.0).made[1], {"tag": 1})),
    ("short", tensor(-7, 8, kind=SHORT)),
    ("eighth", tensor(1, 2, kind=FLOAT8)),
])})
write("twice.pth.tar", {"state_dict": collections.OrderedDict([("a", tensor(1.0)), ("module.a", tensor(2.0))])})
# A small file whose tensors, each copied, would be a large one.
whole = Storage(FLOAT, [0.0] * 1000)
write("shared-storage.pth.tar", {
    f"view.{number}": Call(rebuild, whole, 0, (1000,), (1,), False, collections.OrderedDict()) for number in range(400)
})
one = Storage(FLOAT, [1.0, 2.0])
for name, offset, shape, stride in [
    ("huge-shape", 0, (1 << 62,), (1,)), ("huge-shapes", 0, (1 << 40, 1 << 40), (0, 0)), ("negative-stride", 1, (2,), (-1,)),
    ("negative-offset", -1, (1,), (1,)), ("zero-stride", 0, (1 << 30,), (0,)),
]:
    view = Call(rebuild, one, offset, shape, stride, False, collections.OrderedDict())
    write(f"{name}.pth.tar", {"state_dict": {"a": view}})
own = {}
own["state_dict"] = own
write("self-referring.pth.tar", own)
with zipfile.ZipFile("nested.pth.tar", "w") as archive:
    archive.writestr(zipfile.ZipInfo("archive/data.pkl"), b"\x80\x02" + b"]" * 20000 + b"a" * 19999 + b".")
write("whole-model.pth.tar", Model())
write("script.pth.tar", weights(), more=[("archive/constants.pkl", b"\x80\x02)."), ("archive/code/model.py", b"")])
write("packed.pth.tar", weights(), compress=True)
with zipfile.ZipFile("workbook.pth.tar", "w") as archive:
    archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
with open("bare-pickle.pth.tar", "wb") as file:
    pickle.dump({"cls_token": [1.0, 2.0]}, file, 4)

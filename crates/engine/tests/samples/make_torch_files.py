"""Makes the small `.pth.tar` files beside it with PyTorch: one as the official MoCo v3 script writes them, one of a linear
probe, and three that a reader must refuse. Run it only to change them; the tests read the stored files.

    python make_torch_files.py
"""

import collections
import os
import pickle
import zipfile

import torch

DIM, HIDDEN, OUT, PATCH = 8, 8, 4, 4


def backbone():
    state = collections.OrderedDict()
    state["cls_token"] = torch.randn(1, 1, DIM)
    state["pos_embed"] = torch.randn(1, 5, DIM)
    state["patch_embed.proj.weight"] = torch.randn(DIM, 3, PATCH, PATCH)
    state["patch_embed.proj.bias"] = torch.randn(DIM)
    for name, shape in {
        "norm1.weight": [DIM], "norm1.bias": [DIM], "attn.qkv.weight": [3 * DIM, DIM], "attn.qkv.bias": [3 * DIM],
        "attn.proj.weight": [DIM, DIM], "attn.proj.bias": [DIM], "norm2.weight": [DIM], "norm2.bias": [DIM],
        "mlp.fc1.weight": [4 * DIM, DIM], "mlp.fc1.bias": [4 * DIM], "mlp.fc2.weight": [DIM, 4 * DIM], "mlp.fc2.bias": [DIM],
    }.items():
        state[f"blocks.0.{name}"] = torch.randn(*shape)
    state["norm.weight"], state["norm.bias"] = torch.randn(DIM), torch.randn(DIM)
    return state


def norm(state, name, width, affine):
    if affine:
        state[f"{name}.weight"], state[f"{name}.bias"] = torch.randn(width), torch.randn(width)
    state[f"{name}.running_mean"], state[f"{name}.running_var"] = torch.randn(width), torch.rand(width)
    state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def head(state, name, widths):
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        state[f"{name}.{3 * index}.weight"] = torch.randn(outputs, inputs)
        norm(state, f"{name}.{3 * index + 1}", outputs, index < len(widths) - 2)


torch.manual_seed(1)
state = collections.OrderedDict()
for encoder in ("base_encoder", "momentum_encoder"):
    for name, tensor in backbone().items():
        state[f"module.{encoder}.{name}"] = tensor
    head(state, f"module.{encoder}.head", [DIM, HIDDEN, HIDDEN, OUT])
head(state, "module.predictor", [OUT, HIDDEN, OUT])
# A transposed view: the same values in another order in the file.
fc1 = "module.base_encoder.blocks.0.mlp.fc1.weight"
state[fc1] = state[fc1].t().contiguous().t()
weight = torch.nn.Parameter(torch.zeros(2))
optimizer = torch.optim.AdamW([weight])
weight.sum().backward()
optimizer.step()
torch.save(
    {"epoch": 300, "arch": "vit_small", "state_dict": state, "optimizer": optimizer.state_dict(), "scaler": {"scale": 65536.0}},
    "official.pth.tar",
)

probe = collections.OrderedDict((f"module.{name}", tensor) for name, tensor in backbone().items())
probe["module.head.weight"], probe["module.head.bias"] = torch.randn(10, DIM), torch.randn(10)
torch.save({"epoch": 90, "arch": "vit_small", "state_dict": probe, "best_acc1": torch.tensor(76.5)}, "linear.pth.tar")


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed-by-a-pickle",)


def archive(name, value, protocol):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.pkl", pickle.dumps(value, protocol=protocol))


archive("malicious.pth.tar", {"epoch": 1, "state_dict": Evil()}, 2)
archive("malicious-4.pth.tar", {"epoch": 1, "state_dict": Evil()}, 4)
# A tensor that claims more than its storage holds.
with zipfile.ZipFile("linear.pth.tar") as good, zipfile.ZipFile("short.pth.tar", "w", zipfile.ZIP_STORED) as file:
    for entry in good.namelist():
        data = good.read(entry)
        file.writestr(entry, data[: len(data) // 2] if "/data/" in entry else data)

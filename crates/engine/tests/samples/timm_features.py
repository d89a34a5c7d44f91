"""timm's features from weights that this engine wrote, against the engine's own.   usage: timm_features.py FIXTURE OUT

FIXTURE is a trajectory of the fixtures with a patch stem, OUT what `vitals-worker parity` made of it. Prints the largest
relative difference over the images of `probe`, and fails beyond 1e-4 or where timm misses a tensor or has one too many.
"""
import json
import sys

import timm.models.vision_transformer as timm
import torch
from safetensors.torch import load_file

fixture, out = sys.argv[1:]
with open(f"{fixture}/config.json") as file:
    config = json.load(file)
stored = load_file(f"{out}/final.safetensors")
backbone = {name.removeprefix("base_encoder."): tensor for name, tensor in stored.items() if name.startswith("base_encoder.")}
backbone = {name: tensor for name, tensor in backbone.items() if not name.startswith("head.")}
model = timm.VisionTransformer(
    img_size=config["image_size"], patch_size=config["patch_size"], embed_dim=config["embed_dim"], depth=config["depth"],
    num_heads=config["num_heads"], mlp_ratio=config["mlp_ratio"], num_classes=0, global_pool="token",
)
model.load_state_dict(backbone, strict=True)
model.eval()
with torch.no_grad():
    found = model(load_file(f"{fixture}/inputs.safetensors")["probe"])
expected = stored["probe_features.after"]
off = ((found - expected).norm() / expected.norm()).item()
print(f"{len(backbone)} tensors, features off by {off:.1e}")
sys.exit(not off < 1e-4)

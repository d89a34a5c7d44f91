"""Our loader beside torchvision on Pillow, and beside albumentations, in images (both views) per CPU-second.

Every round runs each contender on the same images within the same minute, so that a busy machine slows all of them;
the answer is the ratio's median over the rounds. Measures one process and one thread each; trains nothing, downloads
nothing. Needs torch, torchvision and Pillow, and for the second comparison albumentations.

    cargo build --release -p vitals-data --example loader
    python benches/loader_torchvision.py --ours target/release/examples/loader --data FOLDER --size 224

Prints one JSON object a line, as `cargo xtask bench` does.
"""

import argparse
import io
import json
import random
import statistics
import subprocess
import time
from pathlib import Path

import numpy
import PIL
import torch
import torchvision
from PIL import Image, ImageFilter, ImageOps
from torchvision.transforms import v2

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class PillowBlur:
    """Gaussian blur of a random sigma, as the recipe has it: Pillow's, not a tensor's."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def solarize(image):
    return ImageOps.solarize(image)


def torchvision_view(size, blur, solarized):
    t = torchvision.transforms
    steps = [
        t.RandomResizedCrop(size, scale=(0.08, 1.0)),
        t.RandomApply([t.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
        t.RandomGrayscale(p=0.2),
    ]
    if blur:
        steps.append(t.RandomApply([PillowBlur()], p=blur))
    if solarized:
        steps.append(t.RandomApply([t.Lambda(solarize)], p=solarized))
    # Ours delivers bytes and leaves normalisation to the device, so neither is measured here.
    steps += [t.RandomHorizontalFlip(), v2.PILToTensor()]
    return t.Compose(steps)


def torchvision_views(size):
    small = size < 64
    one = torchvision_view(size, 0.0 if small else 1.0, 0.0)
    two = torchvision_view(size, 0.0 if small else 0.1, 0.2)

    def make(data):
        image = Image.open(io.BytesIO(data)).convert("RGB")
        return one(image), two(image)

    return make


def albumentations_views(size):
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    small = size < 64

    def view(blur, solarized):
        return A.Compose(
            [
                A.RandomResizedCrop(size=(size, size), scale=(0.08, 1.0)),
                A.ColorJitter(0.4, 0.4, 0.2, 0.1, p=0.8),
                A.ToGray(p=0.2),
                A.GaussianBlur(blur_limit=0, sigma_limit=(0.1, 2.0), p=0.0 if small else blur),
                A.Solarize(threshold_range=(0.5, 0.5), p=solarized),
                A.HorizontalFlip(p=0.5),
            ]
        )

    one, two = view(1.0, 0.0), view(0.1, 0.2)

    def make(data):
        decoded = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        image = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        return one(image=image)["image"], two(image=image)["image"]

    return make


def images_of(path):
    """The encoded images of a folder, or the first of a parquet file in the Hugging Face layout."""
    if path.is_dir() and not list(path.glob("*.parquet")):
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
        return [p.read_bytes() for p in files]
    import pyarrow.parquet

    file = path if path.is_file() else path / "train.parquet"
    column = pyarrow.parquet.read_table(file, columns=["image"]).column(0)
    return [row["bytes"] for row in column.slice(0, 2048).to_pylist()]


def rate(make, images, seconds):
    """Images per CPU-second, passing over `images` as often as the time allows."""
    wall, cpu, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < seconds:
        make(images[done % len(images)])
        done += 1
    return done / (time.process_time() - cpu)


def ours(program, data, size, threads, seconds, mode):
    answer = subprocess.run(
        [program, str(data), str(size), str(threads), str(seconds), mode], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout.strip().splitlines()[-1])["images_per_cpu_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="the built example `loader`")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()

    torch.set_num_threads(1)
    random.seed(0)
    torch.manual_seed(0)
    images = images_of(options.data)
    contenders = {"torchvision": torchvision_views(options.size)}
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": PIL.__version__}
    try:
        contenders["albumentations"] = albumentations_views(options.size)
        import albumentations

        versions["albumentations"] = albumentations.__version__
    except ImportError:
        pass
    for make in contenders.values():
        rate(make, images, 1.0)

    rates = {name: [] for name in ("exact", "fast", *contenders)}
    for _ in range(options.rounds):
        for mode in ("exact", "fast"):
            rates[mode].append(ours(options.ours, options.data, options.size, 1, options.seconds, mode))
        for name, make in contenders.items():
            rates[name].append(rate(make, images, options.seconds))
    for name in contenders:
        for mode in ("exact", "fast"):
            ratios = [a / b for a, b in zip(rates[mode], rates[name])]
            details = {
                "images_per_cpu_second": {key: [round(v, 1) for v in rates[key]] for key in (mode, name)},
                "ratios": [round(ratio, 2) for ratio in ratios],
                "versions": versions,
                "images": len(images),
            }
            line = {
                "name": f"loader_against/{name}/{options.size}/{mode}",
                "value": round(statistics.median(ratios), 3),
                "unit": "times",
                "higher_is_better": True,
                "details": details,
            }
            print(json.dumps(line))


if __name__ == "__main__":
    main()

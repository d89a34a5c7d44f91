"""One training step of MoCo v3 in well-tuned PyTorch, against this engine's: the same geometry, interleaved step by step.

PyTorch's side has all that PyTorch offers on a CPU: scaled_dot_product_attention, fused AdamW, a foreach momentum update,
gradients set to none, no state for the momentum encoder, and the allocator settings that our worker gives itself. Ours
measures every gradient norm, maximum and update ratio on top. It judges nothing and prints one JSON line a geometry.
Beside the clock's seconds stand those of the main thread's processor time: with one thread they leave out what else the
machine did. `gradient_norms` compares steps with and without their report, `gradient_norms_alone` times norms and maxima
by themselves, from memory: more than a step, which has them in the cache, can spend. The peak is that of matrix products in our process or in PyTorch's, whichever is higher.

    cargo build -p vitals-engine --example train_step
    python benches/train_step_torch.py --engine target/debug/examples/train_step --threads 2 --steps 20

Needs torch 2.11; our binary brings the same libtorch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

# image, patch, dim, depth, heads, hidden, out, batch
GEOMETRIES = {
    "micro": (32, 4, 96, 4, 3, 256, 128, 128),
    "tiny": (32, 4, 192, 12, 3, 1024, 128, 128),
    "small": (224, 16, 384, 12, 12, 4096, 256, 8),
}


def memory(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


def build(geometry):
    import torch
    from torch import nn
    from torch.nn import functional

    image, patch, dim, depth, heads, hidden, out, batch = geometry

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
            self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
            self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

        def forward(self, x):
            count, tokens, _ = x.shape
            qkv = self.qkv(self.norm1(x)).view(count, tokens, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
            query, key, value = qkv.unbind(0)
            mixed = functional.scaled_dot_product_attention(query, key, value)
            x = x + self.proj(mixed.transpose(1, 2).reshape(count, tokens, dim))
            return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch = nn.Conv2d(3, dim, patch, patch)
            self.cls = nn.Parameter(torch.zeros(1, 1, dim))
            self.register_buffer("position", torch.randn(1, (image // patch) ** 2 + 1, dim) * 0.02)
            self.blocks = nn.Sequential(*[Block() for _ in range(depth)])
            self.norm = nn.LayerNorm(dim, eps=1e-6)
            self.head = nn.Sequential(
                nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True),
                nn.Linear(hidden, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True),
                nn.Linear(hidden, out, bias=False), nn.BatchNorm1d(out, affine=False),
            )

        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.position
            return self.head(self.norm(self.blocks(x))[:, 0])

    query, key = Encoder(), Encoder()
    key.load_state_dict(query.state_dict())
    key.requires_grad_(False)
    predictor = nn.Sequential(
        nn.Linear(out, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True),
        nn.Linear(hidden, out, bias=False), nn.BatchNorm1d(out, affine=False),
    )
    parameters = [*query.parameters(), *predictor.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.1, fused=True)
    of_query, of_key = list(query.parameters()), list(key.parameters())
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    pixels = [torch.randint(0, 256, (batch, image, image, 3), dtype=torch.uint8) for _ in range(2)]
    labels = torch.arange(batch)

    def contrast(q, k):
        logits = functional.normalize(q, dim=1) @ functional.normalize(k, dim=1).t() / 0.2
        return functional.cross_entropy(logits, labels) * 0.4

    def step():
        views = [((view.permute(0, 3, 1, 2).float() / 255) - mean) / deviation for view in pixels]
        queries = [predictor(query(view)) for view in views]
        with torch.no_grad():
            torch._foreach_lerp_(of_key, of_query, 0.01)
            keys = [key(view) for view in views]
        loss = contrast(queries[0], keys[1]) + contrast(queries[1], keys[0])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def flops(geometry):
    """Multiply-adds of one step times two: forward of both encoders and backward (twice a forward) of one, both views."""
    image, patch, dim, depth, heads, hidden, out, batch = geometry
    tokens = (image // patch) ** 2 + 1
    backbone = 3 * patch * patch * dim * (tokens - 1) + depth * tokens * (12 * dim * dim + 2 * tokens * dim)
    head = dim * hidden + hidden * hidden + hidden * out
    predictor = 2 * out * hidden
    return 2 * 2 * batch * (4 * (backbone + head) + 3 * predictor)


def matmul_peak(torch):
    best = 0.0
    for size in (768, 1024, 2048):
        a, b = torch.randn(size, size), torch.randn(size, size)
        for _ in range(12):
            begin, cpu = time.perf_counter(), time.thread_time()
            a @ b
            best = max(best, 2 * size**3 / min(time.perf_counter() - begin, time.thread_time() - cpu))
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", required=True, help="the example train_step of vitals-engine")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--option", action="append", default=[], help="for our side alone: frozen, bf16 or pieces=N")
    parser.add_argument("geometries", nargs="*", default=list(GEOMETRIES))
    options = parser.parse_args()
    if any(name not in os.environ for name in ALLOCATOR):
        os.environ.update(ALLOCATOR, OMP_NUM_THREADS=str(options.threads))
        os.execv(sys.executable, [sys.executable, *sys.argv])
    import torch

    torch.set_num_threads(options.threads)
    for name in options.geometries:
        geometry = GEOMETRIES[name]
        base = memory("VmRSS")
        step = build(geometry)
        command = [options.engine, str(options.threads), *map(str, geometry), *options.option]
        engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ours(word):
            engine.stdin.write(word + "\n")
            engine.stdin.flush()
            return json.loads(engine.stdout.readline())

        def theirs():
            begin, cpu = time.perf_counter(), time.thread_time()
            step()
            return {"seconds": time.perf_counter() - begin, "cpu": time.thread_time() - cpu}

        for _ in range(2):
            ours("measured"), ours("plain"), theirs()
        found = {"measured": [], "plain": [], "torch": []}
        peaks = [matmul_peak(torch), ours("peak")["gflops"] * 1e9]
        for _ in range(options.steps):
            found["measured"].append(ours("measured"))
            found["torch"].append(theirs())
            found["plain"].append(ours("plain"))
        peaks = [max(peaks[0], matmul_peak(torch)), max(peaks[1], ours("peak")["gflops"] * 1e9)]
        told, norms_alone = ours("memory"), ours("norms")
        engine.stdin.close()
        engine.wait()
        line = {"geometry": name, "threads": options.threads, "steps": options.steps}
        for clock in ("seconds", "cpu"):
            times = {kind: [one[clock] for one in steps] for kind, steps in found.items()}
            low = {kind: min(steps) for kind, steps in times.items()}
            ratios = [mine / other for mine, other in zip(times["measured"], times["torch"])]
            norms = [mine / other - 1 for mine, other in zip(times["measured"], times["plain"])]
            line[clock] = {
                "median": {kind: round(statistics.median(steps), 4) for kind, steps in times.items()},
                "min": {kind: round(value, 4) for kind, value in low.items()},
                "ratio_to_torch": {"median": round(statistics.median(ratios), 3), "of_minima": round(low["measured"] / low["torch"], 3)},
                "gradient_norms": {"median": round(statistics.median(norms), 4), "of_minima": round(low["measured"] / low["plain"] - 1, 4)},
                "fraction_of_peak": {kind: round(flops(geometry) / value / max(peaks), 3) for kind, value in low.items()},
            }
        line["gradient_norms_alone"] = norms_alone
        line["gflops_peak"] = {"torch": round(peaks[0] / 1e9, 1), "ours": round(peaks[1] / 1e9, 1)}
        line["memory_bytes"] = {"ours": told["peak"] - told["base"], "ours_growth": told["growth"], "torch": memory("VmHWM") - base}
        print(json.dumps(line), flush=True)
        del step


if __name__ == "__main__":
    main()

"""What TensorBoard's own reader takes to open a run of as many values as `bench_series` has: the rival of `open_run_cold`.

Writes gradient norms of `--layers` layers over `--steps` steps with TensorBoard's writer, all layers of a step in one event,
which is kinder to the reader than the one event a value of `add_scalar`. Then reads them with its EventAccumulator twice: all
values, which is what it takes to show every extreme, and the sample of 1,000 a series that TensorBoard shows. The cache
of the system is warm. Draws nothing; needs tensorboard, and torch neither here nor there.

    python benches/series_tensorboard.py --steps 100000 --layers 150

Prints one JSON line, as `cargo xtask bench open_run_tensorboard` does.
"""

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

# Values a series that TensorBoard keeps for its page.
SAMPLE = 1000


def write(folder, steps, layers, spike):
    """Seconds to write all values. One of them, at step `spike` of layer 0, is a hundred times the others."""
    began = time.perf_counter()
    writer = EventFileWriter(str(folder))
    noise = random.Random(1)
    for step in range(steps):
        values = [
            Summary.Value(tag=f"grad_norm/blocks.{layer}", simple_value=1.0 + 0.1 * noise.random())
            for layer in range(layers)
        ]
        if step == spike:
            values[0].simple_value = 100.0
        writer.add_event(Event(wall_time=step * 0.25, step=step, summary=Summary(value=values)))
    writer.close()
    return time.perf_counter() - began


def read(folder, kept):
    """Seconds until the reader has a run, the values that it has then, and the largest of layer 0. `kept` 0: all of them."""
    began = time.perf_counter()
    reader = EventAccumulator(str(folder), size_guidance={SCALARS: kept})
    reader.Reload()
    series = [reader.Scalars(tag) for tag in reader.Tags()[SCALARS]]
    seconds = time.perf_counter() - began
    largest = max(one.value for one in reader.Scalars("grad_norm/blocks.0"))
    return seconds, sum(len(one) for one in series), largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--layers", type=int, default=150)
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        writing = write(folder, sizes.steps, sizes.layers, sizes.steps // 3)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        sampled, sample, largest_sampled = read(folder, SAMPLE)
        everything, values, largest = read(folder, 0)
    told = sizes.steps * sizes.layers
    if values != told or largest != 100.0:
        raise SystemExit(f"TensorBoard read {values} of {told} values, the largest {largest}")
    details = {
        "series": sizes.layers,
        "steps": sizes.steps,
        "tensorboard": tensorboard.__version__,
        "sample_of_1000_ms": sampled * 1e3,
        "sample_values": sample,
        "one_step_spike_in_the_sample": largest_sampled == 100.0,
        "bytes_a_value": size / told,
        "written_values_per_second": round(told / writing),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    line = {"name": "open_run_tensorboard", "value": everything * 1e3, "unit": "ms", "higher_is_better": False}
    print(json.dumps({**line, "details": details}))


if __name__ == "__main__":
    main()

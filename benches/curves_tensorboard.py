"""What TensorBoard takes to show the curves of as many runs as `bench_series` draws means of: the rival of `arms_frame`.

Writes two curves of one run over `--steps` steps with TensorBoard's writer, both values of a step in one event, and lays the file
into the folders of `--runs` runs. Starts TensorBoard on them as its command does, with the reader that it takes by itself, waits
until it has the last step of every run, and asks its scalars plugin for both curves of all runs, as its page does: with the sample
of 1,000 values a curve that it keeps, and with all values kept, which is what it takes to show every extreme. Answers are read to
their end and not parsed. Draws nothing; needs tensorboard.

    python benches/curves_tensorboard.py --steps 100000 --runs 60

Prints one JSON line, as `cargo xtask bench arms_tensorboard` does.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import tensorboard
from tensorboard import program
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

TAGS = ("loss", "grad_norm")
# Values a curve that TensorBoard keeps by itself.
SAMPLE = 1000
TIMES = 3


def write(folder, steps, runs, spike):
    """Lays the curves of `runs` runs below `folder`. The loss of one step is a hundred times the others'."""
    first = folder / "run0"
    writer = EventFileWriter(str(first))
    noise = random.Random(1)
    for step in range(steps):
        values = [Summary.Value(tag=tag, simple_value=1.0 + 0.1 * noise.random()) for tag in TAGS]
        if step == spike:
            values[0].simple_value = 100.0
        writer.add_event(Event(wall_time=step * 0.25, step=step, summary=Summary(value=values)))
    writer.close()
    for run in range(1, runs):
        shutil.copytree(first, folder / f"run{run}")


def read(request):
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def curve(url, tag, runs):
    """The answer of the scalars plugin for one curve of some runs."""
    form = [("tag", tag), *(("runs", run) for run in runs)]
    body = urllib.parse.urlencode(form).encode()
    return read(urllib.request.Request(f"{url}data/plugin/scalars/scalars_multirun", data=body))


def ask(folder, kept, steps, runs):
    """Seconds until every run is loaded, seconds of both curves of all runs, their bytes, their values, and the largest loss."""
    board = program.TensorBoard()
    board.configure(argv=["", "--logdir", str(folder), "--port", "0", "--samples_per_plugin", f"scalars={kept}"])
    began = time.perf_counter()
    url = board.launch()
    names = [f"run{run}" for run in range(runs)]
    loaded = set()
    while len(loaded) < runs:
        for name in set(names) - loaded:
            # The last value is kept in every sample.
            rows = json.loads(curve(url, TAGS[-1], [name])).get(name, [])
            if rows and rows[-1][1] == steps - 1:
                loaded.add(name)
        time.sleep(0.2)
    loading = time.perf_counter() - began
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answers = [curve(url, tag, names) for tag in TAGS]
        took.append(time.perf_counter() - began)
    found = [json.loads(answer) for answer in answers]
    values = sum(len(rows) for answer in found for rows in answer.values())
    largest = max(row[2] for row in found[0][names[0]])
    return loading, statistics.median(took), sum(map(len, answers)), values, largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=60)
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), sizes.steps, sizes.runs, sizes.steps // 3)
        sample_loading, sampled, sample_bytes, sample, sample_largest = ask(folder, SAMPLE, sizes.steps, sizes.runs)
        loading, everything, size, values, largest = ask(folder, sizes.steps, sizes.steps, sizes.runs)
    told = sizes.steps * sizes.runs * len(TAGS)
    if values != told or largest != 100.0:
        raise SystemExit(f"TensorBoard answered with {values} of {told} values, the largest {largest}")
    details = {
        "runs": sizes.runs,
        "series": len(TAGS),
        "steps": sizes.steps,
        "tensorboard": tensorboard.__version__,
        "loading_ms": loading * 1e3,
        "answer_bytes": size,
        "sample_of_1000_ms": sampled * 1e3,
        "sample_loading_ms": sample_loading * 1e3,
        "sample_bytes": sample_bytes,
        "sample_values": sample,
        "one_step_spike_in_the_sample": sample_largest == 100.0,
    }
    line = {"name": "arms_tensorboard", "value": everything * 1e3, "unit": "ms", "higher_is_better": False}
    print(json.dumps({**line, "details": details}))


if __name__ == "__main__":
    main()

"""Writes docs/apple_ops.md: where the apple backend runs each op and how much of the benchmark's
models it computes in MLCompute graphs. `make test-apple` has built what it asks.

    apple_table.py            writes the page
    apple_table.py --check    complains when the page is not what it would be

The backend itself tells what it ran where (TF_MLC_PROFILE), op by op of the cases of tests/kernels
and model by model of benchmarks/, for one training step and one prediction of a small batch.
"""

import argparse
import collections
import ctypes
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "apple_ops.md"
LIBRARY = ROOT / "build" / "framework" / "libmlc_apple.so"
BATCH = 4

HEADER = """\
# Where the apple backend runs ops

Written by `tools/apple_table.py`; `make test-apple` complains when it is out of date. It ran on
Linux, on our implementation of the Objective-C API ([macos.md](macos.md)); a Mac's framework may
refuse more, and what it refuses runs in portable.

## Models of the benchmark

Share of the floating-point operations of products, convolutions, recurrent layers and their
gradients that ran in MLCompute graphs, for a batch of {batch}: a *training step* with Adam, of
which in `MLCTrainingGraph`s, and a *prediction*.

| model | training step | in training graphs | prediction | what of it is in portable, and why |
|---|---|---|---|---|
"""

OPS = """
## Ops

Each op called on its own, for all cases of `tests/kernels/`: the operations of its program by where
they ran. *Other types* are those but float32, which layers are not known to compute. Ops that are
known when they are compiled, or only rename their input, have no operation.

| op | in MLCompute graphs | in portable, and why |
|---|---|---|
"""


class Record:
    """What the backend has run since the last question."""

    def __init__(self):
        library = ctypes.CDLL(str(LIBRARY), mode=os.RTLD_NOLOAD | os.RTLD_NOW)
        self._write = library.MlcAppleRecord
        self._write.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        self._write.restype = ctypes.c_size_t
        self._before = {}

    def news(self):
        """{(operation, place, reason): (runs, flops)}."""
        size = self._write(None, 0)
        text = ctypes.create_string_buffer(size)
        self._write(text, size)
        now = {}
        for line in text.value.decode().splitlines():
            runs, flops, *key = line.split("\t")
            now[tuple(key)] = (int(runs), float(flops))
        found = {}
        for key, (runs, flops) in now.items():
            old_runs, old_flops = self._before.get(key, (0, 0.0))
            if runs > old_runs:
                found[key] = (runs - old_runs, flops - old_flops)
        self._before = now
        return found


def reason_of(text):
    """A reason that does not speak of one case's shapes."""
    text = re.sub(r"\w+\[[\d,]*\] has more", "more", text)
    text = re.sub(r"\w+\[[\d,]*\] has no", "no", text)
    text = re.sub(r"\[[\d,]*\]", "", text)
    if re.search(r"layers are only known to compute float32", text):
        return "other types"
    return " ".join(text.split())


def run_ops():
    """{op: [[operation, place, reason], ...]}, printed as JSON."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/kernels")]
    from op_case import run
    from test_ops import CASES

    record = Record()
    found = collections.defaultdict(set)
    for case in CASES:
        record.news()
        for inputs in case.runs:
            run(case.op, inputs, case.attrs, "/MLC:0")
        found[case.op] |= {(op, place, reason_of(why)) for op, place, why in record.news()}
    return {op: sorted(rows) for op, rows in found.items()}


def run_model(name):
    """{"train": rows, "predict": rows} of (operation, place, reason, flops)."""
    sys.path[:0] = [str(ROOT)]
    import dataclasses

    from benchmarks.models import MODELS

    model = dataclasses.replace(MODELS[name], batch=BATCH)
    x, y = model.data(1)
    network = model.build()
    network.compile("adam", "sparse_categorical_crossentropy")
    record = Record()
    record.news()
    rows = {}
    for what, work in {
        "train": lambda: network.train_on_batch(x, y),
        "predict": lambda: network.predict_on_batch(x),
    }.items():
        work()
        rows[what] = [
            (op, place, reason_of(why), flops)
            for (op, place, why), (_, flops) in record.news().items()
        ]
    return {"title": model.title, **rows}


def in_process(*arguments):
    environment = {
        **os.environ,
        "TF_MLC_BACKEND": "apple",
        "TF_MLC_APPLE_LIBRARY": str(LIBRARY),
        "TF_MLC_PROFILE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"apple_table: {' '.join(arguments)}: {done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def share(rows, *places):
    total = sum(flops for *_, flops in rows)
    part = sum(flops for _, place, _, flops in rows if place in places)
    return f"{100 * part / total:.0f} %" if total else "none"


def model_line(model):
    train, predict = model["train"], model["predict"]
    total = sum(flops for *_, flops in train)
    outside = collections.Counter()
    for op, place, why, flops in [*train, *predict]:
        if place == "portable" and flops:
            outside[f"{op}: {why}"] += flops / total
    words = "; ".join(text for text, part in outside.most_common() if part >= 0.005)
    both = ("graph", "training graph")
    return (
        f"| {model['title']} | {share(train, *both)} | {share(train, 'training graph')} "
        f"| {share(predict, *both)} | {words} |\n"
    )


def op_line(op, rows):
    inside = collections.defaultdict(set)
    outside = collections.defaultdict(set)
    for operation, place, why in rows:
        (outside if place == "portable" else inside)[why].add(operation)

    def cell(found):
        parts = []
        for why, names in sorted(found.items()):
            parts.append(f"{', '.join(sorted(names))}: {why}")
        return "; ".join(parts)

    if not rows:
        return f"| {op} | no operation | |\n"
    return f"| {op} | {cell(inside)} | {cell(outside)} |\n"


def page(models):
    text = HEADER.format(batch=BATCH)
    for name in models:
        text += model_line(in_process("--model", name))
    text += OPS
    for op, rows in sorted(in_process("--ops").items()):
        text += op_line(op, rows)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--ops", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ops or arguments.model:
        print(json.dumps(run_ops() if arguments.ops else run_model(arguments.model)))
        return 0
    sys.path[:0] = [str(ROOT)]
    text = page(MODEL_NAMES)
    if not arguments.check:
        PAGE.write_text(text)
        return 0
    if PAGE.read_text() == text:
        return 0
    print("docs/apple_ops.md is out of date: tools/apple_table.py writes it", file=sys.stderr)
    return 1


# All of benchmarks/models.py; test_apple_table.py compares.
MODEL_NAMES = [
    "mlp",
    "cnn",
    "resnet20",
    "resnet50",
    "mobilenet_v2",
    "lstm",
    "bidirectional_gru",
    "stacked_lstm",
    "long_lstm",
    "custom_rnn",
    "transformer",
]

if __name__ == "__main__":
    sys.exit(main())

"""Keras's own tests as they lie in its wheel, and what is a difference between two devices."""

import functools
import json
import pathlib
import platform
import re
import subprocess
import sys

import numpy

from keras_suite import runner

FOLDERS = (
    "layers",
    "losses",
    "optimizers",
    "metrics",
    "ops",
    "trainers",
    "models",
    "random",
    "initializers",
    "regularizers",
    "saving",
)
ROOT = pathlib.Path(numpy.__file__).parent.parent / "keras" / "src"
REASONS = pathlib.Path(__file__).with_name("reasons.json")
LINES_OF_A_CHUNK = 2500


def files(paths):
    """Files of tests below the paths, sorted, by their paths below ROOT."""
    found = []
    for path in map(ROOT.joinpath, paths):
        below = [path] if path.is_file() else sorted(path.rglob("*_test.py"))
        if not below:
            raise FileNotFoundError(f"no tests in {path}")
        found += [str(file.relative_to(ROOT)) for file in below]
    return found


def weights(names):
    """The number of lines of each file: how long its tests may take."""
    return {name: (ROOT / name).read_bytes().count(b"\n") for name in names}


def chunks(names):
    """Files that share a process: importing TensorFlow takes longer than most of them."""
    result, size = [], 0
    for name, lines in weights(names).items():
        if not result or size + lines > LINES_OF_A_CHUNK:
            result.append([])
            size = 0
        result[-1].append(name)
        size += lines
    return result


def of_file(records, name):
    """The records of one file's tests."""
    return {t: r for t, r in records.items() if re.split("::| [(]", t)[0] == name}


def versions():
    """{name: version} of what the outcomes without MLC depend on."""
    code = (
        "import keras, numpy, tensorflow as tf\n"
        "print(len(tf.config.list_physical_devices('MLC')))\n"
        "print(keras.__version__, tf.__version__, numpy.__version__)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=runner.environment("mlc", "", "/nonexistent"),
        capture_output=True,
        text=True,
        check=True,
    )
    devices, line = process.stdout.strip().splitlines()[-2:]
    if devices == "0":
        sys.exit(f"there is no MLC device:\n{process.stderr}")
    names = ("Keras", "TensorFlow", "numpy")
    return {"Python": platform.python_version(), **dict(zip(names, line.split(), strict=True))}


@functools.cache
def reasons():
    """{test: why it cannot pass on MLC}"""
    rows = json.loads(REASONS.read_text())
    return {row["test"]: row["reason"] for row in rows}


def differences(outcomes, names):
    """{test: its record on MLC} of the tests that do not pass there, but do without MLC.

    A test that was not run without MLC counts as one that passes there, unless MLC skips it.
    """
    result = {}
    for name in names:
        cpu, mlc = (outcomes[device].get(name) for device in runner.DEVICES)
        if mlc is None:
            continue
        lost = {"outcome": "lost", "seconds": 0.0, "message": "it did not run"}
        for test, record in (cpu or {}).items():
            other = mlc.get(test, lost)
            if record["outcome"] == "passed" and other["outcome"] != "passed":
                result[test] = other
        for test, record in mlc.items():  # also a file that cannot be read, a process that ended
            if test not in (cpu or {}) and record["outcome"] in ("failed", "crashed"):
                result[test] = record
    return result

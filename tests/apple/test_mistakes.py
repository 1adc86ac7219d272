"""Mistakes that a Mac would punish, planted one by one: the API answers as measured there, and
aborts under MLC_STRICT, with the reason."""

import signal

import pytest
from framework_build import run

# What is printed, and the reason on stderr; the right way beside it has none.
CASES = {
    "missing_synchronize": (
        """compile: YES
step: YES
host: 0.5 -0.5
device: 1.625 0.125
host: 1.625 0.125
""",
        None,
    ),
    "inference_first": (
        """inference: an object
compile: NO
compileOptimizer:: NO
step: NO
forward: NO
""",
        "an inference graph has compiled the layers",
    ),
    "freed_input": (
        """first: YES
second: YES
handler: the data of x were freed before the execution that was queued with them
""",
        "the data of x were freed",
    ),
    "changed_input": (
        """first: YES
second: YES
handler: the data of x were changed before the execution that was queued with them
""",
        "the data of x were changed",
    ),
    "unharmed_input": (
        """first: YES
second: YES
handler: no error
result: 1 2 3 4
""",
        None,
    ),
    "freed_parameter": (
        """compile: YES
step: YES
alive
""",
        "cannot be written: freed?",
    ),
    "weights_oihw": (
        """weights: nil
descriptor: nil
node: nil
""",
        "weights",
    ),
    "spatial_order": (
        """weights: nil
descriptor: nil
node: nil
""",
        "weights",
    ),
    "right_convolution": (
        """weights: an object
descriptor: an object
node: an object
shape: 1 3 6 4
""",
        None,
    ),
    "unregistered_output": (
        """compile: YES
execute: YES
result: 1 2 3 4
read: NO
outputsData: NO
""",
        "",
    ),
    "registered_output": (
        """addOutputs: YES
compile: YES
outputsData: YES
output: 1 4 9 16
read: 1 4 9 16
""",
        None,
    ),
    "gpu_pages": (
        """compile: YES
page: YES
output: 1 4 9 16
vector: NO
""",
        "whole pages",
    ),
    "gpu_synchronize": (
        """compile: YES
without: YES
with: NO
execute: YES
""",
        "synchronizeWithDevice:YES inside a completion handler",
    ),
    "host_writes": (
        """result: 0 -0.5 0.5 0
bind: YES
result: 0 10 10 20
""",
        None,
    ),
    "labels": (
        """compile: YES
step: NO
""",
        "lossLabelsData has data for label, which was not added",
    ),
    "other_graphs_layer": (
        """first: an object
second: nil
""",
        "graph",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    done = run("tests/apple/mistakes", name)
    assert done.returncode == 0, done.stderr
    assert done.stdout == CASES[name][0]
    assert "MLCompute:" not in done.stderr


@pytest.mark.parametrize("name", CASES)
def test_strict(name):
    printed, reason = CASES[name]
    done = run("tests/apple/mistakes", name, strict="1")
    if reason is None:
        assert done.returncode == 0, done.stderr
        assert done.stdout == printed
        return
    assert done.returncode == -signal.SIGABRT
    assert "MLCompute: " in done.stderr and reason in done.stderr
    # Everything before the mistake was right.
    assert done.stdout != printed and printed.startswith(done.stdout)


def test_warnings_do_not_stop():
    done = run("tests/apple/mistakes", "labels", strict="warn")
    assert done.returncode == 0 and done.stdout == CASES["labels"][0]
    assert "MLCompute: lossLabelsData" in done.stderr

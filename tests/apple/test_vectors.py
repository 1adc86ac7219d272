"""Numbers and answers that were measured of Apple's framework or follow from its documentation."""

import numpy as np
import pytest
from framework_build import run


@pytest.fixture(scope="module")
def vectors():
    done = run("tests/apple/vectors")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return {
        name: rest.strip()
        for name, rest in (line.split(":", 1) for line in done.stdout.split("\n") if line)
    }


NUMBERS = {
    "stride": [240, 80, 20, 4],
    "image": [2, 3, 4, 5],
    "convolution weights": [1, 14, 3, 5],
    "sequence": [2, 3, 4],
    "sequence lengths": [3, 3],
    "sequence steps": [2, 2, 2],
    "sequences": [1, 3, 2],
    "sequences steps": [3, 2, 1],
    "GELU": [0.841192],
    "L2 norm": [5.477226],
    "nearest": [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4],
    "reflection": [3, 2, 1, 2, 3, 2, 1],
    "symmetric": [2, 1, 1, 2, 3, 3, 2],
    "gram matrix": [2.5, 5.5, 5.5, 12.5],
    # Along the channels, not the last axis.
    "softmax": [0.5, 0.5, 0.5, 0.5],
    "split": [2, 1],
    # Same, then strides, dilations and groups.
    "convolution": [0, 1, 1, 1],
    "device type": [2**31 - 1],
    "seed 7": [7],
    "copied product": [2, 0, 0],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(vectors, name):
    found = [float(number) for number in vectors[name].split()]
    np.testing.assert_allclose(found, NUMBERS[name], rtol=1e-6)


WORDS = {
    "five axes": "nil",
    "empty axis": "nil",
    "no axes": "NSRangeException",
    "label": "Activation",
    "label of a scatter": "Scatter",
    "scatter by maximum": "nil",
    "dot": "digraph MLCGraph {| node [style=filled];|}|",
    "two sources": "nil",
    "short permutation": "nil",
    "concatenation": "NSRangeException",
    "reshape": "NSRangeException",
    "padding": "NSRangeException",
    "empty graph": "NSRangeException",
    "reshape to 4": "an object",
    "transpose": "an object",
    "compiles": "NO",
    "ReLU": "ReLU",
    "UsePaddingSize": "Use Padding Size",
    "MeanAbsoluteError": "Absolute Error",
    "OutputAndStates": "Output and States",
    "supports": "NO",
    "seed": "nil",
}


@pytest.mark.parametrize("name", WORDS)
def test_words(vectors, name):
    assert vectors[name] == WORDS[name]


def test_sizes_of_types(vectors):
    """Of Float32, Float16, Boolean, Int64, Int32, Int8 and UInt8; 0, 2, 6 and 10 are none."""
    sizes = [int(vectors[f"size of type {kind}"]) for kind in range(11)]
    assert sizes == [0, 4, 0, 2, 1, 8, 0, 4, 1, 1, 0]

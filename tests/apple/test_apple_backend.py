"""The apple backend runs Programs on the Objective-C API, and gives what the reference gives."""

import re

import pytest
from framework_build import run

LINE = re.compile(r"(.+): (.+), (\d+) of (\d+) in (\d+) graphs, (\d+) counted")


def lines_of(*arguments):
    """By name what a line says; LINE's groups where it is one."""
    done = run("tests/apple/apple_backend", *arguments)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        match = LINE.fullmatch(line)
        name, rest = (match[1], match) if match else line.split(": ", 1)
        assert name not in found
        found[name] = (match[2], *(int(match[i]) for i in range(3, 7))) if match else rest
    return found


@pytest.fixture(scope="module")
def programs():
    return lines_of()


@pytest.fixture(scope="module")
def refusals():
    return lines_of("refusals")


# Operations in graphs, all operations, graphs. All other Programs have one operation, in a graph.
PLACED = {
    "Select": (3, 3, 1),
    "Dense": (3, 3, 1),
    "Dense transposed": (3, 3, 1),
    "MatMul of a transposed result": (2, 2, 1),
    "model": (11, 11, 1),
    "model on a GPU": (11, 11, 1),
    "flattened image": (3, 3, 2),
    "Mixed": (3, 4, 2),
    "AvgPool padded at one side NHWC": (0, 1, 0),
    "AvgPool padded at one side NCHW": (0, 1, 0),
    "Transpose of axis 0 of 4": (0, 1, 0),
    "Slice backwards": (0, 1, 0),
    "Pad of channels": (0, 1, 0),
    "Pad with a number from outside": (0, 1, 0),
    "ClipByValue upside down": (0, 1, 0),
    "ClipByValue by inputs": (0, 1, 0),
    "padded model": (4, 4, 1),
    "five axes": (0, 1, 0),
    "no elements": (0, 1, 0),
    "int32": (0, 1, 0),
    "both operands broadcast": (0, 1, 0),
}


def test_programs(programs):
    """Values, where operations ran, and that graphs computed them in both of two runs."""
    assert programs.pop("threads") == "0 wrong"
    assert len(programs) > 200 and PLACED.keys() <= programs.keys()
    expected = {}
    for name in programs:
        in_graph, count, graphs = PLACED.get(name, (1, 1, 1))
        expected[name] = ("the same", in_graph, count, graphs, 2 * in_graph)
    assert programs == expected


FAMILIES = "Abs Relu Add Pow Less LogicalAnd MatMul Convolution MaxPool AvgPool Softmax ReduceMean"
MOVES = "Concat Reshape Transpose Slice Pad MirrorPad ClipByValue"


@pytest.mark.parametrize("family", [*FAMILIES.split(), *MOVES.split()])
def test_family_is_there(family, programs):
    assert any(name.startswith(family) for name in programs)


def test_table():
    done = run("tests/apple/apple_backend", "table")
    assert done.stdout.splitlines() == [
        "Tanh | graph 0 | MLCActivationLayer",
        "Erf | portable | MLCompute has no layer for it",
        "Mul | graph 0 | MLCArithmeticLayer",
        "Add | graph 1 | MLCArithmeticLayer",
    ]


WHOLE = "operation Tanh and what is with it in one graph: MLCompute refuses: "
# Operations that stay in graphs, and the Error where portable may not take over.
REFUSED = {
    "nil node": (
        0,
        "operation Tanh: MLCompute refuses: MLCActivationLayer does not take its sources",
    ),
    "nil layer": (
        1,
        "operation Mul: MLCompute refuses: "
        "the framework has no MLCArithmeticLayer of these numbers",
    ),
    "exception in a node": (
        0,
        "operation Tanh: MLCompute refuses: NSPlantedException: planted",
    ),
    "nil tensor": (0, WHOLE + "the framework has no tensor float32[4,6]"),
    "nil device": (0, WHOLE + "there is no device of type cpu"),
    "nil graph": (0, WHOLE + "MLCInferenceGraph is nil"),
    "inputs": (0, WHOLE + "MLCInferenceGraph does not take the inputs"),
    "outputs": (0, WHOLE + "MLCInferenceGraph does not take the outputs"),
    "compile": (0, WHOLE + "MLCInferenceGraph does not compile"),
    "exception in compile": (0, WHOLE + "NSPlantedException: planted"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_framework_refuses_is_portable(name, refusals):
    in_graph, reason = REFUSED[name]
    assert refusals[name] == ("the same", in_graph, 4, in_graph, 2 * in_graph)
    assert refusals[name + ", strict"] == f"Error 1: {reason}"  # kUnimplemented


AT_RUN_TIME = {
    "execute": "2 operations from Tanh on: MLCompute failed: "
    "MLCInferenceGraph executeWithInputsData: answered NO",
    "exception in execute": "2 operations from Tanh on: MLCompute failed: "
    "NSPlantedException: planted",
    "weights": "1 operations from Convolution on: MLCompute failed: "
    "MLCTensor bindAndWriteData:toDevice: answered NO",
}


@pytest.mark.parametrize("name", AT_RUN_TIME)
def test_failures_while_running_are_errors(name, refusals):
    assert refusals[name] == f"Error 3: a graph of {AT_RUN_TIME[name]}"  # kInternal


def test_older_systems(refusals):
    assert refusals["macOS 11.0"] == ("the same", 0, 1, 0, 0)
    assert refusals["macOS 11.0, several axes"] == ("the same", 0, 1, 0, 0)
    assert refusals["macOS 11.0, Add"] == ("the same", 1, 1, 1, 2)


def test_nothing_stays_planted(refusals):
    assert refusals["nothing is planted"] == ("the same", 3, 4, 2, 6)

"""Training steps on the apple backend: layers in MLCTrainingGraphs, numbers as the reference's."""

import re

import pytest
from framework_build import run

LINE = re.compile(
    r"(.+): (.+), (\d+) of (\d+) in (\d+) graphs, (\d+) training, (\d+) counted, (\d+)% of FLOPs"
)


def lines_of(*arguments):
    """By name what a line says; LINE's groups where it is one."""
    done = run("tests/apple/apple_training", *arguments)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        match = LINE.fullmatch(line)
        name, rest = (match[1], match) if match else line.split(": ", 1)
        assert name not in found
        found[name] = (match[2], *(int(match[i]) for i in range(3, 9))) if match else rest
    return found


@pytest.fixture(scope="module")
def steps():
    return lines_of()


@pytest.fixture(scope="module")
def refusals():
    return lines_of("refusals")


# Operations in graphs, all operations, graphs, training graphs, share of FLOPs in percent. In all
# other steps every operation is in one training graph.
PLACED = {
    # The loss, which is softmax and cross-entropy in one operation, has no layer in any of these.
    "two layers": (12, 13, 1, 1, 100),
    "network": (31, 32, 2, 2, 100),
    "network on a GPU": (31, 32, 2, 2, 100),
    "network on any device": (31, 32, 2, 2, 100),
    "network on the neural engine": (0, 32, 0, 0, 0),
    "network with descent": (47, 48, 2, 2, 100),
    "network with momentum": (63, 64, 5, 2, 100),
    "descent": (19, 20, 1, 1, 100),
    "descent at a computed rate": (20, 21, 2, 1, 100),
    "descent at a fixed rate": (19, 20, 1, 1, 100),
    "descent at two rates": (19, 20, 2, 1, 100),
    "descent and gradients": (19, 20, 2, 1, 100),
    "descent of one parameter": (13, 14, 2, 1, 100),
    "descent with decay": (27, 28, 3, 1, 100),
    "descent at a rate of the gradient": (20, 21, 2, 1, 100),
    "ascent": (19, 20, 2, 1, 100),
    # The sum of both gradients is outside.
    "product of one matrix": (4, 4, 2, 1, 100),
    "activation alone": (1, 2, 1, 0, 0),
    "AvgPool padded at one side NHWC": (3, 5, 1, 1, 100),
    "AvgPool padded at one side NCHW": (3, 5, 1, 1, 100),
    "normalized": (15, 16, 5, 2, 100),
    "result read elsewhere": (12, 13, 1, 1, 100),
    "gradient read elsewhere": (12, 12, 2, 2, 100),
    # Of one gradient the sums, and the products with one source, are made once.
    "two consumers": (17, 17, 5, 3, 100),
    "equal filters": (4, 4, 2, 1, 100),
    "consumer without gradient": (14, 14, 2, 1, 100),
    "weights of two layers": (9, 9, 2, 1, 100),
    "siblings": (10, 10, 4, 2, 100),
    "branches": (16, 16, 4, 2, 100),
    "a way around": (16, 17, 4, 2, 100),
    "two graphs": (19, 20, 4, 2, 100),
    "two tapes": (3, 4, 1, 1, 75),
    "gradient without its layer": (0, 1, 0, 0, 0),
    "gradient of another slope": (3, 4, 1, 0, 100),
    "second derivative": (3, 4, 1, 1, 75),
}


def test_steps(steps):
    """Values in three runs with other weights, where operations ran, and that graphs did it."""
    assert steps["threads"] == "0 wrong"
    assert len(steps) > 70 and PLACED.keys() <= steps.keys()
    expected = {}
    steps = {name: found for name, found in steps.items() if name != "threads"}
    for name, found in steps.items():
        count = found[2]
        in_graph, count, graphs, training, share = PLACED.get(name, (count, count, 1, 1, 100))
        expected[name] = ("the same", in_graph, count, graphs, training, in_graph, share)
    assert steps == expected


FAMILIES = "Tanh Sigmoid Relu Relu6 LeakyRelu Elu Selu Softplus Softsign"


@pytest.mark.parametrize("activation", FAMILIES.split())
def test_activation_is_there(activation, steps):
    assert f"dense and {activation}" in steps


def test_random_steps():
    """Random layers that share results and weights: the numbers of the reference all the same."""
    done = run("tests/apple/apple_training", "random", "1", "200")
    assert done.returncode == 0, done.stderr
    match = re.fullmatch(
        r"random: 200 steps, 0 different, (\d+) with a training graph, (\d+) with several\n",
        done.stdout,
    )
    assert match, done.stdout + done.stderr
    assert int(match[1]) > 150 and int(match[2]) > 40


def test_table():
    """A convolutional network: its image part is one training graph, what follows another."""
    done = run("tests/apple/apple_training", "table")
    rows = [line.split(" | ") for line in done.stdout.splitlines()]
    assert len(rows) == 32
    assert [row for row in rows if not row[1].startswith("training graph")] == [
        ["SoftmaxCrossEntropy", "portable", "MLCompute has no layer for it"]
    ]
    assert {row[0]: row[1:] for row in rows if row[1] == "training graph 0"} == {
        "Convolution": ["training graph 0", "MLCConvolutionLayer"],
        "Add": ["training graph 0", "MLCConvolutionLayer"],
        "Relu": ["training graph 0", "MLCActivationLayer"],
        "MaxPool": ["training graph 0", "MLCPoolingLayer"],
        "AvgPool": ["training graph 0", "MLCPoolingLayer"],
        "ReduceSum": ["training graph 0", "gradient of MLCConvolutionLayer"],
        "ConvolutionGradInput": ["training graph 0", "gradient of MLCConvolutionLayer"],
        "ConvolutionGradFilter": ["training graph 0", "gradient of MLCConvolutionLayer"],
        "ReluGrad": ["training graph 0", "gradient of MLCActivationLayer"],
        "MaxPoolGrad": ["training graph 0", "gradient of MLCPoolingLayer"],
        "AvgPoolGrad": ["training graph 0", "gradient of MLCPoolingLayer"],
    }
    assert {row[0]: row[2] for row in rows if row[1] == "training graph 1"} == {
        "Reshape": "gradient of MLCReshapeLayer",
        "MatMul": "gradient of MLCFullyConnectedLayer",
        "Add": "MLCFullyConnectedLayer",
        "Relu": "MLCActivationLayer",
        "ReduceSum": "gradient of MLCFullyConnectedLayer",
        "ReluGrad": "gradient of MLCActivationLayer",
    }


WHOLE = "operation Convolution and what is with it in one graph: MLCompute refuses: "
NO_GRADIENT = "MLCTrainingGraph gradientTensorForInput: answered nil"
NO_SEED = "MLCTrainingGraph allocateUserGradientForTensor: answered nil"
# The Error where portable may not take over.
REFUSED = {
    "nil graph": WHOLE + "MLCTrainingGraph is nil",
    "inputs": WHOLE + "MLCTrainingGraph does not take the inputs",
    "outputs": WHOLE + "MLCTrainingGraph does not take the outputs",
    "user gradient": WHOLE + NO_SEED,
    "compile": WHOLE + "MLCTrainingGraph does not compile",
    "exception in compile": WHOLE + "NSPlantedException: planted",
    "gradient of an input": WHOLE + NO_GRADIENT,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_training_graphs(name, refusals):
    """The layers then run in an inference graph, their gradients in portable."""
    assert refusals[name] == ("the same", 7, 12, 2, 0, 7, 33)
    assert refusals[name + ", strict"] == f"Error 1: {REFUSED[name]}"  # kUnimplemented


def test_table_of_a_refused_graph():
    reason = "no training graph: MLCTrainingGraph does not compile"
    done = run("tests/apple/apple_training", "refused table")
    rows = [line.split(" | ") for line in done.stdout.splitlines()]
    assert ["Convolution", "graph 0", f"MLCConvolutionLayer; {reason}"] in rows
    (gradient,) = [row[1:] for row in rows if row[0] == "ReluGrad"]
    assert gradient[0] == "portable" and gradient[1].endswith(reason)


def test_a_refused_layer(refusals):
    """Both convolutions go to portable, what is around them does not."""
    assert refusals["nil layer"] == ("the same", 5, 12, 2, 0, 5, 0)
    assert refusals["nil layer, strict"] == (
        "Error 1: operation Convolution: MLCompute refuses: "
        "the framework has no MLCConvolutionLayer of these numbers"
    )
    assert refusals["nil optimizer"] == ("the same", 18, 19, 2, 0, 18, 100)
    assert refusals["nil optimizer, strict"] == (
        "Error 1: operation MatMul and what is with it in one graph: MLCompute refuses: "
        "the framework has no MLCSGDOptimizer"
    )


FORWARD = "5 operations from Convolution on: MLCompute failed: "
GRADIENT = "7 operations from ConvolutionGradInput on: MLCompute failed: "
AT_RUN_TIME = {
    "weights": FORWARD + "MLCTensor bindAndWriteData:toDevice: answered NO",
    "writing inputs": FORWARD + "MLCTrainingGraph bindAndWriteData: answered NO for the inputs",
    "forward": FORWARD + "MLCTrainingGraph executeForwardWithBatchSize: answered NO",
    "exception in forward": FORWARD + "NSPlantedException: planted",
    "gradient": GRADIENT + "MLCTrainingGraph executeGradientWithBatchSize: answered NO",
    "reading a gradient": GRADIENT
    + "MLCTensor copyDataFromDeviceMemoryToBytes: answered NO for a gradient",
    "gradient of a parameter": GRADIENT
    + "MLCTrainingGraph gradientDataForParameter:layer: has no gradient",
    "update": "14 operations from MatMul on: MLCompute failed: "
    "MLCTrainingGraph executeOptimizerUpdateWithOptions: answered NO",
}


@pytest.mark.parametrize("name", AT_RUN_TIME)
def test_failures_while_running_are_errors(name, refusals):
    assert refusals[name] == f"Error 3: a training graph of {AT_RUN_TIME[name]}"  # kInternal


def test_parameters_are_synchronized(refusals):
    """Without synchronizeUpdates the new parameters are the old ones, which the API shows."""
    assert refusals["parameters that are not synchronized"][0] == "DIFFERENT"


def test_nothing_stays_planted(refusals):
    assert refusals["nothing is planted"] == ("the same", 12, 12, 1, 1, 12, 100)
    assert refusals["nothing is planted in an update"] == ("the same", 19, 19, 1, 1, 19, 100)

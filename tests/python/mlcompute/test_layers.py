"""Every layer against NumPy."""

import math

import numpy as np
import pytest
from run_layer import parameter, run_layer

import mlcompute as mlc

RNG = np.random.default_rng(1)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def close(found, expected, rtol=2e-5, atol=2e-6):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def elu(x, a=1.0, width=1.0):
    return np.where(x >= 0, x, a * np.expm1(np.minimum(x, 0) / width))


ACTIVATIONS = [
    ("none", {}, lambda x: x),
    ("relu", {}, lambda x: np.maximum(x, 0)),
    ("relu", {"a": 0.1}, lambda x: np.where(x >= 0, x, 0.1 * x)),
    ("linear", {}, lambda x: x),
    ("linear", {"a": 2, "b": -1}, lambda x: 2 * x - 1),
    ("sigmoid", {}, sigmoid),
    ("hard_sigmoid", {}, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    ("hard_sigmoid", {"a": 1, "b": 0}, lambda x: np.clip(x, 0, 1)),
    ("tanh", {}, np.tanh),
    ("tanh", {"a": 1.5, "b": 0.5}, lambda x: 1.5 * np.tanh(0.5 * x)),
    ("absolute", {}, np.abs),
    ("soft_plus", {}, softplus),
    ("soft_plus", {"a": 2, "b": 3}, lambda x: 2 * softplus(3 * x)),
    ("soft_sign", {}, lambda x: x / (1 + abs(x))),
    ("elu", {}, elu),
    ("elu", {"a": 0.5}, lambda x: elu(x, 0.5)),
    ("relun", {}, lambda x: np.minimum(x, 1)),
    ("relun", {"a": 0, "b": 6}, lambda x: np.clip(x, 0, 6)),
    ("log_sigmoid", {}, lambda x: -softplus(-x)),
    ("selu", {}, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    ("celu", {}, elu),
    ("celu", {"a": 2}, lambda x: elu(x, 2, 2)),
    ("hard_shrink", {}, lambda x: np.where(abs(x) > 0.5, x, 0)),
    ("hard_shrink", {"a": 1}, lambda x: np.where(abs(x) > 1, x, 0)),
    ("soft_shrink", {}, lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0)),
    ("tanh_shrink", {}, lambda x: x - np.tanh(x)),
    ("threshold", {}, lambda x: np.where(x > 1, x, 1)),
    ("threshold", {"a": 0.5, "b": -2}, lambda x: np.where(x > 0.5, x, -2)),
    (
        "gelu",
        {},
        lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    ("hard_swish", {}, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    ("clamp", {"a": -0.5, "b": 0.25}, lambda x: np.clip(x, -0.5, 0.25)),
]


@pytest.mark.parametrize(("name", "parameters", "function"), ACTIVATIONS)
def test_activation(name, parameters, function):
    x = np.concatenate([random(2, 50) * 4, [[-30, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 30]] * 2], axis=1)
    x = x.astype(np.float32)
    close(run_layer(mlc.activation_layer(name, **parameters), x), function(x.astype(np.float64)))


def test_every_activation_is_tested():
    tested = {name for name, _, _ in ACTIVATIONS}
    assert tested == {member.name.lower() for member in mlc.ActivationType}


def test_gelu_of_the_real_framework():
    x = np.ones(1, np.float32)
    assert abs(run_layer(mlc.activation_layer("gelu"), x)[0] - 0.841192) < 1e-6


def test_activation_of_half_precision():
    x = random(3, 4).astype(np.float16)
    close(run_layer(mlc.activation_layer("celu", a=2), x), elu(x.astype(float), 2, 2), 2e-3, 1e-3)


def test_activation_of_integers():
    with pytest.raises(ValueError, match="Activation.*int32"):
        run_layer(mlc.activation_layer("relu"), np.ones(2, np.int32))


UNARY = {
    "floor": np.floor,
    "round": np.round,
    "ceil": np.ceil,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": lambda x: np.arccosh(x + 1),
    "atanh": np.arctanh,
    "exp": np.exp,
    "exp2": np.exp2,
    "log": np.log,
    "log2": np.log2,
}
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "pow": np.power,
    "min": np.minimum,
    "max": np.maximum,
    "multiply_no_nan": lambda x, y: np.where(y == 0, 0, x) * y,
    "divide_no_nan": lambda x, y: np.where(y == 0, 0, x / np.where(y == 0, 1, y)),
}


@pytest.mark.parametrize("name", UNARY)
def test_arithmetic_of_one(name):
    x = np.linspace(0.05, 0.95, 24, dtype=np.float32).reshape(2, 3, 4)
    given = x + 1 if name == "acosh" else x
    close(run_layer(mlc.arithmetic_layer(name), given), UNARY[name](x.astype(float)))


@pytest.mark.parametrize("name", BINARY)
def test_arithmetic_of_two(name):
    x, y = abs(random(2, 3, 4)) + 0.1, random(1, 3, 1)
    if name.endswith("no_nan"):
        x[0, 0, 0] = np.inf
        y[0, :2, 0] = 0
    close(run_layer(mlc.arithmetic_layer(name), x, y), BINARY[name](x, y))


def test_every_arithmetic_operation_is_tested():
    assert {*UNARY, *BINARY} == {member.name.lower() for member in mlc.ArithmeticOperation}


def test_integer_arithmetic():
    x, y = np.array([5, -7], np.int32), np.array([2, 3], np.int32)
    assert run_layer(mlc.arithmetic_layer("multiply"), x, y).tolist() == [10, -21]
    with pytest.raises(ValueError, match="sqrt.*int32"):
        run_layer(mlc.arithmetic_layer("sqrt"), x)


COMPARISONS = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "greater": np.greater,
    "less_or_equal": np.less_equal,
    "greater_or_equal": np.greater_equal,
}
LOGIC = {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_nand": lambda x, y: ~(x & y),
    "logical_nor": lambda x, y: ~(x | y),
    "logical_xor": np.logical_xor,
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparison(name):
    x, y = RNG.integers(0, 3, (4, 5)).astype(np.float32), np.float32([[0, 1, 2, 1, 0]])
    found = run_layer(mlc.comparison_layer(name), x, y)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, COMPARISONS[name](x, y))


@pytest.mark.parametrize("name", LOGIC)
def test_logic(name):
    x, y = np.array([True, True, False, False]), np.array([True, False, True, False])
    np.testing.assert_array_equal(run_layer(mlc.comparison_layer(name), x, y), LOGIC[name](x, y))
    with pytest.raises(ValueError, match=f"{name}.*float32"):
        run_layer(mlc.comparison_layer(name), random(2), random(2))


def test_logical_not():
    assert run_layer(mlc.comparison_layer("logical_not"), np.array([True, False])).tolist() == [
        False,
        True,
    ]


def test_selection():
    condition = np.array([[True], [False]])
    x, y = random(2, 3), random(2, 3)
    np.testing.assert_array_equal(
        run_layer(mlc.selection_layer(), condition, x, y), np.where(condition, x, y)
    )


def test_concatenation():
    x, y = random(2, 3, 4), random(2, 1, 4)
    np.testing.assert_array_equal(
        run_layer(mlc.concatenation_layer(), x, y), np.concatenate([x, y], axis=1)
    )
    np.testing.assert_array_equal(
        run_layer(mlc.concatenation_layer(2), x, x, x), np.concatenate([x] * 3, axis=2)
    )
    with pytest.raises(ValueError, match="Concat.*dimension 3"):
        run_layer(mlc.concatenation_layer(3), x, x)


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [(2, [3, 2]), (5, [1] * 5), (7, [1] * 5), (4, [2, 1, 1, 1]), ([4, 1],) * 2],
)
def test_split(parts, lengths):
    x = random(2, 5, 3)
    found = run_layer(mlc.split_layer(parts), x, results=len(lengths))
    for part, expected in zip(found, np.split(x, np.cumsum(lengths)[:-1], axis=1), strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("parts", [0, [], [0, 5], [2, 2], [3, 3]])
def test_wrong_split(parts):
    with pytest.raises(ValueError, match="Split"):
        run_layer(mlc.split_layer(parts), random(2, 5))


def test_slice():
    x = random(3, 6, 5)
    found = run_layer(mlc.slice_layer([0, 1, 1], [3, 6, 4], [1, 2, 1]), x)
    np.testing.assert_array_equal(found, x[:, 1:6:2, 1:4])
    found = run_layer(mlc.slice_layer([0, 2, 0], [3, 4, 5]), x, batch_size=2)
    np.testing.assert_array_equal(found, x[:2, 2:4])


@pytest.mark.parametrize(
    "arguments",
    [([0, 0], [1]), ([0, 2], [1, 2]), ([0, 0], [1, 9]), ([0, -1], [1, 2]), ([0], [1]),
     ([0, 0], [1, 2], [1, 0])],
)  # fmt: skip
def test_wrong_slice(arguments):
    with pytest.raises(ValueError, match="Slice"):
        run_layer(mlc.slice_layer(*arguments), random(2, 3))


def test_reshape():
    x = random(4, 6)
    np.testing.assert_array_equal(run_layer(mlc.reshape_layer([4, 2, 3]), x), x.reshape(4, 2, 3))
    found = run_layer(mlc.reshape_layer([4, 2, 3]), x, batch_size=3)
    np.testing.assert_array_equal(found, x[:3].reshape(3, 2, 3))
    with pytest.raises(ValueError, match="Reshape.*24"):
        run_layer(mlc.reshape_layer([5, 5]), x)


def test_transpose():
    x = random(2, 3, 4)
    np.testing.assert_array_equal(
        run_layer(mlc.transpose_layer([0, 2, 1]), x), x.transpose(0, 2, 1)
    )
    for wrong in ([1, 0], [0, 1, 1], [0, 1, 3]):
        with pytest.raises(ValueError, match="Transpose"):
            run_layer(mlc.transpose_layer(wrong), x)


@pytest.mark.parametrize(
    ("padding", "widths"),
    [(1, ((1, 1), (1, 1))), ([1, 2], ((0, 0), (1, 2))), ([1, 0, 2, 1], ((1, 0), (2, 1)))],
)
@pytest.mark.parametrize(
    ("kind", "mode"),
    [("zero", {}), ("constant", {"constant_values": 7}), ("reflect", {"mode": "reflect"}),
     ("symmetric", {"mode": "symmetric"})],
)  # fmt: skip
def test_padding(kind, mode, padding, widths):
    x = random(2, 3, 4, 5)
    value = mode.get("constant_values", 0)
    expected = np.pad(x, ((0, 0), (0, 0), *widths), **(mode or {"mode": "constant"}))
    np.testing.assert_array_equal(run_layer(mlc.padding_layer(kind, padding, value), x), expected)


def test_wrong_padding():
    for padding in ([], [1, 2, 3], -1):
        with pytest.raises(ValueError, match="Padding"):
            mlc.padding_layer("zero", padding)
    with pytest.raises(ValueError, match="Padding.*reflect"):
        run_layer(mlc.padding_layer("reflect", 4), random(1, 1, 4, 4))


def test_upsample():
    x = random(2, 3, 2, 2)
    found = run_layer(mlc.upsample_layer([4, 6]), x)
    np.testing.assert_array_equal(found, x.repeat(2, axis=2).repeat(3, axis=3))
    ramp = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
    found = run_layer(mlc.upsample_layer([1, 8], "linear"), ramp)
    close(found[0, 0, 0], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    found = run_layer(mlc.upsample_layer([1, 7], "linear", aligns_corners=True), ramp)
    close(found[0, 0, 0], np.arange(7) / 2)
    found = run_layer(mlc.upsample_layer([4, 4], "linear"), x.astype(np.float16))
    assert found.dtype == np.float16 and found.shape == (2, 3, 4, 4)


def test_gram_matrix():
    x = random(2, 3, 4, 5)
    close(
        run_layer(mlc.gram_matrix_layer(0.5), x),
        0.5 * np.einsum("nchw,ndhw->ncd", x, x)[:, None],
        1e-4,
        1e-5,
    )


def test_mat_mul_of_the_real_framework():
    """MatMul and then Add, as a published program asserts them."""
    a = np.array([[[1, 2], [3, 4]]], np.float32)
    x, y, z = (mlc.tensor([1, 2, 2]) for _ in range(3))
    graph = mlc.graph()
    product = graph.add_layer(mlc.mat_mul_layer(), [x, y])
    result = graph.add_layer(mlc.arithmetic_layer("add"), [product, z])
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x, "y": y, "z": z})
    inference.compile(mlc.device())
    inference.execute({"x": a, "y": a, "z": np.ones_like(a)})
    assert result.numpy().ravel().tolist() == [8, 11, 16, 23]


@pytest.mark.parametrize("transposes_x", [False, True])
@pytest.mark.parametrize("transposes_y", [False, True])
def test_mat_mul(transposes_x, transposes_y):
    x, y = random(2, 1, 3, 4), random(5, 4, 6)
    given_x = x.swapaxes(-1, -2).copy() if transposes_x else x
    given_y = y.swapaxes(-1, -2).copy() if transposes_y else y
    layer = mlc.mat_mul_layer(0.5, transposes_x=transposes_x, transposes_y=transposes_y)
    close(run_layer(layer, given_x, given_y), 0.5 * (x @ y), 1e-4, 1e-5)


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (2, 2, 4, 3), (4, 3, 1, 1)])
@pytest.mark.parametrize("flat", [False, True])
def test_fully_connected(shape, flat):
    x, w, b = random(*shape), random(5, 3), random(5)
    end = () if flat else (1, 1)
    layer = mlc.fully_connected_layer(
        parameter(w.reshape(1, 15, *end)),
        parameter(b.reshape(1, 5, *end)),
        input_feature_channel_count=3,
        output_feature_channel_count=5,
    )
    if shape[-1] == 1:
        expected = (x[..., 0, 0] @ w.T + b)[..., None, None]
    else:
        expected = x @ w.T + b
    close(run_layer(layer, x), expected, 1e-4, 1e-5)
    close(run_layer_again(layer, x[:1]), expected[:1], 1e-4, 1e-5)


def run_layer_again(layer, x):
    """A second layer over the same parameters, without biases: then with them added."""
    bare = mlc.fully_connected_layer(
        layer.weights, None, input_feature_channel_count=3, output_feature_channel_count=5
    )
    b = layer.biases.numpy().reshape(5, *([1, 1] if x.shape[-1] == 1 else []))
    return run_layer(bare, x) + b


def test_wrong_parameters():
    w, b = parameter(random(1, 15)), parameter(random(1, 4))
    counts = {"input_feature_channel_count": 3, "output_feature_channel_count": 5}
    with pytest.raises(ValueError, match=r"FullyConnected.*biases.*\[1,5,1,1\]"):
        mlc.fully_connected_layer(w, b, **counts)
    with pytest.raises(ValueError, match="weights.*no data"):
        mlc.fully_connected_layer(mlc.tensor([1, 15]), None, **counts)
    with pytest.raises(ValueError, match="3 features"):
        run_layer(mlc.fully_connected_layer(w, None, **counts), random(2, 4))
    with pytest.raises(ValueError, match=r"Convolution.*weights.*\[1,15,3,3\]"):
        mlc.convolution_layer(w, None, kernel_sizes=3, **counts)


REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "l1_norm": lambda x, axis, keepdims: np.sum(abs(x), axis=axis, keepdims=keepdims),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dimensions", [1, [2], [3, 1], [1, 2, 3]])
def test_reduction(name, dimensions):
    x = random(2, 3, 4, 5)
    axes = tuple(dimensions) if isinstance(dimensions, list) else dimensions
    expected = REDUCTIONS[name](x, axis=axes, keepdims=True)
    close(run_layer(mlc.reduction_layer(name, dimensions), x), expected)


def test_other_reductions():
    x = random(2, 3, 4)
    for name, function in (("arg_max", np.argmax), ("arg_min", np.argmin)):
        found = run_layer(mlc.reduction_layer(name, 1), x)
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, function(x, axis=1)[:, None])
    for name, function in (("any", np.any), ("all", np.all)):
        found = run_layer(mlc.reduction_layer(name, [1]), x > 0)
        np.testing.assert_array_equal(found, function(x > 0, axis=1, keepdims=True))
    np.testing.assert_array_equal(run_layer(mlc.reduction_layer("none", 1), x), x)
    for kind, dimensions in (("sum", []), ("sum", [1, 1]), ("arg_max", [0, 1]), ("sum", 3)):
        with pytest.raises(ValueError, match="Reduction"):
            run_layer(mlc.reduction_layer(kind, dimensions), x)


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4), (2, 3, 1, 1), (2, 3, 4, 5)])
@pytest.mark.parametrize("dimension", [0, 1, None, -1])
def test_softmax(shape, dimension):
    x = random(*shape)
    given = {} if dimension is None else {"dimension": dimension % len(shape)}
    axis = given.get("dimension", 1)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    expected = e / e.sum(axis=axis, keepdims=True)
    close(run_layer(mlc.softmax_layer(**given), x), expected)
    close(run_layer(mlc.softmax_layer("LogSoftmax", **given), x), np.log(expected), 1e-4, 1e-5)

"""Gradients of every layer against TensorFlow's in float64, and against differences.

Each case has a layer and the same function written with TensorFlow's ops. What the layer computes
is compared too; `test_*_layers.py` try it with more shapes and settings.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from run_layer import parameter
from train_layer import Training

import mlcompute as mlc

tf = pytest.importorskip("tensorflow")

RNG = np.random.default_rng(11)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def positive(*shape):
    return RNG.uniform(0.4, 2, shape).astype(np.float32)


def inside(*shape):
    return RNG.uniform(-0.8, 0.8, shape).astype(np.float32)


@dataclasses.dataclass
class Case:
    """`make` gets a tensor for each of `parameters`; `function` arrays (inputs, parameters)."""

    make: Callable
    function: Callable
    inputs: list
    parameters: list = dataclasses.field(default_factory=list)


CASES = {}


def case(name, make, function, inputs, parameters=()):
    assert name not in CASES
    CASES[name] = Case(make, function, inputs, list(parameters))


# ---- elementwise layers

SELU = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS = {
    "none": ({}, lambda x: tf.identity(x)),
    "relu": ({"a": 0.2}, lambda x: tf.where(x >= 0, x, 0.2 * x)),
    "linear": ({"a": 3, "b": -1}, lambda x: 3 * x - 1),
    "sigmoid": ({}, tf.sigmoid),
    "hard_sigmoid": ({}, lambda x: tf.clip_by_value(0.2 * x + 0.5, 0, 1)),
    "tanh": ({"a": 2, "b": 0.7}, lambda x: 2 * tf.tanh(0.7 * x)),
    "absolute": ({}, tf.abs),
    "soft_plus": ({"a": 2, "b": 0.5}, lambda x: 2 * tf.math.log(1 + tf.exp(0.5 * x))),
    "soft_sign": ({}, lambda x: x / (1 + tf.abs(x))),
    "elu": ({"a": 1.5}, lambda x: tf.where(x >= 0, x, 1.5 * (tf.exp(x) - 1))),
    "relun": ({"a": 0.1, "b": 1}, lambda x: tf.minimum(tf.where(x >= 0, x, 0.1 * x), 1)),
    "log_sigmoid": ({}, lambda x: tf.math.log(tf.sigmoid(x))),
    "selu": ({}, lambda x: SELU[1] * tf.where(x > 0, x, SELU[0] * (tf.exp(x) - 1))),
    "celu": ({"a": 0.8}, lambda x: tf.where(x > 0, x, 0.8 * (tf.exp(x / 0.8) - 1))),
    "hard_shrink": ({}, lambda x: tf.where(tf.abs(x) > 0.5, x, 0 * x)),
    "soft_shrink": ({}, lambda x: tf.sign(x) * tf.nn.relu(tf.abs(x) - 0.5)),
    "tanh_shrink": ({}, lambda x: x - tf.tanh(x)),
    "threshold": ({"a": 0.3, "b": 7}, lambda x: tf.where(x > 0.3, x, 7 + 0 * x)),
    "gelu": ({}, lambda x: tf.nn.gelu(x, approximate=True)),
    "hard_swish": ({}, lambda x: x * tf.clip_by_value(x + 3, 0, 6) / 6),
    "clamp": ({"a": -0.5, "b": 0.5}, lambda x: tf.clip_by_value(x, -0.5, 0.5)),
}
for kind, (settings, function) in ACTIVATIONS.items():
    case(
        f"activation {kind}",
        lambda kind=kind, settings=settings: mlc.activation_layer(kind, **settings),
        function,
        [2 * random(3, 7)],
    )

UNARY = {
    "floor": (tf.floor, random),
    "round": (tf.round, random),
    "ceil": (tf.math.ceil, random),
    "sqrt": (tf.sqrt, positive),
    "rsqrt": (tf.math.rsqrt, positive),
    "sin": (tf.sin, random),
    "cos": (tf.cos, random),
    "tan": (tf.tan, inside),
    "asin": (tf.asin, inside),
    "acos": (tf.acos, inside),
    "atan": (tf.atan, random),
    "sinh": (tf.sinh, random),
    "cosh": (tf.cosh, random),
    "tanh": (tf.tanh, random),
    "asinh": (tf.asinh, random),
    "acosh": (tf.acosh, lambda *shape: 1 + positive(*shape)),
    "atanh": (tf.atanh, inside),
    "exp": (tf.exp, random),
    "exp2": (lambda x: tf.pow(tf.constant(2, x.dtype), x), random),
    "log": (tf.math.log, positive),
    "log2": (lambda x: tf.math.log(x) / np.log(2), positive),
}
BINARY = {
    "add": tf.add,
    "subtract": tf.subtract,
    "multiply": tf.multiply,
    "divide": tf.divide,
    "pow": tf.pow,
    "multiply_no_nan": tf.math.multiply_no_nan,
    "divide_no_nan": tf.math.divide_no_nan,
    "min": tf.minimum,
    "max": tf.maximum,
}
assert len(UNARY) + len(BINARY) == len(mlc.ArithmeticOperation)
for operation, (function, make_input) in UNARY.items():
    case(
        f"arithmetic {operation}",
        lambda operation=operation: mlc.arithmetic_layer(operation),
        function,
        [make_input(4, 3)],
    )
for operation, function in BINARY.items():
    for shapes in [((4, 3), (4, 3)), ((2, 1, 3), (4, 1)), ((1, 3), (4, 3))]:
        case(
            f"arithmetic {operation} {shapes}",
            lambda operation=operation: mlc.arithmetic_layer(operation),
            function,
            [positive(*shape) for shape in shapes],
        )
case(
    "selection",
    mlc.selection_layer,
    tf.where,
    [np.array([[True], [False], [True]]), random(3, 4), random(1, 4)],
)

# ---- data movement

case(
    "concatenation",
    lambda: mlc.concatenation_layer(2),
    lambda *x: tf.concat(x, 2),
    [random(2, 3, 1), random(2, 3, 4), random(2, 3, 2)],
)
for kind, mode in [("zero", "CONSTANT"), ("reflect", "REFLECT"), ("symmetric", "SYMMETRIC")]:
    case(
        f"padding {kind}",
        lambda kind=kind: mlc.padding_layer(kind, [1, 2, 0, 3]),
        lambda x, mode=mode: tf.pad(x, [[0, 0], [0, 0], [1, 2], [0, 3]], mode),
        [random(2, 2, 4, 5)],
    )
case("reshape", lambda: mlc.reshape_layer([4, 6]), lambda x: tf.reshape(x, [4, 6]), [random(2, 12)])
case(
    "slice",
    lambda: mlc.slice_layer([0, 1], [3, 6], [2, 2]),
    lambda x: x[0:3:2, 1:6:2],
    [random(4, 7)],
)
case("split", lambda: mlc.split_layer([1, 4], 1), lambda x: tf.split(x, [1, 4], 1), [random(3, 5)])
case(
    "transpose",
    lambda: mlc.transpose_layer([0, 2, 1]),
    lambda x: tf.transpose(x, [0, 2, 1]),
    [random(2, 3, 4)],
)


case(
    "upsample nearest",
    lambda: mlc.upsample_layer([6, 8]),
    lambda x: tf.repeat(tf.repeat(x, 2, 2), 2, 3),
    [random(2, 2, 3, 4)],
)


def interpolated(x):
    """Two times as high and wide, between half-pixel centres."""
    for axis in (2, 3):
        n = x.shape[axis]
        at = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
        matrix = np.maximum(1 - np.abs(at[:, None] - np.arange(n)), 0)
        x = tf.experimental.numpy.moveaxis(
            tf.tensordot(tf.constant(matrix), x, [[1], [axis]]), 0, axis
        )
    return x


case(
    "upsample linear",
    lambda: mlc.upsample_layer([6, 8], "linear"),
    interpolated,
    [random(2, 2, 3, 4)],
)

# ---- products


def channels_last(x):
    return tf.transpose(x, [0, 2, 3, 1])


def channels_first(x):
    return tf.transpose(x, [0, 3, 1, 2])


def convolved(x, w, b, shape, groups=1, **options):
    """w holds [O, I / groups, height, width]."""
    w = tf.transpose(tf.reshape(w, shape), [2, 3, 1, 0])
    # TensorFlow's CPU has no gradient of grouped convolutions.
    y = [
        tf.nn.conv2d(part, filters, **options)
        for part, filters in zip(
            tf.split(channels_last(x), groups, 3), tf.split(w, groups, 3), strict=True
        )
    ]
    return channels_first(tf.concat(y, 3)) + tf.reshape(b, [1, -1, 1, 1])


def convolution(type="standard", inputs=4, outputs=6, kernel=(3, 2), **options):
    return lambda w, b: mlc.convolution_layer(
        w,
        b,
        kernel_sizes=list(kernel),
        input_feature_channel_count=inputs,
        output_feature_channel_count=outputs,
        type=type,
        **options,
    )


for name, layer, groups, options in [
    ("", {}, 1, {"strides": 1, "padding": "SAME"}),
    ("valid, strides", {"padding_policy": "valid", "strides": [2, 1]}, 1,
     {"strides": [2, 1], "padding": "VALID"}),
    ("sized", {"padding_policy": "use_padding_size", "padding_sizes": [1, 2]}, 1,
     {"strides": 1, "padding": [[0, 0], [1, 1], [2, 2], [0, 0]]}),
    ("groups", {"group_count": 2}, 2, {"strides": 1, "padding": "SAME"}),
]:  # fmt: skip
    case(
        f"convolution {name}",
        convolution(**layer),
        lambda x, w, b, groups=groups, options=options: convolved(
            x, w, b, [6, 4 // groups, 3, 2], groups, **options
        ),
        [random(2, 4, 5, 6)],
        [random(1, 6 * 4 // groups, 3, 2), random(1, 6, 1, 1)],
    )


def dilated(x, w, b):
    """Rows 2 apart, by the taps of the kernel: TensorFlow's CPU has no gradient of that."""
    w = tf.reshape(w, [6, 4, 3, 2])
    x = tf.pad(x, [[0, 0], [0, 0], [2, 2], [0, 1]])
    taps = [
        tf.einsum("nchw,oc->nohw", x[:, :, 2 * i : 2 * i + 5, j : j + 6], w[:, :, i, j])
        for i in range(3)
        for j in range(2)
    ]
    return tf.add_n(taps) + tf.reshape(b, [1, -1, 1, 1])


case(
    "convolution dilated",
    convolution(dilation_rates=[2, 1]),
    dilated,
    [random(2, 4, 5, 6)],
    [random(1, 24, 3, 2), random(1, 6, 1, 1)],
)
case(
    "convolution depthwise",
    convolution("depthwise", 3, 6),
    lambda x, w, b: convolved(x, w, b, [6, 1, 3, 2], 3, strides=1, padding="SAME"),
    [random(2, 3, 5, 6)],
    [random(1, 6, 3, 2), random(1, 6, 1, 1)],
)
case(
    "convolution transposed",
    convolution("transposed", 4, 3, strides=2),
    lambda x, w, b: (
        channels_first(
            tf.nn.conv2d_transpose(
                channels_last(x),
                tf.transpose(tf.reshape(w, [3, 4, 3, 2]), [2, 3, 0, 1]),
                [2, 6, 8, 3],
                2,
                "SAME",
            )
        )
        + tf.reshape(b, [1, -1, 1, 1])
    ),
    [random(2, 4, 3, 4)],
    [random(1, 12, 3, 2), random(1, 3, 1, 1)],
)
for rank, shape in [(2, (5, 3)), (3, (2, 4, 3)), (4, (5, 3, 1, 1))]:
    case(
        f"fully connected {rank}",
        lambda w, b: mlc.fully_connected_layer(
            w, b, input_feature_channel_count=3, output_feature_channel_count=4
        ),
        lambda x, w, b, rank=rank: tf.reshape(
            tf.matmul(tf.reshape(x, [-1, 3]), tf.reshape(w, [4, 3]), transpose_b=True)
            + tf.reshape(b, [4]),
            [x.shape[0], x.shape[1], 4] if rank == 3 else [-1, 4] + [1, 1] * (rank == 4),
        ),
        [random(*shape)],
        [random(1, 12, 1, 1), random(1, 4, 1, 1)],
    )
case(
    "gram matrix",
    lambda: mlc.gram_matrix_layer(0.5),
    lambda x: 0.5 * tf.einsum("nchw,ndhw->ncd", x, x)[:, None],
    [random(2, 3, 4, 5)],
)
for tx in (False, True):
    for ty in (False, True):
        case(
            f"matmul {tx} {ty}",
            lambda tx=tx, ty=ty: mlc.mat_mul_layer(1.5, tx, ty),
            lambda x, y, tx=tx, ty=ty: 1.5 * tf.matmul(x, y, tx, ty),
            [random(2, *((3, 4) if tx else (4, 3))), random(1, *((5, 3) if ty else (3, 5)))],
        )

# ---- pooling, reduction, softmax


def pooled(kind, **options):
    return lambda x: channels_first(tf.nn.pool(channels_last(x), pooling_type=kind, **options))


for kind in ("max", "average"):
    case(
        f"pooling {kind}",
        lambda kind=kind: mlc.pooling_layer(kind, [3, 2], [2, 2]),
        pooled(
            {"max": "MAX", "average": "AVG"}[kind],
            window_shape=[3, 2],
            strides=[2, 2],
            padding="SAME",
        ),
        [random(2, 2, 5, 6)],
    )
case(
    "pooling average over padding",
    lambda: mlc.pooling_layer(
        "average",
        3,
        padding_policy="use_padding_size",
        padding_sizes=1,
        count_includes_padding=True,
    ),
    lambda x: pooled("AVG", window_shape=[3, 3], strides=[1, 1], padding="VALID")(
        tf.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]])
    ),
    [random(2, 2, 4, 5)],
)
case(
    "pooling L2",
    lambda: mlc.pooling_layer("l2_norm", 2, 2),
    lambda x: tf.sqrt(
        4 * pooled("AVG", window_shape=[2, 2], strides=[2, 2], padding="VALID")(x * x)
    ),
    [random(2, 2, 4, 6)],
)
for kind, function in {
    "sum": tf.reduce_sum,
    "mean": tf.reduce_mean,
    "max": tf.reduce_max,
    "min": tf.reduce_min,
    "l1_norm": lambda x, axes, keepdims: tf.reduce_sum(tf.abs(x), axes, keepdims),
}.items():
    for axes in ([1], [0, 2]):
        case(
            f"reduction {kind} {axes}",
            lambda kind=kind, axes=axes: mlc.reduction_layer(kind, axes),
            lambda x, function=function, axes=axes: function(x, axes, keepdims=True),
            [random(2, 3, 4)],
        )
for dimension in (1, 2):
    for operation, function in [("softmax", tf.nn.softmax), ("log_softmax", tf.nn.log_softmax)]:
        case(
            f"{operation} {dimension}",
            lambda operation=operation, dimension=dimension: mlc.softmax_layer(
                operation, dimension
            ),
            lambda x, function=function, dimension=dimension: function(x, dimension),
            [random(2, 3, 4)],
        )

# ---- normalization


def normalized(x, axes, beta, gamma, shape):
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    x = (x - mean) / tf.sqrt(variance + 0.01)
    return x * tf.reshape(gamma, shape) + tf.reshape(beta, shape)


def make_batch_normalization(beta, gamma):
    mean, variance = (mlc.tensor([1, 3, 1, 1], fill=value) for value in (5, 6))
    return mlc.batch_normalization_layer(3, mean, variance, beta, gamma, 0.01)


case(
    "batch normalization",
    make_batch_normalization,
    lambda x, beta, gamma: normalized(x, [0, 2, 3], beta, gamma, [1, 3, 1, 1]),
    [random(4, 3, 2, 5)],
    [random(1, 3, 1, 1), random(1, 3, 1, 1)],
)
case(
    "instance normalization",
    lambda beta, gamma: mlc.instance_normalization_layer(3, beta, gamma, 0.01),
    lambda x, beta, gamma: normalized(x, [2, 3], beta, gamma, [1, 3, 1, 1]),
    [random(4, 3, 2, 5)],
    [random(1, 3, 1, 1), random(1, 3, 1, 1)],
)
case(
    "group normalization",
    lambda beta, gamma: mlc.group_normalization_layer(6, 2, beta, gamma, 0.01),
    lambda x, beta, gamma: tf.reshape(
        normalized(tf.reshape(x, [3, 2, 3, 2, 4]), [2, 3, 4], beta, gamma, [1, 2, 3, 1, 1]),
        [3, 6, 2, 4],
    ),
    [random(3, 6, 2, 4)],
    [random(1, 6, 1, 1), random(1, 6, 1, 1)],
)
case(
    "layer normalization",
    lambda beta, gamma: mlc.layer_normalization_layer([3, 4], beta, gamma, 0.01),
    lambda x, beta, gamma: normalized(x, [1, 2], beta, gamma, [1, 3, 4]),
    [random(5, 3, 4)],
    [random(3, 4), random(3, 4)],
)

# ---- by indices


def embedded(indices, w, **options):
    rows = tf.nn.embedding_lookup(tf.reshape(w, [5, 3]), indices, **options)
    return rows


INDICES = np.array([[4, 0, 4], [1, 1, 4]], np.int32)
for name, options, function in [
    ("", {}, embedded),
    ("padding", {"padding_index": 1},
     lambda i, w: tf.where((i == 1)[..., None], tf.zeros([], w.dtype), embedded(i, w))),
    ("norm", {"maximum_norm": 1.2}, lambda i, w: embedded(i, w, max_norm=1.2)),
]:  # fmt: skip
    case(
        f"embedding {name}",
        lambda w, options=options: mlc.embedding_layer(
            w, embedding_count=5, embedding_dimension=3, **options
        ),
        function,
        [INDICES],
        [random(1, 5, 3)],
    )
PLACES = np.array([[2, 0, 2], [1, 1, 1]], np.int64)
case(
    "gather",
    lambda: mlc.gather_layer(1),
    lambda x, i: tf.gather(x[:2], i, axis=1, batch_dims=1),
    [random(3, 4), PLACES],
)


def scattered(add):
    def function(x, i, to):
        at = tf.stack([tf.constant([0, 0, 0, 1, 1, 1], tf.int64), tf.reshape(i, [6])], 1)
        update = tf.tensor_scatter_nd_add if add else tf.tensor_scatter_nd_update
        return update(to, at, tf.reshape(x, [6]))

    return function


# Without a sum no place is written twice: TensorFlow's gradient is another one then.
ONCE = np.array([[2, 0, 3], [1, 3, 0]], np.int64)
for kind, places in [("none", ONCE), ("sum", PLACES)]:
    case(
        f"scatter {kind}",
        lambda kind=kind: mlc.scatter_layer(1, kind),
        scattered(kind == "sum"),
        [random(2, 3), places, random(3, 4)],
    )

# ---- sequences


def lstm(layers=1, directions=1, sequences=True, states=False, lengths=None, tanh=tf.tanh):
    """As the layer: output, last h, last c."""

    def function(x, *rest):
        given, rest = (rest[:2], rest[2:]) if states else (None, rest)
        rest = rest[1:] if lengths is not None else rest
        count = 4 * layers * directions
        w, u, b = (rest[i * count : (i + 1) * count] for i in range(3))
        n, steps = x.shape[:2]
        last_h, last_c = [], []
        for layer in range(layers):
            outputs = []
            for direction in range(directions):
                first, state = 4 * (direction * layers + layer), layer * directions + direction
                zeros = tf.zeros([n, 4], x.dtype)
                h, c = (g[:, state] for g in given) if states else (zeros, zeros)
                out = [None] * steps
                for t in reversed(range(steps)) if direction else range(steps):
                    i, f, g, o = (
                        tf.matmul(x[:, t], tf.reshape(w[k], [4, -1]), transpose_b=True)
                        + tf.matmul(h, tf.reshape(u[k], [4, 4]), transpose_b=True)
                        + tf.reshape(b[k], [4])
                        for k in range(first, first + 4)
                    )
                    next_c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
                    next_h = tf.sigmoid(o) * tanh(next_c)
                    here = tf.constant(True) if lengths is None else (t < lengths)[:, None]
                    h, c = tf.where(here, next_h, h), tf.where(here, next_c, c)
                    out[t] = tf.where(here, h, tf.zeros_like(h))
                outputs.append(tf.stack(out, 1))
                last_h.append(h)
                last_c.append(c)
            x = tf.concat(outputs, 2)
        if not sequences:
            x = tf.concat(last_h[-directions:], 1)
        if layers * directions == 1:
            return [x, last_h[0], last_c[0]]
        return [x, tf.stack(last_h, 1), tf.stack(last_c, 1)]

    return function


def lstm_parameters(layers, directions):
    w, u, b = [], [], []
    for _ in range(directions):
        for layer in range(layers):
            for _ in range(4):
                w.append(random(1, 4 * (3 if layer == 0 else 4 * directions)))
                u.append(random(1, 16))
                b.append(random(1, 4))
    return [0.5 * p for p in w + u + b]


for name, layers, directions, options in [
    ("", 1, 1, {}),
    ("last step", 1, 1, {"sequences": False}),
    ("states", 1, 1, {"states": True}),
    ("stacked both ways", 2, 2, {"states": True}),
    ("lengths", 1, 2, {"lengths": np.array([5, 2, 1], np.int32)}),
    ("lengths, last step", 2, 1, {"lengths": np.array([5, 2, 1], np.int32), "sequences": False}),
    ("unrolled", 1, 2, {"tanh": tf.nn.relu, "lengths": np.array([5, 2, 4], np.int32)}),
]:

    def make(*tensors, layers=layers, directions=directions, options=options):
        count = 4 * layers * directions
        return mlc.lstm_layer(
            *(list(tensors[i * count : (i + 1) * count]) for i in range(3)),
            input_size=3,
            hidden_size=4,
            layer_count=layers,
            is_bidirectional=directions == 2,
            returns_sequences=options.get("sequences", True),
            result_mode="output_and_states",
            output_activation="relu" if "tanh" in options else "tanh",
        )

    state = [layers * directions] if layers * directions > 1 else []
    inputs = [random(3, 5, 3)]
    if options.get("states"):
        inputs += [random(3, *state, 4), random(3, *state, 4)]
    function = lstm(layers, directions, **options)
    if options.get("states") and not state:
        plain = function

        def function(x, h, c, *rest, plain=plain):
            return plain(x, h[:, None], c[:, None], *rest)

    if "lengths" in options:
        inputs.append(options["lengths"])
    case(f"lstm {name}", make, function, inputs, lstm_parameters(layers, directions))


def attention(query, key, value, mask, wq, wk, wv, wo, bq, bk, bv, bo, k1, v1):
    def heads(x, w, b, more=None):
        x = tf.einsum("nle,hde->nhld", x, w[0]) + tf.reshape(b, [1, 2, 1, 2])
        if more is None:
            return x
        more = tf.broadcast_to(tf.reshape(more, [1, 2, 1, 2]), [2, 2, 1, 2])
        return tf.concat([x, more, tf.zeros_like(more)], 2)

    q, k, v = heads(query, wq, bq), heads(key, wk, bk, k1), heads(value, wv, bv, v1)
    scores = tf.einsum("nhld,nhsd->nhls", q, k) / np.sqrt(2.0)
    masked = tf.pad(mask, [[0, 0], [0, 2]])[:, None, None]
    scores = tf.where(masked, tf.constant(-1e300, scores.dtype), scores)
    joined = tf.einsum("nhls,nhsd->nlhd", tf.nn.softmax(scores), v)
    return tf.tensordot(tf.reshape(joined, [2, 3, 4]), wo[0, 0], [[2], [1]]) + tf.reshape(bo, [4])


case(
    "attention",
    lambda *tensors: mlc.multihead_attention_layer(
        list(tensors[:4]),
        list(tensors[4:8]),
        list(tensors[8:]),
        model_dimension=4,
        head_count=2,
        adds_zero_attention=True,
    ),
    attention,
    [random(2, 3, 4), random(2, 5, 4), random(2, 5, 4), np.arange(10).reshape(2, 5) % 3 == 0],
    [random(1, 2, 2, 4) for _ in range(3)]
    + [random(1, 1, 4, 4)]
    + [random(1, 4) for _ in range(6)],
)


def of_tensorflow(function, arrays, weights):
    """Results and gradients of sum(result * weight) in float64."""
    with tf.device("CPU:0"):
        floating = [a.dtype == np.float32 for a in arrays]
        tensors = [
            tf.constant(a.astype(np.float64) if f else a)
            for a, f in zip(arrays, floating, strict=True)
        ]
        by = [t for t, f in zip(tensors, floating, strict=True) if f]
        with tf.GradientTape() as tape:
            tape.watch(by)
            results = function(*tensors)
            results = results if isinstance(results, list) else [results]
            if weights is None:
                return results
            target = tf.add_n(
                [tf.reduce_sum(r * w.astype(float)) for r, w in zip(results, weights, strict=True)]
            )
        found = tape.gradient(target, by, unconnected_gradients="zero")
        dense = [tf.convert_to_tensor(g).numpy() for g in found]
    return [r.numpy() for r in results], dense


def close(found, expected, what, share=2e-5):
    """Within a share of the largest element."""
    assert found.shape == expected.shape, what
    scale = max(np.abs(expected).max(initial=0), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=share, atol=share * scale, err_msg=what)


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    given = CASES[name]
    layer = given.make(*(parameter(p.copy()) for p in given.parameters))
    training = Training(layer, given.inputs)
    results = training.forward()
    weights = [random(*result.shape) for result in results]
    inputs, parameters = training.gradients(weights)
    assert len(parameters) == len(given.parameters)
    # Parameters as the layer lists them, by their contents.
    expected_results, expected = of_tensorflow(
        given.function, given.inputs + given.parameters, weights
    )
    for found, result in zip(results, expected_results, strict=True):
        close(found, result, "result")
    for i, found in enumerate(inputs):
        close(found, expected[i], f"input {i}", 1e-4)
    own = [p.tensor.numpy() for p in layer.parameters]
    for i, values in enumerate(given.parameters):
        at = next(k for k, p in enumerate(own) if p.shape == values.shape and (p == values).all())
        close(parameters[at], expected[len(inputs) + i], f"parameter {i}", 1e-4)


STEPS = {"floor", "round", "ceil"}  # whose differences are jumps


@pytest.mark.parametrize("name", [n for n in CASES if n.split()[-1] not in STEPS])
def test_differences(name):
    """Along a random direction of all inputs."""
    given = CASES[name]
    floating = [a.dtype == np.float32 for a in given.inputs]
    if not any(floating):
        pytest.skip("no floating-point inputs")
    layer = given.make(*(parameter(p.copy()) for p in given.parameters))
    training = Training(layer, given.inputs)
    weights = [random(*result.shape) for result in training.forward()]
    inputs, _ = training.gradients(weights)
    ways = [inside(*a.shape) if f else 0 for a, f in zip(given.inputs, floating, strict=True)]
    step = 2e-3

    def target(sign):
        moved = [
            (a + sign * step * way).astype(a.dtype) if f else a
            for a, way, f in zip(given.inputs, ways, floating, strict=True)
        ]
        return sum(
            np.vdot(w.astype(float), r)
            for w, r in zip(weights, training.forward(moved), strict=True)
        )

    slope = (target(1) - target(-1)) / (2 * step)
    along = [np.vdot(g.astype(float), w) for g, w in zip(
        inputs, [w for w, f in zip(ways, floating, strict=True) if f], strict=True)]  # fmt: skip
    size = sum(np.abs(g).sum() for g in inputs)
    np.testing.assert_allclose(sum(along), slope, atol=1e-2 * max(size, 1) ** 0.5 + 2e-3 * size)

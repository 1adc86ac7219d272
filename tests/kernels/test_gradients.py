"""Gradients of whole expressions, whose gradient ops all have to be on MLC, against the CPU."""

import numpy as np
import pytest
import tensorflow as tf
from op_case import data
from test_ops import assert_same

IMAGE = (4, 8, 8, 3)


def dense(x, w, b):
    return tf.nn.relu(tf.nn.bias_add(tf.matmul(x, w), b))


def attention(q, k, v):
    weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * 0.5)
    return tf.matmul(weights, v)


def layer_norm(x, scale, offset):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-3) * scale + offset


def batch_norm(x, scale, offset):
    return tf.compat.v1.nn.fused_batch_norm(x, scale, offset)[0]


def recurrent(x, w, u):
    """A long short-term memory."""
    h = c = tf.zeros((x.shape[0], u.shape[0]), x.dtype)
    for step in tf.unstack(x, axis=1):
        i, f, g, o = tf.split(tf.matmul(step, w) + tf.matmul(h, u), 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
    return h


def sparse_loss(x):
    labels = tf.constant([1, 0, 3, 2], tf.int64)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, x)


def soft_loss(x):
    labels = tf.one_hot([1, 0, 3, 2], 5, dtype=x.dtype)
    return tf.nn.softmax_cross_entropy_with_logits(labels, x)


# name: function and the shapes of its arguments
EXPRESSIONS = {
    "dense": (dense, [(8, 5), (5, 3), (3,)]),
    "conv2d": (lambda x, w: tf.nn.conv2d(x, w, 2, "SAME"), [IMAGE, (3, 3, 3, 4)]),
    "conv2d-transpose": (
        lambda x, w: tf.nn.conv2d_transpose(x, w, (4, 16, 16, 2), 2, "SAME"),
        [IMAGE, (3, 3, 2, 3)],
    ),
    "depthwise": (
        lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
        [IMAGE, (3, 3, 3, 2)],
    ),
    "depthwise-dilated": (
        lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", dilations=[2, 2]),
        [IMAGE, (3, 3, 3, 2)],
    ),
    "conv3d": (
        lambda x, w: tf.nn.conv3d(x, w, [1, 1, 1, 1, 1], "SAME"),
        [(2, 4, 4, 4, 2), (3, 3, 3, 2, 3)],
    ),
    "conv1d": (lambda x, w: tf.nn.conv1d(x, w, 1, "SAME"), [(4, 9, 3), (3, 3, 2)]),
    "max-pool": (lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), [IMAGE]),
    "avg-pool": (lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"), [IMAGE]),
    "attention": (attention, [(2, 3, 5, 4)] * 3),
    "layer-norm": (layer_norm, [(4, 5, 6), (6,), (6,)]),
    "batch-norm": (batch_norm, [IMAGE, (3,), (3,)]),
    "recurrent": (recurrent, [(3, 4, 5), (5, 8), (2, 8)]),
    "sparse-loss": (sparse_loss, [(4, 5)]),
    "soft-loss": (soft_loss, [(4, 5)]),
    "embedding": (lambda t: tf.gather(t, [[1, 2], [2, 0]]), [(5, 3)]),
    "gather-nd": (lambda t: tf.gather_nd(t, [[1, 2], [2, 0]]), [(5, 3)]),
    "slices": (lambda x: x[:, ::2, tf.newaxis, 1] * x[:, 1:3, tf.newaxis, -1], [(4, 4, 3)]),
    "joins": (lambda x, y: tf.stack([tf.concat([x, y], 1)[:, 1:], y], 0), [(4, 1), (4, 3)]),
    "tile": (lambda x: tf.tile(x, [2, 3]) ** 2, [(2, 3)]),
    "pads": (
        lambda x: tf.pad(tf.pad(x, [[1, 0], [0, 2]]), [[1, 1], [2, 2]], "REFLECT") ** 2,
        [(3, 4)],
    ),
    "transpose": (lambda x: tf.transpose(x, [2, 0, 1]) ** 2, [(2, 3, 4)]),
    "reverse": (lambda x: tf.cumsum(tf.reverse(x, [1]), 1, reverse=True) ** 2, [(2, 3)]),
    "reductions": (
        lambda x: (
            tf.reduce_sum(x, 0) * tf.reduce_mean(x) * tf.reduce_max(x, 1, keepdims=True)
            + tf.reduce_prod(x, 0)
        ),
        [(3, 3)],
    ),
    "broadcast": (lambda x, y: x * y - x / (2 + y * y) + tf.maximum(x, y), [(4, 1, 3), (5, 1)]),
    "where": (lambda x, y: tf.where(x > y, x * 2, y * 3), [(4, 3), (3,)]),
    "clip": (lambda x: tf.clip_by_value(x, -1.0, 1.0) * x, [(4, 3)]),
    "functions": (
        lambda x: (
            tf.exp(-x * x)
            + tf.math.log(1 + x * x)
            + tf.sqrt(2 + x * x)
            + tf.sin(x) * tf.cos(x)
            + tf.math.erf(x)
            + tf.math.softplus(x)
            + tf.nn.elu(x)
            + tf.nn.selu(x)
            + tf.math.pow(x * x, 1.5)
        ),
        [(4, 5)],
    ),
    "gelu": (lambda x: tf.nn.gelu(x) + tf.nn.gelu(x, approximate=True) + tf.nn.silu(x), [(4, 5)]),
    "leaky": (lambda x: tf.nn.leaky_relu(x) + tf.nn.relu6(x) + tf.nn.softsign(x), [(4, 5)]),
    "log-softmax": (lambda x: tf.nn.log_softmax(x) * x, [(4, 5)]),
    "segments": (lambda x: tf.math.unsorted_segment_sum(x, [0, 1, 0, 2], 3) ** 2, [(4, 3)]),
    "scatter": (
        lambda x, u: tf.tensor_scatter_nd_add(x, [[1], [0]], u) ** 2,
        [(4, 3), (2, 3)],
    ),
    "l2-loss": (lambda x: tf.nn.l2_loss(x), [(4, 3)]),
    "band-part": (lambda x: tf.linalg.band_part(x, 1, 0) ** 2, [(4, 4)]),
    "casts": (lambda x: tf.cast(tf.cast(x, tf.float64) ** 2, x.dtype), [(4, 3)]),
}


def gradients(function, arguments, device):
    with tf.device(device):
        arguments = [tf.identity(a) for a in arguments]
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            y = function(*arguments)
            loss = tf.reduce_sum(y * y)
        return [y, *tape.gradient(loss, arguments)]


@pytest.mark.parametrize("in_function", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_same_gradients_as_cpu(name, in_function):
    function, shapes = EXPRESSIONS[name]
    arguments = [data("float32", s, -1, 1, seed=i) for i, s in enumerate(shapes)]
    call = tf.function(gradients) if in_function else gradients
    wanted = gradients(function, arguments, "/CPU:0")
    actual = call(function, arguments, "/MLC:0")
    for got, want in zip(actual, wanted, strict=True):
        assert "MLC" in got.device
        got, want = tf.convert_to_tensor(got), tf.convert_to_tensor(want)
        assert_same(got.numpy(), want.numpy(), (2e-4, 2e-5))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["dense", "conv2d", "max-pool", "attention", "recurrent"])
def test_16_bit_gradients_are_those_of_float32(name, dtype):
    function, shapes = EXPRESSIONS[name]
    arguments = [data(dtype, s, -1, 1, seed=i) for i, s in enumerate(shapes)]
    wanted = gradients(function, [a.astype(np.float32) for a in arguments], "/CPU:0")
    actual = gradients(function, arguments, "/MLC:0")
    for got, want in zip(actual, wanted, strict=True):
        scale = np.abs(want.numpy()).max()
        np.testing.assert_allclose(
            tf.cast(got, tf.float32).numpy() / scale, want.numpy() / scale, atol=0.04
        )

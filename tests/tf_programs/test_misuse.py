"""Point 8: misuse raises what it raises on the CPU, and the device works on."""

import re

import numpy as np
import pytest
import tensorflow as tf
from programs import MODES

A = np.ones([2, 3], np.float32)
B = np.ones([4, 5], np.float32)


def t(value, dtype=None):
    return tf.constant(value, dtype)


# name: (what is wrong, a word of the message). Shapes are hidden from the tracing of functions
# (see `hidden`), so that kernels and not shape inference find most of these.
MISTAKES = {
    "matmul of shapes": (lambda h: tf.raw_ops.MatMul(a=h(A), b=h(B)), "MatMul|atrix size"),
    "add of shapes": (lambda h: h(A) + h(B), "ncompatible shapes"),
    "add of dtypes": (lambda h: tf.raw_ops.AddV2(x=t(A), y=t(A, tf.float64)), "AddV2|dtype|type"),
    "op without the dtype": (
        lambda h: tf.raw_ops.MatMul(a=t(["a"]), b=t(["b"])),
        "(?i)matmul|type",
    ),
    "concat of shapes": (lambda h: tf.concat([h(A), h(B)], 0), "ConcatOp|Concat|imension"),
    "reshape": (lambda h: tf.reshape(h(A), h(np.array([4, 4]))), "reshape"),
    "gather out of range": (lambda h: tf.gather(h(A), h(np.array([5]))), "indices"),
    "one axis too many": (lambda h: tf.reduce_sum(h(A), h(np.array(7))), "axis|imension|reduction"),
    "unknown padding": (
        lambda h: tf.raw_ops.MaxPool(
            input=tf.ones([1, 4, 4, 1]), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="MOST"
        ),
        "padding",
    ),
    "stride of 0": (
        lambda h: tf.raw_ops.MaxPool(
            input=h(np.ones([1, 4, 4, 1], np.float32)),
            ksize=[1, 2, 2, 1],
            strides=[1, 0, 1, 1],
            padding="SAME",
        ),
        "stride|Stride",
    ),
    "depths that differ": (
        lambda h: tf.nn.conv2d(
            h(np.ones([1, 4, 4, 3], np.float32)), h(np.ones([2, 2, 2, 1], np.float32)), 1, "SAME"
        ),
        "depth|Conv2D",
    ),
    "no such device": (lambda h: on_device("/MLC:7" if h.mlc else "/CPU:7"), "/device|evice"),
    "memory": (lambda h: tf.fill(h(np.array([1 << 20, 1 << 22])), 1.0), "OOM|llocat|memory"),
    "too many elements": (
        lambda h: tf.fill(h(np.array([1 << 40, 1 << 40])), 1.0),
        "elements|overflow|imension|shape",
    ),
    "negative size": (lambda h: tf.fill(h(np.array([-3])), 1.0), "-3|dims|imension|>= 0"),
    "wrong split": (lambda h: tf.split(h(A), 4, 1), "split|Split|num_split"),
    "assign of another shape": (lambda h: tf.Variable(t(A)).assign(h(B)), "shape"),
    "segment ids": (
        lambda h: tf.math.unsorted_segment_sum(h(A), h(np.array([0, 9])), 2),
        "segment",
    ),
}


def on_device(name):
    with tf.device(name):
        return t(A) * 2.0


class Hidden:
    """Makes constants whose shape and value a function does not know while it is traced."""

    def __init__(self, mlc):
        self.mlc = mlc

    def __call__(self, value):
        if tf.executing_eagerly():
            return t(value)
        return tf.compat.v1.placeholder_with_default(t(value), None)


@pytest.fixture
def hard_placement():
    soft = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    yield
    tf.config.set_soft_device_placement(soft)


def error(device, mistake, mode):
    """The class and message of what a mistake raises."""
    hidden = Hidden(device.startswith("/MLC"))

    def program():
        return mistake(hidden)

    with tf.device(device):
        call = tf.function(program, autograph=False) if mode == "function" else program
        with pytest.raises(Exception) as caught:
            call()
    return caught.type, str(caught.value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MISTAKES)
def test_same_class_as_the_cpu(name, mode, hard_placement):
    mistake, words = MISTAKES[name]
    if name == "assign of another shape" and mode == "function":
        pytest.skip("a function may make a variable in its first call only")
    expected, expected_message = error("/CPU:0", mistake, mode)
    actual, message = error("/MLC:0", mistake, mode)
    assert actual is expected, (expected_message, message)
    assert re.search(words, message), message
    with tf.device("/MLC:0"):  # works on
        np.testing.assert_array_equal(t(A) @ tf.transpose(t(A)), np.full([2, 2], 3.0))


def test_op_without_a_kernel(hard_placement):
    """Soft placement off: the op and the device are named."""

    def call(device, mode):
        def program():
            with tf.device(device):
                scores = tf.constant([[[0.5, 2.0]]])
                result = tf.raw_ops.CTCGreedyDecoder(inputs=scores, sequence_length=[1])
            return result.log_probability

        return (tf.function(program) if mode == "function" else program)()

    for mode in MODES:
        with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.NotFoundError)) as caught:
            call("/MLC:0", mode)
        assert "CTCGreedyDecoder" in str(caught.value) and "MLC" in str(caught.value)
        tf.config.set_soft_device_placement(True)
        np.testing.assert_array_equal(call("/MLC:0", mode), [[-2.0]])
        tf.config.set_soft_device_placement(False)

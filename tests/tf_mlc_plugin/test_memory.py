"""Memory: what is reported, and running out of it."""

import numpy as np
import pytest
import tensorflow as tf

PETABYTE_OF_FLOATS = 2**48


def usage():
    return tf.config.experimental.get_memory_info("MLC:0")


def check_works_still():
    with tf.device("/MLC:0"):
        product = tf.linalg.matmul(tf.fill([16, 16], 2.0), tf.fill([16, 16], 3.0))
    assert product.device.endswith("MLC:0")
    np.testing.assert_array_equal(product.numpy(), np.full([16, 16], 96, np.float32))


@pytest.mark.parametrize("elements", [10**13, PETABYTE_OF_FLOATS])
def test_too_large_a_tensor(elements):
    with pytest.raises(tf.errors.ResourceExhaustedError), tf.device("/MLC:0"):
        tf.zeros([elements])
    check_works_still()


def test_too_large_a_tensor_in_a_function():
    @tf.function
    def f(n):
        return tf.reduce_sum(tf.fill([n], 1.0) * 2.0)

    with pytest.raises(tf.errors.ResourceExhaustedError), tf.device("/MLC:0"):
        f(tf.constant(10**13, tf.int64))
    check_works_still()


def test_memory_info_follows_tensors():
    before = usage()["current"]
    with tf.device("/MLC:0"):
        tensor = tf.ones([1024, 1024])
    during = usage()["current"]
    assert during - before >= 4 * 1024 * 1024
    assert usage()["peak"] >= during
    del tensor
    assert usage()["current"] < during


def test_memory_is_given_back():
    def make():
        with tf.device("/MLC:0"):
            x = tf.ones([256, 1024])
            for _ in range(20):
                x = x * 1.0001 + 0.5
            return float(x[0, 0])

    make()
    before = usage()["current"]
    for _ in range(5):
        make()
    assert usage()["current"] <= before

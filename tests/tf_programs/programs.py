"""Runs a program on MLC and on TensorFlow's CPU and compares what comes out."""

import numpy as np
import tensorflow as tf
from tolerances import tolerance

MODES = ["eager", "function"]


def array(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def run(make, device, mode="eager", calls=1):
    """The results of a program on a device, as numpy arrays in one list.

    `make()` returns a function without arguments and the variables that count as results.
    """
    with tf.device(device):
        program, variables = make()
        if mode == "function":
            program = tf.function(program)
        results = [program() for _ in range(calls)]
        values = [variable.read_value() for variable in variables]
    return [np.asarray(each) for each in tf.nest.flatten([results, values]) if each is not None]


def compare(make, mode="eager", calls=2, scale=1.0):
    """`scale` widens the tolerances of tests/tolerances.py."""
    expected = run(make, "/CPU:0", mode, calls)
    actual = run(make, "/MLC:0", mode, calls)
    assert len(expected) == len(actual) > 0
    for one, other in zip(expected, actual, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        if one.dtype.kind in "OSU":
            assert (one == other).all()
            continue
        relative, absolute = tolerance(one.dtype)
        if one.dtype == tf.bfloat16.as_numpy_dtype:  # NumPy 1 does not compare these
            one, other = one.astype(np.float32), other.astype(np.float32)
        np.testing.assert_allclose(other, one, relative * scale, absolute * scale)

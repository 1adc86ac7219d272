"""Runs functions on the CPU and on MLC."""

import numpy as np
import tensorflow as tf

import tf_mlc_plugin


def array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def on_both(make, *calls, tolerance=1e-5):
    """Makes a function on each device, calls it in turn with each arguments, compares all results.

    `make` returns a Python function and the variables whose values count as results. Gives how
    often each op's kernel ran on MLC.
    """
    results, before, after = {}, {}, {}
    for device in ("/CPU:0", "/MLC:0"):
        before = tf_mlc_plugin.kernel_counts()
        with tf.device(device):
            function, variables = make()
            traced = tf.function(function)
            outputs = [traced(*map(tf.constant, arguments)) for arguments in calls]
        results[device] = tf.nest.flatten([outputs, [v.read_value() for v in variables]])
        after = tf_mlc_plugin.kernel_counts()
    assert len(results["/CPU:0"]) == len(results["/MLC:0"]) > 0
    for expected, actual in zip(results["/CPU:0"], results["/MLC:0"], strict=True):
        assert actual.dtype == expected.dtype and actual.shape == expected.shape
        np.testing.assert_allclose(actual.numpy(), expected.numpy(), tolerance, tolerance)
    return {op: count - before.get(op, 0) for op, count in after.items()}

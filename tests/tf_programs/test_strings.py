"""Strings, which stay on the CPU, made of numbers on MLC."""

import numpy as np
import tensorflow as tf


def test_hash_of_integers():
    @tf.function
    def bucket(x):
        return tf.strings.to_hash_bucket_fast(tf.strings.as_string(x * 3), 17) + 1

    x = np.arange(-4, 20, dtype=np.int64).reshape(6, 4)
    with tf.device("/CPU:0"):
        expected = tf.strings.to_hash_bucket_fast(tf.strings.as_string(x * 3), 17) + 1
    with tf.device("/MLC:0"):
        np.testing.assert_array_equal(bucket(tf.constant(x)), expected)

"""Random initializers, the platform's seed, quantization."""

import os
import subprocess
import sys

import numpy as np
import pytest
from run_layer import parameter
from scipy import stats

import mlcompute as mlc

COUNT = 200_000


def sample(kind, descriptor=None):
    return mlc.tensor(
        descriptor or mlc.tensor_descriptor([2, COUNT // 2]), random_initializer=kind
    ).numpy()


# By the documentation for fans of 1: uniform in [0, 1), in +-sqrt(3), normal of deviation 0.5.
DISTRIBUTIONS = {
    "uniform": stats.uniform(0, 1),
    "glorot_uniform": stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)),
    "xavier": stats.norm(0, 0.5),
}


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_distribution(kind):
    mlc.platform.set_rng_seed(4)
    found = sample(kind)
    assert found.shape == (2, COUNT // 2) and found.dtype == np.float32
    assert stats.kstest(found.ravel(), DISTRIBUTIONS[kind].cdf).pvalue > 1e-3


def test_fans_of_convolution_weights():
    descriptor = mlc.tensor_descriptor.convolution_weights(5, 3, 40, 60)
    limit = np.sqrt(6 / (15 * 40 + 15 * 60))
    found = sample("glorot_uniform", descriptor)
    assert found.shape == (1, 2400, 3, 5)
    assert 0.99 * limit < np.abs(found).max() <= limit
    deviation = sample("xavier", descriptor).std()
    np.testing.assert_allclose(deviation, np.sqrt(0.5 / (15 * 40 + 15 * 60)), rtol=0.02)


def test_seed():
    mlc.platform.set_rng_seed(7)
    first, second = sample("uniform"), sample("uniform")
    assert (first != second).any()
    mlc.platform.set_rng_seed(7)
    np.testing.assert_array_equal(sample("uniform"), first)
    np.testing.assert_array_equal(sample("uniform"), second)
    mlc.platform.set_rng_seed(-8)
    assert mlc.platform.rng_seed() == -8
    assert (sample("uniform") != first).any()


def test_no_seed():
    code = """
import mlcompute as mlc
print(mlc.platform.rng_seed(), mlc.tensor([4], random_initializer="uniform").numpy().tolist())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(found) == 2 and all(text.startswith("None ") for text in found)


def test_half_precision_and_refusals():
    found = mlc.tensor([1000], "float16", random_initializer="xavier").numpy()
    assert found.dtype == np.float16 and 0.4 < found.astype(float).std() < 0.6
    with pytest.raises(ValueError, match="floating-point"):
        mlc.tensor([3], "int32", random_initializer="uniform")
    with pytest.raises(ValueError, match="one may be given"):
        mlc.tensor([3], fill=1, random_initializer="uniform")
    with pytest.raises(ValueError, match="random initializer"):
        mlc.tensor([3], random_initializer="orthogonal")


VALUES = np.float32([[-300, -1.25, -0.75, 0, 0.25], [0.75, 1.2, 2.5, 99, 1e30]])
LIMITS = {"int8": (-128, 127), "uint8": (0, 255), "int32": (-(2**31), 2**31 - 1)}


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize(("scale", "bias"), [(0.5, 0), (0.25, 3), (2, -100)])
def test_quantizing(kind, scale, bias):
    tensor = parameter(VALUES)
    found = tensor.by_quantizing(kind, scale, bias)
    assert found.dtype == kind and found.tensor_id != tensor.tensor_id
    expected = np.clip(np.round(VALUES.astype(float) / scale) + bias, *LIMITS[kind])
    np.testing.assert_array_equal(found.numpy(), expected.astype(kind))
    scales, biases = parameter(np.float32([scale])), parameter(np.int32([bias]))
    same = tensor.by_quantizing(kind, scales, biases)
    np.testing.assert_array_equal(same.numpy(), found.numpy())
    back = found.by_dequantizing("float32", scales, biases)
    exact = ((found.numpy().astype(float) - bias) * scale).astype(np.float32)
    np.testing.assert_array_equal(back.numpy(), exact)


@pytest.mark.parametrize("axis", [0, 1])
def test_quantizing_by_axis(axis):
    n = VALUES.shape[axis]
    scale = np.float32(np.arange(1, n + 1) / 4)
    bias = np.arange(n, dtype=np.int32) - 1
    column = [1, 1]
    column[axis] = n
    arguments = parameter(scale), parameter(bias)
    found = parameter(VALUES).by_quantizing("int8", *arguments, axis)
    expected = np.round(VALUES.astype(float) / scale.reshape(column)) + bias.reshape(column)
    np.testing.assert_array_equal(found.numpy(), np.clip(expected, -128, 127))
    back = found.by_dequantizing("float32", *arguments, axis).numpy()
    exact = (found.numpy().astype(float) - bias.reshape(column)) * scale.reshape(column)
    np.testing.assert_array_equal(back, exact.astype(np.float32))
    # What was not cut comes back within half a step.
    whole = np.abs(expected) < 120
    assert (np.abs(back - VALUES) <= scale.reshape(column) / 2 + 1e-6)[whole].all()


def test_quantizing_agrees_with_tensorflow():
    tf = pytest.importorskip("tensorflow")
    x = np.random.default_rng(3).uniform(-3, 3, (4, 50)).astype(np.float32)
    with tf.device("CPU:0"):
        result = tf.quantization.quantize(x, -4, 4, tf.qint8, "SCALED", "HALF_TO_EVEN")
        expected = tf.bitcast(result.output, tf.int8).numpy()
    found = parameter(x).by_quantizing("int8", 4 / 127, 0).numpy()
    # TensorFlow multiplies by the float32 reciprocal: numbers between two steps may go either way.
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1 and difference.mean() < 0.01


def test_quantization_refusals():
    tensor, one = parameter(VALUES), parameter(np.float32([1]))
    zero = parameter(np.int32([0]))
    for arguments, message in [
        (("int64", 1, 0), "int8, uint8 or int32, not int64"),
        (("int8", 0, 0), "scale 0 must be positive"),
        (("int8", one, zero, 2), "axis 2"),
        (("int8", one, zero, 0), "scale"),
        (("int8", zero, zero), "scale"),
        (("int8", one, one), "bias"),
    ]:
        with pytest.raises(ValueError, match=message):
            tensor.by_quantizing(*arguments)
    with pytest.raises(ValueError, match="not floating-point"):
        zero.by_quantizing("int8", 1, 0)
    with pytest.raises(ValueError, match="holds no data"):
        mlc.tensor([3]).by_quantizing("int8", 1, 0)
    with pytest.raises(ValueError, match="not dequantized to int8"):
        tensor.by_quantizing("int8", 1, 0).by_dequantizing("int8", one, zero)

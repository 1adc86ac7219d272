"""compile(), fit(), evaluate() and predict() with Keras's defaults, on MLC as on TensorFlow's CPU.

Tolerances: TensorFlow's own two CPU implementations (with and without oneDNN) differ on these
models by up to 2e-7 in losses and 4e-7 of the largest element in gradients. Other orders of sums
are no error, so a gradient may be off by 1e-5 of its largest element; a dozen steps of Adam, which
divides small gradients by small numbers, add a factor of ten.
"""

import models
import numpy as np
import pytest

import tf_mlc_plugin

GRADIENT_TOLERANCE = 1e-5
TRAINED_TOLERANCE = 1e-4

RECORDER = models


def check_close(actual, expected, tolerance, what):
    assert actual.shape == expected.shape, what
    assert np.isfinite(actual).all(), what
    error = np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-3)
    assert error <= tolerance, f"{what}: {error:.2e}\n{actual}\n{expected}"


@pytest.mark.parametrize("name", models.MODELS)
def test_training(name, cpu):
    before = tf_mlc_plugin.kernel_counts()
    recorded = models.record(name)
    after = tf_mlc_plugin.kernel_counts()
    ops = (models.MODELS[name][2], "_MlcCluster")  # alone, or inside a cluster
    assert any(after.get(op, 0) > before.get(op, 0) for op in ops), f"no {ops[0]} ran on MLC"

    for key, value in recorded.items():
        expected = cpu[f"{name}/{key}"]
        if key.startswith("initial"):
            np.testing.assert_array_equal(value, expected, f"the initial weights: {key}")
        else:
            check_close(value, expected, TRAINED_TOLERANCE, key)
    losses = recorded["losses"]
    assert losses[-1] < losses[0], "it learns nothing"


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_gradients(name, cpu):
    for key, value in models.gradients(name).items():
        check_close(value, cpu[f"{name}/gradient/{key}"], GRADIENT_TOLERANCE, key)


@pytest.mark.parametrize("name", models.MODELS)
def test_default_is_not_compiled(name):
    model, *_ = models.make(name)
    assert model.jit_compile is False

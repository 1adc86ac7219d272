"""mixed_bfloat16 and mixed_float16, loss scaling included, train what float32 trains.

The same model with the same weights is trained for some steps under each policy; the losses must
stay near float32's. A layer in 16 bits differs by its rounding (2^-8 for bfloat16, 2^-11 for
float16, per operation); what is allowed is a few dozen of those, relative to the first loss.
"""

import keras
import numpy as np
import pytest
import zoo
from test_nothing_hides import quick

import tf_mlc_plugin

STEPS = 5
LIMITS = {"mixed_bfloat16": 0.1, "mixed_float16": 0.02}

# Random numbers of a mask are drawn in the layer's type, so the masks differ between policies.
RANDOM = ("Dropout", "dropout", "GaussianNoise")
# No gradient in TensorFlow.
UNTRAINABLE = ("Resizing-area",)

NAMES = [n for n in zoo.LAYERS if n not in UNTRAINABLE and not any(r in n for r in RANDOM)]
QUICK = ["Conv2D-groups", "DepthwiseConv2D", "LSTM", "MultiHeadAttention", "BatchNormalization"]


@pytest.fixture(autouse=True)
def policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def train(name, policy):
    keras.config.set_dtype_policy(policy)
    model, x, y = zoo.make(name)
    optimizer = keras.optimizers.SGD(0.01)
    if policy == "mixed_float16":  # 2^15, the default, is beyond float16 for gradients above 2
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 2.0**8)
    model.compile(optimizer, "mse")
    losses = [float(model.train_on_batch(x, y)) for _ in range(STEPS)]
    if policy == "mixed_float16":
        assert int(optimizer.step_counter) == STEPS, "a step was left out"
    for weight in model.trainable_variables:
        assert weight.dtype == "float32" and np.isfinite(weight.numpy()).all()
    return np.array(losses)


@pytest.mark.parametrize("policy", LIMITS)
@pytest.mark.parametrize("name", quick(NAMES, QUICK))
def test_losses_near_those_of_float32(name, policy):
    expected = train(name, "float32")
    before = tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0)
    actual = train(name, policy)
    assert tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0) > before
    np.testing.assert_allclose(actual, expected, rtol=0, atol=LIMITS[policy] * expected[0])
    assert expected[-1] < expected[0] and actual[-1] < actual[0]


@pytest.mark.parametrize("policy", LIMITS)
@pytest.mark.parametrize(
    "name",
    quick([n for n in zoo.LAYERS if any(r in n for r in RANDOM)], ["LSTM-recurrent-dropout"]),
)
def test_layers_that_draw_numbers_train(name, policy):
    losses = train(name, policy)
    assert np.isfinite(losses).all()


def test_loss_scaling_skips_steps_that_overflow():
    """An infinite gradient leaves the weights as they are and halves the scale; then it goes on."""
    keras.config.set_dtype_policy("mixed_float16")
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), 2.0**15)
    model.compile(optimizer, "mse")
    x, y = np.ones((8, 4), "float32"), np.ones((8, 1), "float32")
    weights = [w.numpy() for w in model.trainable_variables]
    model.train_on_batch(x * 60000, y)  # the gradient is beyond float16
    for before, after in zip(weights, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(before, after.numpy())
    assert float(optimizer.dynamic_scale) == 2.0**14
    losses = [float(model.train_on_batch(x, y)) for _ in range(30)]
    assert losses[-1] < losses[0]
    assert any(not np.array_equal(b, a) for b, a in zip(weights, model.get_weights(), strict=True))
    assert all("MLC" in v.value.device for v in model.trainable_variables)

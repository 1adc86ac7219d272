"""Convolutions with what follows them in Keras models, against the CPU: values and gradients.

Sizes are those at which MLC computes what follows in one with the convolution, by each of its
algorithms.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import gradient_tolerance, tolerance

layers = keras.layers


def bias_and(activation):
    def tail(x, **options):
        return layers.Conv2D(activation=activation, bias_initializer="glorot_normal", **options)(x)

    return tail


def normalized(activation):
    def tail(x, **options):
        y = layers.Conv2D(use_bias=False, **options)(x)
        y = layers.BatchNormalization(
            gamma_initializer="glorot_normal",
            beta_initializer="glorot_normal",
            moving_mean_initializer="glorot_normal",
        )(y)
        return layers.Activation(activation)(y)

    return tail


def residual(x, **options):
    y = normalized("relu")(x, **options)
    z = normalized("linear")(y, **{**options, "strides": 1, "filters": y.shape[-1]})
    return layers.ReLU()(layers.Add()([y, z]))


def depthwise(x, filters, **options):
    y = layers.DepthwiseConv2D(use_bias=False, **options)(x)
    y = layers.BatchNormalization(beta_initializer="glorot_normal")(y)
    return layers.ReLU(6.0)(y)


def pooled(x, **options):
    return layers.MaxPooling2D()(bias_and("relu")(x, **options))


TAILS = {
    "relu": bias_and("relu"),
    "relu6": bias_and("relu6"),
    "swish": bias_and("swish"),
    "leaky_relu": bias_and("leaky_relu"),
    "batch_norm_relu": normalized("relu"),
    "batch_norm_relu6": normalized("relu6"),
    "residual": residual,
    "depthwise": depthwise,
    "pooled": pooled,
}
CONVOLUTIONS = {
    "3x3": {"filters": 32, "kernel_size": 3, "padding": "same"},
    "3x3_valid_strides": {"filters": 24, "kernel_size": 3, "strides": 2, "padding": "same"},
    "1x1": {"filters": 40, "kernel_size": 1, "padding": "same"},
    "5x5_dilated": {"filters": 16, "kernel_size": 5, "dilation_rate": 2, "padding": "same"},
}


def model_of(tail, options):
    keras.utils.set_random_seed(3)
    x = keras.Input((18, 17, 16))
    return keras.Model(x, TAILS[tail](x, **options))


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_values_and_gradients(tail, convolution):
    x = np.random.default_rng(1).standard_normal((12, 18, 17, 16)).astype("float32")
    x[3, 5, 6, 7] = np.inf
    x[7, 8, 0, 1] = np.nan

    def run(device):
        with tf.device(device):
            model = model_of(tail, CONVOLUTIONS[convolution])
            predict = tf.function(lambda x: model(x, training=False), jit_compile=False)

            @tf.function(jit_compile=False)
            def gradients(x):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = model(x, training=True)
                    loss = tf.reduce_sum(tf.sin(3.0 * y) + y)
                return [y, *tape.gradient(loss, [x, *model.trainable_variables])]

            finite = tf.constant(np.nan_to_num(x, posinf=1.0))
            values = [predict(tf.constant(x)).numpy(), predict(finite).numpy()]
            return values, [t.numpy() for t in gradients(finite)]

    got, got_gradients = run("/device:MLC:0")
    expected, expected_gradients = run("/CPU:0")
    relative, absolute = tolerance("float32")
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=relative, atol=absolute * 20)
    relative, share = gradient_tolerance("float32")
    for a, b in zip(got_gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=relative, atol=share * np.abs(b).max())

"""Images to images: segmentation, denoising and generation."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from convergence import data, training
from convergence.case import Case


def unet():
    """U-Net (Ronneberger et al. 2015) of two levels."""

    def block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return x

    inputs = keras.Input((32, 32, 1))
    fine = block(inputs, 8)
    middle = block(layers.MaxPooling2D()(fine), 16)
    coarse = block(layers.MaxPooling2D()(middle), 16)
    x = layers.Conv2DTranspose(16, 2, strides=2)(coarse)
    x = block(layers.Concatenate()([x, middle]), 16)
    x = layers.UpSampling2D(interpolation="bilinear")(x)
    x = block(layers.Concatenate()([x, fine]), 8)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def denoiser():
    return keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="leaky_relu"),
            layers.Conv2D(24, 3, strides=2, padding="same", activation="leaky_relu"),
            layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="leaky_relu"),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
        ]
    )


def peak_signal_to_noise(clean, image):
    """In dB, for images of 0 to 1."""
    return tf.image.psnr(clean, image, 1.0)


class Variational(keras.Model):
    """An autoencoder whose code is drawn (Kingma, Welling 2013); the loss is the negative ELBO."""

    def __init__(self, code=4):
        super().__init__()
        self.code = code
        self.encoder = keras.Sequential(
            [layers.Flatten(), layers.Dense(48, activation="relu"), layers.Dense(2 * code)]
        )
        self.decoder = keras.Sequential(
            [layers.Dense(48, activation="relu"), layers.Dense(64), layers.Reshape((8, 8, 1))]
        )
        self.seeds = keras.random.SeedGenerator(5)

    def call(self, x, training=False):
        mean, log_variance = keras.ops.split(self.encoder(x), 2, axis=-1)
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seeds) if training else 0.0
        divergence = 0.5 * (mean**2 + keras.ops.exp(log_variance) - 1 - log_variance)
        self.add_loss(keras.ops.mean(keras.ops.sum(divergence, -1)))
        return self.decoder(mean + keras.ops.exp(log_variance / 2) * noise)


def variational():
    model = Variational()
    model(np.zeros((1, 8, 8, 1), "float32"))
    return model


def logistic_likelihood(x, logits):
    """Negative log likelihood of pixels from 0 to 1, summed over an image."""
    bits = (
        keras.ops.maximum(logits, 0)
        - logits * x
        + keras.ops.log1p(keras.ops.exp(-keras.ops.abs(logits)))
    )
    return keras.ops.sum(bits, axis=(1, 2, 3))


def digits_to_themselves():
    (x, _), (held_out, _) = data.digits()
    return (x, x), (held_out, held_out)


CASES = [
    Case(
        "unet",
        "U-Net, coins",
        training.by_fit,
        6,
        "binary_accuracy >= 0.97",
        0.002,
        model=unet,
        data=data.coins,
        loss="binary_crossentropy",
        batch=16,
        optimizer=lambda: keras.optimizers.Adam(3e-3),
    ),
    Case(
        "autoencoder",
        "convolutional autoencoder that removes noise, photograph",
        training.by_fit,
        6,
        "peak_signal_to_noise >= 20",
        0.002,
        model=denoiser,
        data=data.noisy_photograph,
        loss="mse",
        compile={"metrics": [peak_signal_to_noise]},
        optimizer=lambda: keras.optimizers.Adam(3e-3),
        fast=True,
    ),
    Case(
        "vae",
        "variational autoencoder, digits",
        training.by_fit,
        10,
        "loss <= 26",
        0.002,
        model=variational,
        data=digits_to_themselves,
        loss=logistic_likelihood,
        batch=64,
        optimizer=lambda: keras.optimizers.Adam(3e-3),
    ),
]

"""Convolutional networks that classify."""

import keras
from keras import layers

from convergence import data, training
from convergence.case import Case


def cnn():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )


def normalized():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(32, 3, strides=2, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dropout(0.3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual():
    """ResNet-20 (He et al. 2015) with a quarter of its channels, for images of 8 x 8."""

    def convolution(x, filters, strides=1):
        x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9)(x)

    inputs = keras.Input((8, 8, 1))
    x = layers.ReLU()(convolution(inputs, 4))
    for stage, filters in enumerate((4, 8, 16)):
        for block in range(3):
            strides = 2 if stage and not block else 1
            y = layers.ReLU()(convolution(x, filters, strides))
            y = convolution(y, filters)
            if strides == 2:
                x = layers.Conv2D(filters, 1, 2, use_bias=False)(x)
            x = layers.ReLU()(x + y)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def separable():
    return keras.Sequential(
        [
            keras.Input((25, 25, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
            layers.LayerNormalization(),
            layers.ReLU(),
            layers.SeparableConv2D(24, 3, strides=2, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


CASES = [
    Case(
        "cnn",
        "CNN with max pooling and Dropout, digits",
        training.by_fit,
        12,
        "accuracy >= 0.94",
        0.002,
        model=cnn,
        data=data.fewer_digits,
        fast=True,
    ),
    Case(
        "cnn_bfloat16",
        "the same in mixed_bfloat16",
        training.by_fit,
        8,
        "accuracy >= 0.92",
        0.02,
        model=cnn,
        data=data.fewer_digits,
        policy="mixed_bfloat16",
    ),
    Case(
        "cnn_float16",
        "the same in mixed_float16",
        training.by_fit,
        8,
        "accuracy >= 0.92",
        0.02,
        model=cnn,
        data=data.fewer_digits,
        policy="mixed_float16",
    ),
    Case(
        "batchnorm",
        "CNN with BatchNormalization and Dropout, digits",
        training.by_fit,
        12,
        "accuracy >= 0.85",
        0.002,
        model=normalized,
        data=data.fewer_digits,
        fast=True,
    ),
    Case(
        "resnet",
        "ResNet-20 of 4, 8, 16 channels, digits",
        training.by_fit,
        5,
        "accuracy >= 0.8",
        0.15,  # nine blocks of ReLUs: the CPU with one thread is off by 0.06 from itself with two
        model=residual,
        data=data.digits,
        batch=64,
        optimizer=lambda: keras.optimizers.Adam(3e-3),
    ),
    Case(
        "separable",
        "depthwise and separable convolutions, faces",
        training.by_fit,
        20,
        "accuracy >= 0.85",
        0.002,
        model=separable,
        data=data.faces,
        loss="binary_crossentropy",
        batch=16,
    ),
]

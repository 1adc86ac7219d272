"""Multilayer perceptrons."""

import keras
from keras import layers

from convergence import data, training
from convergence.case import Case


def classifier():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def regression():
    return keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(32, activation="tanh"),
            layers.Dense(16, activation="tanh"),
            layers.Dense(1),
        ]
    )


def tumours():
    return keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(16, activation="gelu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


class Residual(keras.Model):
    """A subclassed model with a residual block."""

    def __init__(self):
        super().__init__()
        self.enter = layers.Dense(24, activation="relu")
        self.inner = layers.Dense(24, activation="silu")
        self.leave = layers.Dense(3)

    def call(self, x):
        x = self.enter(x)
        return self.leave(x + self.inner(x))


def subclassed():
    model = Residual()
    model.build((None, 4))
    return model


FROM_LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

CASES = [
    Case(
        "mlp",
        "MLP, digits",
        training.by_fit,
        20,
        "accuracy >= 0.93",
        0.002,
        model=classifier,
        data=data.fewer_digits,
        fast=True,
    ),
    Case(
        "mlp_bfloat16",
        "MLP in mixed_bfloat16, digits",
        training.by_fit,
        12,
        "accuracy >= 0.9",
        0.02,
        model=classifier,
        data=data.fewer_digits,
        policy="mixed_bfloat16",
    ),
    Case(
        "mlp_float16",
        "MLP in mixed_float16 with loss scaling, digits",
        training.by_fit,
        12,
        "accuracy >= 0.9",
        0.02,
        model=classifier,
        data=data.fewer_digits,
        policy="mixed_float16",
        fast=True,
    ),
    Case(
        "regression",
        "MLP of tanh, diabetes",
        training.by_fit,
        15,
        "mse <= 0.6",
        0.0001,  # a gradient that is wrong by 5 % makes 0.0005
        model=regression,
        data=data.diabetes,
        loss="mse",
        fast=True,
        optimizer=lambda: keras.optimizers.SGD(0.005, momentum=0.9),
    ),
    Case(
        "binary",
        "MLP of gelu, one output, breast cancer",
        training.by_fit,
        15,
        "accuracy >= 0.88",
        0.002,
        model=tumours,
        data=data.breast_cancer,
        loss="binary_crossentropy",
    ),
    Case(
        "subclassed",
        "subclassed model with a residual, iris",
        training.by_fit,
        20,
        "accuracy >= 0.84",
        0.002,
        model=subclassed,
        data=data.iris,
        loss=FROM_LOGITS,
        batch=16,
    ),
    Case(
        "tape_eager",
        "MLP, GradientTape without tf.function, wine",
        training.by_eager_loop,
        8,
        "sparse_categorical_accuracy >= 0.95",
        0.002,
        model=lambda: wine_classifier(),
        data=data.wine,
        fast=True,
        optimizer=lambda: keras.optimizers.Adam(0.01),
    ),
    Case(
        "tape_function",
        "MLP, GradientTape in a tf.function, wine",
        training.by_loop,
        15,
        "sparse_categorical_accuracy >= 0.95",
        0.002,
        model=lambda: wine_classifier(),
        data=data.wine,
        fast=True,
        optimizer=lambda: keras.optimizers.Adam(0.01),
    ),
]


def wine_classifier():
    return keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )

"""Functional models that share or split."""

import keras
import numpy as np
from keras import layers

from convergence import data, training
from convergence.case import Case


def siamese():
    """One tower for both images; the answer comes from how far apart they are."""
    tower = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            # Smooth: at a bend, runs that differ in rounding alone part.
            layers.Conv2D(16, 3, activation="silu"),
            layers.Flatten(),
            layers.Dense(32),
        ]
    )
    one, other = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    apart = keras.ops.square(tower(one) - tower(other))
    return keras.Model([one, other], layers.Dense(1, activation="sigmoid")(apart))


def train_siamese(case, log):
    """fit() on pairs; the held-out pairs are as many of each kind."""
    ((one, other), y), (pair, same) = case.data()
    model = training.compiled(case)
    log.begin(model)
    model.fit(
        [one, other],
        y,
        batch_size=case.batch,
        epochs=case.epochs,
        verbose=0,
        callbacks=[training.EpochLog(log)],
    )
    log.reached(**model.evaluate(list(pair), same, verbose=0, return_dict=True))


def two_inputs_two_outputs():
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    both = [
        layers.Dropout(0.2)(layers.Dense(16, activation="relu")(side)) for side in (left, right)
    ]
    x = layers.Dropout(0.2)(layers.Dense(16, activation="relu")(layers.Concatenate()(both)))
    grower = layers.Dense(3, activation="softmax", name="grower")(x)
    colour = layers.Dense(1, name="colour")(layers.Add()([x, both[0]]))
    return keras.Model({"left": left, "right": right}, {"grower": grower, "colour": colour})


def wine_in_parts():
    """Twelve measures in two halves; the grower and the thirteenth, the colour's intensity."""

    def parts(x, y):
        rest = np.delete(x, 9, axis=1)
        return {"left": rest[:, :6], "right": rest[:, 6:]}, {"grower": y, "colour": x[:, 9:10]}

    return tuple(parts(*part) for part in data.wine())


CASES = [
    Case(
        "siamese",
        "siamese CNN with shared weights, pairs of digits",
        train_siamese,
        8,
        "accuracy >= 0.8",
        0.002,
        model=siamese,
        data=data.pairs_of_digits,
        loss="binary_crossentropy",
        optimizer=lambda: keras.optimizers.Adam(3e-3),
    ),
    Case(
        "branches",
        "two inputs, two outputs, Dropout in each branch, wine",
        training.by_fit,
        20,
        "grower_accuracy >= 0.93",
        0.002,
        model=two_inputs_two_outputs,
        data=wine_in_parts,
        batch=16,
        loss={"grower": "sparse_categorical_crossentropy", "colour": "mse"},
        compile={"metrics": {"grower": ["accuracy"], "colour": ["mse"]}},
        fast=True,
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
]

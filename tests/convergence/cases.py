"""The table of models that must converge on MLC as they do on TensorFlow's CPU.

A case is a function for the model, one for its data, and what it must reach. As a script this
trains one case and writes its history:
`TF_DISABLE_MLC=1 python tests/convergence/cases.py mlp out.json`.
"""

import dataclasses
import json
import sys
from collections.abc import Callable

import keras
import numpy as np
from keras import layers


@dataclasses.dataclass(frozen=True)
class Case:
    model: Callable
    data: Callable  # gives (x, y) for training and (x, y) held out
    epochs: int
    accuracy: float  # on held-out data, at least
    # How far an epoch's loss may be from the CPU's, as a part of the CPU's loss of that epoch.
    # Runs that differ in rounding alone drift apart, the more the smaller the loss has become:
    # TensorFlow's CPU with and without oneDNN differs by 0.002 on the CNN below.
    tolerance: float
    op: str  # must have run on MLC
    batch: int = 32
    loss: str = "sparse_categorical_crossentropy"
    optimizer: str = "adam"
    seed: int = 3


def digits():
    """scikit-learn's 1797 scanned digits, 360 of them held out."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    x = (data.images[order, ..., None] / 16).astype("float32")
    y = data.target[order]
    return (x[360:], y[360:]), (x[:360], y[:360])


def mlp():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


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


CASES = {
    "mlp": Case(mlp, digits, epochs=25, accuracy=0.96, tolerance=0.02, op="MatMul"),
    "cnn": Case(cnn, digits, epochs=15, accuracy=0.97, tolerance=0.02, op="Conv2DBackpropFilter"),
}


def train(case: Case) -> dict:
    keras.backend.clear_session()
    keras.utils.set_random_seed(case.seed)
    (x, y), held_out = case.data()
    model = case.model()
    model.compile(case.optimizer, case.loss, metrics=["accuracy"])
    history = model.fit(x, y, batch_size=case.batch, epochs=case.epochs, verbose=0).history
    _, accuracy = model.evaluate(*held_out, verbose=0)
    return {"losses": history["loss"], "accuracy": accuracy}


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        json.dump(train(CASES[sys.argv[1]]), file)

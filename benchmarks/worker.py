"""Runs cases on one device, on demand: a line with a case's name in, a line of JSON out.

A worker keeps its models between requests, so that workers of several devices can take turns.
"""

import functools
import json
import os
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH = 128
STEPS = 20
CHAIN = 100


def mlp():
    dense = [layers.Dense(512, activation="relu") for _ in range(2)]
    return keras.Sequential([keras.Input((784,)), *dense, layers.Dense(10, activation="softmax")])


def cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


class Batches(keras.callbacks.Callback):
    """When each batch ended. The time between two is that of a step, Keras's own loop included."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter())

    on_predict_batch_end = on_train_batch_end

    def milliseconds(self):
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1) * 1e3


@functools.cache
def prepared(build, jit):
    keras.utils.set_random_seed(0)
    model = build()
    # Not "auto": stock TensorFlow is measured with and without XLA.
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit)
    rng = np.random.default_rng(0)
    x = rng.random((BATCH * (STEPS + 1), *model.input_shape[1:]), dtype=np.float32)
    y = rng.integers(0, 10, len(x))
    train = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH).cache()
    predict = tf.data.Dataset.from_tensor_slices(x).batch(BATCH).cache()
    return model, train, predict


def train(build, jit):
    model, data, _ = prepared(build, jit)
    batches = Batches()
    model.fit(data, verbose=0, callbacks=[batches])
    return batches.milliseconds()


def predict(build, jit):
    model, _, data = prepared(build, jit)
    batches = Batches()
    model.predict(data, verbose=0, callbacks=[batches])
    return batches.milliseconds()


def chain(x, y):
    for _ in range(CHAIN):
        x = x + y
    return x


@functools.cache
def chain_in_a_function():
    # Otherwise TensorFlow turns the chain into a single AddN.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    function = tf.function(chain)
    function(tf.zeros([8]), tf.ones([8]))
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": True})
    return function


def microseconds_per_op(function, repeats):
    x, y = tf.zeros([8]), tf.ones([8])
    start = time.perf_counter()
    for _ in range(repeats):
        result = function(x, y)
    result.numpy()
    return (time.perf_counter() - start) / (repeats * CHAIN) * 1e6


CASES = {
    "MLP train": lambda jit: train(mlp, jit),
    "MLP predict": lambda jit: predict(mlp, jit),
    "CNN train": lambda jit: train(cnn, jit),
    "CNN predict": lambda jit: predict(cnn, jit),
    "op eager": lambda jit: microseconds_per_op(chain, 20),
    "op in function": lambda jit: microseconds_per_op(chain_in_a_function(), 200),
}


def description():
    return {
        "devices": [device.name for device in tf.config.list_logical_devices()],
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def main(jit):
    # Answers go to what was stdout: libraries may print there.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps(description()), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(CASES[line.strip()](jit)), file=answers, flush=True)


if __name__ == "__main__":
    main(jit=sys.argv[1] == "jit")

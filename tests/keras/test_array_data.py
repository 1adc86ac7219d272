"""Arrays given to fit(), evaluate() and predict() are read where they are: on the CPU."""

import keras
import numpy as np
import pytest
import tensorflow as tf

X = np.random.default_rng(0).normal(size=(8192, 256)).astype(np.float32)
Y = X @ np.ones((256, 1), np.float32)
BATCH = 64


def in_use():
    return tf.config.experimental.get_memory_info("MLC:0")["current"]


class Memory(keras.callbacks.Callback):
    """Bytes on the device at the end of each batch."""

    def __init__(self):
        super().__init__()
        self.bytes = []

    def on_train_batch_end(self, batch, logs=None):
        self.bytes.append(in_use())

    on_predict_batch_end = on_test_batch_end = on_train_batch_end


@pytest.mark.parametrize("what", ["fit", "evaluate", "predict"])
def test_the_device_has_no_copy_of_them(what):
    model = keras.Sequential([keras.Input((256,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    arguments = {
        "fit": {"x": X, "y": Y, "validation_split": 0.25},
        "evaluate": {"x": X, "y": Y},
        "predict": {"x": X},
    }[what]
    before = in_use()
    memory = Memory()
    getattr(model, what)(**arguments, batch_size=BATCH, verbose=0, callbacks=[memory])
    assert max(memory.bytes) - before < X.nbytes / 2


def test_tensors_on_the_device_are_read_too():
    with tf.device("/MLC:0"):
        x, y = tf.constant(X), tf.constant(Y)
    losses = []
    for data in [(X, Y), (x, y)]:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((256,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        losses.append(model.fit(*data, batch_size=BATCH, epochs=2, verbose=0).history["loss"])
    np.testing.assert_array_equal(*losses)

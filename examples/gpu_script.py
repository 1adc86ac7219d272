"""A script written for a GPU. It runs unchanged on MLC with

TF_MLC_DEVICE_TYPE=GPU python examples/gpu_script.py
"""

import sys

import keras
import numpy as np
import tensorflow as tf


def main():
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        print("no GPU found")
        return 1
    tf.config.experimental.set_memory_growth(gpus[0], True)
    with tf.device("/GPU:0"):
        x = tf.random.stateless_normal([200, 10, 6], seed=[1, 2])
        y = tf.cast(tf.reduce_sum(x, axis=[1, 2]) > 0, tf.int32)
        model = keras.Sequential(
            [keras.Input((10, 6)), keras.layers.LSTM(16), keras.layers.Dense(2)]
        )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    history = model.fit(x, y, epochs=12, batch_size=32, verbose=0).history
    accuracy = np.max(history["accuracy"])
    print(f"{gpus[0].name}, weights on {model.weights[0].value.device}: accuracy {accuracy:.2f}")
    return not accuracy > 0.8


if __name__ == "__main__":
    sys.exit(main())

"""Trains with checkpoints and goes on from the last: `interrupted.py WAY FOLDER [step to die at]`.

`keras` keeps model, optimizer and epoch with BackupAndRestore; `tensorflow` keeps them and the
states of random numbers with tf.train.Checkpoint every 5 steps, in the middle of epochs too. The
order of the data follows from epoch and step. At the end the weights are in FOLDER/weights.npz.
"""

import os
import pathlib
import signal
import sys

import keras
import numpy as np
import tensorflow as tf

from convergence import data
from convergence.cases.convolution import cnn
from convergence.cases.dense import classifier

EPOCHS, BATCH, SAVE = 3, 64, 5
STEPS = -(-700 // BATCH)  # of an epoch; its last batch is a part


def batch(x, y, epoch, step):
    order = np.random.default_rng([11, epoch]).permutation(len(y))
    part = order[step * BATCH : (step + 1) * BATCH]
    return x[part], y[part]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Rows(keras.utils.PyDataset):
    epoch = 0

    def __init__(self, x, y):
        super().__init__()
        self.arrays = x, y

    def __len__(self):
        return STEPS

    def __getitem__(self, step):
        return batch(*self.arrays, self.epoch, step)


class Watch(keras.callbacks.Callback):
    """Tells the data which epoch begins, and dies at a step of the whole training."""

    def __init__(self, rows, last):
        super().__init__()
        self.rows, self.last = rows, last

    def on_epoch_begin(self, epoch, logs=None):
        self.rows.epoch = epoch

    def on_train_batch_end(self, step, logs=None):
        if self.rows.epoch * STEPS + step + 1 == self.last:
            die()


def by_keras(x, y, folder, last):
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy")
    rows = Rows(x, y)
    keep = keras.callbacks.BackupAndRestore(folder / "backup")
    model.fit(rows, epochs=EPOCHS, callbacks=[keep, Watch(rows, last)], shuffle=False, verbose=0)
    return model


def by_tensorflow(x, y, folder, last):
    model = cnn()  # with Dropout
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    done = tf.Variable(0, dtype=tf.int64)
    variables = [v.value for v in [*model.variables, *model.optimizer.variables]]
    checkpoint = tf.train.Checkpoint(variables=variables, done=done)
    keep = tf.train.CheckpointManager(checkpoint, folder / "checkpoints", max_to_keep=2)
    keep.restore_or_initialize()
    while (step := int(done)) < EPOCHS * STEPS:
        model.train_on_batch(*batch(x, y, *divmod(step, STEPS)))
        done.assign_add(1)
        if step + 1 == last:
            die()
        if (step + 1) % SAVE == 0:
            keep.save()
    return model


def main(way, folder, last=0):
    assert tf.config.list_physical_devices("MLC")
    folder = pathlib.Path(folder)
    keras.utils.set_random_seed(5)
    (x, y), _ = data.fewer_digits()
    train = {"keras": by_keras, "tensorflow": by_tensorflow}[way]
    model = train(x, y, folder, int(last))
    np.savez(folder / "weights.npz", *model.get_weights())


if __name__ == "__main__":
    main(*sys.argv[1:])

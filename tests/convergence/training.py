"""Ways to train a case's model; each can be the `train` of a row."""

import keras
import numpy as np
import tensorflow as tf


class EpochLog(keras.callbacks.Callback):
    def __init__(self, log):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch, logs=None):
        self.log.epoch(logs["loss"])


def compiled(case):
    """The model of a row, built and compiled."""
    model = case.model()
    metrics = [] if case.metric == "loss" else [case.metric]
    options = {"metrics": metrics, **case.compile}
    if case.loss is not None:
        options["loss"] = case.loss
    model.compile(case.make_optimizer(), **options)
    return model


def by_fit(case, log):
    """Keras's compile, fit and evaluate."""
    (x, y), held_out = case.data()
    model = compiled(case)
    if not model.built:
        model.build(np.shape(x))
    log.begin(model)
    model.fit(
        x,
        y,
        batch_size=case.batch,
        epochs=case.epochs,
        verbose=0,
        callbacks=[EpochLog(log)],
        **case.fit,
    )
    log.reached(**model.evaluate(*held_out, verbose=0, return_dict=True))
    return model


def batches(case, *arrays):
    """A data set of (x, y) in an order that the seed decides; the last batch is a part."""
    data = tf.data.Dataset.from_tensor_slices(arrays)
    return data.shuffle(len(arrays[0]), seed=case.seed).batch(case.batch)


def mean_of(losses):
    return np.mean([float(loss) for loss in losses])


def by_loop(case, log, mode=tf.function):
    """A GradientTape and apply_gradients; `mode` is tf.function or a function that leaves eager."""
    (x, y), held_out = case.data()
    model = case.model()
    optimizer = case.make_optimizer()
    loss_of = keras.losses.get(case.loss)
    optimizer.build(model.trainable_variables)
    log.begin(model)

    @mode
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loss_of(y, model(x, training=True)))
        weights = model.trainable_variables
        gradients = tape.gradient(loss, [w.value for w in weights])
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    data = batches(case, x, y)
    for _ in range(case.epochs):
        log.epoch(mean_of([step(*batch) for batch in data]))
    metric = keras.metrics.get(case.metric)
    log.reached(**{case.metric: np.mean(metric(held_out[1], model(held_out[0], training=False)))})


def by_eager_loop(case, log):
    by_loop(case, log, mode=lambda step: step)

"""What test_changing_shapes.py runs: models whose batch sizes and lengths change from call to call.

As a script it records all of it in a process of its own, for comparison with another device:
`TF_DISABLE_MLC=1 python tests/keras/changing_shapes.py cpu.npz`.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCHES = (8, 3, 16, 1, 8)  # and back to the first one
LENGTHS = (7, 2, 11, 1, 7)
RAGGED = {"samples": 37, "batch_size": 8}  # the last batch has 5
CLASSES = 4


def mlp():
    return [
        keras.Input((6,)),
        layers.Dense(12, activation="relu"),
        layers.LayerNormalization(),
        layers.Dense(CLASSES),
    ]


def cnn():
    return [
        keras.Input((10, 10, 3)),
        layers.Conv2D(6, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.7),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(5, 3, strides=2),
        layers.GlobalAveragePooling2D(),
        layers.Dense(CLASSES),
    ]


def lstm():
    return [keras.Input((None, 5)), layers.LSTM(7), layers.Dense(CLASSES)]


def gru():
    """Without the plugin's own recurrence: the loop of TensorFlow."""
    return [
        keras.Input((None, 5)),
        layers.GRU(6, return_sequences=True, recurrent_dropout=1e-9),
        layers.GRU(5),
        layers.Dense(CLASSES),
    ]


class Attention(layers.Layer):
    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)

    def build(self, shape):
        self.attention.build(shape, shape)

    def call(self, x):
        return x + self.attention(x, x, use_causal_mask=True)


def attention():
    return [
        keras.Input((None,), dtype="int32"),
        layers.Embedding(20, 8),
        Attention(),
        layers.LayerNormalization(),
        layers.GlobalAveragePooling1D(),
        layers.Dense(CLASSES),
    ]


MODELS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "gru": gru, "attention": attention}
OF_SEQUENCES = ("lstm", "gru", "attention")


def make(name):
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model = keras.Sequential(MODELS[name]())
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, metrics=["accuracy"])
    return model


def data(name, samples, length=9, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, samples)
    if name == "attention":
        return rng.integers(0, 20, (samples, length)).astype("int32"), y
    shape = {"mlp": (6,), "cnn": (10, 10, 3)}.get(name, (length, 5))
    return rng.standard_normal((samples, *shape)).astype("float32"), y


def call_one_function(name, sizes):
    """Train steps of one traced function, whose batch (size, length) is unknown to the trace.

    Returns the outputs, losses and gradients of each call, and the number of traces.
    """
    model = make(name)
    x, y = data(name, 1)
    traces = []
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    free = [None, None, *x.shape[2:]] if name in OF_SEQUENCES else [None, *x.shape[1:]]
    signature = [tf.TensorSpec(free, x.dtype), tf.TensorSpec([None], y.dtype)]

    @tf.function(input_signature=signature)
    def step(x, y):
        traces.append(x)
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_of(y, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return logits, loss, gradients

    model.optimizer.build(model.trainable_variables)
    result = {}
    for i, (samples, length) in enumerate(sizes):
        logits, loss, gradients = step(*data(name, samples, length, seed=i))
        result[f"logits{i}"], result[f"loss{i}"] = logits.numpy(), loss.numpy()
        for k, gradient in enumerate(gradients):
            result[f"gradient{i}.{k}"] = tf.convert_to_tensor(gradient).numpy()
    for k, variable in enumerate(model.variables):
        result[f"variable{k}"] = variable.numpy()
    result["traces"] = np.array(len(traces))
    return result


def ragged_last_batch(name):
    model = make(name)
    x, y = data(name, RAGGED["samples"])
    size = RAGGED["batch_size"]
    fitted = model.fit(x, y, batch_size=size, epochs=3, shuffle=False, verbose=0)
    return {
        "fit": np.array(fitted.history["loss"]),
        "evaluate": np.array(model.evaluate(x, y, batch_size=size, verbose=0)),
        "predict": model.predict(x, batch_size=size, verbose=0),
        "fit again": np.array(
            model.fit(x, y, batch_size=size, shuffle=False, verbose=0).history["loss"]
        ),
        **{f"variable{k}": v.numpy() for k, v in enumerate(model.variables)},
    }


def empty_batches(name):
    """Forward, and the gradient of a sum; a full batch before and after."""
    model = make(name)

    @tf.function(reduce_retracing=True)
    def step(x):
        with tf.GradientTape() as tape:
            y = model(x, training=False)
            loss = tf.reduce_sum(y * y)
        return y, tape.gradient(loss, model.trainable_variables)

    result = {}
    for i, samples in enumerate((4, 0, 4)):
        y, gradients = step(tf.constant(data(name, samples)[0]))
        result[f"y{i}"] = y.numpy()
        if name != "lstm":  # TensorFlow's CPU: "Biases must be 1D: [0,28]"
            result[f"called{i}"] = model(data(name, samples)[0]).numpy()
        for k, gradient in enumerate(gradients):
            result[f"gradient{i}.{k}"] = tf.convert_to_tensor(gradient).numpy()
    return result


def cases():
    """name: function that returns named arrays"""
    for name in MODELS:
        sizes = [(batch, 9) for batch in BATCHES]
        yield f"{name}-batches", lambda name=name, sizes=sizes: call_one_function(name, sizes)
        yield f"{name}-ragged", lambda name=name: ragged_last_batch(name)
        yield f"{name}-empty", lambda name=name: empty_batches(name)
    for name in OF_SEQUENCES:
        sizes = [(4, length) for length in LENGTHS]
        yield f"{name}-lengths", lambda name=name, sizes=sizes: call_one_function(name, sizes)
        sizes = list(zip(BATCHES, LENGTHS, strict=True))
        yield f"{name}-both", lambda name=name, sizes=sizes: call_one_function(name, sizes)


CASES = dict(cases())


def record_all():
    return {f"{case}/{k}": v for case, run in CASES.items() for k, v in run().items()}


if __name__ == "__main__":
    np.savez(sys.argv[1], **record_all())

"""The models of test_default_path.py, and what is recorded of each.

As a script it records all of them in a process of its own, for comparison with another device:
`TF_DISABLE_MLC=1 python tests/keras/models.py cpu.npz`.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

SAMPLES = 76
BATCH = 32  # the last batch is partial
EPOCHS = 3


def images(channels, size=12, classes=4):
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, SAMPLES)
    x = rng.standard_normal((SAMPLES, size, size, channels)).astype("float32")
    return x + y[:, None, None, None].astype("float32") / classes, y


def sequences(length=9, features=5, classes=4):
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, SAMPLES)
    x = rng.standard_normal((SAMPLES, length, features)).astype("float32")
    return x + y[:, None, None].astype("float32") / classes, y


def tokens(length=10, vocabulary=50):
    rng = np.random.default_rng(0)
    x = rng.integers(0, vocabulary, (SAMPLES, length))
    return x, x[:, 0] % 4


def mlp():
    return keras.Sequential(
        [
            keras.Input((9, 5)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(16, activation="tanh"),
            layers.Dense(4, activation="softmax"),
        ]
    )


def cnn():
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def resnet():
    def block(x, filters, strides):
        shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
        y = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.ReLU()(y)
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        return layers.ReLU()(layers.Add()([y, shortcut]))

    inputs = keras.Input((12, 12, 3))
    x = block(block(inputs, 8, 1), 16, 2)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(x))


def recurrent(layer):
    return keras.Sequential([keras.Input((9, 5)), layer(12), layers.Dense(4, activation="softmax")])


def transformer():
    inputs = keras.Input((10,), dtype="int32")
    x = layers.Embedding(50, 16)(inputs)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x, use_causal_mask=True))
    y = layers.Dense(32, activation="gelu")(x)
    x = layers.LayerNormalization()(x + layers.Dropout(0.1)(layers.Dense(16)(y)))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(x))


def grouped():
    return keras.Sequential(
        [
            keras.Input((12, 12, 4)),
            layers.Conv2D(8, 3, groups=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, activation="softmax"),
        ]
    )


# name: (model, data, an op that must run on the device)
MODELS = {
    "mlp": (mlp, sequences, "MatMul"),
    "cnn": (cnn, lambda: images(3), "Conv2DBackpropFilter"),
    "resnet": (resnet, lambda: images(3), "Conv2DBackpropInput"),
    "lstm": (lambda: recurrent(layers.LSTM), sequences, "SigmoidGrad"),
    "gru": (lambda: recurrent(layers.GRU), sequences, "TanhGrad"),
    "transformer": (transformer, tokens, "BatchMatMulV2"),
    "grouped": (grouped, lambda: images(4), "Conv2D"),
}


def make(name):
    """The model, compiled with defaults, and its data; equal in every process."""
    build, data, _ = MODELS[name]
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, *data()


def record(name):
    """Trains, evaluates and predicts with Keras's defaults. Returns named arrays."""
    model, x, y = make(name)
    result = {f"initial{i}": w.numpy() for i, w in enumerate(model.trainable_variables)}
    history = model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    result["losses"] = np.array(history.history["loss"])
    result["evaluated"] = np.array(model.evaluate(x, y, batch_size=BATCH, verbose=0))
    result["predicted"] = model.predict(x[:21], batch_size=16, verbose=0)
    # The full batch again, after a partial one.
    result["fitted_again"] = np.array(
        model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0).history["loss"]
    )
    return result


def gradients(name):
    """Gradients of the loss of the untrained model, outside and inside a function."""
    model, x, y = make(name)
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=False))
        return tape.gradient(loss, model.trainable_variables)

    result = {}
    for kind, function in (("eager", step), ("function", tf.function(step))):
        for i, gradient in enumerate(function(x[:BATCH], y[:BATCH])):
            result[f"{kind}{i}"] = np.array(tf.convert_to_tensor(gradient))
    return result


def record_all():
    arrays = {}
    for name in MODELS:
        arrays.update({f"{name}/{key}": value for key, value in record(name).items()})
    for name in ("mlp", "cnn"):
        arrays.update({f"{name}/gradient/{k}": v for k, v in gradients(name).items()})
    return arrays


if __name__ == "__main__":
    np.savez(sys.argv[1], **record_all())

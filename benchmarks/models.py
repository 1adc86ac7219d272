"""The models of the benchmark, in Keras alone, so that every backend of Keras builds the same.

Weights are random and inputs are too: the time of a step does not depend on their values.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
from keras import layers

VOCABULARY = 20_000
LENGTH = 100
TEXT_LENGTH = 128


@dataclasses.dataclass(frozen=True)
class Model:
    """`shape` is one example's; `vocabulary` > 0 makes it token numbers below that."""

    title: str
    build: Callable[[], keras.Model]
    shape: tuple[int, ...]
    batch: int
    classes: int
    steps: int  # a measurement's
    vocabulary: int = 0
    recurrent: bool = False

    def data(self, batches):
        """`batches` full batches: x float32 in [0, 1) or int32 tokens, y int32 labels."""
        rng = np.random.default_rng(0)
        count = self.batch * batches
        if self.vocabulary:
            x = rng.integers(0, self.vocabulary, (count, *self.shape), dtype=np.int32)
        else:
            x = rng.random((count, *self.shape), dtype=np.float32)
        return x, rng.integers(0, self.classes, count, dtype=np.int32)


def classifier(inputs, x, classes):
    # float32 also under mixed policies, as Keras's guide asks.
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", dtype="float32")(x))


def mlp():
    inputs = keras.Input((784,))
    x = layers.Dense(512, activation="relu")(inputs)
    x = layers.Dense(512, activation="relu")(x)
    return classifier(inputs, x, 10)


def cnn():
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return classifier(inputs, x, 10)


def resnet20():
    """He et al. 2015, section 4.2: three stages of three basic blocks."""

    def convolution(x, filters, size=3, strides=1):
        x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolution(inputs, 16))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if stage and not block else 1
            shortcut = x if strides == 1 else convolution(x, filters, 1, strides)
            y = layers.ReLU()(convolution(x, filters, strides=strides))
            x = layers.ReLU()(layers.Add()([convolution(y, filters), shortcut]))
    return classifier(inputs, layers.GlobalAveragePooling2D()(x), 10)


def resnet50():
    return keras.applications.ResNet50(weights=None)


def mobilenet_v2():
    return keras.applications.MobileNetV2((96, 96, 3), weights=None)


def lstm():
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.LSTM(128)(layers.Embedding(VOCABULARY, 128)(inputs))
    return classifier(inputs, x, 10)


def stacked_lstm():
    inputs = x = keras.Input((200, 64))
    for last in (False, False, True):
        x = layers.LSTM(256, return_sequences=not last)(x)
    return classifier(inputs, x, 10)


def long_lstm():
    inputs = keras.Input((1000, 64))
    return classifier(inputs, layers.LSTM(128)(inputs), 10)


class MinimalCell(layers.Layer):
    """A gated cell of one's own: h + sigmoid(gate) (tanh(candidate) - h)."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 2 * self.units), name="kernel")
        self.recurrent = self.add_weight(
            shape=(self.units, 2 * self.units), initializer="orthogonal", name="recurrent"
        )
        self.bias = self.add_weight(shape=(2 * self.units,), initializer="zeros", name="bias")

    def call(self, x, states):
        h = states[0]
        sums = keras.ops.matmul(x, self.kernel) + keras.ops.matmul(h, self.recurrent) + self.bias
        gate, candidate = keras.ops.split(sums, 2, axis=-1)
        h = h + keras.ops.sigmoid(gate) * (keras.ops.tanh(candidate) - h)
        return h, [h]


def custom_rnn():
    inputs = keras.Input((LENGTH, 64))
    return classifier(inputs, layers.RNN(MinimalCell(128))(inputs), 10)


def bidirectional_gru():
    inputs = keras.Input((LENGTH, 64))
    return classifier(inputs, layers.Bidirectional(layers.GRU(128))(inputs), 10)


class Positions(layers.Layer):
    """Adds a learnt vector for each place in the sequence: [N, T, D] to the same."""

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer="uniform", name="table")

    def call(self, x):
        return x + self.table


def transformer():
    """Two encoder blocks, normalised after each half (Vaswani et al. 2017)."""
    width, heads = 128, 4
    inputs = keras.Input((TEXT_LENGTH,), dtype="int32")
    x = layers.Embedding(VOCABULARY, width)(inputs)
    x = Positions()(x)
    for _ in range(2):
        attended = layers.MultiHeadAttention(heads, width // heads)(x, x)
        x = layers.LayerNormalization()(x + attended)
        y = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(x))
        x = layers.LayerNormalization()(x + y)
    return classifier(inputs, layers.GlobalAveragePooling1D()(x), 10)


MODELS = {
    "mlp": Model("MLP 784-512-512-10", mlp, (784,), 128, 10, 50),
    "cnn": Model("CNN 28²", cnn, (28, 28, 1), 128, 10, 20),
    "resnet20": Model("ResNet-20 32²", resnet20, (32, 32, 3), 64, 10, 6),
    "resnet50": Model("ResNet-50 224²", resnet50, (224, 224, 3), 8, 1000, 2),
    "mobilenet_v2": Model("MobileNetV2 96²", mobilenet_v2, (96, 96, 3), 16, 1000, 6),
    "lstm": Model("LSTM T100 H128", lstm, (LENGTH,), 32, 10, 12, VOCABULARY, recurrent=True),
    "bidirectional_gru": Model(
        "Bi-GRU T100 H128", bidirectional_gru, (LENGTH, 64), 32, 10, 12, recurrent=True
    ),
    "stacked_lstm": Model("3 LSTM T200 H256", stacked_lstm, (200, 64), 32, 10, 2, recurrent=True),
    "long_lstm": Model("LSTM T1000 H128", long_lstm, (1000, 64), 32, 10, 2, recurrent=True),
    "custom_rnn": Model("own cell T100 H128", custom_rnn, (LENGTH, 64), 32, 10, 12, recurrent=True),
    "transformer": Model(
        "Transformer T128 D128", transformer, (TEXT_LENGTH,), 32, 10, 6, VOCABULARY
    ),
}

"""Attention and embeddings."""

import keras
import numpy as np
from keras import layers

from convergence import data, training
from convergence.case import Case


class Positions(layers.Layer):
    """Adds a learnt vector to each place of [n, places, features]."""

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return x + self.table


def block(x, heads, causal=False):
    """A layer of a Transformer, normalized first."""
    width = x.shape[-1]
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(heads, width // heads)(y, y, use_causal_mask=causal)
    y = layers.LayerNormalization()(x)
    return x + layers.Dense(width)(layers.Dense(2 * width, activation="gelu")(y))


def encoder():
    """Digits as sequences of 8 rows."""
    inputs = keras.Input((8, 8))
    x = block(block(Positions()(layers.Dense(24)(inputs)), 3), 3)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def rows_of_digits():
    (x, y), (held_x, held_y) = data.fewer_digits()
    return (x[..., 0], y), (held_x[..., 0], held_y)


def decoder():
    inputs = keras.Input((24,), dtype="int32")
    x = Positions()(layers.Embedding(len(data.CHARACTERS), 32)(inputs))
    x = layers.LayerNormalization()(block(block(x, 4, causal=True), 4, causal=True))
    return keras.Model(inputs, layers.Dense(len(data.CHARACTERS))(x))


def train_and_sample(case, log):
    """fit(), and then 200 characters drawn from the model, of which pairs that the text has."""
    model = training.by_fit(case, log)
    (x, y), _ = case.data()
    pairs = set(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))
    rng = np.random.default_rng(case.seed)
    text = x[:4].tolist()
    drawn = []
    for _ in range(50):
        logits = model.predict_on_batch(np.array([row[-24:] for row in text], "int32"))[:, -1]
        for row, values in zip(text, logits.astype("float64"), strict=True):
            likely = np.exp(values - values.max())
            row.append(int(rng.choice(len(likely), p=likely / likely.sum())))
            drawn.append((row[-2], row[-1]))
    log.reached(pairs_known=np.mean([pair in pairs for pair in drawn]))


def sequence_to_sequence():
    """Reads a year and writes the next 12 steps, looking back at the year at each."""
    past = keras.Input((26, 1))
    states, last = layers.GRU(24, return_sequences=True, return_state=True)(past)
    queries = layers.GRU(24, return_sequences=True)(
        layers.RepeatVector(12)(last), initial_state=last
    )
    context = layers.Attention(use_scale=True)([queries, states])
    x = layers.Concatenate()([queries, context])
    return keras.Model(past, layers.Reshape((12,))(layers.TimeDistributed(layers.Dense(1))(x)))


def text_classifier():
    return keras.Sequential(
        [
            keras.Input((24,), dtype="int32"),
            layers.Embedding(data.WORDS, 32),
            layers.Conv1D(32, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.2),
            layers.Dense(len(data.SUBJECTS), activation="softmax"),
        ]
    )


def next_steps():
    return data.carbon_dioxide(future=12)


FROM_LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
QUICK = dict(optimizer=lambda: keras.optimizers.Adam(3e-3))

CASES = [
    Case(
        "transformer",
        "Transformer encoder, rows of digits",
        training.by_fit,
        8,
        "accuracy >= 0.88",
        0.002,
        model=encoder,
        data=rows_of_digits,
        fast=True,
        **QUICK,
    ),
    Case(
        "transformer_bfloat16",
        "the same in mixed_bfloat16",
        training.by_fit,
        6,
        "accuracy >= 0.8",
        0.02,
        model=encoder,
        data=rows_of_digits,
        policy="mixed_bfloat16",
        **QUICK,
    ),
    Case(
        "decoder",
        "causal Transformer, characters, then drawn from",
        train_and_sample,
        6,
        "pairs_known >= 0.9",
        0.002,
        model=decoder,
        data=data.next_characters,
        loss=FROM_LOGITS,
        compile={"metrics": ["accuracy"]},
        **QUICK,
    ),
    Case(
        "seq2seq",
        "GRU to GRU with attention, CO2",
        training.by_fit,
        8,
        "mse <= 0.3",
        0.002,
        model=sequence_to_sequence,
        data=next_steps,
        loss="mse",
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
    Case(
        "text",
        "Embedding, Conv1D and Dropout, chapters of Python's reference",
        training.by_fit,
        12,
        "accuracy >= 0.8",
        0.002,
        model=text_classifier,
        data=data.subjects,
        **QUICK,
    ),
]

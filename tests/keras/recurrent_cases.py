"""What test_recurrent_grid.py runs: recurrent layers and models, with all of their gradients.

As a script it records them in a process of its own, for comparison with another device:
`TF_DISABLE_MLC=1 python tests/keras/recurrent_cases.py cpu.npz [slow]`.

Weights and data are numpy's, so that no device's random numbers or initializers matter.
"""

import itertools
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

FEATURES = 6
LAYERS = {"LSTM": layers.LSTM, "GRU": layers.GRU}
STATES = {"LSTM": 2, "GRU": 1}

BATCHES = (1, 3, 32, 64)
LENGTHS = (1, 2, 7, 50, 300)
PAIRS = tuple(itertools.product(LENGTHS, BATCHES))
# Of PAIRS, those in every run: both ends of both, and ragged and even ones in between.
SOME_PAIRS = ((1, 1), (2, 3), (7, 32), (50, 32), (300, 3), (1, 64), (50, 1))
UNITS = (1, 5, 16, 17, 128)
SOME_UNITS = (1, 5, 17, 128)
OPTIONS = {
    "last": {},
    "sequences": {"return_sequences": True},
    "last-backwards": {"go_backwards": True},
    "sequences-backwards": {"return_sequences": True, "go_backwards": True},
}


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def fill(variables, seed=1):
    """Weights of about the size that Keras's initializers give, the biases' too."""
    for i, variable in enumerate(variables):
        scale = 0.3 if min(variable.shape) <= 2 else variable.shape[0] ** -0.5
        variable.assign(scale * numbers([seed, i], *variable.shape))


def differentiated(call, variables, signature=None):
    """A traced function: the results of `call`, which may be nested, and the gradients, by its
    arguments and the variables, of a sum over all results that weighs each element differently."""
    variables = [getattr(v, "value", v) for v in variables]

    @tf.function(input_signature=signature)
    def run(*arguments):
        watched = [*arguments, *variables]
        with tf.GradientTape() as tape:
            tape.watch(watched)
            results = tf.nest.flatten(call(*arguments))
            loss = sum(tf.reduce_sum(tf.sin((i + 1) * r)) for i, r in enumerate(results))
        # What no result depends on gets zeros.
        return results, tape.gradient(loss, watched, unconnected_gradients="zero")

    def named(*arguments):
        results, gradients = run(*map(tf.constant, arguments))
        return {
            **{f"value {i}": v.numpy() for i, v in enumerate(results)},
            **{f"gradient {i}": v.numpy() for i, v in enumerate(gradients)},
        }

    return named


def layer_with_states(kind, units, options, pairs, mask=None):
    """Outputs and last states from given initial ones, for each (steps, sequences); one trace,
    that knows neither, serves all of them."""
    layer = LAYERS[kind](units, return_state=True, **options)
    layer.build((None, None, FEATURES))
    fill(layer.trainable_variables)
    signature = [tf.TensorSpec([None, None, FEATURES])]
    signature += [tf.TensorSpec([None, units])] * STATES[kind]
    run = differentiated(
        lambda x, *states: layer(x, initial_state=list(states), mask=mask),
        layer.trainable_variables,
        signature,
    )
    recorded = {}
    for steps, batch in pairs:
        states = [numbers([2, i], batch, units) for i in range(STATES[kind])]
        named = run(numbers(3, batch, steps, FEATURES), *states)
        recorded.update({f"{steps}x{batch}/{key}": value for key, value in named.items()})
    return recorded


MASKED_STEPS = 6
# Outputs of masked steps are 0 instead of the last one; Bidirectional asks for it.
ZEROS = {
    "last-zeros": {"zero_output_for_mask": True},
    "sequences-backwards-zeros": {
        "zero_output_for_mask": True,
        "return_sequences": True,
        "go_backwards": True,
    },
}


def every_mask(kind, options):
    """Row i of the batch has i of MASKED_STEPS steps, the first ones; the rest is padding."""
    lengths = np.arange(MASKED_STEPS + 1)
    mask = tf.constant(np.arange(MASKED_STEPS) < lengths[:, None])
    return layer_with_states(kind, 5, options, [(MASKED_STEPS, len(lengths))], mask)


def trained(model, x, y, steps=5):
    """Losses of some steps, what is predicted then, and the weights."""
    fill(model.trainable_variables)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    losses = [model.train_on_batch(x, y) for _ in range(steps)]
    return {
        "losses": np.array(losses),
        "predicted": model.predict(x, verbose=0),
        **{f"weight {i}": w.numpy() for i, w in enumerate(model.trainable_variables)},
    }


def masking_model(kind):
    """Through Masking, and a second layer behind the first, which hands the mask on."""
    x = numbers(4, MASKED_STEPS + 1, MASKED_STEPS, FEATURES)
    for i, row in enumerate(x):
        row[i:] = 0
    model = keras.Sequential(
        [
            keras.Input((None, FEATURES)),
            layers.Masking(),
            layers.Bidirectional(LAYERS[kind](9, return_sequences=True)),
            LAYERS[kind](7),
            layers.Dense(2),
        ]
    )
    return trained(model, x, numbers(5, len(x), 2))


def embedding_model(kind):
    ids = np.random.default_rng(6).integers(1, 20, (MASKED_STEPS + 1, MASKED_STEPS))
    for i, row in enumerate(ids):
        row[i:] = 0
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(20, FEATURES, mask_zero=True),
            layers.Bidirectional(LAYERS[kind](7)),
            layers.Dense(2),
        ]
    )
    return trained(model, ids, numbers(5, len(ids), 2))


def model_with_gradients(build, batch=4, steps=9):
    """build(inputs) -> outputs; gradients by the inputs and all weights."""
    inputs = keras.Input((None, FEATURES))
    model = keras.Model(inputs, build(inputs))
    fill(model.trainable_variables)
    run = differentiated(model, model.trainable_variables, [tf.TensorSpec([None, None, FEATURES])])
    return run(numbers(7, batch, steps, FEATURES))


def stacked(kind):
    def build(x):
        for units in (17, 16, 5):
            x = LAYERS[kind](units, return_sequences=True)(x)
        return x

    return model_with_gradients(build)


def handed_states(kind):
    """The states of one layer start another, as in an encoder and decoder."""

    def build(x):
        _, *states = LAYERS[kind](10, return_state=True)(x)
        return LAYERS[kind](10, return_sequences=True, return_state=True)(x, initial_state=states)

    return model_with_gradients(build)


def bidirectional(kind, merge_mode, sequences):
    def build(x):
        layer = LAYERS[kind](11, return_sequences=sequences)
        return layers.Bidirectional(layer, merge_mode=merge_mode)(x)

    return model_with_gradients(build)


def bidirectional_states(kind):
    """With states given and returned, for each direction its own."""

    def build(x):
        layer = layers.Bidirectional(LAYERS[kind](8, return_sequences=True, return_state=True))
        _, *states = layer(x)
        return layers.Bidirectional(LAYERS[kind](8))(x, initial_state=states)

    return model_with_gradients(build)


def stateful(kind):
    """Calls that go on from the states of the one before, until they are reset; then training,
    whose second step depends on the states that the first left."""
    batch, steps = 3, 5
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch, steps, FEATURES)),
            LAYERS[kind](6, return_sequences=True, stateful=True),
            LAYERS[kind](4, stateful=True),
        ]
    )
    fill(model.trainable_variables)
    x = numbers(8, 4, batch, steps, FEATURES)
    recorded = {}
    run = differentiated(model, model.trainable_variables)
    for i in range(3):
        recorded.update({f"call {i}/{key}": value for key, value in run(x[i]).items()})
    model.layers[0].reset_state()  # of one layer, while the other goes on
    recorded["one reset"] = model.predict(x[0], verbose=0)
    for layer in model.layers:
        layer.reset_state()
    recorded["all reset"] = model.predict(x[0], verbose=0)
    recorded["goes on"] = model.predict(x[3], verbose=0)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    recorded["losses"] = np.array([model.train_on_batch(x[i], x[i, :, 0, :4]) for i in range(3)])
    states = [s for layer in model.layers for s in layer.states]
    return {**recorded, **{f"state {i}": s.numpy() for i, s in enumerate(states)}}


class Leaky(layers.Layer):
    """A cell of one's own."""

    def __init__(self, units):
        super().__init__()
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))
        self.recurrent = self.add_weight(shape=(self.units, self.units))

    def call(self, x, states):
        h = states[0]
        now = 0.7 * h + 0.3 * tf.tanh(tf.matmul(x, self.kernel) + tf.matmul(h, self.recurrent))
        return now, [now]


# What runs as a loop, or unrolled, by its name: a layer from inputs [n, t, FEATURES].
UNCOVERED = {
    "activation": lambda: layers.LSTM(7, activation="relu"),
    "recurrent activation": lambda: layers.GRU(7, recurrent_activation="hard_sigmoid"),
    "recurrent dropout": lambda: layers.LSTM(7, recurrent_dropout=0.2),
    "reset before": lambda: layers.GRU(7, reset_after=False),
    "no bias": lambda: layers.GRU(7, use_bias=False),
    "unroll": lambda: layers.LSTM(7, unroll=True),
    "simple": lambda: layers.SimpleRNN(7),
    "cell": lambda: layers.RNN(Leaky(7)),
    "keras's cell": lambda: layers.RNN(layers.LSTMCell(7)),
    "stacked cells": lambda: layers.RNN([layers.GRUCell(7), layers.LSTMCell(5)]),
    "ConvLSTM1D": lambda: ConvolutionalOfRows(),
    "ConvLSTM2D": lambda: layers.Pipeline(
        [layers.Reshape((-1, 3, 2, 1)), layers.ConvLSTM2D(4, 2, padding="same")]
    ),
}
UNCOVERED_STEPS = 5


def ConvolutionalOfRows():
    return layers.Pipeline([layers.Reshape((-1, 3, 2)), layers.ConvLSTM1D(4, 2, padding="same")])


def uncovered(name):
    """At inference, as no two devices drop out the same; with the gradients of all weights."""
    inputs = keras.Input((UNCOVERED_STEPS, FEATURES))
    model = keras.Model(inputs, UNCOVERED[name]()(inputs))
    fill(model.trainable_variables)
    run = differentiated(lambda x: model(x, training=False), model.trainable_variables)
    return run(numbers(9, 3, UNCOVERED_STEPS, FEATURES))


# Those in every run; the slow cases are the others.
MODELS = {
    "LSTM": (embedding_model, stacked, handed_states, stateful),
    "GRU": (masking_model, stacked, handed_states, stateful),
}
ALL_MODELS = (masking_model, embedding_model, bidirectional_states)


def cases():
    """name: function that returns named arrays; those in every run"""
    for kind in LAYERS:
        for i, units in enumerate(SOME_UNITS):
            # Which units have which option alternates; the slow ones are the others.
            option = ("last", "sequences")[(i + (kind == "GRU")) % 2]
            yield (
                f"{kind}-grid-{units}-{option}",
                lambda k=kind, u=units, o=option: layer_with_states(k, u, OPTIONS[o], SOME_PAIRS),
            )
        for option in OPTIONS:
            yield (
                f"{kind}-every mask-{option}",
                lambda k=kind, o=option: every_mask(k, OPTIONS[o]),
            )
            if option == "sequences-backwards":
                yield (
                    f"{kind}-{option}",
                    lambda k=kind, o=option: layer_with_states(k, 5, OPTIONS[o], [(7, 3)]),
                )
        for option in ZEROS:
            yield f"{kind}-every mask-{option}", lambda k=kind, o=option: every_mask(k, ZEROS[o])
        for mode, sequences in (("concat", True), ("sum", False), (None, True)):
            yield (
                f"{kind}-bidirectional-{mode}",
                lambda k=kind, m=mode, s=sequences: bidirectional(k, m, s),
            )
        for case in MODELS[kind]:
            yield f"{kind}-{case.__name__}", lambda k=kind, c=case: c(k)
    for name in UNCOVERED:
        yield f"uncovered-{name}", lambda n=name: uncovered(n)


def slow_cases():
    """The whole grid."""
    for kind in LAYERS:
        for units, option in itertools.product(UNITS, ("last", "sequences")):
            yield (
                f"{kind}-grid-{units}-{option}",
                lambda k=kind, u=units, o=option: layer_with_states(k, u, OPTIONS[o], PAIRS),
            )
        for mode, sequences in itertools.product(("concat", "sum", "mul", "ave", None), (0, 1)):
            yield (
                f"{kind}-bidirectional-{mode}-{sequences}",
                lambda k=kind, m=mode, s=sequences: bidirectional(k, m, bool(s)),
            )
        for case in ALL_MODELS:
            yield f"{kind}-{case.__name__}", lambda k=kind, c=case: c(k)


CASES = dict(cases())
SLOW_CASES = dict(slow_cases())


if __name__ == "__main__":
    chosen = SLOW_CASES if sys.argv[2:] == ["slow"] else CASES
    recorded = {f"{case}/{k}": v for case, run in chosen.items() for k, v in run().items()}
    np.savez(sys.argv[1], **recorded)

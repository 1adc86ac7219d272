"""LSTM and GRU layers: few kernels on MLC, and the numbers of Keras's loop on the CPU.

Sizes, padding and combinations: test_recurrent_grid.py.
"""

import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_mlc_plugin

UNITS = 7
FEATURES = 6
LAYERS = {"LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
OPTIONS = {
    "last": {},
    "sequences": {"return_sequences": True},
    "backwards": {"return_sequences": True, "go_backwards": True},
}
MASKS = {
    "none": None,
    "any": [[1, 0, 1, 1, 0, 0, 1, 1, 1], [0] * 9, [0, 0, 0, 1, 1, 1, 1, 0, 0], [1] * 9, [1] * 9],
}
STEPS = 9


def mask_of(name):
    return None if MASKS[name] is None else np.array(MASKS[name], bool)


def run(kind, options, mask, device):
    """Outputs, states and all gradients of a layer, computed by the device's functions."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((5, STEPS, FEATURES)).astype("float32")
    states = [
        rng.standard_normal((5, UNITS)).astype("float32") for _ in range(1 + (kind == "LSTM"))
    ]
    keras.utils.set_random_seed(5)
    with tf.device(device):
        layer = LAYERS[kind](UNITS, return_state=True, bias_initializer="glorot_uniform", **options)
        layer(x)
        weights = [w.value for w in layer.trainable_variables]

        @tf.function
        def step(x, *states):
            watched = [x, *states, *weights]
            with tf.GradientTape() as tape:
                tape.watch(watched)
                results = layer(x, initial_state=list(states), mask=mask)
                loss = sum(tf.reduce_sum(tf.sin((i + 1) * r)) for i, r in enumerate(results))
            return list(results) + list(tape.gradient(loss, watched))

        return [v.numpy() for v in step(tf.constant(x), *map(tf.constant, states))]


# Run by another process, where Keras's own loop computes.
SCRIPT = """
import itertools, sys
import numpy as np
import test_recurrent as t
results = {}
for kind, options, mask in t.GRID:
    values = t.run(kind, t.OPTIONS[options], t.mask_of(mask), "/CPU:0")
    results.update({f"{kind}/{options}/{mask}/{i}": v for i, v in enumerate(values)})
np.savez(sys.argv[1], **results)
"""
GRID = list(itertools.product(LAYERS, OPTIONS, MASKS))


@pytest.fixture(scope="module")
def cpu(tmp_path_factory):
    path = tmp_path_factory.mktemp("recurrent") / "cpu.npz"
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        env={**os.environ, "TF_DISABLE_MLC": "1"},
        cwd=os.path.dirname(__file__),
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return np.load(path)


def kernels(function):
    before = tf_mlc_plugin.kernel_counts()
    function()
    after = tf_mlc_plugin.kernel_counts()
    return sum(after.values()) - sum(before.values())


@pytest.mark.parametrize("kind, options, mask", GRID)
def test_layer(kind, options, mask, cpu):
    values = run(kind, OPTIONS[options], mask_of(mask), "/MLC:0")
    for i, value in enumerate(values):
        expected = cpu[f"{kind}/{options}/{mask}/{i}"]
        assert value.shape == expected.shape
        np.testing.assert_allclose(value, expected, rtol=2e-5, atol=2e-5, err_msg=f"value {i}")


def model_of(layer):
    model = keras.Sequential([keras.Input((None, FEATURES)), layer, keras.layers.Dense(3)])
    model.compile("adam", "mse")
    return model


def kernels_of_a_step(layer, steps):
    x, y = np.ones((4, steps, FEATURES), "float32"), np.ones((4, 3), "float32")
    model = model_of(layer)
    model.train_on_batch(x, y)
    return kernels(lambda: model.train_on_batch(x, y))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_step_is_as_many_kernels_for_any_length(kind):
    assert kernels_of_a_step(LAYERS[kind](UNITS), 5) == kernels_of_a_step(LAYERS[kind](UNITS), 50)


def test_a_bidirectional_layer_is_fused():
    layers = [keras.layers.Bidirectional(keras.layers.GRU(UNITS)) for _ in range(2)]
    assert kernels_of_a_step(layers[0], 5) == kernels_of_a_step(layers[1], 50)


UNCOVERED = {
    "activation": lambda: keras.layers.LSTM(UNITS, activation="relu"),
    "reset before": lambda: keras.layers.GRU(UNITS, reset_after=False),
    "recurrent dropout": lambda: keras.layers.LSTM(UNITS, recurrent_dropout=0.5),
    "no bias": lambda: keras.layers.LSTM(UNITS, use_bias=False),
    "cell": lambda: keras.layers.RNN(keras.layers.LSTMCell(UNITS)),
}


@pytest.mark.parametrize("name", UNCOVERED)
def test_what_is_not_covered_runs_as_a_loop(name):
    """As nodes for each step, or as a loop that is one node."""
    before = tf_mlc_plugin.kernel_counts().get("_MlcLoop", 0)
    short, long = (kernels_of_a_step(UNCOVERED[name](), steps) for steps in (5, 50))
    loops = tf_mlc_plugin.kernel_counts().get("_MlcLoop", 0) - before
    assert loops >= 4 or long > short + 45


@pytest.mark.parametrize("kind", LAYERS)
def test_eager(kind):
    x = tf.constant(np.random.default_rng(0).standard_normal((3, 8, FEATURES)), tf.float32)
    layer = LAYERS[kind](UNITS)
    eager = layer(x)
    assert kernels(lambda: layer(x)) < 40
    np.testing.assert_allclose(eager, tf.function(layer)(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_integers(kind):
    """As inputs and as initial states; a layer does not cast them to its type."""
    x = np.arange(30).reshape(2, 3, 5) % 7 - 3
    layer = LAYERS[kind](3)
    np.testing.assert_array_equal(layer(x), layer(x.astype("float32")))
    states = [np.ones((2, 3), "int32")] * (2 if kind == "LSTM" else 1)
    expected = layer(x, initial_state=[state.astype("float32") for state in states])
    np.testing.assert_array_equal(layer(x, initial_state=states), expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_second_derivative(kind):
    """Of the layer's output by its input, against central differences of the first."""
    keras.utils.set_random_seed(1)
    layer = LAYERS[kind](3)
    x = np.random.default_rng(1).standard_normal((2, 4, 5)).astype("float32")
    layer(x)
    direction = np.random.default_rng(2).standard_normal(x.shape).astype("float32")

    def first(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(layer(x) ** 2)
        return tape.gradient(y, x)

    @tf.function
    def second(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            slope = tf.reduce_sum(first(x) * direction)
        return tape.gradient(slope, x)

    step = 1e-2
    ahead, behind = (first(tf.constant(x + s * direction)) for s in (step, -step))
    np.testing.assert_allclose(
        second(tf.constant(x)), (ahead - behind) / (2 * step), rtol=2e-2, atol=1e-3
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_policies(policy):
    x = np.random.default_rng(0).standard_normal((4, 12, FEATURES)).astype("float32")
    keras.utils.set_random_seed(0)
    full = keras.layers.LSTM(UNITS)
    keras.utils.set_random_seed(0)
    mixed = keras.layers.LSTM(UNITS, dtype=policy)
    expected = full(x).numpy()
    np.testing.assert_allclose(np.asarray(mixed(x), "float32"), expected, atol=2e-2)

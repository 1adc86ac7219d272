"""Which recurrent layers are one operation on MLC, in what the plugin says it compiled
(TF_MLC_DUMP): the operations of the programs of a training step, after all passes."""

import collections
import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import recurrent_cases
import tensorflow as tf
from keras import layers

FEATURES = recurrent_cases.FEATURES
OPERATION = re.compile(r"\b(Lstm|LstmGrad|Gru|GruGrad)\(")
BOTH = {"LSTM": ("Lstm", "LstmGrad"), "GRU": ("Gru", "GruGrad")}
FINAL_STAGE = "reduce"


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """A function: the recurrent operations in all programs that were compiled since the last call,
    and how many programs there were."""

    def count():
        operations, programs = collections.Counter(), 0
        for path in tmp_path.glob("program_*"):
            if path.stem.endswith(f"_{FINAL_STAGE}"):
                operations.update(OPERATION.findall(path.read_text()))
                programs += 1
            path.unlink()
        return dict(operations), programs

    monkeypatch.setenv("TF_MLC_DUMP", str(tmp_path))
    return count


# Each test has a batch of its own, so that its programs are not in the cache yet.
sizes = iter(range(23, 1000))


def programs_of(layer, compiled, what="train", mask=None):
    keras.utils.set_random_seed(0)
    batch, steps = next(sizes), 5
    x = np.random.default_rng(0).standard_normal((batch, steps, FEATURES)).astype("float32")
    inputs = [keras.Input((steps, FEATURES))]
    if mask is not None:
        inputs.append(keras.Input((steps,), dtype="bool"))
    y = layer(inputs[0], mask=inputs[1]) if mask is not None else layer(inputs[0])
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(y)))
    model.compile("sgd", "mse")
    data = [x] if mask is None else [x, np.broadcast_to(mask, (batch, steps))]
    compiled()
    if what == "train":
        losses = [model.train_on_batch(data, np.ones((batch, 2))) for _ in range(3)]
        assert len(set(losses)) == 3  # the weights change
    elif what == "evaluate":
        model.evaluate(data, np.ones((batch, 2)), batch_size=batch, verbose=0)
    else:
        model.predict(data, batch_size=batch, verbose=0)
    operations, programs = compiled()
    assert programs > 0
    return operations


OPTIONS = {
    "defaults": {},
    "sequences": {"return_sequences": True},
    "backwards": {"go_backwards": True},
    "dropout of the inputs": {"dropout": 0.2},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", BOTH)
def test_a_training_step_has_the_operation_and_its_gradient(kind, options, compiled):
    layer = recurrent_cases.LAYERS[kind](7, **OPTIONS[options])
    assert programs_of(layer, compiled) == dict.fromkeys(BOTH[kind], 1)


@pytest.mark.parametrize("kind", BOTH)
def test_each_direction_has_its_own(kind, compiled):
    layer = layers.Bidirectional(recurrent_cases.LAYERS[kind](7, return_sequences=True))
    assert programs_of(layer, compiled) == dict.fromkeys(BOTH[kind], 2)


@pytest.mark.parametrize("kind", BOTH)
def test_each_layer_has_its_own(kind, compiled):
    stack = layers.Pipeline(
        [recurrent_cases.LAYERS[kind](7, return_sequences=True) for _ in range(3)]
    )
    assert programs_of(stack, compiled) == dict.fromkeys(BOTH[kind], 3)


MASKS = {"right-padded": [1, 1, 1, 0, 0], "any": [1, 0, 1, 0, 1]}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", BOTH)
def test_masks(kind, mask, compiled):
    """The operation takes any mask, padded on the right or not."""
    layer = recurrent_cases.LAYERS[kind](7)
    operations = programs_of(layer, compiled, mask=np.array(MASKS[mask], bool))
    assert operations == dict.fromkeys(BOTH[kind], 1)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", BOTH)
def test_mixed_policies(kind, policy, compiled):
    layer = recurrent_cases.LAYERS[kind](7, dtype=policy)
    assert programs_of(layer, compiled) == dict.fromkeys(BOTH[kind], 1)


@pytest.mark.parametrize("what", ["evaluate", "predict"])
@pytest.mark.parametrize("kind", BOTH)
def test_without_training_it_is_the_operation_alone(kind, what, compiled):
    layer = recurrent_cases.LAYERS[kind](7)
    assert programs_of(layer, compiled, what) == {BOTH[kind][0]: 1}


EAGER = """
import keras, numpy as np
for layer in (keras.layers.LSTM, keras.layers.GRU):
    model = keras.Sequential([keras.Input((50, 6)), layer(32), keras.layers.Dense(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(np.ones((64, 50, 6)), np.ones((64, 2)))
"""


def test_eager_training():
    """Three steps run each operation three times, by the counts of TF_MLC_PROFILE."""
    process = subprocess.run(
        [sys.executable, "-c", EAGER],
        env={**os.environ, "TF_MLC_PROFILE": "1"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    counts = re.findall(r"(\d+) x (Lstm|LstmGrad|Gru|GruGrad)\(", process.stderr)
    assert sorted(counts) == sorted(("3", op) for ops in BOTH.values() for op in ops)


@pytest.mark.parametrize("kind", BOTH)
def test_zeros_for_masked_steps(kind, compiled):
    """An option that Bidirectional turns on in layers that return sequences."""
    layer = recurrent_cases.LAYERS[kind](7, return_sequences=True, zero_output_for_mask=True)
    operations = programs_of(layer, compiled, mask=np.array(MASKS["right-padded"], bool))
    assert operations == dict.fromkeys(BOTH[kind], 1)


@pytest.mark.parametrize("name", recurrent_cases.UNCOVERED)
def test_what_is_not_covered_does_not_have_it(name, compiled):
    """Its numbers: test_recurrent_grid.py, uncovered-*."""
    assert programs_of(recurrent_cases.UNCOVERED[name](), compiled) == {}


def test_nothing_is_compiled_twice(compiled):
    """The counts above are of new programs: what was compiled before is not counted again."""
    layer = layers.LSTM(7)
    call = tf.function(lambda x: layer(x))
    for expected in ({"Lstm": 1}, {}):
        call(tf.ones((1021, 5, FEATURES)))
        assert compiled()[0] == expected

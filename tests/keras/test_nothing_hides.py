"""In train, test and predict steps of what Keras offers, nothing but iterators, strings and
summaries runs on the CPU, and what docs/cpu_ops.json lists with its reason.

`-m slow` holds all models; without it a representative part runs.
"""

import functools
import json
import pathlib

import keras
import numpy as np
import placement
import pytest
import tensorflow as tf
import zoo

TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "cpu_ops.json"

# One of each kind; the rest is slow only in number.
QUICK_LAYERS = [
    "Conv2D-groups",
    "Conv3D",
    "Conv2DTranspose-strides",
    "DepthwiseConv2D",
    "LSTM-recurrent-dropout",
    "Embedding-masked-LSTM",
    "GroupedQueryAttention",
    "BatchNormalization",
    "MaxPooling3D",
    "UpSampling2D-bilinear",
    "Resizing-nearest",
    "Resizing-bicubic",
    "Resizing-antialias",
]
QUICK_APPLICATIONS = ["MobileNet"]
QUICK_OPTIMIZERS = ["Adafactor"]
QUICK_LOSSES = ["CategoricalFocalCrossentropy"]


def quick(names, chosen):
    """Parameters: those that are not chosen are slow."""
    missing = set(chosen) - set(names)
    assert not missing, f"no such members: {missing}"
    return [n if n in chosen else pytest.param(n, marks=pytest.mark.slow) for n in names]


@functools.cache
def listed():
    rows = json.loads(TABLE.read_text())
    assert all(row["reason"] and row["where"] for row in rows)
    return {(row["op"], row["types"]): row.get("beside") for row in rows}  # one op, or several


def unlisted(hidden):
    """What is not in the table; some of its ops count only beside another one."""
    ops = {op for op, _ in hidden}

    def is_listed(op, types):
        keys = [(op, types), (op, types.split(",")[0]), (op, "any")]
        key = next((k for k in keys if k in listed()), None)
        if key is None:
            return False
        beside = listed()[key]
        return beside is None or not ops.isdisjoint([beside] if isinstance(beside, str) else beside)

    return {key: n for key, n in hidden.items() if not is_listed(*key)}


def check_steps(model, x, y):
    """Runs the three steps; whatever hides is an error that names it."""
    steps = {
        "train": lambda: model.train_on_batch(x, y),
        "test": lambda: model.test_on_batch(x, y),
        "predict": lambda: model.predict_on_batch(x),
    }
    for kind, step in steps.items():
        nodes = placement.nodes_by_device(step)
        assert nodes["MLC"] or nodes["clusters"], f"{kind}: nothing ran on MLC"
        hidden = unlisted(nodes["hidden"])
        assert not hidden, f"{kind}: on the CPU: {hidden}"


@pytest.mark.parametrize("name", quick(zoo.LAYERS, QUICK_LAYERS))
def test_layer(name):
    model, x, y = zoo.make(name)
    model.compile("sgd", "mse", metrics=["mae"])
    if name == "Resizing-area":
        with pytest.raises(LookupError, match="ResizeArea"):  # TensorFlow has no gradient
            model.train_on_batch(x, y)
        return
    check_steps(model, x, y)


@pytest.mark.parametrize("name", quick(zoo.APPLICATIONS, QUICK_APPLICATIONS))
def test_application(name):
    model, x, y = zoo.make_application(name)
    model.compile("adam", "categorical_crossentropy")
    check_steps(model, x, y)
    keras.backend.clear_session()


@pytest.mark.parametrize("name", quick(zoo.OPTIMIZERS, QUICK_OPTIMIZERS))
def test_optimizer(name):
    model = zoo.mlp()
    model.compile(zoo.OPTIMIZERS[name](), "mse")
    check_steps(model, zoo.numbers(5), zoo.numbers(3, seed=3))


@pytest.mark.parametrize("name", quick(zoo.LOSSES, QUICK_LOSSES))
def test_loss(name):
    model, x, y = zoo.loss_case(name)
    check_steps(model, x, y)


def test_what_hides_is_found():
    """The control."""

    @tf.function
    def f(x):
        return tf.raw_ops.Betainc(a=x, b=x, x=x) + x

    nodes = placement.nodes_by_device(lambda: f(tf.constant(np.float32([0.5, 0.25]))))
    assert nodes["hidden"] == {("Betainc", "float"): 1}
    assert unlisted(nodes["hidden"]) == nodes["hidden"]
    alone = {("ReadVariableOp", "float"): 1}
    assert unlisted(alone) == alone and not unlisted({**alone, ("ResourceScatterSub", "float"): 1})

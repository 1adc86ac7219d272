"""Recurrent models go from MLC to an installation without the plugin and back, as .keras files and
as SavedModels, and predict the same there."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from site_folder import SiteFolder
from tolerances import GRADIENT_TOLERANCES, TOLERANCES

import tf_mlc_plugin

# Both installations run this. The layers get a mask.
MAKE = """
import keras
import numpy as np
from keras import layers

VOCABULARY = 11


def make(kind):
    layer = {"LSTM": layers.LSTM, "GRU": layers.GRU}[kind]
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(VOCABULARY, 6, mask_zero=True),
            layers.Bidirectional(layer(7, return_sequences=True)),
            layer(4, go_backwards=True),
            layers.Dense(3),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def data():
    rng = np.random.default_rng(0)
    ids = rng.integers(1, VOCABULARY, (5, 8)).astype("int32")
    for i, row in enumerate(ids):
        row[i + 3:] = 0
    return ids, rng.standard_normal((5, 3)).astype("float32")


def gradients(loaded):
    "By the weights of a SavedModel's function."
    import tensorflow as tf

    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.sin(loaded.call(tf.constant(data()[0]))))
    return [tf.convert_to_tensor(g).numpy() for g in tape.gradient(y, loaded.weights)]
"""

# Without the plugin: makes and saves models, loads those from MLC, predicts and trains with them.
ABSENT = (
    MAKE
    + """
import importlib.util, os, sys
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

assert importlib.util.find_spec("tf_mlc_plugin") is None
assert [d.device_type for d in tf.config.list_physical_devices()] == ["CPU"]
folder = sys.argv[1]
x, y = data()
result = {}
for kind in ("LSTM", "GRU"):
    model = keras.models.load_model(f"{folder}/{kind}-mlc.keras")
    result[f"{kind}/keras"] = model.predict(x, verbose=0)
    result[f"{kind}/losses"] = np.array([model.train_on_batch(x, y) for _ in range(3)])
    exported = tf.saved_model.load(f"{folder}/{kind}-mlc-export")
    result[f"{kind}/export"] = exported.serve(x)
    forms = [form for form in ("export", "module") if os.path.exists(f"{folder}/{kind}-mlc-{form}")]
    if "module" in forms:
        loaded = tf.saved_model.load(f"{folder}/{kind}-mlc-module")
        result[f"{kind}/module"] = loaded.call(x)
        for i, gradient in enumerate(gradients(loaded)):
            result[f"{kind}/gradient {i}"] = gradient
    for form in forms:
        saved = saved_model_pb2.SavedModel()
        with open(f"{folder}/{kind}-mlc-{form}/saved_model.pb", "rb") as file:
            saved.ParseFromString(file.read())
        for meta in saved.meta_graphs:
            bodies = [meta.graph_def.node, *(f.node_def for f in meta.graph_def.library.function)]
            for op in {node.op for nodes in bodies for node in nodes}:
                assert op_def_registry.get(op) is not None, f"{op} in {kind}-mlc-{form}"

    model = make(kind)
    model.fit(x, y, epochs=2, verbose=0)
    result[f"{kind}/made here"] = model.predict(x, verbose=0)
    model.save(f"{folder}/{kind}-cpu.keras")
    model.export(f"{folder}/{kind}-cpu-export", verbose=False)
np.savez(f"{folder}/result.npz", **result)
"""
)

KINDS = ("LSTM", "GRU")
here = {}
exec(MAKE, here)


class Module(tf.Module):
    def __init__(self, model):
        super().__init__()
        self.weights = [v.value for v in model.trainable_variables]
        self.model = model
        self.call = tf.function(
            lambda x: model(x), input_signature=[tf.TensorSpec([None, None], tf.int32)]
        )


def exchange(folder, save_module):
    """(folder, what MLC says, what the installation without the plugin says of the same models)"""
    x, y = here["data"]()
    expected = {}
    for kind in KINDS:
        model = here["make"](kind)
        model.fit(x, y, epochs=2, verbose=0)
        expected[f"{kind}/predicted"] = model.predict(x, verbose=0)
        model.save(folder / f"{kind}-mlc.keras")
        model.export(folder / f"{kind}-mlc-export", verbose=False)
        if save_module:
            module = Module(model)
            for i, gradient in enumerate(here["gradients"](module)):
                expected[f"{kind}/gradient {i}"] = gradient
            tf.saved_model.save(module, str(folder / f"{kind}-mlc-module"))
        expected[f"{kind}/losses"] = np.array([model.train_on_batch(x, y) for _ in range(3)])
    absent = SiteFolder(folder / "environment")
    process = absent.run(f"import sys; sys.argv[1:] = [{str(folder)!r}]\n{ABSENT}")
    assert process.returncode == 0, process.stderr
    return folder, expected, dict(np.load(folder / "result.npz"))


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    return exchange(tmp_path_factory.mktemp("saved"), save_module=False)


@pytest.fixture(scope="module")
def exchanged_module(tmp_path_factory):
    return exchange(tmp_path_factory.mktemp("saved"), save_module=True)


def close(actual, expected, tolerances=TOLERANCES):
    relative, absolute = tolerances["float32"]
    largest = np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=relative, atol=absolute * largest)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["keras", "export"])
def test_from_mlc_to_no_plugin(kind, form, exchanged):
    """A .keras file, and an export, which has no op that TensorFlow does not know: the other
    process looks them up."""
    _, expected, result = exchanged
    close(result[f"{kind}/{form}"], expected[f"{kind}/predicted"])


@pytest.mark.parametrize("kind", KINDS)
def test_training_goes_on_without_the_plugin(kind, exchanged):
    _, expected, result = exchanged
    losses = expected[f"{kind}/losses"]
    assert losses[-1] < losses[0]
    close(result[f"{kind}/losses"], losses, GRADIENT_TOLERANCES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_function_and_its_gradients(kind, exchanged_module):
    """tf.saved_model.save on MLC, which keeps what gradients need: loaded without the plugin, and
    on MLC again."""
    folder, expected, result = exchanged_module
    close(result[f"{kind}/module"], expected[f"{kind}/predicted"])
    loaded = tf.saved_model.load(str(folder / f"{kind}-mlc-module"))
    again = here["gradients"](loaded)
    assert len(again) == sum(key.startswith(f"{kind}/gradient") for key in expected)
    for i, gradient in enumerate(again):
        key = f"{kind}/gradient {i}"
        close(result[key], expected[key], GRADIENT_TOLERANCES)
        close(gradient, expected[key], GRADIENT_TOLERANCES)


@pytest.mark.parametrize("kind", KINDS)
def test_from_no_plugin_to_mlc(kind, exchanged):
    """A .keras file and an export made without the plugin."""
    folder, _, result = exchanged
    x = here["data"]()[0]
    before = tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0)
    model = keras.models.load_model(folder / f"{kind}-cpu.keras")
    close(model.predict(x, verbose=0), result[f"{kind}/made here"])
    exported = tf.saved_model.load(str(folder / f"{kind}-cpu-export"))
    close(exported.serve(x), result[f"{kind}/made here"])
    assert tf_mlc_plugin.kernel_counts()["_MlcCluster"] > before


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_model_still_has_the_fused_operation(kind, exchanged, tmp_path, monkeypatch):
    """Loaded on MLC again: one operation for each layer and direction."""
    folder = exchanged[0]
    monkeypatch.setenv("TF_MLC_DUMP", str(tmp_path))
    exported = tf.saved_model.load(str(folder / f"{kind}-mlc-export"))
    exported.serve(here["data"]()[0])
    graphs = [path.read_text() for path in tmp_path.glob("graph_*_clustered.txt")]
    assert max(graph.count(f" = _Mlc{kind.capitalize()}(") for graph in graphs) == 3

"""Point 5: what is saved on MLC predicts the same where there is no plugin, and the other way."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from programs import array
from site_folder import SiteFolder

KINDS = ["keras", "weights", "checkpoint", "export", "module"]

# Run by both processes: makes the models, and predicts with what the other one saved.
SHARED = '''
import json, pathlib, sys
import numpy as np
import keras
import tensorflow as tf

def array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")

IMAGES, WORDS = array(5, 8, 8, 3), np.arange(30).reshape(5, 6) % 11

def build():
    image, words = keras.Input((8, 8, 3)), keras.Input((6,), dtype="int32")
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = keras.layers.MaxPooling2D()(keras.layers.BatchNormalization()(x))
    y = keras.layers.LSTM(5)(keras.layers.Embedding(11, 4)(words))
    z = keras.layers.Concatenate()([keras.layers.Flatten()(x), y])
    z = keras.layers.Dense(3, activation="softmax")(keras.layers.Dropout(0.5)(z))
    model = keras.Model([image, words], z)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

class Table(tf.Module):
    def __init__(self):
        self.rows = tf.Variable(array(11, 4))
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def call(self, i):
        return tf.nn.softmax(tf.gather(self.rows, i)) * 2.0
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, 4])])
    def add(self, i, x):
        self.rows.scatter_add(tf.IndexedSlices(x, i))
        return tf.reduce_sum(self.rows)

def save(folder):
    folder = pathlib.Path(folder)
    keras.utils.set_random_seed(2)
    model = build()
    model.fit([IMAGES, WORDS], np.arange(5) % 3, batch_size=2, epochs=2, verbose=0)
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    checkpoint.write(str(folder / "checkpoint"))
    model.export(folder / "export", verbose=False)
    table = Table()
    table.add([2, 2], tf.ones([2, 4]))
    tf.saved_model.save(table, str(folder / "module"))
    return results(folder)

def results(folder):
    """What each kind of file predicts."""
    folder = pathlib.Path(folder)
    inputs = [IMAGES, WORDS]
    by_file = keras.models.load_model(folder / "model.keras")
    by_weights, by_checkpoint = build(), build()
    by_weights.load_weights(folder / "model.weights.h5")
    checkpoint = tf.train.Checkpoint(model=by_checkpoint, optimizer=by_checkpoint.optimizer)
    checkpoint.read(str(folder / "checkpoint")).expect_partial()
    exported = tf.saved_model.load(str(folder / "export"))
    module = tf.saved_model.load(str(folder / "module"))
    rows = tf.constant([1, 2, 10])
    return {
        "keras": by_file.predict(inputs, verbose=0).tolist(),
        "weights": by_weights.predict(inputs, verbose=0).tolist(),
        "checkpoint": by_checkpoint.predict(inputs, verbose=0).tolist(),
        "export": exported.serve([IMAGES, WORDS.astype("int32")]).numpy().tolist(),
        "module": [module.call(rows).numpy().tolist(),
                   [float(module.add([3], tf.ones([1, 4])))]],
    }
'''


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """An environment without the plugin."""
    return SiteFolder(tmp_path_factory.mktemp("saving") / "environment")


@pytest.fixture(scope="module")
def saved(plain, tmp_path_factory):
    """By who saved: what both predict from its files."""
    folders = {who: tmp_path_factory.mktemp(who) for who in ("mlc", "cpu")}
    here = {}
    exec(SHARED, here)
    own = {"mlc": here["save"](folders["mlc"])}
    report = "assert not tf.config.list_physical_devices('MLC')\n"
    report += (
        f"print(json.dumps([save({str(folders['cpu'])!r}), results({str(folders['mlc'])!r})]))"
    )
    process = plain.run(SHARED + report)
    assert process.returncode == 0, process.stderr
    own["cpu"], elsewhere = json.loads(process.stdout.splitlines()[-1])
    other = {"mlc": elsewhere, "cpu": here["results"](folders["cpu"])}
    return {"own": own, "other": other, "folders": folders}


def flat(value):
    return np.concatenate([np.ravel(part) for part in tf.nest.flatten(value)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("saver", ["mlc", "cpu"])
def test_predicts_the_same_elsewhere(saved, saver, kind):
    own, other = saved["own"][saver][kind], saved["other"][saver][kind]
    np.testing.assert_allclose(flat(other), flat(own), 1e-4, 1e-5)


def test_all_kinds_agree(saved):
    for saver in ("mlc", "cpu"):
        results = saved["own"][saver]
        for kind in ("weights", "checkpoint", "export"):
            np.testing.assert_allclose(flat(results[kind]), flat(results["keras"]), 1e-4, 1e-5)


def test_training_goes_on_where_it_stopped(tmp_path):
    def build():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    x, y = array(12, 4), array(12, 1)
    model = build()
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    expected = model.fit(x, y, epochs=2, verbose=0, shuffle=False).history["loss"]
    loaded = keras.models.load_model(tmp_path / "model.keras")
    losses = loaded.fit(x, y, epochs=2, verbose=0, shuffle=False).history["loss"]
    np.testing.assert_allclose(losses, expected, 1e-5)


@pytest.mark.parametrize("quantized", [False, True])
def test_tflite(tmp_path, quantized):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = array(6, 8, 8, 3)
    model.fit(x, np.arange(6) % 3, epochs=2, verbose=0)
    expected = model.predict(x, verbose=0)
    model.export(tmp_path / "export", verbose=False)
    # Converted and run in a process of its own: the converter aborts the process when it fails.
    script = f"""
import numpy as np, tensorflow as tf
converter = tf.lite.TFLiteConverter.from_saved_model({str(tmp_path / "export")!r})
if {quantized}:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
interpreter = tf.lite.Interpreter(model_content=converter.convert())
shape = interpreter.get_input_details()[0]
interpreter.resize_tensor_input(shape["index"], [6, 8, 8, 3])
interpreter.allocate_tensors()
x = np.random.default_rng(0).normal(size=(6, 8, 8, 3)).astype("float32")
interpreter.set_tensor(shape["index"], x)
interpreter.invoke()
np.save({str(tmp_path / "result.npy")!r}, interpreter.get_tensor(
    interpreter.get_output_details()[0]["index"]))
"""
    process = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert process.returncode == 0, process.stderr
    result = np.load(tmp_path / "result.npy")
    np.testing.assert_allclose(result, expected, atol=0.02 if quantized else 1e-4)

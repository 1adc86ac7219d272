"""tf_mlc_plugin.keras_integration: what it changes in Keras, and when it does not."""

import sys
import types

import keras
import pytest
from site_folder import SiteFolder

from tf_mlc_plugin import keras_integration

FIT = """
import numpy as np
import keras
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
model.fit(np.ones((5, 3)), np.ones((5, 2)), batch_size=2, verbose=0)
print("jit", model.jit_compile)
import tf_mlc_plugin
print("ran on MLC:", tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0) > 0)
"""


def dense():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = SiteFolder(tmp_path_factory.mktemp("keras") / "environment")
    folder.install()
    return folder


@pytest.mark.parametrize("first", ["import keras", "import tensorflow", "import tf_mlc_plugin"])
def test_order_of_imports(installed, first):
    process = installed.run(f"{first}\n{FIT}")
    assert "jit False\nran on MLC: True" in process.stdout, process.stderr


def test_switched_off(installed):
    # Keras then compiles; this model works all the same: the graph optimizer clears the marks.
    process = installed.run(FIT, TF_MLC_KERAS_INTEGRATION="0")
    assert "jit True" in process.stdout, process.stderr


def test_without_keras(installed):
    hide = "import sys\nsys.modules['keras'] = sys.modules['tf_keras'] = None\n"
    process = installed.run(hide + "import tensorflow as tf\nprint(tf.ones([2]).device)")
    assert "MLC:0" in process.stdout, process.stderr


def test_explicit_request_is_keras_own_matter():
    model = dense()
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        model.compile("sgd", "mse", jit_compile=True)
    assert model.jit_compile is False


def test_other_keras_backends_are_left_alone(monkeypatch):
    from keras.src.trainers import trainer

    assert trainer.model_supports_jit(dense()) is False
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert trainer.model_supports_jit(dense()) is True


def test_installing_again_changes_nothing():
    from keras.src.trainers import trainer

    before = trainer.model_supports_jit, list(sys.meta_path)
    keras_integration.install("MLC")
    assert (trainer.model_supports_jit, sys.meta_path) == before


def test_unknown_keras(capsys):
    module = types.ModuleType("keras.src.trainers.trainer")
    keras_integration._change(module, "MLC")
    assert "compile(jit_compile=False) is needed" in capsys.readouterr().err
    assert not hasattr(module, "model_supports_jit")

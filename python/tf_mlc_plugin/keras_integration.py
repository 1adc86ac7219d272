"""Makes Keras 3 work on MLC with its defaults.

`Model.compile()` has jit_compile="auto", which Keras takes to mean XLA as soon as TensorFlow lists
any device that is not a CPU. XLA has no compiler for MLC, so every fit() would fail. Keras asks one
function whether a model can be compiled by XLA; here it gets the answer no. The device library
calls install() while TensorFlow starts, which may be before or after Keras is imported.

TF_MLC_KERAS_INTEGRATION=0 turns this off. `compile(jit_compile=False)` then does the same by hand.
"""

import functools
import importlib.abc
import os
import sys

_MODULE = "keras.src.trainers.trainer"
_FUNCTION = "model_supports_jit"


def install(device_type: str) -> None:
    """Changes Keras now if it is imported, else as soon as it is. Harmless when called again."""
    if os.environ.get("TF_MLC_KERAS_INTEGRATION", "1") == "0":
        return
    module = sys.modules.get(_MODULE)
    if module is not None:
        _change(module, device_type)
    elif not any(isinstance(finder, _OneImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _OneImport(device_type))


def _change(module, device_type) -> None:
    original = getattr(module, _FUNCTION, None)
    if original is None:
        print(
            "tf_mlc_plugin: this version of Keras is not known; "
            "compile(jit_compile=False) is needed on MLC.",
            file=sys.stderr,
        )
        return
    if hasattr(original, "_mlc_original"):
        return

    @functools.wraps(original)
    def model_supports_jit(model):
        return not _device_is_used(device_type) and original(model)

    model_supports_jit._mlc_original = original
    setattr(module, _FUNCTION, model_supports_jit)


def _device_is_used(device_type) -> bool:
    from keras import backend

    if backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return bool(tf.config.list_physical_devices(device_type))


class _OneImport(importlib.abc.MetaPathFinder):
    """Sees the import of one module, changes that module and is gone."""

    def __init__(self, device_type):
        self._device_type = device_type

    def find_spec(self, name, path, target=None):
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    _change_after_exec(spec.loader, self._device_type)
                return spec
        return None


def _change_after_exec(loader, device_type) -> None:
    original = loader.exec_module

    def exec_module(module):
        loader.exec_module = original
        original(module)
        _change(module, device_type)

    loader.exec_module = exec_module

"""Makes Keras 3 work on MLC with its defaults.

`Model.compile()` has jit_compile="auto", which Keras takes to mean XLA as soon as TensorFlow lists
any device that is not a CPU. XLA has no compiler for MLC. Keras asks one function whether a model
can be compiled by XLA; here it gets the answer no. Where the device is registered as a GPU, Keras
also takes it that recurrent layers can be cuDNN's, and gets the answer no to that too. LSTM and
GRU layers ask the backend for a fused form of themselves, which recurrent.py has. Train,
test and predict functions are made leaner by train_steps.py. Arrays that a model is given become a
dataset, which reads them on the CPU: they are not copied to the device before.

The device library calls install() while TensorFlow starts, which may be before or after Keras is
imported.

TF_MLC_KERAS_INTEGRATION=0 turns this off. `compile(jit_compile=False)` then does the first by hand.
"""

import functools
import importlib.abc
import os
import sys


def install(device_type: str) -> None:
    """Changes Keras now if it is imported, else as soon as it is. Harmless when called again."""
    if os.environ.get("TF_MLC_KERAS_INTEGRATION", "1") == "0":
        return
    for name in _CHANGES:
        module = sys.modules.get(name)
        if module is not None:
            _change(module, device_type)
        elif not any(isinstance(f, _OneImport) and f.name == name for f in sys.meta_path):
            sys.meta_path.insert(0, _OneImport(name, device_type))


def _supports_jit(original, device_type):
    def model_supports_jit(model):
        return not _device_is_used(device_type) and original(model)

    return model_supports_jit


def _has_cudnn(original, device_type):
    def is_gpu_available():
        return device_type != "GPU" and original()

    return is_gpu_available


def _fused(original, device_type):
    def fused(*args, **kwargs):
        if not _device_is_used(device_type):
            return original(*args, **kwargs)
        # Keras does not pass this option on, which Bidirectional gives all layers of sequences.
        layer = sys._getframe(1).f_locals.get("self")
        zeros = getattr(layer, "zero_output_for_mask", False)
        from tf_mlc_plugin import recurrent

        return getattr(recurrent, original.__name__)(*args, **kwargs, zero_output_for_mask=zeros)

    return fused


def _without_optionals(original, device_type):
    from tf_mlc_plugin import train_steps

    return train_steps.without_optionals(original, lambda: _device_is_used(device_type))


def _with_repeated_calls(original, device_type):
    from tf_mlc_plugin import train_steps

    return train_steps.with_repeated_calls(original, lambda: _device_is_used(device_type))


def _on_cpu(original, device_type):
    def get_tf_dataset(self):
        if not _device_is_used(device_type):
            return original(self)
        import tensorflow as tf

        with tf.device("CPU:0"):
            return original(self)

    return get_tf_dataset


_RNN = "keras.src.backend.tensorflow.rnn"
# By module: functions and methods there, what takes their place, what to do without them.
_CHANGES = {
    "keras.src.trainers.trainer": [
        (
            "model_supports_jit",
            _supports_jit,
            "compile(jit_compile=False) is needed on MLC",
        ),
    ],
    "keras.src.backend.tensorflow.trainer": [
        (
            "TensorFlowTrainer._make_function",
            _without_optionals,
            "train steps take some more time",
        ),
        (
            "TensorFlowTrainer.make_predict_function",
            _with_repeated_calls,
            "predict() takes some more time",
        ),
    ],
    "keras.src.trainers.data_adapters.array_data_adapter": [
        (
            "ArrayDataAdapter.get_tf_dataset",
            _on_cpu,
            "the device keeps a copy of the arrays that a model is given",
        ),
    ],
    _RNN: [
        (
            "_is_gpu_available",
            _has_cudnn,
            "recurrent layers need use_cudnn=False with TF_MLC_DEVICE_TYPE=GPU",
        ),
        ("lstm", _fused, "LSTM layers run as loops"),
        ("gru", _fused, "GRU layers run as loops"),
    ],
}


def _change(module, device_type) -> None:
    for path, make, advice in _CHANGES[module.__name__]:
        *owners, name = path.split(".")
        owner = functools.reduce(lambda at, part: getattr(at, part, None), owners, module)
        original = getattr(owner, name, None)
        if original is None:
            print(f"tf_mlc_plugin: this version of Keras is not known; {advice}.", file=sys.stderr)
        elif not hasattr(original, "_mlc_original"):
            changed = functools.wraps(original)(make(original, device_type))
            changed._mlc_original = original
            setattr(owner, name, changed)
            # Where the name was imported to, if that has happened.
            for package in ("keras.src.backend.tensorflow", "keras.src.backend"):
                if getattr(sys.modules.get(package), name, None) is original:
                    setattr(sys.modules[package], name, changed)


def _device_is_used(device_type) -> bool:
    from keras import backend

    if backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return bool(tf.config.list_physical_devices(device_type))


class _OneImport(importlib.abc.MetaPathFinder):
    """Sees the import of one module, changes that module and is gone."""

    def __init__(self, name, device_type):
        self.name = name
        self._device_type = device_type

    def find_spec(self, name, path, target=None):
        if name != self.name:
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

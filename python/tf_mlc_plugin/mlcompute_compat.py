"""The functions of Apple's TensorFlow fork for ML Compute, for scripts that call them.

There they were `from tensorflow.python.compiler.mlcompute import mlcompute`; here

    from tf_mlc_plugin import mlcompute_compat as mlcompute
"""

import tf_mlc_plugin

__all__ = ["is_apple_mlc_enabled", "is_tf_compiled_with_apple_mlc", "set_mlc_device"]

_DEVICES = ("any", "cpu", "gpu")


def set_mlc_device(device_name: str = "any") -> None:
    """Checks the name and does nothing else: what runs on /MLC:0 runs on the one processor that the
    backend has, which on Linux is the CPU for all three names.

    Raises ValueError for other names than "any", "cpu" and "gpu".
    """
    if device_name not in _DEVICES:
        raise ValueError(f"device_name is {device_name!r}; it must be one of {', '.join(_DEVICES)}")


def is_apple_mlc_enabled() -> bool:
    """Whether TensorFlow, which this imports, has an MLC device. TF_DISABLE_MLC=1 takes it away."""
    return tf_mlc_plugin.device_available()


def is_tf_compiled_with_apple_mlc() -> bool:
    """Whether the device is installed, be it enabled or not."""
    return tf_mlc_plugin._DEVICE_LIBRARY.exists()

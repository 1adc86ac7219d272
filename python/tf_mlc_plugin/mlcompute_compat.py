"""The functions of Apple's TensorFlow fork for ML Compute, for scripts that call them.

There they were `from tensorflow.python.compiler.mlcompute import mlcompute`; here

    from tf_mlc_plugin import mlcompute_compat as mlcompute
"""

import tf_mlc_plugin
from tf_mlc_plugin import set_mlc_device

__all__ = ["is_apple_mlc_enabled", "is_tf_compiled_with_apple_mlc", "set_mlc_device"]


def is_apple_mlc_enabled() -> bool:
    """Whether TensorFlow, which this imports, has an MLC device. TF_DISABLE_MLC=1 takes it away."""
    return tf_mlc_plugin.device_available()


def is_tf_compiled_with_apple_mlc() -> bool:
    """Whether the device is installed, be it enabled or not."""
    return tf_mlc_plugin._DEVICE_LIBRARY.exists()

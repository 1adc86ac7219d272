import os

# TensorFlow's plain CPU kernels are the oracle: its oneDNN ones differ in corner cases.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def mlc():
    """Nothing may hide on the CPU: an op without a kernel is an error here."""
    assert tf.config.list_physical_devices("MLC"), "the plugin is not loaded"
    before = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    yield
    tf.config.set_soft_device_placement(before)

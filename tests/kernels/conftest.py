import pytest
import tensorflow as tf


@pytest.fixture(scope="module", autouse=True)
def mlc():
    """Nothing may hide on the CPU: an op without a kernel is an error here, and only here.

    Not of scope "package": without an `__init__.py` that ends with the session.
    """
    assert tf.config.list_physical_devices("MLC"), "the plugin is not loaded"
    before = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    yield
    tf.config.set_soft_device_placement(before)

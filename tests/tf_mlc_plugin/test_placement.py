"""Where ops and variables go, and what the device says of itself."""

import numpy as np
import pytest
import tensorflow as tf

import tf_mlc_plugin

# An op that nobody would write for MLC: the control of tests that turn soft placement off.
UNKNOWN_TO_MLC = tf.raw_ops.Betainc


@pytest.fixture
def hard_placement():
    before = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    yield
    tf.config.set_soft_device_placement(before)


def runs_of(op, function):
    before = tf_mlc_plugin.kernel_counts().get(op, 0)
    result = function()
    return tf_mlc_plugin.kernel_counts().get(op, 0) - before, result


def test_device_list():
    assert [d.name for d in tf.config.list_physical_devices("MLC")] == ["/physical_device:MLC:0"]
    assert [d.name for d in tf.config.list_logical_devices("MLC")] == ["/device:MLC:0"]
    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("MLC")[0])
    assert "device_name" in details
    assert tf_mlc_plugin.device_available()


@pytest.mark.parametrize("name", ["/MLC:0", "/mlc:0", "MLC:0", "/device:MLC:0", "MLC"])
def test_names(name, hard_placement):
    with tf.device(name):
        x = tf.constant([1.0, 2.0])
        y = x + x
    assert y.device.endswith("/device:MLC:0")
    assert y.numpy().tolist() == [2.0, 4.0]


def test_unknown_ordinal(hard_placement):
    with pytest.raises((tf.errors.InvalidArgumentError, RuntimeError)), tf.device("/MLC:7"):
        tf.constant(1.0) + 1.0


def test_default_placement():
    runs, product = runs_of("MatMul", lambda: tf.ones([2, 3]) @ tf.ones([3, 2]))
    assert runs == 1 and product.device.endswith("MLC:0")
    assert tf.Variable([1.0]).device.endswith("MLC:0")
    with tf.device("/CPU:0"):
        runs, product = runs_of("MatMul", lambda: tf.ones([2, 3]) @ tf.ones([3, 2]))
    assert runs == 0 and product.device.endswith("CPU:0")


def test_default_placement_in_a_function():
    @tf.function
    def f(x):
        return tf.nn.relu(x @ x)

    runs, _ = runs_of("_MlcCluster", lambda: f(tf.ones([2, 2])))
    assert runs == 1


def test_default_placement_without_clusters(monkeypatch):
    monkeypatch.setenv("TF_MLC_CLUSTERS", "0")

    @tf.function
    def f(x):
        return tf.nn.relu(x @ x)

    runs, _ = runs_of("MatMul", lambda: f(tf.ones([2, 2])))
    assert runs == 1


def test_op_without_kernel_raises(hard_placement):
    arguments = {"a": [1.0], "b": [2.0], "x": [0.5]}
    with pytest.raises(tf.errors.InvalidArgumentError, match="Betainc"), tf.device("/MLC:0"):
        UNKNOWN_TO_MLC(**arguments)


def test_op_without_kernel_runs_on_cpu_with_soft_placement():
    with tf.device("/MLC:0"):
        result = UNKNOWN_TO_MLC(a=[1.0], b=[2.0], x=[0.5])
    assert result.device.endswith("CPU:0")
    np.testing.assert_allclose(result.numpy(), [0.75], rtol=1e-6)


def test_copies_between_devices():
    values = np.arange(1000, dtype=np.float32).reshape(10, 100)
    with tf.device("/CPU:0"):
        host = tf.constant(values)
    with tf.device("/MLC:0"):
        there = tf.identity(host)
    assert there.device.endswith("MLC:0")
    with tf.device("/CPU:0"):
        back = tf.identity(there)
    assert back.device.endswith("CPU:0")
    np.testing.assert_array_equal(back.numpy(), values)

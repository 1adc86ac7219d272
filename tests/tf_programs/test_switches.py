"""Point 6: what users of the predecessor switch, and the device as a GPU."""

import json

import pytest
from site_folder import SiteFolder


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = SiteFolder(tmp_path_factory.mktemp("switches") / "environment")
    folder.install()
    return folder


def output(folder, code, **environment):
    """What the code prints as JSON, and its stderr."""
    process = folder.run("import json\n" + code, **environment)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1]), process.stderr


COMPAT = """
from tf_mlc_plugin import mlcompute_compat as mlcompute
for name in ("any", "cpu", "gpu", "ane"):
    mlcompute.set_mlc_device(device_name=name)
mlcompute.set_mlc_device()
try:
    mlcompute.set_mlc_device("tpu")
except ValueError as error:
    message = str(error)
print(json.dumps([
    mlcompute.is_apple_mlc_enabled(), mlcompute.is_tf_compiled_with_apple_mlc(), message
]))
"""


@pytest.mark.parametrize(("disable", "enabled"), [("0", True), ("1", False)])
def test_module(installed, disable, enabled):
    (is_enabled, is_compiled, message), _ = output(installed, COMPAT, TF_DISABLE_MLC=disable)
    assert (is_enabled, is_compiled) == (enabled, True)
    assert "'tpu'" in message and "any, cpu, gpu, ane" in message


# Chosen before TensorFlow, after it, and after a computation: again, then another one.
CHOICE = """
import tf_mlc_plugin
{before}
import tensorflow as tf
{after}
tf.constant([1.0, 2.0]) * 2.0
tf_mlc_plugin.set_mlc_device("gpu")
try:
    tf_mlc_plugin.set_mlc_device("cpu")
    message = "no error"
except RuntimeError as error:
    message = str(error)
print(json.dumps([message, tf_mlc_plugin.runtime_info()["computes_on"],
                  float(tf.reduce_sum(tf.constant([1.0, 2.0]) * 2.0))]))
"""
CHOOSE = "tf_mlc_plugin.set_mlc_device('gpu')"


@pytest.mark.parametrize(
    ("before", "after", "variable"),
    [
        (CHOOSE, "", {}),
        ("", "tf_mlc_plugin.set_mlc_device('cpu')\n" + CHOOSE, {}),
        ("", CHOOSE, {"TF_MLC_DEVICE_NAME": "cpu"}),
        ("", "", {"TF_MLC_DEVICE_NAME": "gpu"}),
    ],
)
def test_choice_of_device(installed, before, after, variable):
    code = CHOICE.format(before=before, after=after)
    (message, computes_on, total), _ = output(installed, code, **variable)
    assert message == (
        "set_mlc_device: device 'cpu' comes too late: 'gpu' has computed; choose before the first "
        "computation, or set TF_MLC_DEVICE_NAME=cpu"
    )
    assert computes_on == "cpu"  # of the portable backend, whatever is chosen
    assert total == 6.0


EAGER = """
import tensorflow as tf, tf_mlc_plugin
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
product, total = x @ x, tf.reduce_sum(x * x)
after_eager = tf_mlc_plugin.kernel_counts()
inside = tf.function(lambda a: tf.linalg.matmul(a, a))(x)
print(json.dumps([product.device, total.device, inside.device, after_eager,
                  product.numpy().tolist(), inside.numpy().tolist(), float(total)]))
"""


@pytest.mark.parametrize("value", [";MatMul;Square", "; MatMul ;;"])
def test_disable_eager(installed, value):
    result, _ = output(installed, EAGER, TF_DISABLE_MLC_EAGER=value)
    product, total, inside, counts, *numbers = result
    assert "CPU:0" in product and "MLC:0" in total and "MLC:0" in inside
    assert "MatMul" not in counts and counts["Sum"] == 1
    assert numbers == [[[7.0, 10.0], [15.0, 22.0]], [[7.0, 10.0], [15.0, 22.0]], 30.0]


LOGGING = """
import tensorflow as tf
print(json.dumps(tf.function(lambda x: tf.tanh(x) * 2.0 + 1.0)(tf.zeros([2])).numpy().tolist()))
"""


def test_logging(installed):
    result, errors = output(installed, LOGGING, TF_MLC_LOGGING="1")
    assert result == [1.0, 1.0]
    lines = [line for line in errors.splitlines() if line.startswith("tf_mlc_plugin: ")]
    assert any("clusters and their ops: mlc_cluster_0 (" in line for line in lines), errors
    assert any("compiles _MlcCluster of float32[2]" in line for line in lines), errors


INIT_VALUE = """
import numpy as np, tensorflow as tf
rng = np.random.default_rng(0)
x = rng.normal(size=(9, 7, 5, 3)).astype("float32")
def step(x):
    y = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]), tf.ones([2, 2, 3, 4]), 1, "SAME")
    z = tf.concat([tf.nn.max_pool2d(y, 2, 2, "SAME"), tf.nn.avg_pool2d(y, 2, 2, "SAME")], -1)
    i = tf.cast(z * 3.0, tf.int32)
    one_hot = tf.one_hot(tf.argmax(z, -1), 8)
    return [z, i, one_hot, tf.gather(z, [2, 0]), tf.cast(z, tf.float16), z > 0.0, tf.cumsum(z, 1)]
results = [*step(tf.constant(x)), *tf.function(step)(tf.constant(x))]
print(json.dumps([np.asarray(r).astype("float64").tolist() for r in results]))
"""


def test_allocator_init_value(installed):
    plain, _ = output(installed, INIT_VALUE)
    filled, _ = output(installed, INIT_VALUE, TF_MLC_ALLOCATOR_INIT_VALUE="nan")
    assert filled == plain
    bad, errors = output(installed, LOGGING, TF_MLC_ALLOCATOR_INIT_VALUE="x", TF_MLC_LOGGING="0")
    assert bad == [1.0, 1.0]
    assert 'TF_MLC_ALLOCATOR_INIT_VALUE="x" is not a number' in errors
    assert "compiles" not in errors  # logging is off


GPU = """
import numpy as np, tensorflow as tf, tf_mlc_plugin, keras
assert tf_mlc_plugin.device_available() and tf_mlc_plugin.device_type() == "GPU"
assert not tf.config.list_physical_devices("MLC")
gpus = tf.config.list_physical_devices("GPU")
tf.config.experimental.set_memory_growth(gpus[0], True)
logical = tf.config.list_logical_devices("GPU")
strategy = tf.distribute.OneDeviceStrategy("/gpu:0")
with tf.device("/GPU:0"):
    v = tf.Variable([1.0, 2.0])
    v.scatter_nd_add([[0]], [5.0])
    compiled = tf.function(lambda x: tf.tanh(x) * tf.gather(v, [0, 1]), jit_compile=True)
    y = compiled(tf.constant([0.5, 0.5]))
keras.utils.set_random_seed(0)
x, t = np.random.randn(20, 7, 3).astype("float32"), np.random.randn(20, 1).astype("float32")
losses = {}
for name in ("LSTM", "GRU"):
    with strategy.scope():
        model = keras.Sequential([
            keras.Input((7, 3)), keras.layers.Conv1D(4, 3, padding="same"),
            keras.layers.Bidirectional(getattr(keras.layers, name)(5)), keras.layers.Dense(1)
        ])
        model.compile("adam", "mse")
    losses[name] = model.fit(x, t, batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"]
print(json.dumps([gpus[0].name, logical[0].name, v.device, y.device, y.numpy().tolist(),
                  tf.test.is_gpu_available(), losses, tf_mlc_plugin.kernel_counts()]))
"""
CPU = GPU.split("assert")[0] + (
    "strategy = tf.distribute.OneDeviceStrategy('/cpu:0')\n"
    + GPU[GPU.index("keras.utils") : GPU.index("print(")]
    + "print(json.dumps(losses))"
)


def test_device_type_gpu(installed):
    result, errors = output(installed, GPU, TF_MLC_DEVICE_TYPE="GPU")
    physical, logical, variable, compiled, numbers, available, losses, counts = result
    assert (physical, logical) == ("/physical_device:GPU:0", "/device:GPU:0")
    assert "GPU:0" in variable and "GPU:0" in compiled and available
    assert numbers == pytest.approx([6 * 0.46211716, 2 * 0.46211716])
    assert counts["_MlcCluster"] > 0
    expected, _ = output(installed, CPU, TF_DISABLE_MLC="1")
    for name, values in expected.items():
        assert losses[name] == pytest.approx(values, rel=1e-4)

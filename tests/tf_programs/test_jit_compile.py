"""Point 2: tf.function(jit_compile=True) runs on MLC, and under tf.device("/CPU:0") it is XLA's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from programs import array

import tf_mlc_plugin


def clusters_run():
    counts = tf_mlc_plugin.kernel_counts()
    return counts.get("_MlcCluster", 0) + counts.get("_MlcLoop", 0)


def chain(x):
    return tf.reduce_sum(tf.tanh(x * 2.0 + 1.0) - tf.exp(-x) * x, axis=1)


def loop(x):
    state = x
    for _ in tf.range(3):
        state = tf.tanh(state @ x) + state
    return state


def branches(x):
    if tf.reduce_sum(x) > 0:
        return x * 2.0
    return tf.sin(x) - 1.0


@pytest.mark.parametrize("program", [chain, loop, branches], ids=lambda p: p.__name__)
def test_called_directly(program):
    function = tf.function(program, jit_compile=True)
    for n in (4, 1, 4):
        x = array(n, n, seed=n)
        before = clusters_run()
        result = function(tf.constant(x))
        assert "MLC" in result.device and clusters_run() > before
        with tf.device("/CPU:0"):
            expected = tf.function(program)(tf.constant(x))
        np.testing.assert_allclose(result, expected, 1e-5, 1e-6)


def test_under_the_cpu_it_is_xla():
    function = tf.function(chain, jit_compile=True)
    on_mlc = function(tf.constant(array(3, 4)))
    before = tf_mlc_plugin.kernel_counts()
    with tf.device("/CPU:0"):
        x = tf.constant(array(3, 4))
        on_cpu = function(x)
        text = function.experimental_get_compiler_ir(x)(stage="optimized_hlo")
        marked = function.get_concrete_function(x).function_def.attr["_XlaMustCompile"].b
    assert tf_mlc_plugin.kernel_counts() == before
    assert "CPU" in on_cpu.device and "fusion" in text and marked
    np.testing.assert_allclose(on_cpu, on_mlc, 1e-5)
    assert not function.get_concrete_function(x).function_def.attr["_XlaMustCompile"].b
    assert function.experimental_get_tracing_count() == 2


def test_inside_another_function():
    inner = tf.function(chain, jit_compile=True)

    @tf.function
    def outer(x):
        with tf.device("/CPU:0"):
            first = inner(x)
        return first, inner(x + 1.0) * 2.0

    x = tf.constant(array(3, 4))
    first, second = outer(x)
    np.testing.assert_allclose(first, chain(x), 1e-5)
    np.testing.assert_allclose(second, chain(x + 1.0) * 2.0, 1e-5)


def test_train_step_with_variables_made_inside():
    class Model(tf.Module):
        def __init__(self):
            self.w = None

        @tf.function(jit_compile=True)
        def step(self, x):
            if self.w is None:
                self.w = tf.Variable(tf.ones([4, 2]))
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((x @ self.w) ** 2)
            self.w.assign_sub(0.1 * tape.gradient(loss, self.w))
            return loss

    def losses(device):
        with tf.device(device):
            model = Model()
            return [float(model.step(tf.constant(array(5, 4, seed=s)))) for s in range(4)]

    np.testing.assert_allclose(losses("/MLC:0"), losses("/CPU:0"), 1e-5)


def test_gradients_through_it():
    function = tf.function(loop, jit_compile=True)
    gradients = []
    for device in ("/CPU:0", "/MLC:0"):
        with tf.device(device):
            x = tf.constant(array(3, 3))
            with tf.GradientTape() as tape:
                tape.watch(x)
                # XLA differentiates no loop of unknown length; the CPU's is the plain function.
                y = (tf.function(loop) if "CPU" in device else function)(x)
            gradients.append(tape.gradient(y, x))
    np.testing.assert_allclose(*gradients, 2e-5, 1e-5)


def test_keras_compiled_with_it():
    def losses(**compile_options):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((6, 3)), keras.layers.LSTM(4), keras.layers.Dense(1)])
        model.compile("adam", "mse", **compile_options)
        x, y = array(10, 6, 3), array(10, 1)
        return model.fit(x, y, batch_size=4, epochs=2, verbose=0, shuffle=False).history["loss"]

    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        compiled = losses(jit_compile=True)
    np.testing.assert_allclose(compiled, losses(jit_compile=False), 1e-6)


def test_layer_that_calls_a_compiled_function():
    activation = tf.function(lambda x: tf.nn.softplus(x) * 2.0, jit_compile=True)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Lambda(activation)]
    )
    model.compile("sgd", "mse")
    before = model.evaluate(array(8, 3), array(8, 4), verbose=0)
    model.fit(array(8, 3), array(8, 4), epochs=5, verbose=0)
    assert model.evaluate(array(8, 3), array(8, 4), verbose=0) < before


def test_saved_and_loaded(tmp_path):
    def module(w):
        made = tf.Module()
        made.w = tf.Variable(w)
        made.call = tf.function(
            lambda x: tf.nn.relu(x * made.w) + 1.0,
            input_signature=[tf.TensorSpec([None])],
            jit_compile=True,
        )
        return made

    x = tf.constant([1.0, -2.0])
    tf.saved_model.save(module(2.0), str(tmp_path / "mlc"))
    with tf.device("/CPU:0"):
        on_cpu = module(3.0)
        on_cpu.call(tf.constant([1.0]))
        tf.saved_model.save(on_cpu, str(tmp_path / "cpu"))
    assert b"_XlaMustCompile" in (tmp_path / "cpu" / "saved_model.pb").read_bytes()
    for folder, expected in (("mlc", [3.0, 1.0]), ("cpu", [4.0, 1.0])):
        loaded = tf.saved_model.load(str(tmp_path / folder))
        np.testing.assert_array_equal(loaded.call(x), expected)

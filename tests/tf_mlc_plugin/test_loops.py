"""Loops that run as one node (_MlcLoop) give what they give on the CPU, and others stay loops."""

import threading

import both_devices
import keras
import numpy as np
import pytest
import tensorflow as tf
from both_devices import array

import tf_mlc_plugin


def loop_runs():
    return tf_mlc_plugin.kernel_counts().get("_MlcLoop", 0)


def on_both(make, *calls, loops=None, tolerance=1e-5):
    """both_devices.on_both(); `loops` is how many loops each call runs as one node."""
    ran = both_devices.on_both(make, *calls, tolerance=tolerance).get("_MlcLoop", 0)
    assert loops is None or ran == loops * len(calls)


def gradients(function):
    """The function's results and the gradients of a sum over them by its arguments."""

    def both(*arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            results = function(*arguments)
            floats = [r for r in tf.nest.flatten(results) if r.dtype.is_floating]
            loss = tf.add_n([tf.reduce_sum(r * r) for r in floats])
        return results, tape.gradient(loss, arguments)

    return both


def plain(function):
    return lambda: (function, [])


def states(x):
    """A state over a sequence, all of it and its last value; x: [T, N, D]."""
    n = tf.shape(x)[0]
    all_of_them = tf.TensorArray(x.dtype, size=n, element_shape=x.shape[1:])
    inputs = tf.TensorArray(x.dtype, size=n).unstack(x)
    zero = tf.zeros(tf.shape(x)[1:], x.dtype)

    def body(i, h, out):
        h = tf.tanh(inputs.read(i) + 0.5 * h)
        return i + 1, h, out.write(i, h)

    _, h, out = tf.while_loop(lambda i, h, out: i < n, body, (0, zero, all_of_them))
    return h, out.stack()


def swapped(x):
    """Two carried values change places; a third one passes through."""
    return tf.while_loop(
        lambda i, a, b, c: i < 5, lambda i, a, b, c: (i + 1, b + c, a, c), (0, x, 2 * x, x - 1)
    )


def fibonacci(x):
    return tf.while_loop(
        lambda i, a, b: i < tf.cast(x[0], tf.int32),
        lambda i, a, b: (i + 1, b, a + b),
        (0, tf.constant(0, tf.int64), tf.constant(1, tf.int64)),
    )


def grows(x):
    return tf.while_loop(
        lambda t: tf.shape(t)[0] < 9,
        lambda t: [tf.concat([t, t[:1] * 2], 0)],
        [x],
        [tf.TensorShape([None, 3])],
    )


def kept_as_it_came(x):
    """What the loop is given is also read after it: its buffer must not be written."""
    total = tf.while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, t + 1), (0, x))[1]
    return total, x * 2


def never(x):
    return tf.while_loop(lambda i, t: i < 0, lambda i, t: (i + 1, t + x), (0, x))


def collatz(x):
    """The condition comes from what the steps compute, in int32 alone."""
    start = tf.cast(tf.abs(x[0, 0]) * 10, tf.int32) + 1
    return tf.while_loop(
        lambda n, k: n > 1,
        lambda n, k: (tf.where(n % 2 == 0, n // 2, 3 * n + 1), k + 1),
        (start, 0),
    )


@pytest.mark.parametrize("function", [swapped, grows, kept_as_it_came, never])
def test_carried_values(function):
    on_both(plain(function), [array(4, 3)], [array(1, 3, seed=1)], [array(4, 3, seed=2)], loops=1)


@pytest.mark.parametrize("function", [swapped, grows, kept_as_it_came, never])
def test_gradients_of_carried_values(function):
    on_both(plain(gradients(function)), [array(4, 3)], [array(2, 3, seed=1)], loops=2)


def test_integers():
    on_both(plain(fibonacci), [array(1) + 50], [array(1) * 0], [array(1) + 10], loops=1)
    on_both(plain(collatz), [array(2, 2)], [array(2, 2, seed=1)])


@pytest.mark.parametrize("length", [0, 1, 2, 33])
def test_lists(length):
    on_both(plain(states), [array(length, 2, 3)], [array(length, 2, 3, seed=1)], loops=1)


@pytest.mark.parametrize("length", [1, 2, 33])
def test_lists_that_gradients_take(length):
    calls = [array(length, 2, 3)], [array(length, 2, 3, seed=1)]
    on_both(plain(gradients(states)), *calls, loops=2)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_elements_that_several_steps_read(dtype):
    """The gradient is a sum of lists in which the same element is set."""

    def pairs(x):
        inputs = tf.TensorArray(dtype, size=tf.shape(x)[0]).unstack(tf.cast(x, dtype))

        def body(i, h):
            return i + 1, tf.sin(inputs.read(i // 2)) * inputs.read(0) + h

        return tf.while_loop(lambda i, h: i < 5, body, (0, tf.zeros([2, 3], dtype)))[1]

    def gradient(x):
        return tf.cast(gradients(pairs)(x)[1][0], tf.float32)

    tolerance = 5e-2 if dtype == "bfloat16" else 1e-5
    on_both(plain(gradient), [array(4, 2, 3)], [array(3, 2, 3)], loops=2, tolerance=tolerance)


def test_sequence_lengths_in_turn():
    calls = [[array(n, 2, 3, seed=n)] for n in (5, 2, 9, 1, 5, 30)]
    on_both(plain(states), *calls, loops=1)
    on_both(plain(gradients(states)), *calls)


def test_a_list_that_two_gradients_take():
    def third_power(x):
        return tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * tf.sin(x * t)), (0, x))[1]

    def twice(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = third_power(x)
                z = 2 * y
            first = tape.gradient(y, x) + tape.gradient(z, x)
        return first, outer.gradient(first, x)

    on_both(plain(twice), [array(3, 2)], [array(5, 1, seed=1)], tolerance=1e-4)


def test_elements_never_set():
    def some(x):
        out = tf.TensorArray(tf.float32, size=6, element_shape=[3])

        def body(i, out):
            return i + 2, out.write(i, x[0] * tf.cast(i, tf.float32))

        _, out = tf.while_loop(lambda i, out: i < 6, body, (0, out))
        return out.stack()

    on_both(plain(some), [array(2, 3)], loops=1)


def test_an_index_outside_of_the_list():
    def beyond(x):
        out = tf.TensorArray(tf.float32, size=2, element_shape=[3])
        _, out = tf.while_loop(
            lambda i, out: i < 4, lambda i, out: (i + 1, out.write(i, x[0])), (0, out)
        )
        return out.stack()

    with tf.device("/MLC:0"), pytest.raises(tf.errors.InvalidArgumentError, match="2 elements"):
        tf.function(beyond)(tf.constant(array(2, 3)))


def test_shapes_that_do_not_stack():
    def ragged(x):
        out = tf.TensorArray(tf.float32, size=3, infer_shape=False)
        _, out = tf.while_loop(
            lambda i, out: i < 3, lambda i, out: (i + 1, out.write(i, x[: i + 1])), (0, out)
        )
        return out.stack()

    with tf.device("/MLC:0"), pytest.raises(tf.errors.InvalidArgumentError, match="shapes"):
        tf.function(ragged)(tf.constant(array(3, 3)))


def weighted(write=None, before=False):
    """A loop that reads a variable in each step, and a write somewhere."""

    def make():
        w = tf.Variable(array(3, 3), name="w")

        def f(x):
            if before:
                w.assign_add(tf.ones_like(w))

            def body(i, t):
                if write == "in the loop":
                    w.assign(w * 0.5)
                return i + 1, tf.tanh(t @ w)

            with tf.GradientTape() as tape:
                t = tf.while_loop(lambda i, t: i < 4, body, (0, x))[1]
            gradient = tape.gradient(t, w) if write != "in the loop" else w + 0
            if write == "after":
                w.assign_sub(0.1 * gradient)
            return t, gradient, w + 0

        return f, [w]

    return make


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("write", [None, "after"])
def test_variables_that_loops_read(write, before):
    on_both(weighted(write, before), [array(2, 3)], [array(5, 3)], [array(2, 3)], loops=2)


@pytest.mark.parametrize("loops", ["0", "1"])
def test_a_variable_that_is_read_before_the_loop_too(loops, monkeypatch):
    """The loop takes the first read's value, and still runs after what the second waited for."""
    monkeypatch.setenv("TF_MLC_LOOPS", loops)

    def make():
        w, count = tf.Variable(array(3, 3)), tf.Variable(0.0)

        def f(x):
            w.assign(w * 0.9)
            first = x @ w
            count.assign_add(tf.reduce_sum(first))

            def body(i, t):
                count.assign_add(1.0)
                return i + 1, tf.tanh(t @ w) + count

            return first, tf.while_loop(lambda i, t: i < 4, body, (0, x)), count.read_value()

        return f, [w, count]

    on_both(make, [array(2, 3)], [array(5, 3)], loops=0)

    def without_a_count():
        w = tf.Variable(array(3, 3))

        def f(x):
            first = x @ w
            w.assign(w * 0.9)
            second = first @ w
            with tf.control_dependencies([second]):
                loop = tf.while_loop(
                    lambda i, t: i < 4, lambda i, t: (i + 1, tf.tanh(t @ w)), (0, x)
                )
            w.assign_add(tf.ones_like(w))
            return first, loop

        return f, [w]

    on_both(without_a_count, [array(2, 3)], [array(5, 3)], loops=int(loops))


def narrow(dtypes):
    """A loop that multiplies by a variable and a tensor, cast to each of `dtypes` in each step."""

    def make():
        w = tf.Variable(array(3, 3))

        def f(x, v):
            def body(i, t):
                for dtype in dtypes:
                    product = tf.cast(t, dtype) @ tf.cast(w, dtype) + tf.cast(v, dtype)
                    t = tf.tanh(tf.cast(product, tf.float32))
                return i + 1, t

            with tf.GradientTape() as tape:
                t = tf.while_loop(lambda i, t: i < 4, body, (0, x))[1]
            return t, tape.gradient(t, w)

        return f, [w]

    return make


@pytest.mark.parametrize("dtypes", [["bfloat16"], ["float64", "bfloat16", "float64"]])
def test_casts_of_what_loops_only_read(dtypes, monkeypatch, tmp_path):
    """Weights are cast once, before the loop, and not kept for each step's gradient."""
    monkeypatch.setenv("TF_MLC_DUMP", str(tmp_path))
    calls = [[array(2, 3), array(3)], [array(5, 3), array(3)], [array(2, 3), array(3)]]
    on_both(narrow(dtypes), *calls, loops=2, tolerance=2e-2)
    [text] = [
        text
        for path in tmp_path.glob("graph_*_clustered.txt")
        if "Loop(" in (text := path.read_text()) and "Grad" in text
    ][-1:]
    first, _, gradient = text.partition("mlc_loop_0 = ")[2].partition("mlc_loop_1 = ")
    casts = [line.split("=")[0].strip() for line in first.splitlines() if "= Cast(" in line]
    # Of t and the product; those of v to the same type are one.
    assert len(casts) == 2 * len(dtypes) + len(set(dtypes)), casts
    assert text.count("/mlc_cast = Cast(") == len(set(dtypes))
    lists = [line for line in gradient.splitlines() if "= TensorListPopBack(" in line]
    assert len(lists) == 2 * len(dtypes), lists  # t, as cast, and the activation


def test_a_cast_on_a_branch_of_a_loop_or_in_another():
    def make():
        w = tf.Variable(array(2, 3))

        def f(x):
            def inner(i, t):
                return i + 1, t + tf.cast(tf.cast(w, tf.float16), tf.float32)

            def body(i, t):
                t = tf.cond(
                    i % 2 == 0, lambda: t * tf.cast(tf.cast(w, "float16"), "float32"), lambda: t
                )
                return i + 1, tf.while_loop(lambda j, t: j < 2, inner, (0, t))[1]

            return tf.while_loop(lambda i, t: i < 5, body, (0, x))

        return f, [w]

    on_both(make, [array(2, 3)])


def test_variables_that_loops_write():
    on_both(weighted("in the loop"), [array(2, 3)], [array(5, 3)], loops=0)


def test_a_variable_read_on_a_branch_of_a_loop():
    def make():
        w = tf.Variable(array(2, 3))

        def f(x):
            def body(i, t):
                return i + 1, tf.cond(i % 2 == 0, lambda: t * w, lambda: t - 1)

            return tf.while_loop(lambda i, t: i < 5, body, (0, x))

        return f, [w]

    on_both(make, [array(2, 3)], loops=0)


def test_loops_in_loops_and_on_branches():
    def nested(x):
        def body(i, t):
            inner = tf.while_loop(lambda k, s: k < i, lambda k, s: (k + 1, tf.sin(s) + x), (0, t))
            return i + 1, inner[1] * 0.5

        t = tf.while_loop(lambda i, t: i < 3, body, (0, x))[1]
        return tf.cond(tf.reduce_sum(t) > 0, lambda: swapped(t)[1], lambda: t)

    on_both(plain(nested), [array(2, 3)], [array(2, 3, seed=3)])
    on_both(plain(gradients(nested)), [array(2, 3)], [array(2, 3, seed=3)], tolerance=1e-4)


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_other_types(dtype):
    def cast(x):
        return states(tf.cast(x, dtype))[1]

    tolerance = {"float64": 1e-5, "float16": 5e-3, "bfloat16": 3e-2}[dtype]
    on_both(
        plain(lambda x: tf.cast(gradients(cast)(x)[0], tf.float32)),
        [array(7, 2, 3)],
        tolerance=tolerance,
    )


def test_nan_and_infinity_pass_through():
    x = array(6, 2, 3)
    x[1, 0, 0], x[3, 1, 1] = np.nan, np.inf
    on_both(plain(states), [x], loops=1)


def test_several_threads():
    with tf.device("/MLC:0"):
        traced = tf.function(gradients(states))
        inputs = [array(n, 2, 3, seed=n) for n in (3, 8)]
        alone = [tf.nest.flatten(traced(tf.constant(x))) for x in inputs]
        wrong = []

        def run(k):
            for _ in range(30):
                found = tf.nest.flatten(traced(tf.constant(inputs[k % 2])))
                for a, b in zip(found, alone[k % 2], strict=True):
                    if not np.array_equal(a, b):
                        wrong.append(k)

        threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_the_switch(monkeypatch):
    monkeypatch.setenv("TF_MLC_LOOPS", "0")
    on_both(plain(states), [array(5, 2, 3)], loops=0)


class Gated(keras.layers.Layer):
    """A cell of one's own with two states."""

    def __init__(self, units):
        super().__init__()
        self.state_size = [units, units]
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1] + self.units, 2 * self.units), name="kernel")
        self.bias = self.add_weight(shape=(2 * self.units,), initializer="ones", name="bias")

    def call(self, x, states):
        h, c = states
        both = keras.ops.matmul(keras.ops.concatenate([x, h], -1), self.kernel) + self.bias
        gate, new = keras.ops.split(both, 2, axis=-1)
        c = c + keras.ops.sigmoid(gate) * (keras.ops.tanh(new) - c)
        return c * 0.9, [c * 0.9, c]


SHAPES = {
    "last": {},
    "sequences": {"return_sequences": True},
    "backwards": {"return_sequences": True, "go_backwards": True},
}


def test_recurrent_dropout():
    """Its cell reads a variable four times a step; the masks are the same on both devices."""
    losses, ran = {}, {}
    for device in ("/CPU:0", "/MLC:0"):
        keras.utils.set_random_seed(3)
        with tf.device(device):
            layer = keras.layers.LSTM(5, recurrent_dropout=0.4, seed=7)
            model = keras.Sequential([keras.Input((6, 4)), layer, keras.layers.Dense(2)])
            model.compile("sgd", "mse", jit_compile=False)
            before = loop_runs()
            history = model.fit(array(8, 6, 4), array(8, 2, seed=1), batch_size=4, verbose=0)
            ran[device] = loop_runs() - before
        losses[device] = [history.history["loss"], *model.get_weights()]
    assert ran == {"/CPU:0": 0, "/MLC:0": 2 * 2}
    for expected, actual in zip(losses["/CPU:0"], losses["/MLC:0"], strict=True):
        np.testing.assert_allclose(actual, expected, 2e-4, 2e-5)


@pytest.mark.parametrize("options", SHAPES)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_cells_of_keras_models(options, masked, layers):
    """Prediction and training with a cell of one's own, partial batches included."""
    x = array(10, 6, 4)
    if masked:
        x[2, 4:] = x[5, 1:3] = 0
    y = array(10, 2, seed=1)
    results, ran = {}, {}
    for device in ("/CPU:0", "/MLC:0"):
        keras.utils.set_random_seed(3)
        with tf.device(device):
            inputs = keras.Input((6, 4))
            h = keras.layers.Masking()(inputs) if masked else inputs
            for _ in range(layers - 1):
                h = keras.layers.RNN(Gated(5), return_sequences=True)(h)
            h = keras.layers.RNN(Gated(5), **SHAPES[options])(h)
            if "return_sequences" in SHAPES[options]:
                h = keras.layers.GlobalAveragePooling1D()(h)
            model = keras.Model(inputs, keras.layers.Dense(2)(h))
            model.compile("sgd", "mse", jit_compile=False)
            before = loop_runs()
            first = model.predict(x, batch_size=4, verbose=0)
            history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
            ran[device] = loop_runs() - before
        results[device] = [first, history["loss"], *model.get_weights()]
    # Three batches: a loop for each layer, in training its gradient's too.
    assert ran == {"/CPU:0": 0, "/MLC:0": layers * 3 * (1 + 2 * 2)}
    for expected, actual in zip(results["/CPU:0"], results["/MLC:0"], strict=True):
        np.testing.assert_allclose(actual, expected, 2e-4, 2e-5)

"""tf_mlc_plugin.repeated_calls: the same results and traces as with the tf.function alone."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_mlc_plugin.repeated_calls import RepeatedCalls


class Counted:
    """A tf.function that counts how often it is called and traced."""

    def __init__(self, python_function, **options):
        self.traces = self.calls = 0

        def traced(argument):
            self.traces += 1
            return python_function(argument)

        self._function = tf.function(traced, **options)
        self.get_concrete_function = self._function.get_concrete_function

    def __call__(self, argument):
        self.calls += 1
        return self._function(argument)


def test_calls_alike_go_to_the_trace():
    counted = Counted(lambda data: data["a"] + data["b"][0])
    repeated = RepeatedCalls(counted)
    for i in range(5):
        result = repeated({"a": tf.constant([1.0 * i, 2.0]), "b": (tf.constant(10.0),)})
        np.testing.assert_array_equal(result, [i + 10.0, 12.0])
    assert (counted.calls, counted.traces) == (1, 1)


@pytest.mark.parametrize("reduce_retracing", [False, True])
def test_other_shapes_dtypes_and_structures(reduce_retracing):
    def double(data):
        return tf.nest.map_structure(lambda tensor: tensor + tensor, data)

    counted = Counted(double, reduce_retracing=reduce_retracing)
    repeated = RepeatedCalls(counted)
    plain = Counted(double, reduce_retracing=reduce_retracing)
    arguments = [tf.ones((n, 3)) for n in (2, 2, 2, 5, 5, 5, 2, 2, 2, 4, 4)]
    arguments += [tf.ones((4, 3), tf.int32)] * 3 + [tf.ones((12,))] * 3 + [tf.ones(())] * 3
    arguments += [[tf.ones(2)]] * 3 + [(tf.ones(2),)] * 3 + [{"a": tf.ones(2)}] * 3
    arguments += [{"b": tf.ones(2)}] * 3 + [[tf.ones(2), [tf.ones(2)]]] * 3
    for argument in arguments:
        expected, actual = plain(argument), repeated(argument)
        tf.nest.assert_same_structure(actual, expected)
        for one, other in zip(tf.nest.flatten(actual), tf.nest.flatten(expected), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert counted.traces == plain.traces
    assert counted.calls < plain.calls


def test_what_is_not_a_tensor_goes_to_the_function():
    counted = Counted(lambda data: tf.convert_to_tensor(data) * 2)
    repeated = RepeatedCalls(counted)
    for i in range(3):
        np.testing.assert_array_equal(repeated(np.float32([i])), [2 * i])
        np.testing.assert_array_equal(repeated(i), 2 * i)
    assert counted.calls == 6


def test_iterators():
    counted = Counted(lambda iterator: iterator.get_next() + 1)
    repeated = RepeatedCalls(counted)
    data = tf.data.Dataset.range(4)
    for _ in range(3):
        iterator = iter(data)
        assert [int(repeated(iterator)) for _ in range(4)] == [1, 2, 3, 4]
        with pytest.raises(tf.errors.OutOfRangeError):
            repeated(iterator)
    two = iter(data), iter(data)
    assert [int(repeated(two[i])) for i in (0, 0, 0, 1, 1, 0, 1)] == [1, 2, 3, 1, 2, 4, 3]
    assert counted.traces == 1
    batches = iter(tf.data.Dataset.range(5).batch(2))  # of another element_spec
    assert [len(repeated(batches)) for _ in range(3)] == [2, 2, 1]
    assert counted.traces == 2


def test_variables_made_by_the_first_call_and_changed_between_calls():
    variables = []

    def add(data):
        if not variables:
            variables.append(tf.Variable(1.0))
        return data + variables[0].assign_add(1.0)

    repeated = RepeatedCalls(tf.function(add))
    values = []
    for i in range(4):
        values.append(float(repeated(tf.constant(0.0))))
        variables[0].assign_add(10.0 * i)
    assert values == [2.0, 3.0, 14.0, 35.0]


def test_gradients_and_graphs():
    repeated = RepeatedCalls(tf.function(lambda x: x * x))
    x = tf.constant(3.0)
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = repeated(x)
        assert float(tape.gradient(y, x)) == 6.0
    outer = tf.function(lambda a: repeated(a) + 1)
    assert float(outer(x)) == 10.0
    assert float(repeated(x)) == 9.0


def test_run_functions_eagerly_is_heeded():
    seen = []

    def function(x):
        seen.append(tf.executing_eagerly())
        return x

    repeated = RepeatedCalls(tf.function(function))
    x = tf.constant(1)
    for _ in range(3):
        repeated(x)
    tf.config.run_functions_eagerly(True)
    try:
        repeated(x)
    finally:
        tf.config.run_functions_eagerly(False)
    repeated(x)
    assert seen == [False, True]


def test_several_threads():
    repeated = RepeatedCalls(tf.function(lambda x: tf.reduce_sum(x) + tf.cast(tf.size(x), x.dtype)))
    wrong = []

    def run(n, dtype):
        x = tf.ones((n,), dtype)
        for _ in range(200):
            result = repeated(x)
            if result.dtype != dtype or int(result) != 2 * n:
                wrong.append((n, dtype, result))

    kinds = [(3, tf.float32), (4, tf.float32), (3, tf.int32), (5, tf.float64)]
    threads = [threading.Thread(target=run, args=kind) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_predict_of_keras_uses_the_trace():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    x = np.random.default_rng(0).normal(size=(22, 3)).astype(np.float32)
    expected = x @ model.get_weights()[0]
    np.testing.assert_allclose(model.predict(x, batch_size=4, verbose=0), expected, atol=1e-5)
    for n in (22, 7, 7, 22):
        actual = model.predict(x[:n], batch_size=4, verbose=0)
        np.testing.assert_allclose(actual, expected[:n], atol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)
    function = model.predict_function
    assert model.make_predict_function() is function  # made once
    assert isinstance(function.__closure__[0].cell_contents, RepeatedCalls)

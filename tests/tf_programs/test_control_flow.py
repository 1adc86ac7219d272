"""Point 3: loops, conditions, maps, scans and lists, and gradients through them."""

import pytest
import tensorflow as tf
from programs import MODES, array, compare

DTYPES = ["float32", "float64", "float16", "bfloat16", "int32", "int64", "uint8", "bool"]


def program(function, *inputs):
    """A `make` of programs.compare: calls the function with constants."""
    return lambda: (lambda: function(*map(tf.constant, inputs)), [])


def with_gradient(function):
    """The function's result and the gradient of the sum of its squares."""

    def both(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = function(*inputs)
            loss = tf.reduce_sum(result**2)
        return result, tape.gradient(loss, inputs)

    return both


def while_loop(x):
    return tf.while_loop(
        lambda i, s: i < 4, lambda i, s: (i + 1, tf.tanh(s @ x) * 0.5 + s), [0, x]
    )[1]


def while_until(x):
    return tf.while_loop(
        lambda s: tf.reduce_max(s) < 5.0, lambda s: [s * 1.5 + 0.1], [x], maximum_iterations=50
    )[0]


def cond(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x**2 + 1.0, lambda: tf.sin(x))


def cond_negative(x):
    return cond(-tf.abs(x))


def case(x):
    i = tf.cast(tf.shape(x)[0] % 3, tf.int32)
    return tf.switch_case(i, [lambda: x * 2.0, lambda: x - 1.0, lambda: tf.exp(x)])


def map_fn(x):
    return tf.map_fn(lambda row: tf.reduce_sum(row * row) * row, x)


def vectorized_map(x):
    return tf.vectorized_map(lambda row: tf.reduce_sum(row * row) * row, x)


def scan(x):
    return tf.scan(lambda a, row: tf.tanh(a + row), x, initializer=tf.zeros([3]))


def foldl(x):
    return tf.foldl(lambda a, row: a * 0.5 + row, x)


def tensor_array(x):
    history = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)
    total = tf.zeros([3])
    for i in tf.range(tf.shape(x)[0]):
        total = total * 0.9 + x[i]
        history = history.write(i, total)
    return history.stack() + history.gather([0]) + tf.reshape(history.concat(), [-1, 3])


def nested(x):
    total = tf.zeros([3])
    for i in tf.range(3):
        for j in tf.range(i + 1):
            if (i + j) % 2 == 0:
                total += x[i] * tf.cast(j + 1, tf.float32)
            else:
                total = tf.tanh(total) + x[j]
    return total


FUNCTIONS = [
    while_loop,
    while_until,
    cond,
    cond_negative,
    case,
    map_fn,
    vectorized_map,
    scan,
    foldl,
    tensor_array,
    nested,
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_with_gradient(function, mode):
    if function is nested and mode == "function":
        function = tf.autograph.to_graph(nested)
    if function is tensor_array and mode == "function":
        function = tf.autograph.to_graph(tensor_array)
    compare(program(with_gradient(function), array(3, 3)), mode, scale=10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_lists_of_every_type(dtype, mode):
    def lists(x):
        array_ = tf.TensorArray(x.dtype, size=4, element_shape=[3], clear_after_read=False)
        array_ = array_.unstack(x)
        array_ = array_.write(2, array_.read(0))
        array_ = array_.scatter([1], array_.gather([3]))
        parts = tf.TensorArray(x.dtype, size=2, infer_shape=False).split(x, [1, 3])
        return array_.stack(), array_.gather([2, 0]), array_.concat(), parts.read(1)

    compare(program(lists, tf.cast(array(4, 3) * 2, dtype).numpy()), mode)


@pytest.mark.parametrize("dtype", DTYPES)
def test_lists_of_every_type_in_loops(dtype):
    def lists(x):
        out = tf.TensorArray(x.dtype, size=4, element_shape=[3])
        back = tf.TensorArray(x.dtype, size=0, dynamic_size=True)

        def body(i, out, back):
            return i + 1, out.write(i, x[3 - i]), back.write(i, tf.reverse(x[i], [0]))

        _, out, back = tf.while_loop(lambda i, *_: i < 4, body, [0, out, back])
        return out.stack(), back.stack(), tf.map_fn(lambda row: row[::-1], x)

    compare(program(lists, tf.cast(array(4, 3) * 2, dtype).numpy()), "function")


def test_shapes_that_change_between_calls():
    step = tf.function(with_gradient(scan), reduce_retracing=True)
    results = []
    for device in ("/CPU:0", "/MLC:0"):
        with tf.device(device):
            results.append(
                [step(tf.constant(array(n, 3, seed=n)))[0].numpy() for n in (4, 1, 6, 4)]
            )
    for expected, actual in zip(*results, strict=True):
        assert abs(expected - actual).max() < 1e-5


def test_ragged_and_sparse():
    def both(x):
        ragged = tf.RaggedTensor.from_row_lengths(x, [1, 0, 3])
        sparse = tf.sparse.from_dense(tf.nn.relu(x))
        return (
            tf.reduce_sum(ragged, axis=1),
            ragged.to_tensor(),
            tf.sparse.sparse_dense_matmul(sparse, tf.transpose(x)),
            tf.sparse.reduce_sum(sparse, 1),
            tf.boolean_mask(x, x[:, 0] > 0),
            tf.where(x > 0),
        )

    for mode in MODES:
        compare(program(both, array(4, 3)), mode)

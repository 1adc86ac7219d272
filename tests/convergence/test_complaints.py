"""One test for each thing that users of MLCompute's first TensorFlow complained of."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from convergence import data, log
from convergence.cases import convolution, dense, recurrent

SPARSE = "sparse_categorical_crossentropy"


@pytest.fixture(autouse=True)
def seed():
    keras.backend.clear_session()
    keras.utils.set_random_seed(2)


def digits(count):
    (x, y), _ = data.digits()
    return x[:count], y[:count]


def numpy_loss(y, probabilities):
    return -np.log(probabilities[np.arange(len(y)), y]).mean()


def test_loss_does_not_explode():
    """BatchNormalization, Adam, a large learning rate and a large batch."""
    x, y = digits(1024)
    model = convolution.normalized()
    model.compile(keras.optimizers.Adam(0.01), SPARSE)
    losses = model.fit(x, y, batch_size=256, epochs=12, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and max(losses) < 1.2 * losses[0], losses
    assert losses[-1] < 0.5 * losses[0], losses


def test_evaluate_agrees_with_fit():
    """With a learning rate of 0 an epoch's loss is that of the data, and so is NumPy's."""
    x, y = digits(200)
    model = dense.classifier()
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=3, verbose=0)
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, verbose=0).history
    loss, accuracy = model.evaluate(x, y, verbose=0)
    probabilities = model.predict(x, verbose=0)
    np.testing.assert_allclose(loss, history["loss"][0], rtol=1e-5)
    np.testing.assert_allclose(loss, numpy_loss(y, probabilities), rtol=1e-5)
    assert accuracy == pytest.approx(history["accuracy"][0])
    assert accuracy == pytest.approx((probabilities.argmax(-1) == y).mean())


def test_the_order_of_predict_and_evaluate_changes_nothing():
    x, y = digits(150)
    model = convolution.normalized()
    model.compile("adam", SPARSE)
    model.fit(x, y, verbose=0)
    predictions, losses = [], []
    for step in "pepppeep":
        if step == "p":
            predictions.append(model.predict(x, verbose=0))
        else:
            losses.append(model.evaluate(x, y, verbose=0))
    for other in predictions[1:]:
        np.testing.assert_array_equal(other, predictions[0])
    assert len(set(losses)) == 1
    np.testing.assert_allclose(losses[0], numpy_loss(y, predictions[0]), rtol=1e-5)


def test_the_first_shape_is_not_kept():
    """Batches and images of several sizes, and the first again, against the CPU."""
    model = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(6, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4),
        ]
    )
    rng = np.random.default_rng(0)
    weights = [w.numpy() for w in model.weights]
    for batch, size in [(4, 8), (1, 8), (7, 12), (4, 9), (32, 16), (4, 8)]:
        x = rng.normal(size=(batch, size, size, 1)).astype("float32")
        with tf.device("/CPU:0"):
            y = tf.nn.relu(tf.nn.conv2d(x, weights[0], 1, "VALID") + weights[1])
            y = tf.reduce_mean(tf.nn.max_pool2d(y, 2, 2, "VALID"), [1, 2])
            expected = (y @ weights[2] + weights[3]).numpy()
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [33, 70, 95, 31])
def test_the_last_partial_batch(count):
    x, y = digits(count)
    model = dense.classifier()
    model.compile(keras.optimizers.SGD(0.0), SPARSE)
    predicted = model.predict(x, batch_size=32, verbose=0)
    one_by_one = np.concatenate([model(x[i : i + 1]) for i in range(count)])
    np.testing.assert_allclose(predicted, one_by_one, rtol=1e-5, atol=1e-6)
    expected = numpy_loss(y, predicted)
    assert model.evaluate(x, y, batch_size=32, verbose=0) == pytest.approx(expected, rel=1e-5)
    losses = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def numpy_lstm(x, kernel, recurrent_kernel, bias):
    """The last state; gates in the order input, forget, cell, output (Gers et al. 1999)."""
    units = recurrent_kernel.shape[0]
    state = cell = np.zeros((len(x), units))
    for t in range(x.shape[1]):
        gates = np.split(x[:, t] @ kernel + state @ recurrent_kernel + bias, 4, axis=-1)
        i, f, o = (1 / (1 + np.exp(-gates[k])) for k in (0, 1, 3))
        cell = f * cell + i * np.tanh(gates[2])
        state = o * np.tanh(cell)
    return state


def test_lstm_is_right():
    x = np.random.default_rng(1).normal(size=(5, 11, 3)).astype("float32")
    layer = layers.LSTM(7, bias_initializer="random_normal")
    model = keras.Sequential([keras.Input((None, 3)), layer])
    for part in (x, x[:2, :4], x):
        expected = numpy_lstm(part.astype("float64"), *layer.get_weights())
        np.testing.assert_allclose(model.predict(part, verbose=0), expected, atol=1e-5)


def test_two_tapes_see_what_one_sees():
    x = tf.constant(digits(20)[0])
    one, other = dense.classifier(), convolution.cnn()

    def losses():
        a, b = one(x), other(x)
        return tf.reduce_mean((a - b) ** 2), tf.reduce_mean(a * b)

    @tf.function
    def both():
        with tf.GradientTape() as first, tf.GradientTape() as second:
            a, b = losses()
        return (
            first.gradient(a, [w.value for w in one.trainable_variables]),
            second.gradient(b, [w.value for w in other.trainable_variables]),
        )

    @tf.function
    def alone(k):
        with tf.GradientTape() as tape:
            loss = losses()[k]
        return tape.gradient(loss, [w.value for w in (one, other)[k].trainable_variables])

    for together, expected in zip(both(), (alone(0), alone(1)), strict=True):
        for gradient, value in zip(together, expected, strict=True):
            np.testing.assert_allclose(gradient, value, rtol=1e-5, atol=1e-7)
            assert np.abs(value).max() > 0


def test_dropout_in_two_branches():
    """Each drops its own share while training, and neither does otherwise."""
    left, right = keras.Input((64,)), keras.Input((64,))
    dropped = layers.Dropout(0.25)(left), layers.Dropout(0.5)(right)
    model = keras.Model([left, right], dropped)
    ones = np.ones((200, 64), "float32")
    training = [np.asarray(y) for y in model([ones, ones], training=True)]
    for values, rate in zip(training, (0.25, 0.5), strict=True):
        np.testing.assert_allclose(np.unique(values), [0, 1 / (1 - rate)], rtol=1e-6)
        # Four standard deviations of the share of 12 800 coins.
        assert abs((values == 0).mean() - rate) < 4 * (rate * (1 - rate) / values.size) ** 0.5
    agree = ((training[0] == 0) & (training[1] == 0)).mean()
    assert abs(agree - 0.125) < 0.015
    for values in model.predict([ones, ones], verbose=0):
        np.testing.assert_array_equal(values, ones)


@pytest.mark.parametrize("mode", [lambda f: f, tf.function], ids=["eager", "function"])
def test_nested_tapes_of_several_sizes(mode):
    """d/dw of sum (d/dx sum w x^3)^2 = 18 w sum x^4."""

    @mode
    def second(x, w):
        with tf.GradientTape() as outer:
            outer.watch(w)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(w * x**3)
            penalty = tf.reduce_sum(inner.gradient(y, x) ** 2)
        return outer.gradient(penalty, w)

    for size in (4, 1, 33, 4):
        x = np.linspace(-1, 1.5, size * 3).reshape(size, 3).astype("float32")
        value = second(tf.constant(x), tf.constant(0.7))
        np.testing.assert_allclose(value, 18 * 0.7 * (x.astype("float64") ** 4).sum(), rtol=1e-5)


def test_a_loaded_model_goes_on_as_the_saved_one(tmp_path):
    x, y = digits(160)
    model = convolution.normalized()
    model.compile("adam", SPARSE)
    model.fit(x, y, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict(x, verbose=0), loaded.predict(x, verbose=0))
    # Dropout's random numbers start anew in a loaded model.
    for each in (model, loaded):
        each.layers[-3].rate = 0.0
        each.compile(each.optimizer, SPARSE)
        each.fit(x, y, verbose=0, shuffle=False)
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


SMALL = {
    "mlp": (dense.classifier, lambda: digits(512)),
    "cnn": (convolution.cnn, lambda: digits(512)),
    "lstm": (lambda: recurrent.forecast(layers.LSTM(8), 24), lambda: data.sunspots()[0]),
}


@pytest.mark.parametrize("name", SMALL)
def test_memory_does_not_grow(name):
    """Resident memory over 2000 steps; the first 500 fill caches."""
    make, get = SMALL[name]
    x, y = get()
    model = make()
    model.compile("adam", "mse" if name == "lstm" else SPARSE)
    memory = []
    for step in range(2000):
        begin = step * 16 % 200
        model.train_on_batch(x[begin : begin + 16], y[begin : begin + 16])
        if step >= 500 and step % 25 == 0:
            memory.append(log.resident())
    steps = np.arange(len(memory)) * 25.0
    slope = np.polyfit(steps, memory, 1)[0]
    # One lost float32 gradient of these models' largest weights would be 2 to 30 KiB a step.
    assert slope * 1024 < 0.5, f"{slope * 1024:.2f} KiB a step: {memory}"


MISUSE = {
    "features": lambda: dense.classifier().predict(np.zeros((4, 7, 8, 1), "float32"), verbose=0),
    "matrices": lambda: tf.matmul(tf.ones([2, 3]), tf.ones([4, 5])),
    "kernel": lambda: tf.nn.conv2d(tf.ones([1, 2, 2, 1]), tf.ones([5, 5, 1, 1]), 1, "VALID"),
    "channels": lambda: tf.nn.conv2d(tf.ones([1, 4, 4, 3]), tf.ones([3, 3, 2, 1]), 1, "SAME"),
    "label": lambda: tf.nn.sparse_softmax_cross_entropy_with_logits([7], [[0.0, 1.0]]),
    "index": lambda: tf.function(tf.gather)(tf.ones([3, 2]), tf.constant([5])),
}


@pytest.mark.parametrize("name", MISUSE)
def test_an_error_and_no_crash(name):
    """TensorFlow's CPU gives NaN for a wrong label in one of its kernels; MLC may not crash."""
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        MISUSE[name]()
    x = tf.constant(np.eye(3, dtype="float32"))
    np.testing.assert_array_equal(x @ x, np.eye(3))

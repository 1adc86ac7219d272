"""Point 4: higher derivatives, Jacobians, several tapes, custom gradients, forward mode."""

import pytest
import tensorflow as tf
from programs import MODES, array, compare

SCALE = 10  # derivatives of chains of ops


def network(x, w):
    return tf.nn.softmax(tf.tanh(x @ w) @ tf.transpose(w), axis=-1)


def second_order(x, w):
    with tf.GradientTape() as outer:
        outer.watch(w)
        with tf.GradientTape() as inner:
            inner.watch([x, w])
            y = tf.reduce_sum(network(x, w) ** 2)
        first = inner.gradient(y, [x, w])
        penalty = sum(tf.reduce_sum(g**2) for g in first)
    return first, outer.gradient(penalty, w)


def third_order(x, w):
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(x)
            with tf.GradientTape() as c:
                c.watch(x)
                y = tf.reduce_sum(tf.sin(x) * tf.exp(-(x**2)))
            first = c.gradient(y, x)
        second = b.gradient(first, x)
    return a.gradient(second, x)


def jacobian(x, w):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, w])
        y = network(x, w)
    return (
        tape.jacobian(y, w),
        tape.batch_jacobian(y, x),
        tape.jacobian(y, w, experimental_use_pfor=False),
    )


def jacobian_of_convolution(x, w):
    image = tf.reshape(tf.tile(x, [1, 4]), [4, 4, 3, 1])
    with tf.GradientTape() as tape:
        tape.watch(image)
        y = tf.nn.max_pool2d(
            tf.nn.conv2d(image, tf.reshape(w[:2, :2], [2, 2, 1, 1]), 1, "SAME"), 2, 2, "SAME"
        )
    return tape.batch_jacobian(y, image)


def hessian(x, w):
    with tf.GradientTape() as outer:
        outer.watch(w)
        with tf.GradientTape() as inner:
            inner.watch(w)
            loss = tf.reduce_mean(tf.math.log(network(x, w)))
        gradient = inner.gradient(loss, w)
    return outer.jacobian(gradient, w)


def two_tapes(x, w):
    with tf.GradientTape() as one, tf.GradientTape() as two:
        one.watch(w)
        two.watch(x)
        y = network(x, w)
        first, second = tf.reduce_sum(y**2), tf.reduce_sum(y**3)
    return one.gradient(first, w), two.gradient(second, x)


def persistent(x, w):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, w])
        y = network(x, w)
        z = tf.reduce_sum(y * tf.stop_gradient(y))
    return tape.gradient(z, x), tape.gradient(y, w), tape.gradient(z, y)


@tf.custom_gradient
def clipped(x):
    def gradient(upstream):
        return tf.clip_by_norm(upstream * 3.0, 0.5)

    return x * 2.0, gradient


def custom(x, w):
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = tf.reduce_sum(clipped(network(x, w)) ** 2)
    return tape.gradient(y, [x, w])


def recomputed(x, w):
    block = tf.recompute_grad(lambda a: network(a, w))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(block(x) ** 2)
    return tape.gradient(y, x)


def forward_mode(x, w):
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        y = network(x, w)
    return y, accumulator.jvp(y)


def forward_over_reverse(x, w):
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(network(x, w) ** 2)
        gradient = tape.gradient(y, x)
    return accumulator.jvp(gradient)


def unconnected(x, w):
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = tf.reduce_sum(x * 2.0)
    return tape.gradient(y, [x, w], unconnected_gradients="zero")


def stopped(x, w):
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        with tape.stop_recording():
            c = tf.reduce_sum(w)
        y = tf.reduce_sum(x) * c
    return tape.gradient(y, x)


PROGRAMS = [
    second_order,
    third_order,
    jacobian,
    jacobian_of_convolution,
    hessian,
    two_tapes,
    persistent,
    custom,
    recomputed,
    forward_mode,
    forward_over_reverse,
    unconnected,
    stopped,
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs(program, mode):
    compare(
        lambda: (lambda: program(tf.constant(array(4, 3)), tf.constant(array(3, 3, seed=1))), []),
        mode,
        calls=1,
        scale=SCALE,
    )


@pytest.mark.parametrize("mode", MODES)
def test_two_models_trained_in_one_step(mode):
    def make():
        generator, critic = (tf.Variable(array(3, 3, seed=s)) for s in (1, 2))

        def step():
            x, noise = tf.constant(array(4, 3)), tf.constant(array(4, 3, seed=5))
            with tf.GradientTape() as g, tf.GradientTape() as c:
                fake = tf.tanh(noise @ generator)
                real_score, fake_score = (tf.reduce_mean(v @ critic) for v in (x, fake))
                g_loss, c_loss = -fake_score, (fake_score - real_score) ** 2
            generator.assign_sub(0.1 * g.gradient(g_loss, generator))
            critic.assign_sub(0.1 * c.gradient(c_loss, critic))
            return g_loss, c_loss

        return step, [generator, critic]

    compare(make, mode, calls=4, scale=SCALE)

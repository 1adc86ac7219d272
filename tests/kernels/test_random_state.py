"""Random ops: what the CPU gives for a seed, never the same twice, and the right distribution."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from op_case import restart_generators

SHAPE = [257, 3]

# The public functions with a generator behind them: (name, function of nothing).
STATEFUL = {
    "uniform": lambda **seed: tf.random.uniform(SHAPE, **seed),
    "uniform-float64": lambda **seed: tf.random.uniform(SHAPE, dtype=tf.float64, **seed),
    "integers": lambda **seed: tf.random.uniform(SHAPE, 0, 10**6, tf.int64, **seed),
    "normal": lambda **seed: tf.random.normal(SHAPE, 2.0, 3.0, **seed),
    "truncated": lambda **seed: tf.random.truncated_normal(SHAPE, **seed),
    "gamma": lambda **seed: tf.random.gamma([500], [0.5, 4.0], **seed),
    "categorical": lambda **seed: tf.random.categorical([[0.0, 1.0, 2.0]], 500, **seed),
    "shuffle": lambda **seed: tf.random.shuffle(tf.range(300), **seed),
    "dropout": lambda **seed: tf.nn.experimental.stateless_dropout(
        tf.ones(SHAPE), 0.4, seed=tf.random.uniform([2], 0, 10**6, tf.int32, **seed)
    ),
}


def sequence(make, device, traced, calls=4):
    """What successive calls give, from the beginning of the sequence."""
    restart_generators()
    tf.random.set_seed(11)
    with tf.device(device):
        function = tf.function(make) if traced else make
        return [function().numpy() for _ in range(calls)]


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("name", STATEFUL)
def test_same_numbers_as_the_cpu_call_after_call(name, traced):
    for seed in ({}, {"seed": 5}):

        def make(seed=seed):
            return STATEFUL[name](**seed)

        actual = sequence(make, "/MLC:0", traced)
        expected = sequence(make, "/CPU:0", traced)
        for a, e in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, e, 2e-5, 2e-6)
        for i in range(len(actual)):
            for k in range(i):
                assert not np.array_equal(actual[i], actual[k]), f"calls {k} and {i} are equal"


@pytest.mark.parametrize("name", STATEFUL)
def test_without_a_seed_every_kernel_has_its_own_sequence(name):
    tf.random.set_seed(None)

    @tf.function
    def both():
        return STATEFUL[name](), STATEFUL[name]()

    with tf.device("/MLC:0"):
        first, second = both()
        third, _ = both()
    draws = [first.numpy(), second.numpy(), third.numpy()]
    for i in range(3):
        for k in range(i):
            assert not np.array_equal(draws[i], draws[k])


def test_in_a_loop_of_a_function_every_turn_draws_anew():
    @tf.function
    def f():
        numbers = tf.TensorArray(tf.float32, 5)
        for i in tf.range(5):
            numbers = numbers.write(i, tf.random.uniform([4], seed=3))
        return numbers.stack()

    def draw(device):
        with tf.device(device):
            tf.random.set_seed(2)
            return [f().numpy() for _ in range(2)]

    # TensorArray takes int32 positions to the CPU.
    tf.config.set_soft_device_placement(True)
    try:
        rows = np.concatenate(draw("/MLC:0"))
    finally:
        tf.config.set_soft_device_placement(False)
    assert len(np.unique(rows)) == rows.size


# name: (a large sample on MLC, the distribution)
DISTRIBUTIONS = {
    "uniform": (lambda n: tf.random.uniform([n], -2.0, 3.0), scipy.stats.uniform(-2, 5)),
    "normal": (lambda n: tf.random.normal([n], 1.0, 2.0), scipy.stats.norm(1, 2)),
    "truncated": (lambda n: tf.random.truncated_normal([n]), scipy.stats.truncnorm(-2, 2)),
    "gamma-small": (lambda n: tf.random.gamma([n], 0.3), scipy.stats.gamma(0.3)),
    "exponential": (lambda n: tf.random.gamma([n], 1.0), scipy.stats.expon()),
    "gamma-large": (lambda n: tf.random.gamma([n], 25.0), scipy.stats.gamma(25)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    """Kolmogorov and Smirnov; the seeds are fixed, so that the verdict is."""
    make, distribution = DISTRIBUTIONS[name]
    restart_generators()
    tf.random.set_seed(17)
    with tf.device("/MLC:0"):
        sample = make(20000).numpy().astype(np.float64)
    assert scipy.stats.kstest(sample, distribution.cdf).pvalue > 1e-3
    # The control: the test can tell.
    assert scipy.stats.kstest(sample * 1.05 + 0.02, distribution.cdf).pvalue < 1e-3


@pytest.mark.parametrize("stateless", [False, True])
def test_categorical_of_many_rows(stateless):
    """The CPU's numbers depend on its threads here; the distribution and the seed must hold."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(40, 6)).astype(np.float32)
    samples = 4000

    def draw():
        if stateless:
            return tf.random.stateless_categorical(logits, samples, [1, 2]).numpy()
        restart_generators()
        tf.random.set_seed(4)
        return tf.random.categorical(logits, samples, seed=1).numpy()

    with tf.device("/MLC:0"):
        drawn = draw()
        np.testing.assert_array_equal(drawn, draw())
    weights = np.exp(logits.astype(np.float64))
    probabilities = weights / weights.sum(1, keepdims=True)
    p_values = [
        scipy.stats.chisquare(np.bincount(row, minlength=6), p * samples).pvalue
        for row, p in zip(drawn, probabilities, strict=True)
    ]
    assert min(p_values) > 1e-3 / len(p_values)
    assert len({tuple(row) for row in drawn}) == len(drawn), "rows draw independently"


def test_shuffles_are_fair():
    with tf.device("/MLC:0"):
        tf.random.set_seed(9)

        @tf.function
        def f():
            return tf.stack([tf.random.shuffle(tf.range(4)) for _ in range(200)])

        orders = np.concatenate([f().numpy() for _ in range(20)])
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    assert scipy.stats.chisquare(counts).pvalue > 1e-3

"""Random functions by the names that users call: the CPU's numbers, eagerly and in functions, and
nothing on the CPU but what docs/cpu_ops.json lists.

Seeds of stateless functions are arguments: TensorFlow computes those of constants while it
optimizes the graph, on the CPU.
"""

import keras
import numpy as np
import placement
import pytest
import tensorflow as tf
from op_case import restart_generators
from test_nothing_hides import unlisted

SHAPE = [129, 3]
TO_SHUFFLE = np.arange(900, dtype=np.float32).reshape(300, 3)
MEANS = np.float32([0.5, 3.0, 40.0])  # small ones and large ones are drawn differently
TRIALS = np.float32([3.0, 20.0, 300.0])
LOGITS = np.float32([[0.0, 1.0, 2.0]])  # of several rows the CPU's depend on its threads


def ones():
    return tf.ones(SHAPE)


STATEFUL = {
    "uniform": lambda: tf.random.uniform(SHAPE, seed=3),
    "uniform-int32": lambda: tf.random.uniform(SHAPE, -9, 1000, tf.int32, seed=3),
    "normal": lambda: tf.random.normal(SHAPE, seed=3),
    "truncated_normal": lambda: tf.random.truncated_normal(SHAPE, seed=3),
    "gamma": lambda: tf.random.gamma([100], MEANS, seed=3),
    "poisson": lambda: tf.random.poisson([100], MEANS, seed=3),
    "categorical": lambda: tf.random.categorical(LOGITS, 300, seed=3),
    "shuffle": lambda: tf.random.shuffle(TO_SHUFFLE, seed=3),
    "dropout": lambda: tf.nn.dropout(ones(), 0.4, seed=3),
}

STATELESS = {
    "uniform": lambda s: tf.random.stateless_uniform(SHAPE, s),
    "uniform-int64": lambda s: tf.random.stateless_uniform(SHAPE, s, -9, 1000, tf.int64),
    "uniform-uint32": lambda s: tf.random.stateless_uniform(SHAPE, s, None, None, tf.uint32),
    "normal": lambda s: tf.random.stateless_normal(SHAPE, s),
    "truncated_normal": lambda s: tf.random.stateless_truncated_normal(SHAPE, s),
    "parameterized": lambda s: tf.random.stateless_parameterized_truncated_normal(
        SHAPE, s, 0.0, 1.0, -1.0, 2.0
    ),
    "gamma": lambda s: tf.random.stateless_gamma(SHAPE, s, MEANS),
    "poisson": lambda s: tf.random.stateless_poisson(SHAPE, s, MEANS),
    "binomial": lambda s: tf.random.stateless_binomial(SHAPE, s, TRIALS, 0.3),
    "categorical": lambda s: tf.random.stateless_categorical(LOGITS, 300, s),
    "shuffle": lambda s: tf.random.experimental.stateless_shuffle(TO_SHUFFLE, s),
    "index_shuffle": lambda s: tf.random.experimental.index_shuffle(tf.range(20), s, 19),
    "split": lambda s: tf.random.split(s, 4),
    "fold_in": lambda s: tf.random.fold_in(s, 7),
    "dropout": lambda s: tf.nn.experimental.stateless_dropout(ones(), 0.4, s),
}

GENERATOR = {
    "uniform": lambda g: g.uniform(SHAPE),
    "uniform-int32": lambda g: g.uniform(SHAPE, -9, 1000, tf.int32),
    "uniform_full_int": lambda g: g.uniform_full_int(SHAPE),
    "normal": lambda g: g.normal(SHAPE),
    "truncated_normal": lambda g: g.truncated_normal(SHAPE),
    "binomial": lambda g: g.binomial(SHAPE, TRIALS, 0.3),
    "make_seeds": lambda g: g.make_seeds(3),
}

KERAS = {
    "uniform": lambda s: keras.random.uniform(SHAPE, seed=s),
    "normal": lambda s: keras.random.normal(SHAPE, seed=s),
    "truncated_normal": lambda s: keras.random.truncated_normal(SHAPE, seed=s),
    "gamma": lambda s: keras.random.gamma(SHAPE, 2.5, seed=s),
    "beta": lambda s: keras.random.beta(SHAPE, 2.0, 3.0, seed=s),
    "binomial": lambda s: keras.random.binomial(SHAPE, 10.0, 0.3, seed=s),
    "categorical": lambda s: keras.random.categorical(LOGITS, 200, seed=s),
    "randint": lambda s: keras.random.randint(SHAPE, 0, 100, seed=s),
    "shuffle": lambda s: keras.random.shuffle(TO_SHUFFLE, seed=s),
    "dropout": lambda s: keras.random.dropout(ones(), 0.4, seed=s),
}

# What runs on the CPU; of all others each op has a kernel.
ON_CPU = {
    "tf.random poisson",
    "stateless parameterized",
    "stateless poisson",
    "stateless binomial",
    "stateless index_shuffle",
    "keras.random binomial",
}

CASES = {
    **{f"tf.random {name}": (f, lambda: ()) for name, f in STATEFUL.items()},
    **{f"stateless {name}": (f, None) for name, f in STATELESS.items()},
    **{
        f"Generator {name}": (f, lambda: (tf.random.Generator.from_seed(5),))
        for name, f in GENERATOR.items()
    },
    **{
        f"keras.random {name}": (f, lambda: (keras.random.SeedGenerator(7),))
        for name, f in KERAS.items()
    },
}
SEEDS = [(1, 2), (-7, 123456789), (0, 0)]


def draw(name, device, mode):
    """(what three calls give, the ops that ran on the CPU)"""
    make, state = CASES[name]
    restart_generators()
    tf.random.set_seed(11)
    results, hidden = [], {}
    with tf.device(device):
        kept = state() if state else ()
        if state:
            calls = [()] * len(SEEDS)
            function = lambda: make(*kept)  # noqa: E731
        else:
            calls = [(tf.constant(seed, tf.int32),) for seed in SEEDS]
            function = make
        if mode == "function":
            function = tf.function(function, autograph=False)

        def run():
            results.extend(np.asarray(function(*arguments)) for arguments in calls)

        if mode == "function":
            hidden = placement.nodes_by_device(run)["hidden"]
        else:
            run()
    return results, hidden


@pytest.mark.parametrize("mode", ["eager", "function"])
@pytest.mark.parametrize("name", CASES)
def test_numbers_and_place(name, mode):
    actual, hidden = draw(name, "/MLC:0", mode)
    expected, _ = draw(name, "/CPU:0", mode)
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape and a.dtype == e.dtype
        np.testing.assert_allclose(a, e, 2e-5, 2e-6)
    for i, a in enumerate(actual):
        assert not any(np.array_equal(a, before) for before in actual[:i]), "numbers repeat"
    assert not unlisted(hidden)
    if not name.startswith("Generator") and mode == "function":
        assert bool(hidden) == (name in ON_CPU), hidden

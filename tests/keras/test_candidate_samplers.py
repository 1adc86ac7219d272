"""Losses over sampled classes and the samplers themselves: the CPU's numbers for the same seed,
with nothing on the CPU but the ops of docs/cpu_ops.json.
"""

import numpy as np
import placement
import pytest
import tensorflow as tf
from op_case import restart_generators
from test_nothing_hides import unlisted

CLASSES, WIDTH, SAMPLED = 50, 8, 5
TRUE = np.array([[1], [2], [3], [4], [5], [6], [7]], np.int64)
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.standard_normal((CLASSES, WIDTH)).astype(np.float32)
BIASES = RANDOM.standard_normal(CLASSES).astype(np.float32)
INPUTS = RANDOM.standard_normal((len(TRUE), WIDTH)).astype(np.float32)

LOSSES = {
    "nce_loss": (tf.nn.nce_loss, False),
    "nce_loss without hits": (tf.nn.nce_loss, True),
    "sampled_softmax_loss": (tf.nn.sampled_softmax_loss, True),
    "sampled_softmax_loss with hits": (tf.nn.sampled_softmax_loss, False),
}

SAMPLERS = {
    "uniform_candidate_sampler": {"range_max": CLASSES},
    "log_uniform_candidate_sampler": {"range_max": CLASSES},
    "learned_unigram_candidate_sampler": {"range_max": CLASSES},
    "fixed_unigram_candidate_sampler": {
        "range_max": CLASSES,
        "unigrams": [1.0 + i % 7 for i in range(CLASSES)],
    },
}


def log_uniform():
    return tf.random.log_uniform_candidate_sampler(TRUE, 1, SAMPLED, True, CLASSES, seed=3)


def loss_and_gradients(name, weights, biases, inputs):
    loss, remove_hits = LOSSES[name]
    with tf.GradientTape() as tape:
        tape.watch([weights, biases, inputs])
        value = loss(
            weights,
            biases,
            TRUE,
            inputs,
            SAMPLED,
            CLASSES,
            sampled_values=log_uniform(),
            remove_accidental_hits=remove_hits,
        )
    gradients = tape.gradient(value, [weights, biases, inputs])
    return [value, *map(tf.convert_to_tensor, gradients)]


def on(device, make, arguments):
    """(three calls' results, the ops that ran on the CPU)"""
    restart_generators()
    tf.random.set_seed(11)
    results = []
    with tf.device(device):
        arguments = [tf.constant(a) for a in arguments]
        function = tf.function(make, autograph=False)

        def run():
            for _ in range(3):
                results.append([np.asarray(r) for r in function(*arguments)])

        hidden = placement.nodes_by_device(run)["hidden"]
    return results, hidden


def check(make, arguments):
    actual, hidden = on("/MLC:0", make, arguments)
    expected, _ = on("/CPU:0", make, arguments)
    for step, reference in zip(actual, expected, strict=True):
        for a, e in zip(step, reference, strict=True):
            assert a.shape == e.shape and a.dtype == e.dtype
            np.testing.assert_allclose(a, e, 2e-5, 2e-5)
    assert any(op.endswith("CandidateSampler") for op, _ in hidden), hidden
    assert not unlisted(hidden)
    return actual


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    steps = check(lambda *a: loss_and_gradients(name, *a), [WEIGHTS, BIASES, INPUTS])
    losses = [step[0] for step in steps]
    assert not np.array_equal(losses[0], losses[1]), "the same classes are drawn again"


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name, unique):
    def sample():
        return getattr(tf.random, name)(
            TRUE, num_true=1, num_sampled=SAMPLED, unique=unique, seed=3, **SAMPLERS[name]
        )

    check(sample, [])


def test_all_candidates_and_their_hits():
    def sample():
        candidates = tf.random.all_candidate_sampler(TRUE, 1, CLASSES, True, seed=3)
        rows, ids, weights = tf.nn.compute_accidental_hits(TRUE, candidates[0], 1)
        return *candidates, rows, ids, weights

    check(sample, [])

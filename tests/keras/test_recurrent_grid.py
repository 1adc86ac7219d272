"""LSTM and GRU with every option against TensorFlow's CPU, where Keras's own loop computes: values,
states, and the gradients of inputs, initial states and weights. The cases are in
recurrent_cases.py: sizes, masks of every length, stacked, stateful, bidirectional and backwards
layers, states given and returned; and the variants that run as loops on MLC too.
"""

import numpy as np
import pytest
import recurrent_cases
from tolerances import gradient_tolerance

import tf_mlc_plugin

RECORDER = recurrent_cases


def compare(case, recorded, cpu):
    """All arrays of a case within the tolerance of gradients, shares of an array's largest element:
    a layer of 300 steps is a longer chain than any op's."""
    relative, absolute = gradient_tolerance("float32")
    # Smaller numbers have fewer digits, or none where TensorFlow's threads flush them to zero.
    smallest = np.finfo(np.float32).tiny
    assert {f"{case}/{key}" for key in recorded} == {
        key for key in cpu.files if key.startswith(f"{case}/")
    }
    for key, actual in recorded.items():
        expected = cpu[f"{case}/{key}"]
        assert actual.shape == expected.shape, key
        assert actual.dtype == expected.dtype, key
        largest = np.abs(expected).max()
        np.testing.assert_allclose(
            actual,
            expected,
            rtol=relative,
            atol=max(absolute * largest, smallest),
            err_msg=key,
        )


def clusters_run():
    return tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0)


@pytest.mark.parametrize("case", recurrent_cases.CASES)
def test_numbers_are_the_cpus(case, cpu):
    before = clusters_run()
    recorded = recurrent_cases.CASES[case]()
    assert clusters_run() > before
    compare(case, recorded, cpu)


@pytest.mark.slow
@pytest.mark.parametrize("case", recurrent_cases.SLOW_CASES)
def test_whole_grid(case, slow_cpu):
    """Every length with every batch, number of units and kind of output; all merge modes."""
    compare(case, recurrent_cases.SLOW_CASES[case](), slow_cpu)


def test_masks_matter():
    """Rows of other lengths give other numbers, so that a mask that is ignored is seen."""
    for kind, option in (("LSTM", "last"), ("GRU", "sequences")):
        masked = recurrent_cases.every_mask(kind, recurrent_cases.OPTIONS[option])
        steps = recurrent_cases.MASKED_STEPS
        plain = recurrent_cases.layer_with_states(
            kind, 5, recurrent_cases.OPTIONS[option], [(steps, steps + 1)]
        )
        for key, value in plain.items():
            different = np.abs(masked[key] - value).max() > 1e-2
            assert different, key
        last = f"{steps}x{steps + 1}/value 1"
        np.testing.assert_array_equal(masked[last][-1], plain[last][-1])  # the row of full length

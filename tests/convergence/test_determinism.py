"""The same seed gives the same curve and the same weights, bit for bit.

On one machine, with one number of threads. Each training is in a process of its own.
"""

import numpy as np
import pytest

from convergence import runner

# Dropout and shuffling; normalization; a recurrent layer; a loop with two tapes; 16 bits.
NAMES = ["cnn", "batchnorm", "lstm_series", "gan", "mlp_float16"]
FAST = ("cnn", "lstm_series")


def rows(names):
    return [n if n in FAST else pytest.param(n, marks=pytest.mark.convergence) for n in names]


def train(folder, names, **environment):
    """{name: (losses, weights)} of trainings in a new process."""
    worker = runner.Worker({**runner.MLC, **environment})
    results = {}
    try:
        for name in names:
            path = folder / f"{name}.npz"
            record = worker.train(name, weights=path)
            assert "error" not in record, record["error"]
            with np.load(path) as weights:
                results[name] = record["losses"], [weights[key] for key in weights.files]
    finally:
        worker.close()
    return results


def assert_equal(one, other):
    assert one[0] == other[0]
    assert len(one[1]) == len(other[1]) > 0
    for first, second in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", rows(NAMES))
def test_same_seed_same_curve(name, tmp_path):
    # Something else before it in one of the processes.
    one = train(tmp_path, [name])[name]
    other = train(tmp_path, ["tape_function", name])[name]
    assert_equal(one, other)


def test_enable_op_determinism(tmp_path):
    """It works, and the weights of two runs are equal under it, too."""
    on = {"CONVERGENCE_DETERMINISM": "1"}
    assert_equal(train(tmp_path, ["cnn"], **on)["cnn"], train(tmp_path, ["cnn"], **on)["cnn"])


def test_another_seed_is_another_curve():
    """The control."""
    worker = runner.Worker(runner.MLC)
    try:
        curves = [worker.train("tape_function", seed)["losses"] for seed in (3, 4)]
    finally:
        worker.close()
    assert curves[0] != curves[1]

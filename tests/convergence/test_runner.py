"""The comparison itself: what it has to call a fault, and what not."""

import pytest

from convergence import runner
from convergence.cases import CASES

CASE = CASES["mlp"]


def record(**changes):
    good = {
        "losses": [1.0 / (i + 1) for i in range(CASE.epochs)],
        "metrics": {CASE.metric: 1.0},
        "initial": [[1.0, 2.0]],
        "memory": 10.0,
        "seconds": 1.0,
        "kernels": 5,
    }
    return {**good, **changes}


def losses(epoch, factor):
    """As in record(), but for one epoch."""
    values = record()["losses"]
    values[epoch - 1] *= factor
    return values


def test_equal_records_have_no_fault():
    assert runner.faults(CASE, record(), record()) == []


def test_within_the_tolerance():
    near = record(losses=losses(3, 1 + CASE.tolerance * 0.9))
    assert runner.faults(CASE, near, record()) == []


@pytest.mark.parametrize(
    "changes, epoch, what",
    [
        ({"losses": losses(3, 1 + CASE.tolerance * 1.1)}, 3, "loss, off by"),
        ({"losses": losses(4, float("nan"))}, 4, "loss, off by"),
        ({"losses": [1.0]}, 0, "epochs"),
        ({"metrics": {CASE.metric: 0.5}}, CASE.epochs, "held out"),
        ({"metrics": {CASE.metric: float("nan")}}, CASE.epochs, "held out"),
        ({"initial": [[1.0, 2.1]]}, 0, "initial weight"),
        ({"kernels": 0}, 0, "no kernel"),
        ({"memory": 1e5}, CASE.epochs, "memory"),
    ],
)
def test_faults_are_found(changes, epoch, what):
    found = runner.faults(CASE, record(**changes), record())
    assert len(found) == 1 and found[0].epoch == epoch and what in found[0].what
    text = runner.explain(CASE, found)
    assert f"{CASE.name}, epoch {epoch}" in text and f"--seed {CASE.seed}" in text


def test_an_error_is_a_fault():
    assert runner.faults(CASE, {"error": "trace"}, record())[0].mlc == "trace"


def test_a_process_that_dies_is_reported(monkeypatch):
    monkeypatch.setattr(runner.sys, "executable", "/bin/false")
    worker = runner.Worker({})
    assert "the process ended with 1" in worker.train("mlp")["error"]

"""mixed_bfloat16 against float32 on MLC: measured in the same rounds, compared round by round."""

import json
import pathlib

import pytest

from benchmarks import measure, report
from benchmarks.worker import CONFIGURATIONS

HERE = pathlib.Path(report.__file__).parent
TITLE = "## mixed_bfloat16 against float32 on MLC"


@pytest.fixture
def asked(monkeypatch):
    """(backend, on MLC, policy, question) of all that is asked of workers, in order."""
    log = []

    class FakeWorker:
        """Its n-th answer is n milliseconds, over all workers."""

        def __init__(self, configuration, script, model, policy, jit):
            self.description = {"keras": "3"}
            self.who = (configuration.backend, configuration.mlc, policy)
            assert (script, model, jit) == ("model_worker.py", "mlp", configuration.jit)

        def ask(self, question):
            if question == "costs":
                return {"peak_mib": 1.0}
            log.append((*self.who, question))
            return len(log)

        def close(self):
            pass

    monkeypatch.setattr(measure, "Worker", FakeWorker)
    return log


def test_float32_takes_its_turn(asked):
    row, _ = measure.model("mlp", "mixed_bfloat16", ["TF", "MLC", "JAX"], rounds=2)
    turn = [
        ("tensorflow", False, "mixed_bfloat16"),
        ("tensorflow", True, "mixed_bfloat16"),
        ("tensorflow", True, "float32"),
        ("jax", False, "mixed_bfloat16"),
    ]
    one_round = [(*who, case) for case in ("train", "predict") for who in turn]
    assert asked == 3 * one_round  # the first is not counted
    assert row["times"] == {
        "train": {"TF": [9, 17], "MLC": [10, 18], "JAX": [12, 20]},
        "predict": {"TF": [13, 21], "MLC": [14, 22], "JAX": [16, 24]},
    }
    assert row["mlc_float32"] == {"train": [11, 19], "predict": [15, 23]}
    assert list(row["costs"]) == ["TF", "MLC", "JAX"]


@pytest.mark.parametrize(
    ("policy", "configurations"),
    [("float32", list(CONFIGURATIONS)), ("mixed_bfloat16", ["TF", "JAX"])],
)
def test_nothing_to_compare(asked, policy, configurations):
    row, _ = measure.model("mlp", policy, configurations, rounds=1)
    assert "mlc_float32" not in row
    assert list(row["times"]["train"]) == list(row["costs"]) == configurations
    assert {who[2] for who in asked} == {policy}


ROUNDS = 3


def stored_row(model, policy):
    times = {case: {name: [1.0] * ROUNDS for name in ("MLC", "TF")} for case in measure.CASES}
    cost = {"first_step_s": {"train": 1.0, "predict": 1.0}, "peak_mib": 1.0}
    costs = {name: cost for name in ("MLC", "TF")}
    return {"model": model, "policy": policy, "load": 0.0, "times": times, "costs": costs}


@pytest.fixture
def stored():
    """Results without measurements in turn, as before there were any."""
    policies = ("float32", "mixed_bfloat16")
    return {
        "date": "2026-11-29",
        "machine": "a machine",
        "rounds": ROUNDS,
        "configurations": ["MLC", "TF"],
        "versions": {"keras": "3"},
        "models": [stored_row(model, policy) for policy in policies for model in ("mlp", "cnn")],
        "ops": {},
        "graphs": {},
    }


def test_ratios_are_of_each_round(stored):
    row = stored["models"][-1]
    row["times"]["train"]["MLC"] = [10.0, 20.0, 40.0]
    row["times"]["predict"]["MLC"] = [1.0, 1.0, 2.0]
    # The ratio of the medians would be 1.5 in training and 4 in prediction.
    row["mlc_float32"] = {"train": [30.0, 24.0, 44.0], "predict": [4.0, 3.0, 4.0]}
    section = report.markdown(stored).split(TITLE)[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("|")] == [
        "| model | train | predict |",
        "|---|---|---|",
        "| CNN 28² | 1.2 (1.1–3) | 3 (2–4) |",  # the MLP has no such measurement
    ]


def test_old_rows_are_readable(stored):
    text = report.markdown(stored)
    assert TITLE not in text
    assert "## Train, mixed_bfloat16" in text


def test_other_tables_do_not_change(stored):
    text = report.markdown(stored)
    for row in stored["models"][2:]:
        row["mlc_float32"] = {case: [7.0] * ROUNDS for case in measure.CASES}
    before, after = report.markdown(stored).split(TITLE)
    assert text == before + "## " + after.split("\n## ", 1)[1]


def test_tables_are_those_of_the_results():
    data = json.loads((HERE / "results.json").read_text())
    assert (HERE / "results.md").read_text() == report.markdown(data)

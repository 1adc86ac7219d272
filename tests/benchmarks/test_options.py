"""What --update keeps, and mistakes that are noticed before anything is measured."""

import itertools
import json

import pytest

from benchmarks import __main__ as program
from benchmarks import measure
from benchmarks.models import MODELS

CASES = measure.CASES
SETTINGS = ["--configurations", "MLC", "TF", "--rounds", "2", "--no-ops"]


@pytest.fixture
def measured(monkeypatch):
    """(model, policy) of all rows that were measured; every time in the n-th row is n."""
    log, count = [], itertools.count(1)

    def model(name, policy, configurations, rounds):
        log.append((name, policy))
        values = [next(count)] * rounds
        cost = {"first_step_s": dict.fromkeys(CASES, 1.0), "peak_mib": 1.0}
        row = {"model": name, "policy": policy, "load": 0.0}
        row["times"] = {case: dict.fromkeys(configurations, values) for case in CASES}
        row["costs"] = dict.fromkeys(configurations, cost)
        if policy != "float32":
            row["mlc_float32"] = dict.fromkeys(CASES, values)
        return row, [{"keras": "3"}]

    monkeypatch.setattr(measure, "model", model)
    monkeypatch.setattr(measure, "ops", lambda rounds: pytest.fail("ops were measured"))
    return log


@pytest.fixture
def output(tmp_path, measured):
    """Results of two models in both policies, the MLP's without float32 in turn, as once."""
    path = tmp_path / "results.json"
    program.main(["--models", "cnn", "mlp", *SETTINGS, "--output", str(path)])
    data = json.loads(path.read_text())
    for row in data["models"]:
        if row["model"] == "mlp":
            row.pop("mlc_float32", None)
    path.write_text(json.dumps(data))
    measured.clear()
    return path


def rows(path):
    return {(row["policy"], row["model"]): row for row in json.loads(path.read_text())["models"]}


def test_update_of_one_row(output, measured):
    before = rows(output)
    place = ("mixed_bfloat16", "mlp")
    assert "mlc_float32" not in before[place]
    program.main(
        ["--update", "--models", place[1], "--policies", place[0], "--no-ops"]
        + ["--output", str(output)]
    )
    assert measured == [("mlp", "mixed_bfloat16")]
    after = rows(output)
    assert list(after) == [
        ("float32", "mlp"),
        ("float32", "cnn"),
        ("mixed_bfloat16", "mlp"),
        ("mixed_bfloat16", "cnn"),
    ]
    # Rounds and configurations are those of the file.
    assert after[place]["times"]["train"] == {"MLC": [5, 5], "TF": [5, 5]}
    assert after[place]["mlc_float32"]["predict"] == [5, 5]
    assert all(after[other] == before[other] for other in before if other != place)
    text = output.with_suffix(".md").read_text()
    section = text.split("## mixed_bfloat16 against float32")[1].split("\n## ")[0]
    assert section.count(MODELS["mlp"].title) == section.count(MODELS["cnn"].title) == 1


def test_a_row_of_another_policy_stays(output):
    before = rows(output)
    program.main(
        ["--update", "--models", "cnn", "--policies", "float32", "--no-ops"]
        + ["--output", str(output)]
    )
    after = rows(output)
    assert after["float32", "cnn"] != before["float32", "cnn"]
    assert after["mixed_bfloat16", "cnn"] == before["mixed_bfloat16", "cnn"]


def test_one_policy_alone(tmp_path, measured):
    output = tmp_path / "results.json"
    program.main(
        ["--models", "mlp", "--policies", "mixed_bfloat16", *SETTINGS, "--output", str(output)]
    )
    text = output.with_suffix(".md").read_text()
    assert "## mixed_bfloat16 against float32" in text
    assert "## First training step and resident memory, mixed_bfloat16" in text
    assert "Train, float32" not in text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--rounds", "0"], "at least 1: 0"),
        (["--output", "{folder}/missing/results.json"], "no folder"),
        (["--output", "{folder}/results.md"], "end in .json"),
        (["--update", "--output", "{folder}/other.json"], "there is no"),
        (["--models", "lenet"], "invalid choice"),
        (["--update", "--rounds", "7", "--output", "{file}"], "rounds was 2 and is 7"),
        (
            ["--update", "--configurations", "MLC", "--output", "{file}"],
            "configurations was ['MLC', 'TF'] and is ['MLC']",
        ),
    ],
)
def test_mistakes_are_noticed_first(output, measured, capsys, arguments, complaint):
    words = {"folder": output.parent, "file": output}
    before = output.read_text()
    with pytest.raises(SystemExit) as ended:
        program.main([argument.format(**words) for argument in arguments])
    assert complaint in f"{ended.value} {capsys.readouterr().err}"
    assert not measured
    assert output.read_text() == before

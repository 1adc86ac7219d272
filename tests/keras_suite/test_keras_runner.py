"""The runner tells what passed, failed, crashed and hung, and finds what fails on MLC alone."""

from keras_suite import runner, suite

SUBJECTS = """\
import os, time
import pytest
import tensorflow as tf
from conftest import skip_if_backend

def test_passes():
    assert tf.constant(1.0) == 1

def test_fails_on_mlc():
    assert "MLC" not in tf.constant(1.0).device

def test_crashes_on_mlc():
    if tf.config.list_physical_devices("MLC"):
        os.abort()

def test_hangs_on_mlc():
    if tf.config.list_physical_devices("MLC"):
        time.sleep(1000)

@skip_if_backend("tensorflow", "to see it skipped")
def test_skipped():
    pass

def test_fails():
    assert tf.constant(1.0) == 2

def test_after_all():
    pass
"""


def test_outcomes_and_differences(tmp_path):
    (tmp_path / "subject_test.py").write_text(SUBJECTS)
    (tmp_path / "other_test.py").write_text("import a_module_that_is_not_there\n")
    names = ["subject_test.py", "other_test.py"]
    outcomes = {}
    for device in runner.DEVICES:
        records = runner.run(names, device, tmp_path, limit=15)
        outcomes[device] = {name: suite.of_file(records, name) for name in names}
    found = {
        device: {t.split("::")[-1]: r["outcome"] for f in files.values() for t, r in f.items()}
        for device, files in outcomes.items()
    }
    same = {
        "test_passes": "passed",
        "test_skipped": "skipped",
        "test_fails": "failed",
        "test_after_all": "passed",
        "other_test.py": "failed",
    }
    on_mlc = {
        "test_fails_on_mlc": "failed",
        "test_crashes_on_mlc": "crashed",
        "test_hangs_on_mlc": "crashed",
    }
    assert found["cpu"] == {**same, **dict.fromkeys(on_mlc, "passed")}
    assert found["mlc"] == {**same, **on_mlc}
    differing = suite.differences(outcomes, names)
    assert {test.split("::")[-1] for test in differing} == set(on_mlc)
    assert "killed: no test ended" in differing["subject_test.py::test_hangs_on_mlc"]["message"]


def test_a_test_that_did_not_run_is_a_difference():
    record = {"outcome": "passed", "seconds": 0.0}
    outcomes = {"cpu": {"a.py": {"a.py::x": record}}, "mlc": {"a.py": {}}}
    assert list(suite.differences(outcomes, ["a.py"])) == ["a.py::x"]


def test_chunks_hold_each_file_once():
    names = suite.files(["layers", "ops/numpy_test.py"])
    chunks = suite.chunks(names)
    assert [name for chunk in chunks for name in chunk] == names
    assert 1 < len(chunks) < len(names)


def test_reasons_are_given():
    assert all(reason for reason in suite.reasons().values())

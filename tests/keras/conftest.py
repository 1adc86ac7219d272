"""Fixtures of the tests that compare a whole program with TensorFlow's CPU."""

import os
import subprocess
import sys

import numpy as np
import pytest


def _recorded_without_mlc(request, tmp_path_factory, *arguments):
    path = tmp_path_factory.mktemp("cpu") / "recorded.npz"
    process = subprocess.run(
        [sys.executable, request.module.RECORDER.__file__, str(path), *arguments],
        env={**os.environ, "TF_DISABLE_MLC": "1"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert "TF_DISABLE_MLC=1 is set" in process.stderr
    return np.load(path)


@pytest.fixture(scope="module")
def cpu(request, tmp_path_factory):
    """{key: array} that the test module's RECORDER, a script, records in a process without MLC."""
    return _recorded_without_mlc(request, tmp_path_factory)


@pytest.fixture(scope="module")
def slow_cpu(request, tmp_path_factory):
    """The same of what the script records when it is asked for its slow cases."""
    return _recorded_without_mlc(request, tmp_path_factory, "slow")

"""A training that was killed goes on from its checkpoint and ends with the very same weights."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from convergence import interrupted, runner

KILLED_AT = interrupted.STEPS + 7  # in the middle of the second epoch, two steps after a checkpoint


def train(way, folder, *last):
    folder.mkdir(exist_ok=True)
    path = os.pathsep.join([str(runner.HERE.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "convergence.interrupted", way, str(folder), *map(str, last)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize("way", ["keras", "tensorflow"])
def test_killed_and_resumed(way, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = train(way, whole)
    assert process.returncode == 0, process.stderr[-3000:]
    killed = train(way, broken, KILLED_AT)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    assert not (broken / "weights.npz").exists()
    resumed = train(way, broken)
    assert resumed.returncode == 0, resumed.stderr[-3000:]
    with np.load(whole / "weights.npz") as one, np.load(broken / "weights.npz") as other:
        assert one.files == other.files
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])

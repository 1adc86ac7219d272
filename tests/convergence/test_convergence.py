"""Every case of the table reaches its accuracy on MLC, and its loss follows the CPU's."""

import json
import os
import subprocess
import sys

import cases
import numpy as np
import pytest

import tf_mlc_plugin


@pytest.mark.parametrize("name", cases.CASES)
def test_case(name, tmp_path):
    case = cases.CASES[name]
    ops = (case.op, "_MlcCluster")  # alone, or inside a cluster
    before = [tf_mlc_plugin.kernel_counts().get(op, 0) for op in ops]
    mlc = cases.train(case)
    after = [tf_mlc_plugin.kernel_counts().get(op, 0) for op in ops]
    assert after != before, f"no {case.op} ran on MLC"

    path = tmp_path / "cpu.json"
    subprocess.run(
        [sys.executable, cases.__file__, name, str(path)],
        env={**os.environ, "TF_DISABLE_MLC": "1"},
        check=True,
    )
    cpu = json.loads(path.read_text())

    assert mlc["accuracy"] >= case.accuracy
    assert cpu["accuracy"] >= case.accuracy, "the case itself is too hard"
    losses, expected = np.array(mlc["losses"]), np.array(cpu["losses"])
    off = np.abs(losses - expected) / expected
    assert (off <= case.tolerance).all(), np.c_[losses, expected, off]

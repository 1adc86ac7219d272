"""One traced function called with other batch sizes and lengths, ragged last batches, empty ones:
after each call the numbers are those of TensorFlow's CPU.

Tolerances are those of test_default_path.py: 1e-5 of an array's largest element for the first call
and 1e-4 after some steps of training.
"""

import changing_shapes
import numpy as np
import pytest

import tf_mlc_plugin

TOLERANCE = 1e-4
FIRST_CALL = 1e-5

RECORDER = changing_shapes


def clusters_run():
    return tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0)


@pytest.mark.parametrize("case", changing_shapes.CASES)
def test_numbers_are_the_cpus(case, cpu):
    before = clusters_run()
    recorded = changing_shapes.CASES[case]()
    assert clusters_run() > before
    assert {key for key in cpu.files if key.startswith(case + "/")} == {
        f"{case}/{key}" for key in recorded
    }
    for key, actual in recorded.items():
        expected = cpu[f"{case}/{key}"]
        assert actual.shape == expected.shape, key
        assert np.isfinite(actual).all(), key
        if actual.size:
            first = key.split(".")[0] in ("logits0", "loss0", "gradient0", "y0")
            limit = FIRST_CALL if first else TOLERANCE
            error = np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-3)
            assert error <= limit, f"{key}: {error:.1e}\n{actual}\n{expected}"
    if "traces" in recorded:
        assert recorded["traces"] == 1

"""The programs of examples/ that need no Keras demo around them run, and find their own results."""

import os
import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = {
    "custom_loop.py": {},
    "gan.py": {},
    "embedding.py": {},
    "serve.py": {},
    "gpu_script.py": {"TF_MLC_DEVICE_TYPE": "GPU"},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_runs_on_mlc(name):
    process = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **PROGRAMS[name]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert f"device:{PROGRAMS[name].get('TF_MLC_DEVICE_TYPE', 'MLC')}:0" in process.stdout

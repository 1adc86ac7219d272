"""The programs of examples/graphs/ run, without TensorFlow, and reach what they promise."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples" / "graphs"
# What the last line says, and how good the number in it has to be.
LAST_LINES = {
    "playground.py": (r"accuracy after: ([\d.]+)", lambda x: x > 0.97),
    "linear_regression.py": (r"largest difference: ([\d.e-]+)", lambda x: x < 2e-3),
    "lenet.py": (r"epoch \d+: .* test accuracy ([\d.]+), .*", lambda x: x >= 0.97),
    "sunspots.py": (r".*mean squared error ([\d.]+), of .*", lambda x: x < 500),
    "attention.py": (r"epoch \d+: .* test accuracy ([\d.]+)", lambda x: x >= 0.95),
}


def test_all_programs_are_listed():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(LAST_LINES)


@pytest.mark.parametrize("name", LAST_LINES)
def test_program(name):
    code = (
        "import runpy, sys\n"
        "try:\n"
        f"    runpy.run_path({str(EXAMPLES / name)!r}, run_name='__main__')\n"
        "finally:\n"
        "    assert 'tensorflow' not in sys.modules\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, timeout=300
    )
    assert process.returncode == 0, process.stdout + process.stderr
    pattern, is_good = LAST_LINES[name]
    found = re.fullmatch(pattern, process.stdout.splitlines()[-1])
    assert found and is_good(float(found[1])), process.stdout

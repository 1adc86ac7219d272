"""The program of MLCompute's first users, word for word, in a process of its own."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXPECTED = """\
1 2 3 4 5 6
0.1 0.2 0.3 0.4 0.5 0.6
-0.1 -0.1 -0.1 -0.1 -0.1 -0.1
True
MLCTensor data5 : 1 2.1 3.2 4.3 5.4 6.5
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ, capture_output=True, text=True, timeout=120
    )


def test_seed_program():
    process = run(str(ROOT / "examples" / "seed.py"))
    assert process.returncode == 0, process.stderr
    assert [line.rstrip() for line in process.stdout.splitlines()] == EXPECTED.splitlines()
    warnings = [line for line in process.stderr.splitlines() if line]
    assert len(warnings) == 1 and "GPU" in warnings[0]


def test_one_warning_for_a_process():
    process = run("-c", "import mlcompute\nfor _ in range(3): mlcompute.device('gpu')")
    assert process.stderr.count("mlcompute:") == 1


def test_imports_neither_tensorflow_nor_the_plugin():
    code = "import mlcompute, sys; print(*sys.modules)"
    loaded = set(run("-c", code).stdout.split())
    assert "numpy" in loaded and not loaded & {"tensorflow", "keras", "tf_mlc_plugin"}

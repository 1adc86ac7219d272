"""docs/apple_ops.md says what the apple backend does."""

import re
import subprocess
import sys

import pytest
from framework_build import ROOT, build
from test_ops import CASES

PAGE = (ROOT / "docs/apple_ops.md").read_text()
MODELS, OPS = PAGE.split("## Ops")


def rows(text):
    """The cells of a table's lines, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_op_of_the_cases_has_a_row():
    assert [op for op, *_ in rows(OPS)] == sorted({case.op for case in CASES})


def test_every_row_says_where_it_ran():
    for op, inside, outside in rows(OPS):
        assert inside or outside, op
        for cell in filter(None, [inside if inside != "no operation" else "", outside]):
            # Operations, then the layer or the reason.
            assert all(re.match(r"[A-Z]\w+(, [A-Z]\w+)*: \S", part) for part in cell.split("; "))


def test_every_model_has_a_row():
    titles = re.findall(r'Model\(\s*"([^"]+)"', (ROOT / "benchmarks/models.py").read_text())
    assert titles and [title for title, *_ in rows(MODELS)] == titles


@pytest.mark.apple
def test_page_is_up_to_date():
    build()
    done = subprocess.run(
        [sys.executable, ROOT / "tools/apple_table.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

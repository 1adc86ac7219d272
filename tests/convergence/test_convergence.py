"""Every case of the table reaches its metric on MLC, and its loss follows the CPU's.

Those that are not `fast` are left to `make test-convergence`.
"""

import pytest

from convergence import runner
from convergence.cases import CASES

ROWS = [
    name if case.fast else pytest.param(name, marks=pytest.mark.convergence)
    for name, case in CASES.items()
]


@pytest.fixture(scope="module")
def one_runner():
    one = runner.Runner()
    yield one
    one.close()


@pytest.mark.parametrize("name", ROWS)
def test_case(name, one_runner):
    case = CASES[name]
    found = runner.faults(case, *one_runner.run(name))
    if found:
        pytest.fail(runner.explain(case, found), pytrace=False)

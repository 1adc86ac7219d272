"""The registered kernels and the cases: nothing is registered that no case runs."""

import pytest
from sweep.registry import registered, swept_ops, without_case
from test_ops import CASES

OPS = swept_ops()


def test_kernels_are_registered():
    assert len(OPS) > 150


@pytest.mark.parametrize("op", OPS)
def test_every_kernel_has_a_case(op):
    assert not without_case(op, CASES)


def test_every_case_is_of_a_registered_op():
    assert {case.op for case in CASES} <= set(OPS)


@pytest.mark.parametrize("op", OPS)
def test_no_kernel_stands_beside_one_for_any_device(op):
    for other in registered("DEFAULT").get(op, []):
        for own in registered("MLC")[op]:
            shared = [own[name] & other[name] for name in own.keys() & other.keys()]
            assert not all(shared), (own, other)

"""A representative part of the sweep: one case of every op and dtype."""

import numpy as np
import pytest
import tensorflow as tf
from op_case import run
from test_ops import CASES

from sweep import check
from sweep.registry import GRADIENT_ON_CPU, has_gradient, swept_ops


@pytest.fixture(scope="module", autouse=True)
def no_soft_placement():
    """Nothing may hide on the CPU."""
    before = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    yield
    tf.config.set_soft_device_placement(before)


def by_op():
    result = {}
    for case in CASES:
        result.setdefault(case.op, []).append(case)
    return result


BY_OP = by_op()


@pytest.mark.parametrize("op", swept_ops())
def test_every_op_has_a_case(op):
    assert BY_OP.get(op), f"add a case for {op} to tests/kernels/cases_*.py"


@pytest.mark.parametrize("op", sorted(BY_OP))
def test_twice_the_same_bits(op):
    for case in BY_OP[op]:
        check.on_mlc(case, case.runs[0])


def for_gradients(op):
    """One case of each combination of dtypes that TensorFlow can differentiate on the CPU."""
    seen = {}
    for case in BY_OP[op]:
        dtypes = [np.asarray(v).dtype for v in tf.nest.flatten(case.runs[0])]
        floats = {d for d in dtypes if d in check.PRECISION}
        mixed = op == "BatchMatMulV3" and len(set(dtypes)) > 1  # no gradient takes integers
        if floats and not case.expected and not mixed:
            seen.setdefault(tuple(dtypes), case)
    return seen.values()


@pytest.mark.parametrize("op", [op for op in sorted(BY_OP) if has_gradient(op)])
def test_gradient_as_on_the_cpu(op):
    for case in for_gradients(op):
        if op not in GRADIENT_ON_CPU:
            check.gradient(case, case.runs[0])
            continue
        with pytest.raises(tf.errors.OpError, match=GRADIENT_ON_CPU[op]):
            check.gradient(case, case.runs[0])


def test_an_op_without_a_kernel_is_an_error():
    """The control: with soft placement off, an op that MLC lacks runs nowhere else."""
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.NotFoundError)):
        run("Cholesky", ([[1.0]],), {}, "/MLC:0")

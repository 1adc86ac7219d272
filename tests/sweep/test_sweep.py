"""A representative part of the sweep: one case of every op and dtype."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from op_case import run
from test_ops import CASES
from tolerances import tolerance

from sweep import check
from sweep.outcome import outcome
from sweep.registry import GRADIENT_ON_CPU, has_gradient, swept_ops, without_case
from sweep.variants import attribute_variants, input_variants


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
        if floats and case.gradient and not case.expected and not mixed:
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


@pytest.mark.parametrize("op", sorted(BY_OP))
def test_derived_inputs(op):
    """Empty, long and single batches, other ranks, NaN and infinity, for one type of each kind."""
    seen = set()
    for case in BY_OP[op]:
        kind = np.asarray(tf.nest.flatten(list(case.runs[0]) or [0])[0]).dtype.kind
        if case.expected or kind in seen:
            continue
        seen.add(kind)
        for name, inputs in input_variants(case, case.runs[0]):
            outcome(case, inputs, name)


@pytest.mark.parametrize("op", sorted(BY_OP))
def test_derived_attributes(op):
    """Each attribute by itself set to other values, right and wrong ones."""
    case = next((c for c in BY_OP[op] if not c.expected), None)
    if case:
        for name, attrs in attribute_variants(case):
            outcome(dataclasses.replace(case, attrs=attrs), case.runs[0], name)


@pytest.mark.parametrize("op", sorted(BY_OP))
def test_in_a_cluster(op):
    check.in_cluster(BY_OP[op][0], BY_OP[op][0].runs[0])


def test_a_kernel_without_a_case_is_found():
    assert without_case("Exp", CASES) == []
    missing = without_case("Exp", [c for c in CASES if c.op != "Exp" or c.tag != "bfloat16"])
    assert missing == [{"T": ["bfloat16"]}]


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_what_differs_is_found(dtype):
    """The control of the comparison: values, shapes, types and bits."""
    x = np.array([1, 0, 1]).astype(dtype)
    y = np.array([1, 1, 1]).astype(dtype)
    check.compare(x, x, tolerance(dtype), "it")
    for other in (y, x[:2], x.astype("float64")):
        with pytest.raises(check.Mismatch):
            check.compare(x, other, tolerance(dtype), "it")
    with pytest.raises(check.Mismatch):
        check.same_bits([tf.constant([0.0])], [tf.constant([-0.0])])


def test_an_op_without_a_kernel_is_an_error():
    """The control: with soft placement off, an op that MLC lacks runs nowhere else."""
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.NotFoundError)):
        run("Cholesky", ([[1.0]],), {}, "/MLC:0")

"""Every op against TensorFlow's CPU kernels: values, shapes, dtypes and where the outputs are."""

import cases_einsum
import cases_elementwise
import cases_nn
import cases_random
import cases_reduction
import cases_resize
import cases_shape
import numpy as np
import pytest
import tensorflow as tf
from op_case import restart_generators, run
from tensorflow.python.framework import op_def_registry
from tolerances import tolerance

FAMILIES = [
    cases_einsum,
    cases_elementwise,
    cases_reduction,
    cases_nn,
    cases_shape,
    cases_random,
    cases_resize,
]
CASES = [case for family in FAMILIES for case in family.cases()]

NARROW = (tf.float16.as_numpy_dtype, tf.bfloat16.as_numpy_dtype)


def as_float32(value):
    return value.astype(np.float32) if getattr(value, "dtype", None) in NARROW else value


def expected_outputs(case, inputs, dtypes):
    if case.expected:
        return [np.asarray(v) for v in case.expected(*inputs)]
    if case.wide:
        wide = tf.nest.map_structure(as_float32, inputs)
        outputs = [t.numpy() for t in run(case.op, wide, case.attrs, "/CPU:0")]
        return [v.astype(d.as_numpy_dtype) for v, d in zip(outputs, dtypes, strict=True)]
    return [t.numpy() for t in run(case.op, inputs, case.attrs, "/CPU:0")]


def assert_same(actual, wanted, limits=None):
    assert actual.dtype == wanted.dtype
    assert actual.shape == wanted.shape
    relative, absolute = limits or tolerance(actual.dtype)
    if relative == 0 and absolute == 0:
        np.testing.assert_array_equal(actual, wanted)
        return
    np.testing.assert_allclose(
        actual.astype(np.float64), wanted.astype(np.float64), relative, absolute
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_same_as_cpu(case):
    if op_def_registry.get(case.op).is_stateful:
        restart_generators()
    for inputs in case.runs:
        outputs = run(case.op, inputs, case.attrs, "/MLC:0")
        wanted = expected_outputs(case, inputs, [t.dtype for t in outputs])
        assert len(outputs) == len(wanted)
        for i, (actual, want) in enumerate(zip(outputs, wanted, strict=True)):
            assert "MLC" in actual.device
            if case.outputs is None or i in case.outputs:
                assert_same(actual.numpy(), want, case.tolerance)


@pytest.mark.parametrize("in_function", [False, True])
def test_an_op_without_a_kernel_is_an_error(in_function):
    """The control: with soft placement off an op that MLC lacks does not run somewhere else."""

    def f(x):
        with tf.device("/MLC:0"):
            return tf.raw_ops.Cholesky(input=x)

    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.NotFoundError)):
        (tf.function(f) if in_function else f)(tf.eye(3))

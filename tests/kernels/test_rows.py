"""The registered kernels and the cases: nothing is registered that no case runs."""

from collections import defaultdict

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels, op_def_registry
from test_ops import CASES


def registered(device):
    """op: list of {type attribute: set of dtypes}, of TensorFlow's kernel registry."""
    result = defaultdict(list)
    for kernel in kernels.get_all_registered_kernels().kernel:
        if kernel.device_type == device and not kernel.label:
            constraints = {c.name: set(c.allowed_values.list.type) for c in kernel.constraint}
            result[kernel.op].append(constraints)
    return result


def types_of(op, inputs, attrs):
    """The type attributes that these inputs give the op."""
    op_def = op_def_registry.get(op)
    types = {a.name: a.default_value.type for a in op_def.attr if a.type == "type"}
    for name in types:
        if name in attrs:
            types[name] = tf.as_dtype(attrs[name]).as_datatype_enum
    for arg, value in zip(op_def.input_arg, inputs, strict=True):
        value = value[0] if isinstance(value, list) else value
        if arg.type_attr:
            types[arg.type_attr] = tf.as_dtype(np.asarray(value).dtype).as_datatype_enum
    if op == "StatelessRandomUniformInt":  # tf.raw_ops takes dtype from minval
        types["dtype"] = tf.as_dtype(np.asarray(inputs[2]).dtype).as_datatype_enum
    return types


# The private ops of the plugin have their own tests.
OPS = sorted(op for op in registered("MLC") if not op.startswith(("_", "Mlc")))


def test_kernels_are_registered():
    assert len(OPS) > 150


@pytest.mark.parametrize("op", OPS)
def test_every_kernel_has_a_case(op):
    covered = [
        types_of(op, inputs, case.attrs) for case in CASES if case.op == op for inputs in case.runs
    ]
    for constraints in registered("MLC")[op]:
        assert any(
            all(types.get(name) in allowed for name, allowed in constraints.items())
            for types in covered
        ), {n: [tf.as_dtype(t).name for t in types] for n, types in constraints.items()}


def test_every_case_is_of_a_registered_op():
    assert {case.op for case in CASES} <= set(OPS)


@pytest.mark.parametrize("op", OPS)
def test_no_kernel_stands_beside_one_for_any_device(op):
    for other in registered("DEFAULT").get(op, []):
        for own in registered("MLC")[op]:
            shared = [own[name] & other[name] for name in own.keys() & other.keys()]
            assert not all(shared), (own, other)

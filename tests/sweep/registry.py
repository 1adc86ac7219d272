"""The kernels that TensorFlow has for MLC, and which case runs each of them."""

from collections import defaultdict
from functools import cache

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import kernels, op_def_registry, ops


@cache
def registered(device):
    """op: list of {type attribute: set of dtypes}, of TensorFlow's kernel registry."""
    result = defaultdict(list)
    for kernel in kernels.get_all_registered_kernels().kernel:
        if kernel.device_type == device and not kernel.label:
            constraints = {c.name: set(c.allowed_values.list.type) for c in kernel.constraint}
            result[kernel.op].append(constraints)
    return result


@cache
def host_arguments(op):
    """Names of the inputs that every kernel of the op takes in host memory: shapes, axes."""
    hosts = [
        set(kernel.host_memory_arg)
        for kernel in kernels.get_all_registered_kernels().kernel
        if kernel.device_type == "MLC" and kernel.op == op
    ]
    return set.intersection(*hosts)


def data_positions(op, inputs):
    """Which inputs are data: not shapes, axes and other contents that MLC wants in host memory."""
    hosts = host_arguments(op)
    arguments = op_def_registry.get(op).input_arg
    return [i for i, a in enumerate(arguments) if a.name not in hosts and i < len(inputs)]


def takes_variable(op):
    return any(a.type == types_pb2.DT_RESOURCE for a in op_def_registry.get(op).input_arg)


@cache
def variable_ops():
    """Those with a kernel that lets them be placed with their variable; it computes nothing."""
    return sorted(op for op in registered("MLC") if takes_variable(op))


@cache
def swept_ops():
    """All ops with a kernel but for the plugin's private ones and those on variables.

    Those have their own tests: tests/tf_programs/test_variables.py.
    """
    own = {op for op in registered("MLC") if not op.startswith(("_", "Mlc"))}
    return sorted(own - set(variable_ops()))


def types_of(op, inputs, attrs):
    """The type attributes that these inputs give the op, as TensorFlow's numbers."""
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


def names(constraints):
    """{"T": ["float32"]}, for people."""
    return {n: [tf.as_dtype(t).name for t in types] for n, types in constraints.items()}


def without_case(op, cases):
    """The kernels of `op` that no run of `cases` uses, as `names`."""
    covered = [
        types_of(op, inputs, case.attrs) for case in cases if case.op == op for inputs in case.runs
    ]
    return [
        names(constraints)
        for constraints in registered("MLC")[op]
        if not any(
            all(types.get(name) in allowed for name, allowed in constraints.items())
            for types in covered
        )
    ]


def is_stateful(op):
    return op_def_registry.get(op).is_stateful


# Ops whose own gradient needs an op that MLC has no kernel for. With soft placement that one runs
# on the CPU; without it, it is an error.
GRADIENT_ON_CPU = {
    "Digamma": "Polygamma",
    "MaxPoolGrad": "MaxPoolGradGrad",
    "MaxPoolGradV2": "MaxPoolGradGradV2",
    "MaxPool3DGrad": "MaxPool3DGradGrad",
    "RandomGamma": "RandomGammaGrad",
    "StatelessRandomGammaV2": "RandomGammaGrad",
    "StatelessRandomGammaV3": "RandomGammaGrad",
}


def has_gradient(op):
    """Whether TensorFlow differentiates the op: not where the gradient is None or not there."""
    try:
        return ops.gradient_registry.lookup(op) is not None
    except LookupError:
        return False

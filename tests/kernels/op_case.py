"""A case: one op with its attributes, run on several sets of inputs in turn."""

import inspect
import zlib
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import op_def_registry

FLOATS = ["float32", "float16", "bfloat16", "float64"]
NARROW = ["float16", "bfloat16"]
WIDE = ["float32", "float64"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED
NUMBERS = FLOATS + INTEGERS
ANY = NUMBERS + ["bool"]
INDEX = ["int32", "int64"]

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 1e-3, -60.0, 60.0]


def but_int32(dtypes):
    """Without the type for which TensorFlow has a kernel of its own on any device."""
    return [d for d in dtypes if d != "int32"]


def numpy_type(dtype):
    return tf.as_dtype(dtype).as_numpy_dtype


@dataclass
class Case:
    op: str
    runs: list  # of input tuples; an input is an array or, for a variadic argument, a list
    attrs: dict = field(default_factory=dict)
    tag: str = ""
    # The oracle, for what the CPU does not do: gets the inputs, returns the list of outputs.
    expected: object = None
    # Compare with the CPU's float32 result rounded once: where the CPU's own 16-bit kernels round
    # after each addition.
    wide: bool = False
    # The outputs to compare; the rest is only for the op's own gradient, and device dependent.
    outputs: tuple = None
    tolerance: tuple = None
    # Whether the sweep compares gradients too, where TensorFlow has one.
    gradient: bool = True

    def __str__(self):
        return f"{self.op}-{self.tag}" if self.tag else self.op


def data(dtype, shape, low=-3.0, high=3.0, seed=0):
    """Random numbers between the bounds (integers: within them, and not below 0 if unsigned)."""
    key = zlib.crc32(f"{dtype}{shape}{low}{high}{seed}".encode())
    rng = np.random.default_rng(key)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if "int" in dtype:
        low = max(int(low), 0) if dtype.startswith("u") else int(low)
        return np.asarray(rng.integers(low, max(int(high), low) + 1, shape), numpy_type(dtype))
    return np.asarray(rng.uniform(low, high, shape), numpy_type(dtype))


def special(dtype):
    return np.array(SPECIAL, numpy_type(dtype))


def arguments(op, inputs):
    """Inputs by the names that tf.raw_ops gives them: some differ from the op's own."""
    known = list(inspect.signature(getattr(tf.raw_ops, op)).parameters)
    names = [arg.name for arg in op_def_registry.get(op).input_arg]
    if not set(names) <= set(known):
        names = known[: len(names)]
    return dict(zip(names, inputs, strict=True))


def call(op, tensors, attrs):
    """The outputs of the op where TensorFlow places it, as a list."""
    result = getattr(tf.raw_ops, op)(**arguments(op, tensors), **attrs)
    return list(result) if isinstance(result, (list, tuple)) else [result]


def restart_generators():
    """Ops with a generator begin their sequences anew, on every device."""
    context.context().clear_kernel_cache()


def run(op, inputs, attrs, device):
    """The outputs of the op on the device, as a list of eager tensors."""
    with tf.device("/CPU:0"):
        inputs = tf.nest.map_structure(tf.constant, inputs)
    with tf.device(device):
        return call(op, inputs, attrs)

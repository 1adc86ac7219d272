"""One op on one set of inputs: what MLC gives against what TensorFlow's CPU gives."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np
import tensorflow as tf
from op_case import call, restart_generators, run
from test_ops import as_float32, expected_outputs
from tolerances import gradient_tolerance, tolerance

from sweep.registry import data_positions, is_stateful


@dataclass
class Error:
    """How far a result was off. `relative` is against its largest element."""

    dtype: str
    relative: float


class Mismatch(AssertionError):
    """What MLC did is not what it should have done."""


def compare(actual, wanted, limits, what):
    """Raises Mismatch, or gives the error; `limits` as in tolerances.py."""
    if actual.dtype != wanted.dtype or actual.shape != wanted.shape:
        raise Mismatch(
            f"{what}: {actual.dtype}{list(actual.shape)}, not {wanted.dtype}{list(wanted.shape)}"
        )
    name = str(actual.dtype)
    if name not in ("float16", "bfloat16", "float32", "float64"):
        if not np.array_equal(actual, wanted):
            count = np.count_nonzero(actual != wanted)
            raise Mismatch(f"{what}: {count} of {actual.size} differ: {first(actual, wanted)}")
        return Error(name, 0.0)
    a, b = actual.astype(np.float64), wanted.astype(np.float64)
    near = np.isclose(a, b, *limits, equal_nan=True)
    if not near.all():
        count = np.count_nonzero(~near)
        raise Mismatch(f"{what}: {count} of {near.size} differ: {first(a, b, ~near)}")
    finite = np.isfinite(b)
    if not finite.any():
        return Error(name, 0.0)
    largest = np.abs(b[finite]).max()
    difference = np.abs(a[finite] - b[finite]).max()
    # TensorFlow's threads take what is smaller than any normal number for zero.
    smallest = float(ml_dtypes.finfo(actual.dtype).smallest_normal)
    return Error(name, float(difference / largest) if largest > smallest else 0.0)


def first(actual, wanted, where=None):
    """The first elements that differ, for messages."""
    where = actual != wanted if where is None else where
    got, want = actual[where].ravel()[:3], wanted[where].ravel()[:3]
    return f"{got.tolist()} instead of {want.tolist()}"


def same_bits(first_outputs, second_outputs):
    for i, (a, b) in enumerate(zip(first_outputs, second_outputs, strict=True)):
        if a.numpy().tobytes() != b.numpy().tobytes():
            raise Mismatch(f"output {i} has other bits the second time")


def restart(op):
    """What MLC and the CPU give next are the first numbers of a sequence, if the op has one."""
    if is_stateful(op):
        restart_generators()


def on_mlc(case, inputs):
    """The outputs, computed twice with the same bits and all on the device."""
    restart(case.op)
    outputs = run(case.op, inputs, case.attrs, "/MLC:0")
    restart(case.op)
    same_bits(outputs, run(case.op, inputs, case.attrs, "/MLC:0"))
    on_device(outputs)
    return outputs


def on_device(outputs):
    for i, output in enumerate(outputs):
        if "MLC" not in output.device:
            raise Mismatch(f"output {i} is on {output.device}")


def compare_all(case, outputs, wanted, where_finite=False):
    """Errors of all outputs; `where_finite`: only of the elements that are finite in `wanted`."""
    if len(outputs) != len(wanted):
        raise Mismatch(f"{len(outputs)} outputs instead of {len(wanted)}")
    errors = []
    for i, (output, want) in enumerate(zip(outputs, wanted, strict=True)):
        if case.outputs is None or i in case.outputs:
            limits = case.tolerance or tolerance(want.dtype)
            actual = output.numpy()
            if where_finite and actual.shape == want.shape:
                finite = np.isfinite(want.astype(np.float64))
                actual, want = actual[finite], want[finite]
            errors.append(compare(actual, want, limits, f"output {i}"))
    return errors


def forward(case, inputs):
    """Checks the outputs against the case's oracle; a list of Errors."""
    outputs = on_mlc(case, inputs)
    return compare_all(case, outputs, expected_outputs(case, inputs, [t.dtype for t in outputs]))


def neutral(tensor, one):
    """The same numbers, computed: what makes a cluster of one op a cluster of several."""
    if tensor.dtype == tf.bool:
        return tf.logical_and(tensor, one > 0)
    return tensor * tf.cast(one, tensor.dtype)


def in_cluster(case, inputs):
    """Checks the op in a function, computed together with others; Errors, or why it cannot be."""
    data = set(data_positions(case.op, inputs))
    fed = [v for i, v in enumerate(inputs) if i in data]

    @tf.function(autograph=False)
    def function(one, *fed):
        fed = iter([tf.nest.map_structure(lambda t: neutral(t, one), v) for v in fed])
        whole = [next(fed) if i in data else tf.constant(v) for i, v in enumerate(inputs)]
        return [neutral(t, one) for t in call(case.op, whole, case.attrs)]

    restart(case.op)
    with tf.device("/CPU:0"):
        fed = tf.nest.map_structure(tf.constant, fed)
    with tf.device("/MLC:0"):
        try:
            traced = function.get_concrete_function(tf.constant(1.0), *fed)
        except ValueError as error:
            return f"TensorFlow makes no graph of it: {str(error).split(' for ')[0]}", []
        outputs = traced(tf.constant(1.0), *tf.nest.flatten(fed))
    on_device(outputs)
    return compare_all(case, outputs, expected_outputs(case, inputs, [t.dtype for t in outputs]))


# Least precise first.
PRECISION = [tf.as_dtype(d).as_numpy_dtype for d in ("bfloat16", "float16", "float32", "float64")]


def is_float(value):
    return np.asarray(value).dtype in PRECISION


def tape_gradient(case, inputs, device):
    """Gradients of the float outputs, weighed at random, by each float input; None where 0."""
    with tf.device("/CPU:0"):
        inputs = tf.nest.map_structure(tf.constant, inputs)
    with tf.device(device):
        watched = [t for t in tf.nest.flatten(inputs) if t.dtype.is_floating]
        watched = [tf.identity(t) for t in watched]
        replaced = iter(watched)
        inputs = tf.nest.map_structure(
            lambda t: next(replaced) if t.dtype.is_floating else t, inputs
        )
        with tf.GradientTape() as tape:
            tape.watch(watched)
            outputs = call(case.op, inputs, case.attrs)
            outputs = outputs[:1] if case.outputs else [t for t in outputs if t.dtype.is_floating]
        rng = np.random.default_rng(0)
        # Numbers that all types can hold.
        weights = [tf.constant(rng.integers(2, 7, t.shape) / 4, t.dtype) for t in outputs]
        return tape.gradient(outputs, watched, output_gradients=weights)


def gradient(case, inputs):
    """Checks TensorFlow's gradient of the op on MLC against the CPU's; Errors, or why not.

    The 16-bit types are compared with the CPU's float32 gradient. The narrowest type decides how
    near it has to be.
    """
    flat = [v for v in tf.nest.flatten(inputs) if is_float(v)]
    if not flat:
        return []
    narrowest = min((np.asarray(v).dtype for v in flat), key=PRECISION.index)
    wide = tf.nest.map_structure(as_float32, inputs)
    attrs = {k: "float32" if v in ("float16", "bfloat16") else v for k, v in case.attrs.items()}
    oracle = type(case)(case.op, [], attrs, outputs=case.outputs)
    try:
        wanted = tape_gradient(oracle, wide, "/CPU:0")
    except tf.errors.OpError:
        return "the CPU has no such gradient", []
    actual = tape_gradient(case, inputs, "/MLC:0")
    errors = []
    for i, (got, want, value) in enumerate(zip(actual, wanted, flat, strict=True)):
        if (got is None) != (want is None):
            raise Mismatch(f"gradient {i} is {got}, not {want}")
        if got is None:
            continue
        got, want = tf.convert_to_tensor(got), tf.convert_to_tensor(want)
        if "MLC" not in got.device:
            raise Mismatch(f"gradient {i} is on {got.device}")
        dtype = np.asarray(value).dtype
        want = want.numpy().astype(dtype)
        finite = np.abs(want[np.isfinite(want)].astype(np.float64))
        relative, absolute = gradient_tolerance(narrowest)
        limits = (relative, absolute * max(finite.max(initial=0.0), 1e-30))
        errors.append(compare(got.numpy(), want, limits, f"gradient {i}"))
    return errors

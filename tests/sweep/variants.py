"""Other inputs and attributes made of those of a case: what else the op's definition allows.

Nothing here says what the result has to be: where TensorFlow's CPU computes a variant, MLC has to
give the same, and where the CPU refuses it, MLC has to refuse it too (see `outcome.py`).
"""

import numpy as np
import tensorflow as tf
from op_case import SPECIAL
from tensorflow.python.framework import op_def_registry

from sweep.check import is_float
from sweep.registry import data_positions


def each(function, value):
    return [function(v) for v in value] if isinstance(value, list) else function(value)


def mapped(op, inputs, function, which=slice(None)):
    """The inputs with `function` of (some of) the data ones; None where it changes nothing."""
    inputs = list(inputs)
    changed = False
    for i in data_positions(op, inputs)[which]:
        before = inputs[i]
        inputs[i] = each(lambda v: function(np.asarray(v)), before)
        changed |= any(
            a is not b and (np.shape(a) != np.shape(b) or not np.array_equal(a, b))
            for a, b in zip(tf.nest.flatten(inputs[i]), tf.nest.flatten(before), strict=True)
        )
    return tuple(inputs) if changed else None


def first_size(op, inputs):
    for i in data_positions(op, inputs):
        for value in tf.nest.flatten(inputs[i]):
            if np.ndim(value) > 0:
                return np.shape(value)[0]
    return None


def batch(op, inputs, change):
    """`change` of the data inputs whose first axis is as long as that of the first one."""
    size = first_size(op, inputs)
    if not size:
        return None
    return mapped(op, inputs, lambda v: change(v) if v.ndim and v.shape[0] == size else v)


def with_special(value):
    """NaN, infinities and zeros of both signs, spread over a copy."""
    if not is_float(value) or value.size < 4:
        return value
    value = value.copy()
    flat = value.reshape(-1)
    step = max(flat.size // len(SPECIAL), 1)
    for at, special in zip(range(0, flat.size, step), SPECIAL, strict=False):
        flat[at] = special
    return value


def input_variants(case, inputs):
    """(name, inputs): empty, long and single batches, other ranks, special values."""
    op = case.op
    made = {
        "empty": batch(op, inputs, lambda v: v[:0]),
        "one": batch(op, inputs, lambda v: v[:1]),
        "many": batch(op, inputs, lambda v: np.concatenate([v] * (1 + 2000 // max(v.size, 20)))),
        "rank-up": mapped(op, inputs, lambda v: v[None]),
        "rank-down": mapped(op, inputs, lambda v: v[0] if v.ndim and v.shape[0] else v),
        "special": mapped(op, inputs, with_special, slice(1)),
        "special-rest": mapped(op, inputs, with_special, slice(1, None)),
    }
    made |= known_variants(op, inputs)
    return [(name, changed) for name, changed in made.items() if changed is not None]


def known_variants(op, inputs):
    """Axes, shapes and other inputs in host memory: moved by one, and with the other sign."""
    changes = {"+1": lambda v: v + 1, "-1": lambda v: v - 1, "negative": lambda v: -v}
    arguments = op_def_registry.get(op).input_arg
    made = {}
    for i in set(range(len(inputs))) - set(data_positions(op, inputs)):
        value = inputs[i]
        if isinstance(value, list) or np.asarray(value).dtype not in (np.int32, np.int64):
            continue
        for name, change in changes.items():
            changed = np.asarray(change(value), np.asarray(value).dtype)
            if not np.array_equal(changed, value):
                made[f"{arguments[i].name} {name}"] = (*inputs[:i], changed, *inputs[i + 1 :])
    return made


def attribute_variants(case):
    """(name, attrs): each attribute of the op by itself set to other values, wrong ones too."""
    attributes = op_def_registry.get(case.op).attr
    for attr in attributes:
        now = case.attrs.get(attr.name)
        for value in other_values(attr, now):
            if attr.name in ("seed", "seed2") and value == 0:
                continue  # may ask for other numbers each time
            attrs = dict(case.attrs, **{attr.name: value})
            if value == "EXPLICIT":
                if not any(
                    a.name == "explicit_paddings" for a in op_def_registry.get(case.op).attr
                ):
                    continue
                attrs["explicit_paddings"] = [0, 0, 1, 2, 0, 1, 0, 0]
            elif attr.name == "padding":
                attrs.pop("explicit_paddings", None)
            yield f"{attr.name}={value}", attrs


# What attributes may be whose definition names no allowed values.
STRINGS = {"bad_indices_policy": ["DEFAULT", "ERROR", "IGNORE"]}


def other_values(attr, now):
    kind = attr.type
    if kind == "bool":
        now = attr.default_value.b if now is None else now
        return [not now]
    if kind == "string":
        allowed = [s.decode() for s in attr.allowed_values.list.s] or STRINGS.get(attr.name, [])
        now = attr.default_value.s.decode() if now is None else now
        return [s for s in allowed if s != now] + ["mlc"]
    if kind == "int":
        now = attr.default_value.i if now is None else now
        return [v for v in (-2, -1, 0, 1, 2, 3, 99) if v != now]
    if kind == "float":
        now = attr.default_value.f if now is None else now
        return [v for v in (-0.5, 0.0, 0.25, 3.0) if v != now]
    if kind == "list(int)":
        now = list(attr.default_value.list.i) if now is None else now
        changed = [list(now[:-1]), []]
        for i in range(len(now)):
            changed += [[*now[:i], v, *now[i + 1 :]] for v in (-1, 0, 1, 2, 3)]
        return [v for v in changed if v != list(now)]
    return []

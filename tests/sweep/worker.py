"""Sweeps the ops that come in on stdin, one line each; results go to stdout as lines of JSON.

A process of its own, because some of what is tried here makes TensorFlow's CPU kernels abort: the
line that announces a trial names the culprit.
"""

import dataclasses
import importlib.metadata
import json
import platform
import sys
import traceback

import numpy as np
import tensorflow as tf
from test_ops import CASES, FAMILIES

import tf_mlc_plugin
from sweep import check
from sweep.outcome import outcome
from sweep.registry import GRADIENT_ON_CPU, has_gradient
from sweep.variants import attribute_variants, input_variants

# op: the file of its cases
FAMILY = {c.op: m.__name__.removeprefix("cases_") for m in FAMILIES for c in m.cases()}


def trials(op):
    """(kind, case, label, function) of everything that is tried with an op."""
    varied = set()
    cases = [c for c in CASES if c.op == op]
    every = {dtype for case in cases for dtype in kinds(case)}
    usual = {"float32"} if "float32" in every else every  # attributes are tried with these
    for case in cases:
        for i, inputs in enumerate(case.runs):
            yield "forward", case, f"run {i}", lambda case=case, x=inputs: check.forward(case, x)
        ends = [case.runs[0]] if len(case.runs) == 1 else [case.runs[0], case.runs[-1]]
        for inputs in ends:
            yield "function", case, "", lambda case=case, x=inputs: check.in_cluster(case, x)
        if has_gradient(op) and op not in GRADIENT_ON_CPU and differentiable(case):
            for inputs in ends:
                yield "gradient", case, "", lambda case=case, x=inputs: check.gradient(case, x)
        if case.expected:
            continue
        for inputs in ends:
            for name, changed in input_variants(case, inputs):
                yield "inputs", case, name, lambda c=case, x=changed, n=name: outcome(c, x, n)
        key = (frozenset((k, str(v)) for k, v in case.attrs.items() if k not in TYPES), kinds(case))
        if key in varied or not (usual & key[1]):
            continue
        varied.add(key)
        for name, attrs in attribute_variants(case):
            changed = dataclasses.replace(case, attrs=attrs)
            x = case.runs[0]
            yield "attributes", case, name, lambda c=changed, x=x, n=name: outcome(c, x, n)


TYPES = ("dtype", "DstT", "type", "Tout", "output_type", "index_type")


def kinds(case):
    return frozenset(str(np.asarray(v).dtype) for v in tf.nest.flatten(case.runs[0]))


def differentiable(case):
    floats = [v for v in tf.nest.flatten(case.runs[0]) if check.is_float(v)]
    mixed = case.op == "BatchMatMulV3" and len(kinds(case)) > 1
    return bool(floats) and case.gradient and not case.expected and not mixed


def say(**record):
    print(json.dumps(record), flush=True)


def sweep(op):
    for kind, case, label, function in trials(op):
        name = f"{case} {kind} {label}".strip()
        say(begin=name)
        record = {
            "op": op,
            "family": FAMILY[op],
            "name": name,
            "kind": kind,
            "dtypes": sorted(kinds(case)),
        }
        try:
            result = function()
        except check.Mismatch as mismatch:
            say(**record, failure=str(mismatch)[:500])
            continue
        except Exception:
            say(**record, failure=traceback.format_exc()[-700:])
            continue
        text, errors = result if isinstance(result, tuple) else ("same", result)
        say(**record, outcome=text, errors=[(e.dtype, e.relative) for e in errors])


def versions():
    """What the numbers depend on."""
    packages = {"TensorFlow": "tensorflow", "numpy": "numpy"}
    found = {"tf_mlc_plugin": tf_mlc_plugin.__version__, "Python": platform.python_version()}
    for name, package in packages.items():
        try:
            found[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[name] = importlib.metadata.version(f"{package}-cpu")
    return found | tf_mlc_plugin.runtime_info()


def main():
    tf.config.set_soft_device_placement(False)
    say(versions=versions())
    for line in sys.stdin:
        op = line.strip()
        sweep(op)
        say(end=op)


if __name__ == "__main__":
    main()

"""Stateless random numbers: the very numbers of TensorFlow's CPU kernels."""

import numpy as np
from op_case import FLOATS, INDEX, Case, numpy_type

SHAPES = [(32, 7), (5, 7), (32, 7), (), (0, 3), (1,), (1001,)]
SEEDS = [(0, 0), (1, 2), (-7, 123456789)]
EXACT = (0.0, 0.0)


def int32(values):
    return np.array(values, np.int32)


def keys():
    for op in ["StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg"]:
        for dtype in INDEX:
            yield Case(op, [(np.array(s, dtype),) for s in SEEDS], tag=dtype)
    yield Case("StatelessRandomGetAlg", [()])


def from_seed(tail=()):
    return [(int32(shape), int32(seed), *tail) for shape in SHAPES for seed in SEEDS]


def from_key(tail=()):
    runs = []
    for shape in SHAPES:
        for key, counter in [(0, (0, 0)), (2**63 + 5, (7, 2**64 - 1))]:
            key, counter = np.array([key], np.uint64), np.array(counter, np.uint64)
            runs.append((int32(shape), key, counter, int32(1), *tail))
    return runs


def numbers():
    for dtype in FLOATS:
        # Uniform numbers are made of the bits alone; the others go through logarithms and cosines.
        yield Case("StatelessRandomUniform", from_seed(), {"dtype": dtype}, dtype, tolerance=EXACT)
        yield Case("StatelessRandomUniformV2", from_key(), {"dtype": dtype}, dtype, tolerance=EXACT)
        yield Case("StatelessRandomNormal", from_seed(), {"dtype": dtype}, dtype)
        yield Case("StatelessRandomNormalV2", from_key(), {"dtype": dtype}, dtype)
        yield Case("StatelessTruncatedNormal", from_seed(), {"dtype": dtype}, dtype)
        yield Case("StatelessTruncatedNormalV2", from_key(), {"dtype": dtype}, dtype)
    for dtype in INDEX:
        bounds = (np.array(-5, numpy_type(dtype)), np.array(20, numpy_type(dtype)))
        yield Case("StatelessRandomUniformInt", from_seed(bounds), tag=dtype)
        yield Case("StatelessRandomUniformIntV2", from_key(bounds), tag=dtype)
    for dtype in INDEX + ["uint32", "uint64"]:
        yield Case("StatelessRandomUniformFullInt", from_seed(), {"dtype": dtype}, dtype)
        yield Case("StatelessRandomUniformFullIntV2", from_key(), {"dtype": dtype}, dtype)
    # The automatic choice of an algorithm, and shapes given as int64.
    shape, key = np.array([3, 4], np.int64), np.array([11], np.uint64)
    counter = np.array([1, 0], np.uint64)
    yield Case("StatelessRandomUniformV2", [(shape, key, counter, int32(3))], tag="auto")


def cases():
    yield from keys()
    yield from numbers()

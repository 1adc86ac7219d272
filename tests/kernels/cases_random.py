"""Random numbers: the very numbers of TensorFlow's CPU kernels, from the seed or from the sequence
that a stateful op's kernel goes on with."""

import numpy as np
from op_case import ANY, FLOATS, INDEX, Case, data, numpy_type

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


STATE = {"seed": 87654321, "seed2": 42}


def stateful():
    """Every run goes on where the run before it stopped, on both devices."""
    shapes = [(int32(shape),) for shape in SHAPES]
    wide_shapes = [(np.array(shape, np.int64),) for shape in SHAPES[:2]]
    for dtype in FLOATS:
        attrs = STATE | {"dtype": dtype}
        yield Case("RandomUniform", shapes, attrs, dtype, tolerance=EXACT)
        yield Case("RandomUniform", wide_shapes, attrs | {"seed": 1}, f"{dtype}-int64")
        yield Case("RandomStandardNormal", shapes, attrs, dtype)
        yield Case("TruncatedNormal", shapes, attrs, dtype)
    for dtype in INDEX:
        bounds = (np.array(-5, numpy_type(dtype)), np.array(20, numpy_type(dtype)))
        yield Case("RandomUniformInt", [(s, *bounds) for (s,) in shapes], STATE, dtype)


def alphas(dtype):
    return [
        np.array([0.1, 0.7, 1.0, 2.5, 30.0], numpy_type(dtype)),
        np.array(1.5, numpy_type(dtype)),
        np.array([[0.3], [4.0]], numpy_type(dtype)),
    ]


def gammas():
    # The CPU's own float16 rounds as ours; only the logarithms may differ in the last digit.
    for dtype in [d for d in FLOATS if d != "bfloat16"]:
        runs = [(int32(shape), a) for a in alphas(dtype) for shape in [(4, 7), (), (0,), (1001,)]]
        yield Case("RandomGamma", runs, STATE, dtype)
        whole = [(int32((*shape, *a.shape)), a) for (shape, a) in runs]
        seeded = [(shape, int32(seed), a) for shape, a in whole for seed in SEEDS[1:]]
        yield Case("StatelessRandomGammaV2", seeded, tag=dtype)
        key, counter = np.array([2**63 + 5], np.uint64), np.array([7, 2**64 - 1], np.uint64)
        placed = [(shape, key, counter, int32(1), a) for shape, a in whole]
        yield Case("StatelessRandomGammaV3", placed, tag=dtype)


def categoricals():
    # One row: the CPU gives rows to threads, and then what a row draws depends on their number.
    for dtype in FLOATS:
        for index in INDEX:
            runs = [
                (data(dtype, (1, classes), -4, 4), np.int32(samples))
                for classes, samples in [(10, 33), (3, 1001), (10, 33), (1, 4), (5, 0)]
            ]
            attrs = {"output_dtype": index}
            yield Case("Multinomial", runs, attrs | STATE, f"{dtype}-{index}")
            seeded = [(*r, int32(seed)) for r in runs for seed in SEEDS]
            yield Case("StatelessMultinomial", seeded, attrs, f"{dtype}-{index}")
    edges = np.array([[-np.inf, 0.0, np.inf, np.nan, 1.0, -1e30]], np.float32)
    yield Case("Multinomial", [(edges, np.int32(200))], STATE, "not-finite")
    empty = np.zeros((0, 3), np.float32)
    yield Case("Multinomial", [(empty, np.int32(2))], STATE, "no-rows")


def shuffles():
    shapes = [(9,), (5, 3), (9,), (1, 4), (0, 2), (), (2, 2, 2), (300,)]
    key, counter = np.array([11], np.uint64), np.array([3, 5], np.uint64)
    for dtype in ANY:
        values = [data(dtype, shape, -100, 100, seed=i) for i, shape in enumerate(shapes)]
        yield Case("RandomShuffle", [(v,) for v in values], STATE, dtype)
        placed = [(v, key, counter, int32(1)) for v in values]
        yield Case("StatelessShuffle", placed, tag=dtype)


def cases():
    yield from stateful()
    yield from gammas()
    yield from categoricals()
    yield from shuffles()
    yield from keys()
    yield from numbers()

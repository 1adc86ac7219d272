"""Reductions, scans, matrix products and bias."""

import numpy as np
from op_case import ANY, FLOATS, INDEX, NARROW, NUMBERS, Case, but_int32, data

SHAPES_AND_AXES = [
    ((32, 7), [0]),
    ((5, 7), [0]),
    ((32, 7), [0]),
    ((5, 7), [-1]),
    ((5, 7), [0, 1]),
    ((2, 3, 4, 5), [0, 1, 2]),
    ((2, 3, 4, 5), [3, 1]),
    ((2, 3), []),
    ((), []),
    ((0, 3), [1]),
]


def index(values, dtype="int32"):
    return np.array(values, dtype)


def reductions():
    types = {
        "Sum": NUMBERS,
        "Mean": NUMBERS,
        "Prod": NUMBERS,
        "Max": but_int32(NUMBERS),
        "Min": but_int32(NUMBERS),
        "All": ["bool"],
        "Any": ["bool"],
        "EuclideanNorm": FLOATS,
    }
    for op, dtypes in types.items():
        low, high = (0.5, 1.5) if op == "Prod" else (-3, 3)
        for dtype in dtypes:
            for keep in (False, True):
                runs = [
                    (data(dtype, shape, low, high), index(axes)) for shape, axes in SHAPES_AND_AXES
                ]
                runs.append((data(dtype, (3, 4), low, high), index([1], "int64")))
                runs.append((data(dtype, (3, 4), low, high), index(1)))
                if not (op == "Mean" and "int" in dtype):
                    runs.append((data(dtype, (0, 3)), index([0])))
                yield Case(op, runs, {"keep_dims": keep}, f"{dtype}-{keep}", wide=dtype in NARROW)
    x = np.array([[np.nan, 1, 2], [3, np.inf, -np.inf], [1, 2, 3]], np.float32)
    for op in ["Sum", "Mean", "Prod", "Max", "Min"]:
        yield Case(op, [(x, index([1]))], tag="special")


def positions():
    shapes = [((32, 7), 1), ((5, 7), 1), ((32, 7), 0), ((4,), 0), ((2, 3, 4), -2), ((0, 3), 1)]
    for op in ["ArgMax", "ArgMin"]:
        for dtype in ANY:
            for to in INDEX:
                runs = [(data(dtype, shape), index(axis)) for shape, axis in shapes]
                yield Case(op, runs, {"output_type": to}, f"{dtype}-{to}")
        ties = np.array([[1, 3, 3, 1], [2, 2, 2, 2]], np.float32)
        yield Case(op, [(ties, index(1, "int64"))], tag="ties")


def scans():
    shapes = [((32, 7), 1), ((5, 7), 1), ((5, 7), 0), ((2, 3, 4), -2), ((0, 3), 1), ((0, 3), 0)]
    for op in ["Cumsum", "Cumprod"]:
        for dtype in NUMBERS:
            for exclusive, reverse in [(False, False), (True, False), (False, True), (True, True)]:
                runs = [(data(dtype, shape, -1.5, 1.5), index(axis)) for shape, axis in shapes]
                runs.append((data(dtype, (3, 4), -1.5, 1.5), index(1, "int64")))
                yield Case(
                    op,
                    runs,
                    {"exclusive": exclusive, "reverse": reverse},
                    f"{dtype}-{exclusive}-{reverse}",
                    wide=dtype in NARROW,
                    # The CPU rounds a 16-bit running value at each step too, elsewhere.
                    tolerance=(3e-2, 3e-2) if dtype in NARROW else None,
                )


MATRIX_TYPES = FLOATS + ["int32", "int64"]


def matrices():
    for dtype in MATRIX_TYPES:
        for ta in (False, True):
            for tb in (False, True):
                runs = []
                for m, k, n in [
                    (32, 12, 7),
                    (5, 12, 7),
                    (32, 12, 7),
                    (1, 1, 1),
                    (0, 4, 3),
                    (3, 0, 2),
                ]:
                    a = data(dtype, (k, m) if ta else (m, k))
                    b = data(dtype, (n, k) if tb else (k, n), seed=1)
                    runs.append((a, b))
                attrs = {"transpose_a": ta, "transpose_b": tb}
                yield Case("MatMul", runs, attrs, f"{dtype}-{ta}-{tb}", wide=dtype in NARROW)
    batches = [((), ()), ((3,), (3,)), ((2, 4), (2, 4)), ((2, 1), (2, 1)), ((0,), (0,))]
    broadcasts = [((3,), ()), ((), (2, 3)), ((2, 1), (3,)), ((1, 4), (2, 4))]
    for op in ["BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"]:
        types = MATRIX_TYPES + (["int16"] if op != "BatchMatMul" else [])
        for dtype in types:
            if op == "BatchMatMulV3" and dtype == "float16":
                continue
            for tx, ty in [(False, False), (True, False), (False, True), (True, True)]:
                runs = []
                for x, y in batches + (broadcasts if op != "BatchMatMul" else []):
                    a = data(dtype, x + ((6, 5) if tx else (5, 6)))
                    b = data(dtype, y + ((4, 6) if ty else (6, 4)), seed=1)
                    runs.append((a, b))
                attrs = {"adj_x": tx, "adj_y": ty}
                wide = dtype in NARROW
                if op == "BatchMatMulV3":
                    attrs["Tout"] = dtype
                    wide = False
                yield Case(op, runs, attrs, f"{dtype}-{tx}-{ty}", wide=wide)
    mixed = [(a, b, "int32") for a in ("int8", "uint8") for b in ("int8", "uint8")]
    for byte in ("int8", "uint8"):
        mixed += [(byte, "bfloat16", "bfloat16"), ("bfloat16", byte, "bfloat16")]
    for a, b, out in mixed:
        runs = [(data(a, (2, 3, 4)), data(b, (2, 4, 5)))]
        yield Case("BatchMatMulV3", runs, {"Tout": out}, f"{a}-{b}")


def bias():
    shapes = [(32, 7), (5, 7), (2, 3, 4), (2, 3, 4, 5), (2, 3, 2, 2, 5), (0, 3)]
    for dtype in NUMBERS:
        runs = [(data(dtype, s), data(dtype, (s[-1],), seed=1)) for s in shapes]
        yield Case("BiasAdd", runs, tag=dtype)
        yield Case("BiasAddV1", runs, tag=dtype)
        runs = [(data(dtype, s), data(dtype, (s[1],), seed=1)) for s in shapes]
        yield Case("BiasAdd", runs, {"data_format": "NCHW"}, f"{dtype}-NCHW")
        runs = [(data(dtype, s),) for s in shapes]
        wide = dtype in NARROW
        yield Case("BiasAddGrad", runs, tag=dtype, wide=wide)
        yield Case("BiasAddGrad", runs, {"data_format": "NCHW"}, f"{dtype}-NCHW", wide=wide)


def cases():
    for family in (reductions, positions, scans, matrices, bias):
        yield from family()

"""Elementwise functions, casts and selections."""

import numpy as np
from op_case import (
    ANY,
    FLOATS,
    INDEX,
    INTEGERS,
    NARROW,
    NUMBERS,
    SIGNED,
    WIDE,
    Case,
    but_int32,
    data,
    numpy_type,
    special,
)

NO_BFLOAT16 = ["float32", "float16", "float64"]
SIGNED_NUMBERS = but_int32(FLOATS + SIGNED)
SOME_NUMBERS = but_int32(NUMBERS)

# The last batch of an epoch is a partial one, and after it come whole ones again.
SHAPES = [(32, 7), (5, 7), (32, 7), (), (0, 7), (3, 1, 2, 1, 5)]

# op: dtypes, bounds of the inputs, and whether NaN and infinity go in too
UNARY = {
    "Abs": (SIGNED_NUMBERS, -9, 9, True),
    "Neg": (SIGNED_NUMBERS, -9, 9, True),
    "Sign": (SIGNED_NUMBERS, -2, 2, True),
    "Square": (SOME_NUMBERS, -9, 9, True),
    "Reciprocal": (FLOATS, -3, 3, True),
    "Inv": (FLOATS, -3, 3, True),
    "Sqrt": (FLOATS, 0, 9, True),
    "Rsqrt": (FLOATS, 0.01, 9, True),
    "Exp": (FLOATS, -5, 5, True),
    "Expm1": (FLOATS, -3, 3, True),
    "Log": (FLOATS, 0.01, 9, True),
    "Log1p": (FLOATS, -0.9, 9, True),
    "Sin": (FLOATS, -9, 9, True),
    "Cos": (FLOATS, -9, 9, True),
    "Tan": (FLOATS, -1.5, 1.5, True),
    "Asin": (FLOATS, -1, 1, True),
    "Acos": (FLOATS, -1, 1, True),
    "Atan": (FLOATS, -9, 9, True),
    "Sinh": (FLOATS, -3, 3, False),
    "Cosh": (FLOATS, -3, 3, False),
    "Tanh": (FLOATS, -5, 5, True),
    "Asinh": (FLOATS, -9, 9, True),
    "Acosh": (FLOATS, 1, 9, True),
    "Atanh": (FLOATS, -0.99, 0.99, True),
    "Erf": (FLOATS, -3, 3, True),
    "Erfc": (FLOATS, -3, 3, True),
    "Lgamma": (NO_BFLOAT16, 0.1, 9, False),
    "Digamma": (NO_BFLOAT16, 0.1, 9, False),
    "Erfinv": (WIDE, -0.99, 0.99, False),
    "Ndtri": (WIDE, 0.01, 0.99, False),
    "Ceil": (FLOATS, -9, 9, True),
    "Floor": (FLOATS, -9, 9, True),
    "Round": (FLOATS + INDEX, -9, 9, True),
    "Rint": (WIDE, -9, 9, True),
    "IsNan": (FLOATS, -9, 9, True),
    "IsInf": (FLOATS, -9, 9, True),
    "IsFinite": (FLOATS, -9, 9, True),
    "LogicalNot": (["bool"], 0, 1, False),
    "Invert": (INTEGERS, -99, 99, False),
    "Snapshot": (ANY, -9, 9, True),
    "ZerosLike": (but_int32(ANY), -9, 9, True),
    "OnesLike": (but_int32(ANY), -9, 9, True),
    "L2Loss": (FLOATS, -3, 3, False),
    "Sigmoid": (FLOATS, -9, 9, True),
    "Relu": (NUMBERS, -9, 9, True),
    "Relu6": (NUMBERS, -9, 9, True),
    "LeakyRelu": (FLOATS, -9, 9, True),
    "Elu": (FLOATS, -9, 9, True),
    "Selu": (FLOATS, -9, 9, True),
    "Softplus": (FLOATS, -9, 9, True),
    "Softsign": (FLOATS, -9, 9, True),
}

# Inputs that broadcast against each other.
PAIRS = [
    ((32, 7), (32, 7)),
    ((5, 7), (5, 7)),
    ((32, 7), (7,)),
    ((), (4,)),
    ((2, 1, 3), (5, 1)),
    ((0, 3), (3,)),
    ((2, 3, 4, 5), (4, 1)),
    ((), ()),
]

# op: dtypes, bounds of x, bounds of y, special values too
BINARY = {
    "Add": (but_int32(FLOATS + SIGNED + ["uint8"]), (-9, 9), (-9, 9), True),
    "AddV2": (SOME_NUMBERS, (-9, 9), (-9, 9), True),
    "Sub": (SOME_NUMBERS, (-9, 9), (-9, 9), True),
    "Mul": (SOME_NUMBERS, (-9, 9), (-9, 9), True),
    "Div": (SOME_NUMBERS, (-99, 99), (1, 9), False),
    "RealDiv": (FLOATS, (-9, 9), (-9, 9), True),
    "DivNoNan": (FLOATS, (-9, 9), (-9, 9), True),
    "MulNoNan": (FLOATS, (-9, 9), (-9, 9), True),
    "FloorDiv": (SOME_NUMBERS, (-99, 99), (1, 9), False),
    "TruncateDiv": (NUMBERS, (-99, 99), (1, 9), False),
    "FloorMod": (SOME_NUMBERS, (-99, 99), (1, 9), False),
    "Mod": (["float32", "float64", "int64"], (-99, 99), (1, 9), False),
    "TruncateMod": (["float32", "float64", "int64"], (-99, 99), (1, 9), False),
    "Pow": (FLOATS + SIGNED, (0, 3), (0, 3), True),
    "Maximum": (SOME_NUMBERS, (-9, 9), (-9, 9), True),
    "Minimum": (SOME_NUMBERS, (-9, 9), (-9, 9), True),
    "SquaredDifference": (FLOATS + ["int64"], (-9, 9), (-9, 9), True),
    "Atan2": (FLOATS, (-9, 9), (-9, 9), True),
    "Xdivy": (FLOATS, (-9, 9), (1, 9), False),
    "Xlogy": (FLOATS, (-9, 9), (1, 9), False),
    "Xlog1py": (FLOATS, (-9, 9), (1, 9), False),
    "NextAfter": (WIDE, (-9, 9), (-9, 9), False),
    "BitwiseAnd": (INTEGERS, (-99, 99), (-99, 99), False),
    "BitwiseOr": (INTEGERS, (-99, 99), (-99, 99), False),
    "BitwiseXor": (INTEGERS, (-99, 99), (-99, 99), False),
    "LeftShift": (INTEGERS, (-9, 9), (0, 5), False),
    "RightShift": (INTEGERS, (-99, 99), (0, 5), False),
    "LogicalAnd": (["bool"], (0, 1), (0, 1), False),
    "LogicalOr": (["bool"], (0, 1), (0, 1), False),
    "Equal": (but_int32(ANY), (-2, 2), (-2, 2), True),
    "NotEqual": (but_int32(ANY), (-2, 2), (-2, 2), True),
    "Less": (SOME_NUMBERS, (-2, 2), (-2, 2), True),
    "LessEqual": (SOME_NUMBERS, (-2, 2), (-2, 2), True),
    "Greater": (SOME_NUMBERS, (-2, 2), (-2, 2), True),
    "GreaterEqual": (SOME_NUMBERS, (-2, 2), (-2, 2), True),
}

# Two inputs of one shape: op: dtypes, bounds of the first and of the second
GRADIENTS = {
    "TanhGrad": (FLOATS, (-1, 1), (-3, 3)),
    "SigmoidGrad": (FLOATS, (0, 1), (-3, 3)),
    "SqrtGrad": (FLOATS, (0.1, 3), (-3, 3)),
    "RsqrtGrad": (FLOATS, (0.1, 2), (-3, 3)),
    "ReciprocalGrad": (FLOATS, (-2, 2), (-3, 3)),
    "InvGrad": (FLOATS, (-2, 2), (-3, 3)),
    "ReluGrad": (NUMBERS, (-3, 3), (-3, 3)),
    "Relu6Grad": (NUMBERS, (-3, 3), (-9, 9)),
    "LeakyReluGrad": (FLOATS, (-3, 3), (-3, 3)),
    "EluGrad": (FLOATS, (-3, 3), (-0.9, 3)),
    "SeluGrad": (FLOATS, (-3, 3), (-0.9, 3)),
    "SoftplusGrad": (FLOATS, (-3, 3), (-9, 9)),
    "SoftsignGrad": (FLOATS, (-3, 3), (-9, 9)),
    "ApproximateEqual": (WIDE, (-1e-5, 1e-5), (-1e-5, 1e-5)),
}

ATTRS = {"LeakyRelu": {"alpha": 0.3}, "LeakyReluGrad": {"alpha": 0.3}}


def is_float(dtype):
    return dtype in FLOATS


def unary():
    for op, (dtypes, low, high, specials) in UNARY.items():
        for dtype in dtypes:
            runs = [(data(dtype, shape, low, high),) for shape in SHAPES]
            # The CPU's double-precision Erf of infinity is NaN, and its Round of integers is 0.
            if specials and is_float(dtype) and (op, dtype) != ("Erf", "float64"):
                runs.append((special(dtype),))
            same = (lambda x: [x]) if op == "Round" and dtype in INDEX else None
            wide = dtype in NARROW and op == "L2Loss"
            yield Case(op, runs, ATTRS.get(op, {}), dtype, same, wide=wide)


def binary():
    for op, (dtypes, first, second, specials) in BINARY.items():
        for dtype in dtypes:
            runs = [(data(dtype, a, *first), data(dtype, b, *second, seed=1)) for a, b in PAIRS]
            if specials and is_float(dtype):
                values = special(dtype)
                runs.append((values[:, None], values[None, :]))
            # The CPU rounds the quotient to 16 bits, maybe to a whole number, before it cuts it.
            wide = dtype in NARROW and op in ("FloorDiv", "TruncateDiv")
            yield Case(op, runs, tag=dtype, wide=wide)
    yield Case(
        "Equal",
        [(data("float32", (2,)), data("float32", (3,)))],
        {"incompatible_shape_error": False},
        "unlike",
    )
    yield Case(
        "NotEqual",
        [(data("float32", (2, 2)), data("float32", (3, 2)))],
        {"incompatible_shape_error": False},
        "unlike",
    )
    # Signs: TensorFlow's definitions differ between the kinds of division.
    for op in ["FloorDiv", "TruncateDiv", "FloorMod", "Mod", "TruncateMod", "Div"]:
        for dtype in ["float32", "int64"]:
            x = np.array([7, 7, -7, -7, 6, -6], numpy_type(dtype))
            y = np.array([3, -3, 3, -3, -3, 3], numpy_type(dtype))
            yield Case(op, [(x, y)], tag=f"signs-{dtype}")


def gradients():
    for op, (dtypes, first, second) in GRADIENTS.items():
        for dtype in dtypes:
            runs = [(data(dtype, s, *first), data(dtype, s, *second, seed=1)) for s in SHAPES]
            yield Case(op, runs, ATTRS.get(op, {}), dtype, wide=dtype in NARROW)


def several():
    for dtype in SOME_NUMBERS:
        runs = [
            ([data(dtype, s, seed=i) for i in range(n)],)
            for s, n in [((4, 3), 3), ((2, 3), 3), ((), 3), ((0, 2), 3)]
        ]
        yield Case("AddN", runs, tag=dtype, wide=dtype in NARROW)
    yield Case("AddN", [([data("float32", (5,))],)], tag="one")
    for dtype in FLOATS + SIGNED + ["uint8", "uint16"]:
        low, high = np.array(1, numpy_type(dtype)), np.array(5, numpy_type(dtype))
        runs = [(data(dtype, s, -9, 9), low, high) for s in SHAPES]
        x = data(dtype, (4, 3), -9, 9)
        runs.append((x, data(dtype, (4, 3), 0, 1), data(dtype, (4, 3), 2, 5)))
        yield Case("ClipByValue", runs, tag=dtype)
    yield Case(
        "ClipByValue",
        [(special("float32"), np.float32(-1), np.float32(1))],
        tag="special",
    )


def selections():
    shapes = [
        ((32, 7), (32, 7), (32, 7)),
        ((5, 7), (5, 7), (5, 7)),
        ((), (2, 3), (2, 3)),
        ((4, 1), (3,), ()),
        ((0, 3), (3,), (0, 3)),
        ((2, 1, 1), (3, 4), (2, 3, 4)),
    ]
    for dtype in ANY:
        runs = [(data("bool", c), data(dtype, t), data(dtype, e, seed=1)) for c, t, e in shapes]
        yield Case("SelectV2", runs, tag=dtype)
        runs = [
            (data("bool", c), data(dtype, t), data(dtype, t, seed=1))
            for c, t in [
                ((4, 3), (4, 3)),
                ((), (4, 3)),
                ((4,), (4, 3, 2)),
                ((4,), (4,)),
                ((0,), (0, 2)),
            ]
        ]
        yield Case("Select", runs, tag=dtype)


def casts():
    for source in ANY:
        for target in ANY:
            low, high = (0, 99) if target.startswith("u") else (-99, 99)
            runs = [(data(source, s, low, high),) for s in [(32, 7), (5, 7), (), (0, 2)]]
            if is_float(source) and (is_float(target) or target == "bool"):
                runs.append((special(source),))
            yield Case("Cast", runs, {"DstT": target}, f"{source}-{target}")
    same_size = [
        ["int8", "uint8"],
        ["float16", "bfloat16", "int16", "uint16"],
        ["float32", "int32", "uint32"],
        ["float64", "int64", "uint64"],
    ]
    for group in same_size:
        for source in group:
            for target in group:
                runs = [(data(source, s),) for s in [(4, 3), (2, 3), (), (0, 2)]]
                yield Case("Bitcast", runs, {"type": target}, f"{source}-{target}")


def cases():
    for family in (unary, binary, gradients, several, selections, casts):
        yield from family()

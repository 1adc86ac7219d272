"""How far a result may be from TensorFlow's CPU result, by element type: (relative, absolute).

Types not listed are compared exactly. A case may give limits of its own where its op needs others.
"""

TOLERANCES = {
    "float64": (1e-11, 1e-12),
    "float32": (2e-5, 2e-6),
    "float16": (4e-3, 2e-3),
    "bfloat16": (2e-2, 2e-2),
}

# Gradients, by the type that they are taken in: a chain of several ops, each rounded once. Both
# numbers are shares of the largest element of the gradient (the second, "absolute" one), so that
# cancellation in single elements does not count.
GRADIENT_TOLERANCES = {
    "float64": (1e-9, 1e-9),
    "float32": (2e-4, 2e-5),
    "float16": (2e-2, 1e-2),
    "bfloat16": (6e-2, 6e-2),
}


def tolerance(dtype):
    return TOLERANCES.get(str(dtype), (0.0, 0.0))


def gradient_tolerance(dtype):
    return GRADIENT_TOLERANCES[str(dtype)]

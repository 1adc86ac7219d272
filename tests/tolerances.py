"""How far a result may be from TensorFlow's CPU result, by element type: (relative, absolute).

Types not listed are compared exactly.
"""

TOLERANCES = {
    "float64": (1e-11, 1e-12),
    "float32": (2e-5, 2e-6),
    "float16": (4e-3, 2e-3),
    "bfloat16": (2e-2, 2e-2),
}


def tolerance(dtype):
    return TOLERANCES.get(str(dtype), (0.0, 0.0))

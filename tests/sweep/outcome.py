"""Variants: MLC computes what the CPU computes, and refuses what the CPU refuses."""

import re

import numpy as np
import tensorflow as tf
from op_case import run
from test_ops import expected_outputs

from sweep import check

REFUSALS = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError)
# What tf.raw_ops and the shape functions raise before any kernel is asked.
PYTHON = (TypeError, ValueError)

CONVOLUTION = r"(Depthwise)?Conv[23]d?D?.*"
WITH_FORMAT = CONVOLUTION + "|.*Pool.*|FusedBatchNorm.*|SpaceToDepth|DepthToSpace"

# Why MLC may compute what the CPU refuses: patterns of the op, and of the variant with its type.
BEYOND_CPU = [
    (CONVOLUTION, "dilations=.*", "the CPU has no dilation here"),
    ("DepthwiseConv2d.*", "strides=.*", "the CPU has no unequal strides here"),
    (WITH_FORMAT, "data_format=.*", "the CPU has no channels first"),
    ("MirrorPad(Grad)?", "empty .*", "nothing is added to nothing"),
    ("Reverse", "empty .*", "an empty tensor reversed is itself"),
    ("GatherNd", "empty .*", "no element is read"),
    ("ScatterNd", "rank-down .*", "indices of rank 1 are one index, as the definition says"),
]

# Why MLC may refuse inputs that the CPU takes. An attribute it may refuse in any case, if the error
# names it.
REFUSED = [
    ("AvgPool(3D)?Grad", ".*", "the CPU does not compare the gradient's shape with the window's"),
    ("DepthwiseConv2dNativeBackprop.*", "dilations=.*", "the CPU leaves dilations out"),
    (CONVOLUTION + "Backprop.*", "empty .*", "a filter without elements"),
    ("ReverseV2", "axis .*", "the CPU does not look at the axes of an empty tensor"),
    ("StatelessRandomGamma.*", "shape .*", "the CPU does not look at the shape of no numbers"),
    ("Einsum", "empty .*", "a repeated label has two sizes"),
]

# Why results may differ from the CPU's: as above, and whether those that are finite on the CPU are
# still the same.
DIFFERENT = [
    (CONVOLUTION, "special.* bfloat16", "oneDNN multiplies bfloat16 in pairs, also by zero", False),
    (CONVOLUTION, "special.*", "the CPU multiplies the zeros of the padding too", True),
    ("DepthwiseConv2dNativeBackprop.*", "dilations=.*", "the CPU leaves dilations out", False),
    ("DepthwiseConv2dNativeBackpropFilter", "empty .*", "the CPU writes no result", False),
    ("FusedBatchNorm(V.)?", "empty .*", "the CPU writes no statistics of no numbers", False),
    ("FusedBatchNorm(V.)?", "is_training=False .*", "the CPU leaves outputs unwritten", False),
    ("Cast", "special .*", "C++ does not define the conversion of NaN and infinity", False),
    ("Erf", "special float64", "the CPU's double-precision Erf of infinity is NaN", True),
    ("MaxPool(3D)?Grad(V2)?", "special.*", "where NaN is, no element is the maximum", False),
    ("MaxPool(3D)?Grad(V2)?", ".*=.*", "orig_output is not what the op gives", False),
    ("ScaleAndTranslateGrad", "special.*", "pixels of weight 0 may take part", False),
    ("(Stateless)?Multinomial", "many.*", "the CPU's rows depend on its threads", False),
    ("Resize.*|ScaleAnd.*", "special.*", "the CPU multiplies by zeros and takes differences", True),
    ("Empty", "init=False.*", "TensorFlow leaves the contents open", False),
    ("TopKV2", "special .*", "the CPU's order has no place for NaN", False),
    ("TopKV2", "sorted=False .*", "any order will do", False),
]


def row_for(table, case, inputs, variant):
    """The rest of the first row that fits, or None."""
    types = [str(np.asarray(v).dtype) for v in tf.nest.flatten(list(inputs))]
    floats = [t for t in types if "float" in t]
    text = f"{variant} {[*floats, *types, ''][0]}"
    for ops, variants, *rest in table:
        if re.fullmatch(ops, case.op) and re.fullmatch(variants, text):
            return rest
    return None


def refusal(error):
    return f"{type(error).__name__}: {str(error)[:300]}"


def outcome(case, inputs, variant):
    """(outcome, errors); raises Mismatch.

    The outcome is "same", "refused by both", or says why MLC may do something else.
    """
    try:
        outputs = check.on_mlc(case, inputs)
        mlc = None
    except (*REFUSALS, *PYTHON) as error:
        mlc = error
    except tf.errors.OpError as error:
        raise check.Mismatch(f"MLC raises {refusal(error)}") from error
    if mlc and "=" in variant and variant.split("=")[0] in str(mlc):
        # The CPU is not asked: it ends the process over some of them (MaxPoolGrad, ksize -1).
        return "refused, naming the attribute", []
    row = mlc and row_for(REFUSED, case, inputs, variant)
    if row:
        return row[0], []
    try:
        dtypes = [t.dtype for t in outputs] if mlc is None else cpu_types(case, inputs)
        wanted = expected_outputs(case, inputs, dtypes)
        cpu = None
    except (tf.errors.OpError, *PYTHON) as error:
        cpu = error
    if mlc and cpu:
        return "refused by both", []
    if cpu:
        row = row_for(BEYOND_CPU, case, inputs, variant)
        if not row:
            raise check.Mismatch(f"MLC computes what the CPU refuses with {refusal(cpu)}")
        return row[0], []
    if mlc:
        raise check.Mismatch(f"the CPU computes what MLC refuses with {refusal(mlc)}")
    row = row_for(DIFFERENT, case, inputs, variant)
    if not row:
        return "same", check.compare_all(case, outputs, wanted)
    why, finite_ones = row
    if not finite_ones:
        return why, []
    return why, check.compare_all(case, outputs, wanted, where_finite=True)


def cpu_types(case, inputs):
    return [t.dtype for t in run(case.op, inputs, case.attrs, "/CPU:0")]

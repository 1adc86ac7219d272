"""What is wrong on the CPU is wrong on MLC: the same exception, with what was given in its text."""

import numpy as np
import pytest
import tensorflow as tf
from op_case import run


def f32(*shape):
    return np.zeros(shape, np.float32)


def i32(*values):
    return np.array(values, np.int32)


def i64(*values):
    return np.array(values, np.int64)


def pool(**attrs):
    return {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"} | attrs


def conv(**attrs):
    return {"strides": [1, 1, 1, 1], "padding": "VALID"} | attrs


SCALAR = np.array(0, np.int32)
U64 = np.zeros(2, np.uint64)

# op, inputs, attributes, what the message must name
ERRORS = [
    ("AddV2", (f32(2), f32(3)), {}, r"\[2\].*\[3\]"),
    ("Equal", (f32(2), f32(3)), {}, r"\[2\].*\[3\]"),
    ("AddN", ([f32(2), f32(1)],), {}, r"\[2\].*\[1\]"),
    ("FloorDiv", (i64(1), i64(0)), {}, "zero"),
    ("FloorMod", (i64(1), i64(0)), {}, "zero"),
    ("Select", (np.ones(3, bool), f32(2, 2), f32(2, 2)), {}, "2 vs. 3"),
    ("SelectV2", (np.ones(3, bool), f32(2), f32(2)), {}, r"\[3\]"),
    ("ClipByValue", (f32(4), f32(2), f32(2)), {}, r"\[4\].*\[2\]"),
    ("Sum", (f32(2, 3), i32(2)), {}, "2 for input with 2"),
    ("Sum", (f32(2, 3), i32(1, -1)), {}, "duplicate"),
    ("ArgMax", (f32(2, 3), np.int32(5)), {}, "5"),
    ("ArgMax", (f32(0, 3), np.int32(0)), {}, r"empty.*\[0,3\]"),
    ("Cumsum", (f32(2, 3), np.int32(2)), {}, "2"),
    ("MatMul", (f32(2, 3), f32(4, 5)), {}, r"\[2,3\].*\[4,5\]"),
    ("MatMul", (f32(2, 3, 1), f32(3, 5)), {}, r"\[2,3,1\]"),
    ("BatchMatMulV2", (f32(3, 2, 3), f32(2, 3, 5)), {}, r"\[3.*\[2"),
    ("BatchMatMul", (f32(1, 2, 3), f32(2, 3, 5)), {}, r"\[1.*\[2"),
    ("BiasAdd", (f32(2, 3), f32(2)), {}, r"\[2\].*\[2,3\]"),
    ("BiasAdd", (f32(2, 3), f32(3, 1)), {}, r"\[3,1\]"),
    ("BiasAdd", (f32(3), f32(3)), {}, r"\[3\]"),
    ("Conv2D", (f32(1, 4, 4, 3), f32(3, 3, 2, 2)), conv(), "3 vs 2"),
    ("Conv2D", (f32(4, 4, 3), f32(3, 3, 3, 2)), conv(), r"4.*\[4,4,3\]"),
    ("Conv2D", (f32(1, 2, 2, 1), f32(5, 5, 1, 1)), conv(), "negative"),
    ("Conv2D", (f32(1, 4, 4, 1), f32(3, 3, 1, 1)), conv(strides=[1, 1, 1, 2]), "strides"),
    ("Conv2D", (f32(1, 4, 4, 1), f32(3, 3, 1, 1)), conv(padding="HALF"), "HALF"),
    ("Conv2D", (f32(1, 4, 4, 1), f32(3, 3, 1, 1)), conv(data_format="NWHC"), "NWHC"),
    (
        "Conv2DBackpropFilter",
        (f32(1, 4, 4, 1), i32(3, 3, 1, 1), f32(1, 3, 3, 1)),
        conv(),
        r"\[1,3,3,1\].*\[1,2,2,1\]",
    ),
    (
        "Conv2DBackpropInput",
        (i32(1, 4, 4, 1), f32(3, 3, 1, 1), f32(1, 3, 3, 1)),
        conv(),
        r"\[1,3,3,1\].*\[1,2,2,1\]",
    ),
    ("DepthwiseConv2dNative", (f32(1, 4, 4, 3), f32(3, 3, 2, 2)), conv(), "3 vs. 2"),
    ("MaxPool", (f32(4, 4, 3),), pool(), r"4"),
    ("MaxPool", (f32(1, 4, 4, 3),), pool(padding="FULL"), "FULL"),
    ("AvgPool", (f32(4, 4, 4, 3),), pool(ksize=[2, 2, 2, 1]), "batch"),
    ("MaxPoolGrad", (f32(1, 4, 4, 1), f32(1, 2, 2, 1), f32(1, 3, 3, 1)), pool(), "grad"),
    ("Softmax", (f32(),), {}, r"\[\]"),
    ("SoftmaxCrossEntropyWithLogits", (f32(2, 3), f32(2, 4)), {}, r"\[2,3\].*\[2,4\]"),
    ("SparseSoftmaxCrossEntropyWithLogits", (f32(2, 3), i32(1, 2, 0)), {}, r"\[2,3\].*\[3\]"),
    ("FusedBatchNormV3", (f32(2, 2, 2, 3), f32(2), f32(3), f32(3), f32(3)), {}, r"2.*3"),
    ("Fill", (i32(2, -1), np.float32(1)), {}, "-1"),
    ("Empty", (i32(2, -1),), {"dtype": "float32", "init": True}, "-1"),
    ("Fill", (i32(2, 1), f32(2)), {}, r"\[2\]"),
    ("BroadcastTo", (f32(3), i32(2, 2)), {}, r"\[3\].*\[2,2\]"),
    ("BroadcastTo", (f32(2, 3), i32(3)), {}, "2.*1"),
    ("Transpose", (f32(2, 3), i32(0)), {}, "2.*1"),
    ("Transpose", (f32(2, 3), i32(0, 0)), {}, "0"),
    ("Transpose", (f32(2, 3), i32(0, 2)), {}, "2 is out of range"),
    ("Tile", (f32(2, 3), i32(1)), {}, "2.*1"),
    ("Tile", (f32(2), i32(-1)), {}, "-1"),
    ("ReverseV2", (f32(2, 3), i32(0, 0)), {}, "0"),
    ("ReverseV2", (f32(2, 3), i32(5)), {}, "5"),
    ("MatrixBandPart", (f32(3, 3), np.int64(9), np.int64(0)), {}, "9"),
    ("Range", (np.float32(0), np.float32(3), np.float32(0)), {}, "delta"),
    ("Range", (np.float32(3), np.float32(0), np.float32(1)), {}, "3/0"),
    ("ConcatV2", ([f32(2, 3), f32(3, 3)], np.int32(1)), {}, r"\[2,3\].*\[3,3\]"),
    ("ConcatV2", ([f32(2, 3), f32(2, 3)], np.int32(2)), {}, "2"),
    ("Pack", ([f32(2), f32(3)],), {}, r"\[2\].*\[3\]"),
    ("Pack", ([f32(2), f32(2)],), {"axis": 4}, "4"),
    ("Unpack", (f32(2, 3),), {"num": 3, "axis": 0}, "3"),
    ("Split", (np.int32(1), f32(2, 3)), {"num_split": 2}, "3.*2"),
    ("Split", (np.int32(4), f32(2, 3)), {"num_split": 2}, "4"),
    ("SplitV", (f32(5), i32(2, 2), np.int32(0)), {"num_split": 2}, "5|4"),
    ("Slice", (f32(2, 3), i32(0, 1), i32(1, 5)), {}, "5"),
    ("Slice", (f32(2, 3), i32(3, 1), i32(1, 1)), {}, "3"),
    ("StridedSlice", (f32(3), i32(0), i32(3), i32(0)), {}, r"strides\[0\]"),
    ("StridedSlice", (f32(3), i32(7), i32(8), i32(1)), {"shrink_axis_mask": 1}, "7"),
    ("StridedSlice", (f32(3), i32(0, 0), i32(1, 1), i32(1, 1)), {}, "1"),
    ("StridedSliceGrad", (i32(3), i32(0), i32(2), i32(1), f32(3)), {}, r"\[3\].*\[2\]"),
    ("Pad", (f32(2, 3), np.zeros((1, 2), np.int32)), {}, r"\[1,2\].*\[2,3\]"),
    ("Pad", (f32(2), np.array([[-1, 0]], np.int32)), {}, "-1"),
    ("MirrorPad", (f32(2), np.array([[2, 0]], np.int32)), {"mode": "REFLECT"}, "2"),
    ("GatherV2", (f32(3), i32(1, 5), SCALAR), {}, "5.*3"),
    ("GatherV2", (f32(3), i32(-1), SCALAR), {}, "-1.*3"),
    ("GatherV2", (f32(3), i32(1), np.int32(2)), {}, "2"),
    ("GatherNd", (f32(3), np.array([[5]], np.int32)), {}, "5"),
    ("ScatterNd", (np.array([[5]], np.int32), f32(1), i32(3)), {}, "5"),
    ("ScatterNd", (np.array([[1]], np.int32), f32(2), i32(3)), {}, r"\[2\]"),
    ("TensorScatterAdd", (f32(3), np.array([[5]], np.int32), f32(1)), {}, "5"),
    (
        "ScatterNd",
        (np.array([[1]], np.int32), f32(1), i32(3)),
        {"bad_indices_policy": "MAYBE"},
        "bad_indices_policy.*MAYBE",
    ),
    (
        "TensorScatterAdd",
        (f32(3), np.array([[1]], np.int32), f32(1)),
        {"bad_indices_policy": "MAYBE"},
        "bad_indices_policy.*MAYBE",
    ),
    ("UnsortedSegmentSum", (f32(3), i32(0, 5, 1), np.int32(2)), {}, "5"),
    ("UnsortedSegmentSum", (f32(3), i32(0, 1), np.int32(2)), {}, r"\[3\].*\[2\]"),
    ("OneHot", (i32(0), np.int32(-1), np.float32(1), np.float32(0)), {}, "-1"),
    ("TopKV2", (f32(3), np.int32(5)), {}, "3.*5"),
    ("SpaceToBatchND", (f32(1, 5, 1), i32(2), np.zeros((1, 2), np.int32)), {}, "5.*2"),
    ("SpaceToDepth", (f32(1, 3, 4, 1),), {"block_size": 2}, "2"),
    ("RandomUniform", (i32(2, -3),), {"dtype": "float32"}, "-3"),
    ("RandomUniformInt", (i32(2), np.int32(5), np.int32(4)), {}, "5"),
    ("StatelessRandomGammaV2", (i32(2), i32(1, 2), f32(3)), {}, r"\[2\].*\[3\]"),
    ("Multinomial", (f32(3), np.int32(2)), {}, r"\[3\]"),
    ("Multinomial", (f32(2, 3), np.int32(-2)), {}, "-2"),
    ("StatelessMultinomial", (f32(2, 0), np.int32(2), i32(1, 2)), {}, "0"),
    ("ResizeBilinear", (f32(4, 4, 3), i32(2, 2)), {}, r"\[4,4,3\]"),
    ("ResizeBilinear", (f32(1, 4, 4, 3), i32(2, 0)), {}, "positive"),
    ("ResizeArea", (f32(1, 0, 4, 3), i32(2, 2)), {}, r"\[1,0,4,3\]"),
    (
        "ResizeBicubic",
        (f32(1, 4, 4, 3), i32(2, 2)),
        {"align_corners": True, "half_pixel_centers": True},
        "align_corners",
    ),
    ("ScaleAndTranslate", (f32(1, 4, 4, 3), i32(2, 2), f32(2), f32(2)), {}, "0"),
    ("StatelessRandomUniform", (i32(2), i32(1)), {}, r"\[1\]"),
    ("StatelessRandomUniform", (i32(-2), i32(1, 2)), {}, "-2"),
    ("StatelessRandomUniformV2", (i32(2), U64, U64, np.int32(1)), {}, r"key.*\[2\]"),
    ("StatelessRandomUniformV2", (i32(2), U64[:1], U64, np.int32(9)), {}, "9"),
    ("StatelessRandomUniformInt", (i32(2), i32(1, 2), np.int32(5), np.int32(5)), {}, "5"),
]


@pytest.mark.parametrize(
    "op, inputs, attrs, text", ERRORS, ids=[f"{e[0]}-{i}" for i, e in enumerate(ERRORS)]
)
def test_same_error_as_cpu(op, inputs, attrs, text):
    with pytest.raises(tf.errors.OpError) as of_cpu:
        run(op, inputs, attrs, "/CPU:0")
    with pytest.raises(type(of_cpu.value), match=text):
        run(op, inputs, attrs, "/MLC:0")


@pytest.mark.parametrize("op, inputs, attrs, text", ERRORS[:1] + ERRORS[9:10])
def test_the_op_works_after_an_error(op, inputs, attrs, text):
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(op, inputs, attrs, "/MLC:0")
    sound = (inputs[0], inputs[0]) if op == "AddV2" else (inputs[0], i32(1))
    run(op, sound, attrs, "/MLC:0")

"""Ops that move elements: shapes, slices, joins, pads, gathers and scatters."""

import numpy as np
from op_case import ANY, FLOATS, INDEX, NARROW, NUMBERS, Case, data, numpy_type, run

SHAPES = [(32, 7), (5, 7), (32, 7), (2, 3, 4), (0, 3)]


def int32(values):
    return np.array(values, np.int32)


def int64(values):
    return np.array(values, np.int64)


def filling():
    for dtype in ANY:
        value = data(dtype, (), 1, 9)
        if dtype != "int32":
            runs = [(int32(s), value) for s in SHAPES + [(), (0,)]]
            yield Case("Fill", runs, tag=dtype)
            shapes = [(int32(s),) for s in SHAPES + [(), (0,)]]
            yield Case("Empty", shapes, {"dtype": dtype, "init": True}, dtype)
        yield Case("Fill", [(int64([2, 3]), value)], tag=f"{dtype}-int64")
        runs = [
            (data(dtype, a), int32(b))
            for a, b in [
                ((3, 1), (3, 4)),
                ((), (2, 3)),
                ((4,), (2, 3, 4)),
                ((2, 2), (2, 2)),
                ((1,), (0,)),
                ((1, 3), (0, 3)),
            ]
        ]
        runs.append((data(dtype, (3,)), int64([2, 3])))
        yield Case("BroadcastTo", runs, tag=dtype)
    for dtype in FLOATS + ["int64"]:
        runs = [
            (
                np.array(a, numpy_type(dtype)),
                np.array(b, numpy_type(dtype)),
                np.array(c, numpy_type(dtype)),
            )
            for a, b, c in [(0, 9, 1), (3, 20, 4), (9, 0, -2), (2, 2, 1)]
        ]
        yield Case("Range", runs, tag=dtype)
    # Sizes that depend on the type in which they are computed.
    for dtype in FLOATS:
        runs = [
            tuple(np.array(v, numpy_type(dtype)) for v in run)
            for run in [(0, 1, 0.1), (0.1, 1.1, 0.1), (0.3, 0.6, 0.1), (1.1, 0.1, -0.2)]
        ]
        yield Case("Range", runs, tag=f"tenths-{dtype}")
    # Long ones: each number is rounded three times, and positions beyond 256 are no bfloat16.
    for dtype in FLOATS:
        runs = [
            tuple(np.array(v, numpy_type(dtype)) for v in run)
            for run in [(0, 1000, 1), (1, 100, 0.3), (5, -40, -0.7), (-1, 1, 0.001), (0, 70000, 90)]
            if dtype != "float16" or max(run) < 65504
        ]
        yield Case("Range", runs, tag=f"long-{dtype}", tolerance=(0.0, 0.0))


def order():
    for dtype in ANY:
        perms = [
            ((32, 7), (1, 0)),
            ((5, 7), (1, 0)),
            ((32, 7), (1, 0)),
            ((2, 3, 4), (2, 0, 1)),
            ((2, 3, 4, 5), (0, 3, 1, 2)),
            ((2, 3, 4, 5), (0, 2, 1, 3)),
            ((4,), (0,)),
            ((), ()),
            ((0, 3), (1, 0)),
            ((2, 3, 2, 2, 3), (4, 2, 0, 1, 3)),
        ]
        for op in ["Transpose", "ConjugateTranspose"]:
            runs = [(data(dtype, s), int32(p)) for s, p in perms]
            runs.append((data(dtype, (2, 3)), int64([1, 0])))
            yield Case(op, runs, tag=dtype)
        runs = [
            (data(dtype, s), int32(m))
            for s, m in [
                ((32, 7), (1, 2)),
                ((5, 7), (1, 2)),
                ((2, 3), (3, 1)),
                ((2, 3, 2), (2, 1, 3)),
                ((2, 3), (0, 2)),
                ((), ()),
                ((3,), (1,)),
            ]
        ]
        # The CPU lacks some of the types.
        yield Case("Tile", runs, tag=dtype, expected=lambda x, m: [np.tile(x, m)])
        runs = [
            (data(dtype, s), int32(a))
            for s, a in [
                ((32, 7), [1]),
                ((5, 7), [1]),
                ((2, 3, 4), [0, -1]),
                ((2, 3), []),
                ((0, 3), [1]),
            ]
        ]
        runs.append((data(dtype, (4,)), int64([0])))
        yield Case("ReverseV2", runs, tag=dtype)
        yield Case("Reverse", [(data(dtype, (3, 4)), np.array([True, False]))], tag=dtype)
        runs = [
            (data(dtype, s), int32(shift), int32(axis))
            for s, shift, axis in [
                ((5, 4), [2], [0]),
                ((5, 4), [-1, 7], [0, 1]),
                ((6,), [0], [0]),
                ((3, 4), [1, 1], [0, 0]),
            ]
        ]
        runs.append((data(dtype, (5,)), int64(2), int32(0)))
        yield Case("Roll", runs, tag=dtype)
        runs = [
            (data(dtype, s), int64(lower), int64(upper))
            for s, lower, upper in [
                ((4, 5), 1, 1),
                ((4, 5), -1, 0),
                ((2, 4, 3), 0, -1),
                ((3, 3), -1, -1),
                ((4, 5), 4, 0),
            ]
        ]
        yield Case("MatrixBandPart", runs, tag=dtype)


def space():
    images = [(4, 4, 6, 3), (2, 4, 6, 3), (4, 4, 6, 3)]
    for dtype in NUMBERS:
        pads = int32([[1, 1], [0, 2]])
        runs = [(data(dtype, s), int32([2, 2]), pads) for s in images]
        runs.append((data(dtype, (2, 6)), int32([3]), int32([[0, 0]])))
        yield Case("SpaceToBatchND", runs, tag=dtype)
        runs = [(data(dtype, s), int32([2, 2]), int32([[1, 0], [0, 3]])) for s in [(8, 3, 4, 2)]]
        runs.append((data(dtype, (6, 2)), int64([3]), int64([[0, 0]])))
        yield Case("BatchToSpaceND", runs, tag=dtype)
    for dtype in ANY:
        yield Case("SpaceToDepth", [(data(dtype, s),) for s in images], {"block_size": 2}, dtype)
        runs = [(data(dtype, s),) for s in [(2, 3, 2, 8), (1, 3, 2, 4)]]
        yield Case("DepthToSpace", runs, {"block_size": 2}, dtype)
    # The CPU has no channels-first kernels of these: through one another, and by hand.
    x = data("float32", (2, 3, 4, 6))

    def to_depth(v):
        v = v.reshape(2, 3, 2, 2, 3, 2).transpose(0, 3, 5, 1, 2, 4)
        return [v.reshape(2, 12, 2, 3)]

    attrs = {"block_size": 2, "data_format": "NCHW"}
    yield Case("SpaceToDepth", [(x,)], attrs, "first", to_depth)
    yield Case("DepthToSpace", [(to_depth(x)[0],)], attrs, "first", lambda v: [x])


def joining():
    for dtype in ANY:
        parts = [
            ((32, 7), (32, 2), 1),
            ((5, 7), (5, 2), 1),
            ((32, 7), (32, 2), 1),
            ((2, 3), (4, 3), 0),
            ((2, 3, 4), (2, 1, 4), -2),
            ((0, 3), (2, 3), 0),
        ]
        pairs = [([data(dtype, a), data(dtype, b, seed=1)], axis) for a, b, axis in parts]
        if dtype != "int32":
            yield Case("ConcatV2", [(values, int32(axis)) for values, axis in pairs], tag=dtype)
            runs = [(int32(axis), values) for values, axis in pairs if axis >= 0]
            yield Case("Concat", runs, tag=dtype)
        for axis in (0, 1, -1):
            runs = [
                ([data(dtype, s, seed=i) for i in range(3)],)
                for s in [(5, 2), (2, 2), (4,), (0, 2)]
            ]
            yield Case("Pack", runs, {"axis": axis}, f"{dtype}-{axis}")
        yield Case("Pack", [([data(dtype, (), seed=i) for i in range(4)],)], tag=f"{dtype}-scalars")
        yield Case("Pack", [([data(dtype, (2, 3))],)], {"axis": 1}, f"{dtype}-one")
        if dtype not in INDEX:
            for axis in (0, 1, -1):
                runs = [(data(dtype, s),) for s in [(3, 3), (3, 3, 3)]]
                yield Case("Unpack", runs, {"num": 3, "axis": axis}, f"{dtype}-{axis}")
        runs = [
            (int32(a), data(dtype, s))
            for s, a in [((32, 6), 1), ((5, 6), 1), ((6, 2), 0), ((2, 3, 4), -2), ((0, 3), 1)]
        ]
        yield Case("Split", runs, {"num_split": 3}, dtype)
        yield Case("Split", [(int32(0), data(dtype, (2, 2)))], {"num_split": 1}, f"{dtype}-one")
        runs = [
            (data(dtype, s), int32(sizes), int32(a))
            for s, sizes, a in [
                ((32, 6), [1, 2, 3], 1),
                ((5, 6), [1, -1, 3], 1),
                ((7, 2), [0, 7, -1], 0),
            ]
        ]
        runs.append((data(dtype, (6,)), int64([2, 2, 2]), int32(-1)))
        yield Case("SplitV", runs, {"num_split": 3}, dtype)


# shape, begin, end, strides, and masks: begin, end, ellipsis, new axis, shrink
STRIDED = {
    "plain": ((5, 7), [1, 2], [4, 6], [1, 1], (0, 0, 0, 0, 0)),
    "steps": ((5, 7), [0, 1], [5, 7], [2, 3], (0, 0, 0, 0, 0)),
    "backwards": ((5, 7), [4, 6], [0, -8], [-1, -2], (0, 0, 0, 0, 0)),
    "negative": ((5, 7), [-3, -4], [-1, -1], [1, 1], (0, 0, 0, 0, 0)),
    "masks": ((5, 7), [2, 3], [3, 4], [1, 1], (1, 2, 0, 0, 0)),
    "masks-backwards": ((5, 7), [2, 3], [3, 4], [-1, -2], (3, 3, 0, 0, 0)),
    "shrink": ((5, 7), [1, -2], [2, 7], [1, 1], (0, 0, 0, 0, 3)),
    "shrink-one": ((2, 3, 4), [0, 1], [0, 2], [1, 1], (1, 1, 0, 0, 2)),
    "ellipsis": ((2, 3, 4, 5), [0, 0, 1], [0, 0, 3], [1, 1, 1], (1, 1, 2, 0, 0)),
    "ellipsis-first": ((2, 3, 4), [0, 1], [0, 2], [1, 1], (0, 0, 1, 0, 2)),
    "new-axis": ((2, 3), [0, 0, 0], [0, 0, 2], [1, 1, 1], (1, 1, 0, 2, 0)),
    "new-axis-last": ((2, 3), [0, 0], [0, 0], [1, 1], (0, 0, 1, 2, 0)),
    "all": ((4, 3, 5), [1, 0, 0, -1], [3, 0, 0, 0], [1, 1, 1, 1], (0, 0, 2, 4, 8)),
    "out-of-range": ((5, 7), [-99, 3], [99, 99], [1, 1], (0, 0, 0, 0, 0)),
    "nothing": ((5, 7), [3, 0], [2, 7], [1, 1], (0, 0, 0, 0, 0)),
    "empty": ((0, 7), [0, 1], [9, 3], [1, 1], (0, 0, 0, 0, 0)),
    "short": ((2, 3, 4), [1], [2], [1], (0, 0, 0, 0, 0)),
    "scalar": ((), [], [], [], (0, 0, 0, 0, 0)),
    "whole": ((3, 4), [0, 0], [3, 4], [1, 1], (0, 0, 0, 0, 0)),
}
MASKS = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"]


def slices():
    for dtype in ANY:
        if dtype != "int32":
            runs = [
                (data(dtype, s), int32(b), int32(size))
                for s, b, size in [
                    ((32, 7), [0, 2], [32, 3]),
                    ((5, 7), [1, 2], [-1, 3]),
                    ((2, 3), [0, 0], [2, 3]),
                    ((2, 3), [2, 0], [0, 3]),
                    ((), [], []),
                ]
            ]
            runs.append((data(dtype, (5,)), int64([1]), int64([3])))
            yield Case("Slice", runs, tag=dtype)
        for tag, (shape, begin, end, strides, masks) in STRIDED.items():
            attrs = dict(zip(MASKS, masks, strict=True))
            limits = (int32(begin), int32(end), int32(strides))
            case = Case("StridedSlice", [(data(dtype, shape), *limits)], attrs, f"{tag}-{dtype}")
            yield case
            if shape == ():
                continue  # not an error, but no gradient kernel on the CPU takes it
            out = run("StridedSlice", case.runs[0], attrs, "/CPU:0")[0].shape
            gradient = (int32(shape), *limits, data(dtype, tuple(out)))
            yield Case("StridedSliceGrad", [gradient], attrs, f"{tag}-{dtype}")
    x = data("float32", (5, 7))
    limits = (int64([1, 2]), int64([4, 6]), int64([1, 1]))
    yield Case("StridedSlice", [(x, *limits)], tag="int64")


def padding():
    pads = [
        ((32, 7), [[0, 0], [1, 2]]),
        ((5, 7), [[0, 0], [1, 2]]),
        ((2, 3), [[0, 0], [0, 0]]),
        ((3, 4, 5), [[1, 0], [0, 3], [2, 2]]),
        ((4,), [[1, 1]]),
    ]
    empty = [((0, 3), [[2, 0], [0, 1]]), ((), np.zeros((0, 2)))]
    mirrors = [((32, 7), [[0, 0], [1, 2]]), ((5, 7), [[2, 1], [0, 3]]), ((2, 3), [[0, 0], [0, 0]])]
    for dtype in ANY:
        runs = [(data(dtype, s), int32(p)) for s, p in pads + empty]
        runs.append((data(dtype, (2,)), int64([[1, 0]])))
        yield Case("Pad", runs, tag=dtype)
        value = data(dtype, (), 1, 9)
        yield Case("PadV2", [(x, p, value) for x, p in runs], tag=dtype)
        for mode in ["REFLECT", "SYMMETRIC"]:
            runs = [(data(dtype, s), int32(p)) for s, p in mirrors]
            yield Case("MirrorPad", runs, {"mode": mode}, f"{dtype}-{mode}")
            if dtype == "bool":
                continue
            runs = []
            for shape, amounts in mirrors:
                padded = [n + sum(p) for n, p in zip(shape, amounts, strict=True)]
                runs.append((data(dtype, padded), int32(amounts)))
            yield Case(
                "MirrorPadGrad", runs, {"mode": mode}, f"{dtype}-{mode}", wide=dtype in NARROW
            )


def gathers():
    for dtype in ANY:
        for to in INDEX:

            def ids(shape, n, to=to):
                return data(to, shape, 0, n - 1)

            tag = f"{dtype}-{to}"
            yield Case("Gather", [(data(dtype, (9, 3)), ids((4, 2), 9))], tag=tag)
            runs = [
                (data(dtype, s), ids(i, s[axis]), int32(axis))
                for s, i, axis in [
                    ((9, 3), (32,), 0),
                    ((9, 3), (5,), 0),
                    ((9, 3), (4, 2), 0),
                    ((2, 5, 3), (4,), 1),
                    ((2, 5, 3), (4, 2), -1),
                    ((7,), (), 0),
                    ((9, 3), (0,), 0),
                    ((4, 0), (2,), 0),
                ]
            ]
            yield Case("GatherV2", runs, tag=tag)
            runs = [(data(dtype, (3, 5, 2)), ids((3, 4), 5), int32(1))]
            yield Case("GatherV2", runs, {"batch_dims": 1}, tag + "-batch")
            runs = [(data(dtype, (3, 2, 5)), ids((3, 4), 5), int32(-1))]
            yield Case("GatherV2", runs, {"batch_dims": -1}, tag + "-batch-last")
            runs = [
                (data(dtype, s), ids(i, 3))
                for s, i in [
                    ((3, 4), (5, 1)),
                    ((3, 4), (6, 2)),
                    ((3, 4, 5), (2, 2, 3)),
                    ((3,), (1,)),
                    ((3, 4), (0, 2)),
                    ((3, 4), (2, 0)),
                ]
            ]
            yield Case("GatherNd", runs, tag=tag)
        for to in ["int32", "int64", "uint8", "int8"]:
            on, off = data(dtype, (), 1, 9), data(dtype, (), 0, 0, seed=1)
            runs = [
                (np.array(v, to), int32(4), on, off)
                for v in [[0, 1, 3, 2], [1, 5], [[0, 1], [2, 9]], 2, np.zeros((0,))]
            ]
            yield Case("OneHot", runs, tag=f"{dtype}-{to}")
        yield Case(
            "OneHot", [(int64([0, -1, 2]), int32(3), on, off)], {"axis": 0}, f"{dtype}-first"
        )
    for dtype in NUMBERS:
        shapes = [((32, 7), 3), ((5, 7), 3), ((9,), 9), ((2, 3, 6), 1), ((3, 4), 0), ((0, 4), 2)]
        for to in INDEX:
            runs = [(data(dtype, s, -99, 99), int32(k)) for s, k in shapes]
            yield Case("TopKV2", runs, {"index_type": to}, f"{dtype}-{to}")


def scatters():
    combine = ["Update", "Add", "Sub", "Min", "Max"]
    for dtype in ANY:
        for to in INDEX:
            tag = f"{dtype}-{to}"
            # Indices are unique where the order of updates would show.
            rows = np.array([[4], [0], [2]], to)
            points = np.array([[0, 1], [4, 2], [3, 0]], to)
            for name in combine:
                if dtype == "bool" and name != "Update":
                    continue
                runs = [
                    (data(dtype, (5, 3)), rows, data(dtype, (3, 3), seed=1)),
                    (data(dtype, (5, 3)), points, data(dtype, (3,), seed=1)),
                    (
                        data(dtype, (5, 3)),
                        np.zeros((0, 1), to),
                        np.zeros((0, 3), numpy_type(dtype)),
                    ),
                ]
                if name != "Update":
                    twice = np.array([[1], [1], [3]], to)
                    runs.append((data(dtype, (5, 3)), twice, data(dtype, (3, 3), seed=1)))
                yield Case(f"TensorScatter{name}", runs, tag=tag, wide=dtype in NARROW)
            if dtype == "bool":
                continue
            shape = np.array([5, 3], to)
            twice = np.array([[1], [1], [3]], to)
            runs = [
                (rows, data(dtype, (3, 3)), shape),
                (points, data(dtype, (3,)), shape),
                (twice, data(dtype, (3, 3)), shape),
            ]
            yield Case("ScatterNd", runs, tag=tag, wide=dtype in NARROW)
            for name in ["Sum", "Prod", "Max", "Min"]:
                runs = [
                    (data(dtype, s, -2, 2), data(to, ids, -1, n - 1), int32(n))
                    for s, ids, n in [
                        ((32, 3), (32,), 4),
                        ((5, 3), (5,), 4),
                        ((6,), (6,), 9),
                        ((2, 3, 2), (2, 3), 3),
                        ((0, 3), (0,), 2),
                    ]
                ]
                # Empty segments hold the lowest number of the type itself.
                wide = dtype in NARROW and name in ("Sum", "Prod")
                yield Case(f"UnsortedSegment{name}", runs, tag=tag, wide=wide)


def cases():
    groups = (filling, order, space, joining, slices, padding, gathers, scatters)
    for group in groups:
        yield from group()

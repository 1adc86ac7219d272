"""Convolutions, pooling, softmax, cross entropies and batch normalization."""

import numpy as np
from op_case import FLOATS, INDEX, NARROW, NUMBERS, Case, data, numpy_type, run


def channels_first(array):
    return np.moveaxis(np.asarray(array), -1, 1)


def channels_last(array):
    return np.moveaxis(np.asarray(array), 1, -1)


def swap(list_, spatial):
    """Per-axis settings from channels last to channels first."""
    pairs = len(list_) // (spatial + 2)
    rows = [list_[i * pairs : (i + 1) * pairs] for i in range(spatial + 2)]
    return sum([rows[0], rows[-1], *rows[1:-1]], [])


def int32(values):
    return np.array(values, np.int32)


# Channels-first convolutions and pooling are not there on the CPU: the oracle is the channels-last
# op between transposes. `activations` are the inputs that are images, `shapes` those that are
# shapes of images; `image` says whether the result is one.
def first_case(op, runs, attrs, tag, activations, shapes=(), image=True, spatial=2, wide=False):
    changed = dict(attrs, data_format="NCHW" if spatial == 2 else "NCDHW")
    for name in ("strides", "dilations", "ksize", "explicit_paddings"):
        if name in attrs:
            changed[name] = swap(attrs[name], spatial)

    def convert(inputs):
        inputs = list(inputs)
        for i in activations:
            inputs[i] = np.ascontiguousarray(channels_first(inputs[i]))
        for i in shapes:
            inputs[i] = int32([inputs[i][0], inputs[i][-1], *inputs[i][1:-1]])
        return tuple(inputs)

    def expected(*inputs):
        inputs = list(inputs)
        for i in activations:
            inputs[i] = channels_last(inputs[i])
        for i in shapes:
            inputs[i] = int32([inputs[i][0], *inputs[i][2:], inputs[i][1]])
        dtype = inputs[activations[0]].dtype
        narrow = dtype in (numpy_type("float16"), numpy_type("bfloat16"))
        if narrow:
            inputs = [v.astype(np.float32) if v.dtype == dtype else v for v in inputs]
        result = run(op, tuple(inputs), attrs, "/CPU:0")[0].numpy()
        result = result.astype(dtype)
        return [channels_first(result) if image else result]

    return Case(op, [convert(r) for r in runs], changed, tag, expected, wide)


def out_shape(size, kernel, stride, dilation, padding, pads):
    if padding == "SAME":
        return -(-size // stride)
    reach = (kernel - 1) * dilation + 1
    return (size + sum(pads) - reach + stride) // stride


# input, filter, strides, dilations, padding, explicit paddings of the spatial axes
CONVOLUTIONS = {
    "same": ((8, 8, 8, 3), (3, 3, 3, 4), (1, 1), (1, 1), "SAME", None),
    "valid": ((2, 9, 7, 3), (3, 2, 3, 4), (1, 1), (1, 1), "VALID", None),
    "strides": ((2, 9, 8, 3), (3, 3, 3, 4), (2, 2), (1, 1), "SAME", None),
    "odd-strides": ((2, 9, 8, 3), (3, 2, 3, 4), (2, 3), (1, 1), "VALID", None),
    "gaps": ((2, 8, 8, 3), (1, 1, 3, 4), (2, 2), (1, 1), "SAME", None),
    "dilated": ((2, 9, 9, 3), (3, 3, 3, 4), (1, 1), (2, 2), "SAME", None),
    "dilated-valid": ((2, 9, 9, 3), (3, 2, 3, 4), (1, 1), (2, 3), "VALID", None),
    "explicit": ((2, 6, 6, 3), (3, 3, 3, 4), (1, 1), (1, 1), "EXPLICIT", ((1, 2), (0, 1))),
    "one": ((2, 5, 5, 8), (1, 1, 8, 16), (1, 1), (1, 1), "VALID", None),
    "groups": ((2, 6, 6, 4), (3, 3, 2, 6), (1, 1), (1, 1), "SAME", None),
}


def window_attrs(strides, dilations, padding, explicit):
    attrs = {"strides": [1, *strides, 1], "padding": padding}
    if dilations is not None:
        attrs["dilations"] = [1, *dilations, 1]
    if explicit:
        attrs["explicit_paddings"] = [0, 0, *sum(map(list, explicit), []), 0, 0]
    return attrs


def dense(kernel, dilations, groups):
    """The filter of the plain convolution that is the same: zeros between and beside elements."""
    kernel = np.asarray(kernel)
    *window, depth, out = kernel.shape
    sizes = [(k - 1) * d + 1 for k, d in zip(window, dilations, strict=True)]
    result = np.zeros([*sizes, depth * groups, out], kernel.dtype)
    for at, columns in blocks(dilations, groups, depth, out):
        result[at] = kernel[..., columns]
    return result


def blocks(dilations, groups, depth, out):
    """Where the elements of each group are in the dense filter, and in its own."""
    gaps = [slice(None, None, d) for d in dilations]
    for g in range(groups):
        columns = slice(g * out // groups, (g + 1) * out // groups)
        yield (*gaps, slice(g * depth, (g + 1) * depth), columns), columns


def plain_gradient(op, attrs, dilations, groups):
    """An oracle for gradients of dilated and grouped convolutions, which the CPU lacks."""
    attrs = dict(attrs, dilations=[1] * len(attrs["dilations"]))

    def expected(first, second, dy):
        dtype = dy.dtype
        narrow = dtype in (numpy_type("float16"), numpy_type("bfloat16"))
        dy = dy.astype(np.float32) if narrow else dy
        if "Filter" not in op:
            inputs = (first, dense(second.astype(dy.dtype), dilations, groups), dy)
            return [run(op, inputs, attrs, "/CPU:0")[0].numpy().astype(dtype)]
        sizes = dense(np.zeros(second), dilations, groups).shape
        whole = run(op, (first.astype(dy.dtype), int32(sizes), dy), attrs, "/CPU:0")[0].numpy()
        parts = [whole[at] for at, _ in blocks(dilations, groups, second[-2], second[-1])]
        return [np.concatenate(parts, -1).astype(dtype)]

    return expected


def family(name, input_grad, filter_grad, settings, spatial, multiply, dtypes, batches):
    """Forward, both gradients, channels last and first, of one kind of convolution."""
    for tag, (image, kernel, strides, dilations, padding, explicit) in settings.items():
        attrs = window_attrs(strides, dilations, padding, explicit)
        outs = [
            out_shape(
                image[1 + i],
                kernel[i],
                strides[i],
                dilations[i],
                padding,
                explicit[i] if explicit else (0, 0),
            )
            for i in range(spatial)
        ]
        channels = kernel[-2] * kernel[-1] if multiply else kernel[-1]
        for dtype in dtypes:
            forward, dx, dw = [], [], []
            for batch in batches if tag == "same" else [image[0]]:
                x_shape = (batch, *image[1:])
                x = data(dtype, x_shape, -1, 1)
                w = data(dtype, kernel, -1, 1, seed=1)
                dy = data(dtype, (batch, *outs, channels), -1, 1, seed=2)
                forward.append((x, w))
                dx.append((int32(x_shape), w, dy))
                dw.append((x, int32(kernel), dy))
            wide = dtype in NARROW
            label = f"{tag}-{dtype}"
            yield Case(name, forward, attrs, label, wide=wide)
            yield first_case(name, forward, attrs, label + "-first", [0], (), True, spatial)
            groups = image[-1] // kernel[-2]
            if max(dilations) > 1 or groups > 1:
                for op, runs in [(input_grad, dx), (filter_grad, dw)]:
                    oracle = plain_gradient(op, attrs, dilations, groups)
                    yield Case(op, runs, attrs, label, oracle)
                continue
            yield Case(input_grad, dx, attrs, label, wide=wide)
            yield first_case(input_grad, dx, attrs, label + "-first", [2], [0], True, spatial)
            yield Case(filter_grad, dw, attrs, label, wide=wide)
            yield first_case(filter_grad, dw, attrs, label + "-first", [0, 2], (), False, spatial)


def convolutions():
    yield from family(
        "Conv2D",
        "Conv2DBackpropInput",
        "Conv2DBackpropFilter",
        CONVOLUTIONS,
        2,
        False,
        FLOATS,
        [8, 3, 8],
    )
    depthwise = {
        "same": ((4, 8, 8, 3), (3, 3, 3, 2), (1, 1), (1, 1), "SAME", None),
        "valid": ((2, 9, 7, 3), (3, 2, 3, 1), (1, 1), (1, 1), "VALID", None),
        "strides": ((2, 9, 8, 3), (3, 3, 3, 2), (2, 2), (1, 1), "SAME", None),
        "explicit": ((2, 6, 6, 3), (3, 3, 3, 2), (1, 1), (1, 1), "EXPLICIT", ((1, 2), (0, 1))),
    }
    yield from family(
        "DepthwiseConv2dNative",
        "DepthwiseConv2dNativeBackpropInput",
        "DepthwiseConv2dNativeBackpropFilter",
        depthwise,
        2,
        True,
        FLOATS,
        [4, 3, 4],
    )
    volumes = {
        "same": ((4, 4, 5, 6, 2), (3, 3, 3, 2, 3), (1, 1, 1), (1, 1, 1), "SAME", None),
        "valid": ((2, 4, 5, 6, 2), (2, 3, 1, 2, 3), (1, 2, 1), (1, 1, 1), "VALID", None),
        "strides": ((2, 4, 5, 6, 2), (3, 3, 3, 2, 3), (2, 2, 2), (1, 1, 1), "SAME", None),
    }
    yield from family(
        "Conv3D",
        "Conv3DBackpropInputV2",
        "Conv3DBackpropFilterV2",
        volumes,
        3,
        False,
        FLOATS,
        [4, 3, 4],
    )
    empty = np.zeros((0, 4, 4, 3), np.float32)
    kernel = data("float32", (3, 3, 3, 2))
    yield Case(
        "Conv2D",
        [(empty, kernel)],
        window_attrs((2, 2), (1, 1), "VALID", None),
        "no-images",
        expected=lambda x, w: [np.zeros((0, 1, 1, 2), np.float32)],
    )
    yield Case(
        "Conv2DBackpropFilter",
        [(empty, int32(kernel.shape), np.zeros((0, 1, 1, 2), np.float32))],
        window_attrs((2, 2), (1, 1), "VALID", None),
        "no-images",
        expected=lambda x, s, dy: [np.zeros((3, 3, 3, 2), np.float32)],
    )
    yield Case(
        "Conv2DBackpropInput",
        [(int32([4, 4]), kernel, data("float32", (2, 2, 2, 2)))],
        window_attrs((1, 1), (1, 1), "VALID", None),
        "two-sizes",
        expected=lambda s, w, dy: [
            run(
                "Conv2DBackpropInput",
                (int32([2, 4, 4, 3]), w, dy),
                window_attrs((1, 1), (1, 1), "VALID", None),
                "/CPU:0",
            )[0].numpy()
        ],
    )


POOLED = [d for d in NUMBERS if d not in ("uint32", "uint64")]

# input, window, strides, padding
POOLS = {
    "half": ((8, 8, 8, 3), (2, 2), (2, 2), "VALID"),
    "same": ((2, 7, 9, 3), (2, 2), (2, 2), "SAME"),
    "overlap": ((2, 9, 8, 5), (3, 3), (2, 2), "SAME"),
    "valid": ((2, 9, 8, 5), (3, 2), (1, 2), "VALID"),
    "gaps": ((2, 9, 8, 5), (2, 2), (3, 3), "VALID"),
    "whole": ((2, 4, 4, 5), (4, 4), (4, 4), "VALID"),
}
POOLS_3D = {
    "half": ((4, 4, 6, 8, 3), (2, 2, 2), (2, 2, 2), "VALID"),
    "same": ((2, 5, 5, 4, 2), (3, 2, 3), (2, 2, 2), "SAME"),
}


def distinct(dtype, shape):
    """Without ties, if the type has enough values: the choice among equals is tested apart."""
    count = int(np.prod(shape))
    order = np.random.default_rng(count).permutation(count)
    if dtype in NARROW:  # consecutive numbers from 1 on
        one = np.array(1, numpy_type(dtype)).view(np.uint16)
        return (one + order).astype(np.uint16).reshape(shape).view(numpy_type(dtype))
    if dtype in ("int8", "uint8"):
        order = order % 120
    return order.reshape(shape).astype(numpy_type(dtype))


def pools(op, grad, settings, spatial, dtypes, grad_dtypes, average, batches):
    for tag, (image, window, strides, padding) in settings.items():
        attrs = window_attrs(strides, None, padding, None)
        attrs["ksize"] = [1, *window, 1]
        outs = [
            out_shape(image[1 + i], window[i], strides[i], 1, padding, (0, 0))
            for i in range(spatial)
        ]
        for dtype in dtypes:
            forward, backward = [], []
            for batch in batches if tag == "half" else [image[0]]:
                shape = (batch, *image[1:])
                x = data(dtype, shape) if average else distinct(dtype, shape)
                dy = data(dtype, (batch, *outs, image[-1]), seed=2)
                forward.append((x,))
                if average:
                    backward.append((int32(shape), dy))
                else:
                    y = run(op, (x.astype(np.float32),), attrs, "/CPU:0")[0].numpy()
                    backward.append((x, y.astype(x.dtype), dy))
            wide = dtype in NARROW or (spatial == 3 and dtype != "float32")
            label = f"{tag}-{dtype}"
            first = dtype in FLOATS and not (spatial == 3 and dtype == "float64")
            yield Case(op, forward, attrs, label, wide=wide)
            if first:
                yield first_case(op, forward, attrs, label + "-first", [0], (), True, spatial)
            if dtype not in grad_dtypes:
                continue
            yield Case(grad, backward, attrs, label, wide=wide)
            if first:
                images, shapes = ([1], [0]) if average else ([0, 1, 2], ())
                yield first_case(
                    grad, backward, attrs, label + "-first", images, shapes, True, spatial
                )


def pooling():
    yield from pools("MaxPool", "MaxPoolGrad", POOLS, 2, POOLED, POOLED, False, [8, 3, 8])
    yield from pools("AvgPool", "AvgPoolGrad", POOLS, 2, FLOATS, FLOATS, True, [8, 3, 8])
    types = ["float32", "float16", "bfloat16"]
    yield from pools("MaxPool3D", "MaxPool3DGrad", POOLS_3D, 3, types, types, False, [4, 3, 4])
    yield from pools("AvgPool3D", "AvgPool3DGrad", POOLS_3D, 3, types, types, True, [4, 3, 4])
    window, strides = int32([1, 3, 3, 1]), int32([1, 2, 2, 1])
    for dtype in POOLED:
        x = distinct(dtype, (2, 9, 8, 5))
        yield Case("MaxPoolV2", [(x, window, strides)], {"padding": "SAME"}, dtype)
        attrs = {"ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}
        y = run("MaxPool", (x.astype(np.float32),), attrs, "/CPU:0")[0].numpy().astype(x.dtype)
        dy = data(dtype, y.shape)
        yield Case(
            "MaxPoolGradV2",
            [(x, y, dy, window, strides)],
            {"padding": "SAME"},
            dtype,
            wide=dtype in NARROW,
        )
    explicit = {
        "ksize": [1, 3, 3, 1],
        "strides": [1, 2, 2, 1],
        "padding": "EXPLICIT",
        "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0],
    }
    x = distinct("float32", (2, 9, 8, 5))
    yield Case("MaxPool", [(x,)], explicit, "explicit")
    y = run("MaxPool", (x,), explicit, "/CPU:0")[0].numpy()
    yield Case("MaxPoolGrad", [(x, y, data("float32", y.shape))], explicit, "explicit")
    yield Case("MaxPool", [(np.zeros((0, 4, 4, 3), np.float32),)], attrs, "no-images")
    ties = np.zeros((1, 4, 4, 1), np.float32)
    attrs = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
    gradient = data("float32", (1, 2, 2, 1))
    yield Case("MaxPoolGrad", [(ties, ties[:, :2, :2], gradient)], attrs, "ties")


def softmax():
    shapes = [(32, 10), (5, 10), (32, 10), (7,), (2, 3, 4), (0, 3), (4, 1)]
    for op in ["Softmax", "LogSoftmax"]:
        for dtype in FLOATS:
            runs = [(data(dtype, s, -9, 9),) for s in shapes]
            yield Case(op, runs, tag=dtype, wide=dtype in NARROW)
        large = np.array([[1e4, 0, -1e4], [3e38, 3e38, 0], [-np.inf, 0, 1]], np.float32)
        yield Case(op, [(large,)], tag="large")


def cross_entropies():
    for dtype in FLOATS:
        wide = dtype in NARROW
        runs = []
        for shape, labels in [((32, 10), (32, 10)), ((5, 10), (5, 10)), ((4, 3), (1, 3))]:
            logits = data(dtype, shape, -5, 5)
            target = data("float32", labels, 0, 1)
            target = (target / target.sum(-1, keepdims=True)).astype(logits.dtype)
            runs.append((logits, target))
        yield Case("SoftmaxCrossEntropyWithLogits", runs, tag=dtype, wide=wide)
        for index in INDEX:
            runs = []
            for n, classes in [(32, 10), (5, 10), (32, 10), (0, 4), (3, 1)]:
                labels = data(index, (n,), 0, classes - 1)
                runs.append((data(dtype, (n, classes), -5, 5), labels))
            tag = f"{dtype}-{index}"
            yield Case("SparseSoftmaxCrossEntropyWithLogits", runs, tag=tag, wide=wide)


def batch_norm():
    scale, offset = data("float32", (5,), 0.5, 2), data("float32", (5,), -1, 1)
    mean, variance = data("float32", (5,), -1, 1, seed=1), data("float32", (5,), 0.5, 2, seed=1)
    shapes = [(8, 4, 4, 5), (3, 4, 4, 5), (8, 4, 4, 5)]
    for version in ["", "V2", "V3"]:
        op, grad = f"FusedBatchNorm{version}", f"FusedBatchNormGrad{version}"
        for dtype in ["float32"] if not version else ["float32", "float16", "bfloat16"]:
            limits = {"float32": (2e-4, 2e-5), "float16": (1e-2, 5e-3), "bfloat16": (4e-2, 4e-2)}
            settings = {
                "training": {"is_training": True},
                "running": {"is_training": True, "exponential_avg_factor": 0.1},
                "inference": {"is_training": False},
            }
            for tag, attrs in settings.items():
                attrs = dict(attrs, epsilon=1e-3)
                runs = [(data(dtype, s), scale, offset, mean, variance) for s in shapes]
                label = f"{tag}-{dtype}"
                # In inference the CPU leaves the last outputs unwritten.
                outputs = (0, 1, 2, 3, 4) if attrs["is_training"] else (0, 1, 2)
                options = {"outputs": outputs, "tolerance": limits[dtype]}
                yield Case(op, runs, attrs, label, **options)
                first = [(np.ascontiguousarray(channels_first(r[0])), *r[1:]) for r in runs]

                def transposed(x, *rest, op=op, attrs=attrs):
                    outputs = run(op, (channels_last(x), *rest), attrs, "/CPU:0")
                    outputs = [t.numpy() for t in outputs]
                    return [channels_first(outputs[0]), *outputs[1:]]

                changed = dict(attrs, data_format="NCHW")
                yield Case(op, first, changed, label + "-first", transposed, **options)
                if tag == "running":
                    continue
                runs = []
                for shape in shapes:
                    inputs = (data(dtype, shape, seed=3), data(dtype, shape), scale, mean, variance)
                    runs.append(inputs + ((np.float32(0),) if version == "V3" else ()))
                yield Case(grad, runs, attrs, label, outputs=(0, 1, 2), tolerance=limits[dtype])


def cases():
    for group in (convolutions, pooling, softmax, cross_entropies, batch_norm):
        yield from group()

"""Resizing images, by every filter, and the gradients.

The gradients of other dtypes than float32 are not taken by the sweep: TensorFlow has none for some,
and computes float64's in float32.
"""

import numpy as np
from op_case import FLOATS, NARROW, NUMBERS, WIDE, Case, data

SIZES = [
    ((2, 5, 7, 3), (9, 4)),
    ((1, 8, 6, 2), (3, 11)),
    ((2, 5, 7, 3), (5, 7)),
    ((0, 4, 4, 1), (2, 2)),
]
POSITIONS = {
    "legacy": {},
    "corners": {"align_corners": True},
    "centers": {"half_pixel_centers": True},
}
KERNELS = ["lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic"]
# The CPU computes the gradient of float64 images in float32 too.
SINGLE = (2e-5, 2e-5)


PIXELS = [d for d in NUMBERS if d not in ("uint32", "uint64")]


def int32(values):
    return np.array(values, np.int32)


def image(dtype, shape, seed=0):
    return data(dtype, shape, -50, 50, seed)


def resized():
    filters = ["ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic", "ResizeArea"]
    for op in filters:
        positions = (
            POSITIONS if op != "ResizeArea" else {k: POSITIONS[k] for k in ("legacy", "corners")}
        )
        for tag, attrs in positions.items():
            for dtype in PIXELS:
                runs = [(image(dtype, shape), int32(size)) for shape, size in SIZES[:2]]
                if dtype == "float32":
                    runs = [(image(dtype, shape), int32(size)) for shape, size in SIZES]
                limits = None if op == "ResizeNearestNeighbor" else (2e-5, 1e-4)
                yield Case(
                    op, runs, attrs, f"{tag}-{dtype}", tolerance=limits, gradient=dtype == "float32"
                )


def gradients():
    types = {
        "ResizeNearestNeighborGrad": ["float32", "float16", "float64"],
        "ResizeBilinearGrad": FLOATS,
        "ResizeBicubicGrad": WIDE,
    }
    for op, dtypes in types.items():
        nearest = op == "ResizeNearestNeighborGrad"
        for tag, attrs in POSITIONS.items():
            for dtype in dtypes:
                runs = []
                for shape, (height, width) in SIZES[:3]:
                    dy = (shape[0], height, width, shape[3])
                    if nearest:
                        runs.append((data(dtype, dy), int32(shape[1:3])))
                    else:
                        runs.append((data("float32", dy), image(dtype, shape)))
                narrow = dtype in NARROW
                limits = SINGLE if dtype == "float64" else None
                yield Case(op, runs, attrs, f"{tag}-{dtype}", wide=narrow, tolerance=limits)


def scaled():
    def affine(shape, size, shift):
        scale = np.array([size[0] / shape[1], size[1] / shape[2]], np.float32)
        return scale, np.array([shift, -shift], np.float32)

    for kernel in [*KERNELS, "mitchellcubic"]:
        for antialias in (True, False):
            attrs = {"kernel_type": kernel, "antialias": antialias}
            tag = f"{kernel}-{antialias}"
            forward, backward = [], []
            for shape, size in SIZES[:3]:
                for shift in (0.0, 1.75, 40.0):
                    by = affine(shape, size, shift)
                    forward.append((image("float32", shape), int32(size), *by))
                    dy = data("float32", (shape[0], *size, shape[3]))
                    backward.append((dy, image("float32", shape), *by))
            yield Case("ScaleAndTranslate", forward, attrs, tag, tolerance=(2e-5, 2e-4))
            yield Case("ScaleAndTranslateGrad", backward, attrs, tag, tolerance=(2e-5, 2e-5))
    for dtype in PIXELS:
        shape, size = SIZES[0]
        inputs = (image(dtype, shape), int32(size), *affine(shape, size, 0.0))
        yield Case("ScaleAndTranslate", [inputs], {}, dtype, tolerance=(2e-5, 2e-4), gradient=False)


def cases():
    yield from resized()
    yield from gradients()
    yield from scaled()

"""MLCompute's graphs in Python, without TensorFlow.

    import mlcompute as mlc

    x, y = mlc.tensor([6, 1]), mlc.tensor([6, 1])
    graph = mlc.graph()
    total = graph.add_layer(mlc.arithmetic_layer("add"), [x, y])
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x, "y": y})
    inference.compile(mlc.device("cpu"))
    inference.execute({"x": x_array, "y": y_array})
    total.numpy()

Names are MLCompute's in snake_case, without their prefix. What MLCompute answers with nil, NO or an
exception is a ValueError or TypeError that says why.
"""

import importlib.metadata

import numpy  # noqa: F401  which the C++ part needs; here its absence is noticed at once

from mlcompute import _mlcompute
from mlcompute._mlcompute import *  # noqa: F403

__all__ = [name for name in dir(_mlcompute) if not name.startswith("_")]

try:
    __version__ = importlib.metadata.version("tf-mlc-plugin")
except importlib.metadata.PackageNotFoundError:  # the files without their installation
    __version__ = "0+unknown"

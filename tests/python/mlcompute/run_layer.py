"""Runs one layer of `mlcompute` on arrays."""

import mlcompute as mlc


def dtype_of(array):
    return {"bool": "boolean"}.get(array.dtype.name, array.dtype.name)


def run_layer(layer, *arrays, batch_size=0, results=1):
    """The result of `layer` for sources of the arrays' types and shapes, or a list of results."""
    graph = mlc.graph()
    tensors = {f"x{i}": mlc.tensor(a.shape, dtype_of(a)) for i, a in enumerate(arrays)}
    graph.add_layer(layer, list(tensors.values()))
    inference = mlc.inference_graph([graph])
    inference.add_inputs(tensors)
    assert inference.compile(mlc.device())
    data = {name: array[: batch_size or None] for name, array in zip(tensors, arrays, strict=True)}
    assert inference.execute(data, batch_size)
    found = graph.result_tensors(layer)
    assert len(found) == results
    for tensor in found:
        assert tensor.numpy().shape[1:] == tensor.shape[1:]
    return found[0].numpy() if results == 1 else [tensor.numpy() for tensor in found]


def parameter(array):
    """A tensor that holds the array."""
    return mlc.tensor(array.shape, dtype_of(array), data=array)

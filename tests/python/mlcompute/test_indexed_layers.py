"""Dropout, embedding, gather and scatter against NumPy."""

import numpy as np
import pytest
from run_layer import parameter, run_layer

import mlcompute as mlc

RNG = np.random.default_rng(3)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def test_dropout_of_inference():
    x = random(3, 4)
    np.testing.assert_array_equal(run_layer(mlc.dropout_layer(0.7, seed=3), x), x)


@pytest.mark.parametrize("rate", [-0.1, 1, float("nan")])
def test_dropout_rate(rate):
    with pytest.raises(ValueError, match="rate"):
        mlc.dropout_layer(rate)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("dimension", [0, 1, 2])
@pytest.mark.parametrize("extents", [(4, 3, 5), (2, 3, 4), (1, 1, 1)])
def test_gather(dimension, extents, dtype):
    x = random(4, 3, 5)
    shape = [*extents]
    shape[dimension] = 7
    indices = RNG.integers(0, x.shape[dimension], shape).astype(dtype)
    part = x[tuple(slice(None) if i == dimension else slice(n) for i, n in enumerate(extents))]
    found = run_layer(mlc.gather_layer(dimension), x, indices)
    np.testing.assert_array_equal(found, np.take_along_axis(part, indices, dimension))


def test_gather_of_one_axis():
    x = np.arange(5, dtype=np.int64)
    indices = np.array([4, 0, 4], np.int32)
    np.testing.assert_array_equal(run_layer(mlc.gather_layer(0), x, indices), [4, 0, 4])


@pytest.mark.parametrize(("shape", "bad"), [((2, 2), 5), ((2, 2), -1)])
@pytest.mark.parametrize("dimension", [0, 1])
def test_gather_out_of_range(shape, bad, dimension):
    indices = np.zeros(shape, np.int32)
    indices[1, 0] = bad
    with pytest.raises(ValueError, match=str(bad)):
        run_layer(mlc.gather_layer(dimension), random(3, 4), indices)


@pytest.mark.parametrize(
    ("dimension", "indices"),
    [
        (2, np.zeros((3, 4), np.int32)),
        (0, np.zeros(3, np.int32)),
        (0, np.zeros((3, 5), np.int32)),
        (0, np.zeros((3, 4), np.float32)),
    ],
)
def test_gather_errors(dimension, indices):
    with pytest.raises(ValueError, match="Gather"):
        run_layer(mlc.gather_layer(dimension), random(3, 4), indices)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("reduction", ["none", "sum"])
@pytest.mark.parametrize("dimension", [0, 1, 2])
@pytest.mark.parametrize("extents", [(4, 3, 5), (2, 3, 4), (1, 1, 1)])
def test_scatter(dimension, extents, reduction, dtype):
    copy_from, x = random(4, 3, 5), random(*extents)
    indices = RNG.integers(0, copy_from.shape[dimension], extents).astype(dtype)
    expected = copy_from.copy()
    for at in np.ndindex(*extents):
        to = [*at]
        to[dimension] = indices[at]
        expected[tuple(to)] = x[at] + (expected[tuple(to)] if reduction == "sum" else 0)
    found = run_layer(mlc.scatter_layer(dimension, reduction), x, indices, copy_from)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_gather_and_scatter_of_graphs():
    x, indices = mlc.tensor([2, 3]), mlc.tensor([2, 3], "int32")
    graph = mlc.graph()
    picked = graph.gather(1, x, indices)
    back = graph.scatter(1, picked, indices, x, "sum")
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x, "indices": indices})
    inference.compile(mlc.device())
    inference.execute(
        {"x": np.float32([[1, 2, 3], [4, 5, 6]]), "indices": np.int32([[2, 2, 0], [1, 1, 1]])}
    )
    np.testing.assert_array_equal(back.numpy(), [[2, 2, 9], [4, 20, 6]])


def test_scatter_errors():
    x, indices = random(2, 2), np.zeros((2, 2), np.int32)
    with pytest.raises(ValueError, match="none or sum, got mean"):
        mlc.scatter_layer(0, "mean")
    with pytest.raises(ValueError, match="shape"):
        run_layer(mlc.scatter_layer(0), random(2, 3), indices, random(4, 4))
    with pytest.raises(ValueError, match="Scatter"):
        run_layer(mlc.scatter_layer(0), x, indices, random(4, 1))
    with pytest.raises(ValueError, match="7"):
        run_layer(mlc.scatter_layer(0), x, indices + 7, random(4, 4))


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 2)])
@pytest.mark.parametrize("form", [(6, 5), (1, 6, 5)])
def test_embedding(shape, form, dtype):
    table, indices = random(6, 5), RNG.integers(0, 6, shape).astype(dtype)
    layer = mlc.embedding_layer(
        parameter(table.reshape(form)), embedding_count=6, embedding_dimension=5
    )
    np.testing.assert_array_equal(run_layer(layer, indices), table[indices])


@pytest.mark.parametrize("p", [1, 2, 3, float("inf")])
def test_embedding_of_bounded_norm(p):
    table = np.concatenate([random(5, 4), np.zeros((1, 4), np.float32)])
    norms = np.linalg.norm(table.astype(float), p, axis=1)
    expected = table * (1.5 / np.maximum(norms, 1.5))[:, None]
    expected[2] = 0
    layer = mlc.embedding_layer(
        parameter(table),
        embedding_count=6,
        embedding_dimension=4,
        padding_index=2,
        maximum_norm=1.5,
        p_norm=p,
    )
    found = run_layer(layer, np.arange(6, dtype=np.int32))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_embedding_errors():
    table = parameter(random(6, 5))
    sizes = {"embedding_count": 6, "embedding_dimension": 5}
    for bad in (6, -1):
        with pytest.raises(ValueError, match=str(bad)):
            run_layer(mlc.embedding_layer(table, **sizes), np.int32([0, bad]))
    with pytest.raises(ValueError, match="int32 or int64"):
        run_layer(mlc.embedding_layer(table, **sizes), random(2))
    with pytest.raises(ValueError, match="rank 1 to 3"):
        run_layer(mlc.embedding_layer(table, **sizes), np.zeros((1, 1, 1, 1), np.int32))
    with pytest.raises(ValueError, match="weights"):
        mlc.embedding_layer(table, embedding_count=5, embedding_dimension=6)
    with pytest.raises(ValueError, match="padding index 6"):
        mlc.embedding_layer(table, **sizes, padding_index=6)
    with pytest.raises(ValueError, match="norm"):
        mlc.embedding_layer(table, **sizes, maximum_norm=0)

"""Building, compiling and executing graphs."""

import gc
import threading

import numpy as np
import pytest

import mlcompute as mlc

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


class Sum:
    """x + y of [4, 3], compiled."""

    def __init__(self):
        self.x, self.y = mlc.tensor([4, 3]), mlc.tensor([4, 3])
        self.graph = mlc.graph()
        self.result = self.graph.add_layer(mlc.arithmetic_layer("add"), [self.x, self.y])
        self.inference = mlc.inference_graph([self.graph])
        self.inference.add_inputs({"x": self.x, "y": self.y})
        self.inference.compile(mlc.device())

    def __call__(self, x, y, batch_size=0):
        self.inference.execute({"x": x, "y": y}, batch_size)
        return self.result.numpy()


def test_other_data_in_turn():
    total = Sum()
    kept = []
    for _ in range(5):
        x, y = random(4, 3), random(4, 3)
        kept.append((total(x, y), x + y))
    for found, expected in kept:  # earlier results are not overwritten
        np.testing.assert_array_equal(found, expected)


def test_arrays_deleted_before_execution():
    total = Sum()
    data = {"x": mlc.tensor_data(np.full([4, 3], 2, np.float32)), "y": mlc.tensor_data([3.0] * 12)}
    gc.collect()
    garbage = [np.full([4, 3], 99, np.float32) for _ in range(50)]
    total.inference.execute(data)
    assert total.result.numpy().tolist() == [[5] * 3] * 4 and len(garbage) == 50


def test_partial_batches_and_whole_ones_in_turn():
    total = Sum()
    x, y = random(4, 3), random(4, 3)
    for rows in (4, 3, 1, 0, 3, 4):
        n = rows or 4
        found = total(x[:n], y[:n], rows)
        np.testing.assert_array_equal(found, (x + y)[:n])
    np.testing.assert_array_equal(total(x, y[:2], 2), (x + y)[:2])  # a longer buffer is fine


@pytest.mark.parametrize("rows", [-1, 5])
def test_wrong_batch_size(rows):
    with pytest.raises(ValueError, match=rf"batch_size {rows}.*4"):
        Sum()(random(4, 3), random(4, 3), rows)


def test_batch_size_where_layers_change_the_batch():
    x = mlc.tensor([4, 2])
    graph = mlc.graph()
    graph.transpose([1, 0], x)
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device())
    inference.execute({"x": random(4, 2)})
    with pytest.raises(ValueError, match="batch_size 3 must be 0.*Transpose"):
        inference.execute({"x": random(3, 2)}, 3)


def test_wrong_data():
    total = Sum()
    x = random(4, 3)
    with pytest.raises(ValueError, match="no data for input 'y'; given: x"):
        total.inference.execute({"x": x})
    with pytest.raises(ValueError, match="no input 'z'; known: x, y"):
        total.inference.execute({"x": x, "y": x, "z": x})
    with pytest.raises(TypeError, match="'y': data of type int32"):
        total(x, x.astype(np.int32))
    with pytest.raises(ValueError, match=r"'y': data of shape \[3,4\]"):
        total(x, x.reshape(3, 4))
    with pytest.raises(TypeError, match="float64"):
        total(x, x.astype(np.float64))


def test_not_compiled():
    inference = mlc.inference_graph([mlc.graph()])
    with pytest.raises(ValueError, match="not compiled"):
        inference.execute({})
    with pytest.raises(ValueError, match="without layers"):
        inference.compile(mlc.device())


def test_source_that_nothing_gives():
    x = mlc.tensor([2])
    graph = mlc.graph()
    graph.add_layer(mlc.arithmetic_layer("sqrt"), x)
    with pytest.raises(ValueError, match=rf"{x.label}.*Arithmetic \(sqrt\).*neither"):
        mlc.inference_graph([graph]).compile(mlc.device())


def test_layer_refuses_sources():
    x, y = mlc.tensor([2, 3]), mlc.tensor([2, 4])
    graph = mlc.graph()
    with pytest.raises(ValueError, match=r"Arithmetic \(add\).*\[2,3\].*\[2,4\]"):
        graph.add_layer(mlc.arithmetic_layer("add"), [x, y])
    with pytest.raises(ValueError, match="takes 1 source, got 2"):
        graph.add_layer(mlc.arithmetic_layer("sqrt"), [x, x])
    with pytest.raises(ValueError, match="one element type"):
        graph.add_layer(mlc.arithmetic_layer("add"), [x, mlc.tensor([2, 3], "float16")])
    assert graph.layers == []


def test_unknown_operation():
    with pytest.raises(ValueError, match="'plus'.*add, subtract"):
        mlc.arithmetic_layer("plus")


def test_layer_belongs_to_one_graph():
    x = mlc.tensor([2])
    layer = mlc.activation_layer("relu")
    graph = mlc.graph()
    graph.add_layer(layer, x)
    with pytest.raises(ValueError, match="belongs to another graph"):
        mlc.graph().add_layer(layer, x)
    again = graph.add_layer(layer, x)
    assert len(graph.layers) == 1 and layer.layer_id == 1
    assert graph.result_tensors(layer)[1].tensor_id == again.tensor_id
    assert graph.result_tensors(mlc.activation_layer("relu")) == []


def test_several_graphs_and_shared_tensors():
    """The second graph is listed first, and both use x."""
    x, y = mlc.tensor([3]), mlc.tensor([3])
    first, second = mlc.graph(), mlc.graph()
    product = first.add_layer(mlc.arithmetic_layer("multiply"), [x, y])
    result = second.add_layer(mlc.arithmetic_layer("subtract"), [product, x])
    inference = mlc.inference_graph([second, first])
    root = inference.add_layer(mlc.arithmetic_layer("exp"), [result])
    inference.add_inputs({"x": x, "y": y})
    inference.compile(mlc.device())
    a, b = random(3), random(3)
    inference.execute({"x": a, "y": b})
    np.testing.assert_allclose(root.numpy(), np.exp(a * b - a), rtol=1e-6)
    with pytest.raises(ValueError, match="holds no data"):
        product.numpy()


def test_layers_shared_by_two_inference_graphs():
    total = Sum()
    other = mlc.inference_graph([total.graph])
    other.add_inputs({"a": total.x, "b": total.y})
    doubled = other.add_layer(mlc.activation_layer("linear", a=2), total.result)
    other.compile(mlc.device())
    x, y = random(4, 3), random(4, 3)
    other.execute({"a": x, "b": y})
    np.testing.assert_array_equal(doubled.numpy(), 2 * (x + y))
    np.testing.assert_array_equal(total(x, x), 2 * x)


def test_outputs():
    x = mlc.tensor([2, 2])
    graph = mlc.graph()
    middle = graph.add_layer(mlc.activation_layer("absolute"), x)
    end = graph.add_layer(mlc.arithmetic_layer("sqrt"), middle)
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.add_outputs({"middle": middle, "end": end})
    inference.compile(mlc.device())
    array = random(2, 2)
    buffer = np.zeros([2, 2], np.float32)
    inference.execute({"x": array}, outputs_data={"middle": buffer})
    np.testing.assert_array_equal(buffer, abs(array))
    np.testing.assert_array_equal(middle.numpy(), abs(array))
    np.testing.assert_allclose(end.numpy(), np.sqrt(abs(array)), rtol=1e-6)
    expected = abs(array)
    inference.execute({"x": array}, outputs_data={"middle": array})  # in place
    np.testing.assert_array_equal(array, expected)
    with pytest.raises(ValueError, match="no output 'start'; known: end, middle"):
        inference.execute({"x": array}, outputs_data={"start": buffer})
    with pytest.raises(ValueError, match="overlaps"):
        inference.execute({"x": array}, outputs_data={"middle": buffer, "end": buffer})
    buffer.flags.writeable = False
    with pytest.raises(ValueError, match="immutable"):
        inference.execute({"x": array}, outputs_data={"end": buffer})
    with pytest.raises(ValueError, match="not contiguous"):
        inference.execute({"x": array}, outputs_data={"end": np.zeros([2, 2], np.float32).T})


def test_output_of_another_graph():
    total = Sum()
    total.inference.add_outputs({"other": Sum().result})
    with pytest.raises(ValueError, match="output 'other'.*no result"):
        total.inference.compile(mlc.device())


def test_debug_layers():
    x = mlc.tensor([2])
    graph = mlc.graph()
    layers = [mlc.activation_layer("absolute"), mlc.activation_layer("sigmoid")]
    middle = graph.add_layer(layers[0], x)
    graph.add_layer(layers[1], middle)
    layers[0].is_debugging_enabled = True
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device(), debug_layers=True)
    inference.execute({"x": [-1, 2]})
    assert middle.numpy().tolist() == [1, 2]


def test_constants_are_read_by_every_execution():
    x, weight = mlc.tensor([2, 3]), mlc.tensor([3], data=np.array([1, 2, 3], np.float32))
    graph = mlc.graph()
    result = graph.add_layer(mlc.arithmetic_layer("multiply"), [x, weight])
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device())
    ones = np.ones([2, 3], np.float32)
    inference.execute({"x": ones})
    assert result.numpy()[0].tolist() == [1, 2, 3]
    weight.bind_data(np.array([4, 5, 6], np.float32))
    inference.execute({"x": ones[:1]}, 1)
    assert result.numpy().tolist() == [[4, 5, 6]]


def test_graph_functions():
    x = mlc.tensor([2, 5])
    graph = mlc.graph()
    parts = graph.split(x, 3)
    assert [part.shape for part in parts] == [(2, 2), (2, 2), (2, 1)]
    back = graph.concatenate(parts)
    turned = graph.transpose([1, 0], graph.reshape([5, 2], back))
    chosen = graph.select(
        [turned, mlc.tensor([2, 5], fill=7)], mlc.tensor([2, 5], "boolean", fill=1)
    )
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device())
    array = random(2, 5)
    inference.execute({"x": array})
    np.testing.assert_array_equal(chosen.numpy(), array.reshape(5, 2).T)
    dot = inference.summarized_dot_description
    assert dot.startswith("digraph") and "Split" in dot and x.label in dot


def test_executions_on_several_threads():
    total = Sum()
    other = Sum()
    failures = []

    def work(seed):
        rng = np.random.default_rng(seed)
        mine = Sum()
        for _ in range(50):
            x, y = rng.standard_normal((2, 4, 3), dtype=np.float32)
            if not np.array_equal(mine(x, y), x + y):
                failures.append(seed)
            other(x, y)

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    np.testing.assert_array_equal(total(*[np.ones([4, 3], np.float32)] * 2), np.full([4, 3], 2))

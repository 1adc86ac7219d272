"""Training graphs: what their phases do, and what is refused."""

import numpy as np
import pytest
from run_layer import parameter

import mlcompute as mlc

RNG = np.random.default_rng(7)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


class Line:
    """y = w x + b of three features, with the mean squared error."""

    def __init__(self, optimizer="sgd", rows=4, **compile_options):
        self.w, self.b = random(1, 3), np.zeros((1, 1), np.float32)
        self.x, self.y = mlc.tensor([rows, 3]), mlc.tensor([rows, 1])
        self.layer = mlc.fully_connected_layer(
            parameter(self.w),
            parameter(self.b),
            input_feature_channel_count=3,
            output_feature_channel_count=1,
        )
        self.graph = mlc.graph()
        self.result = self.graph.add_layer(self.layer, self.x)
        if optimizer == "sgd":
            optimizer = mlc.sgd_optimizer(0.1)
        loss = mlc.loss_layer("mean_squared_error")
        self.training = mlc.training_graph([self.graph], loss, optimizer)
        self.training.add_inputs({"x": self.x}, {"y": self.y})
        assert self.training.compile(mlc.device(), **compile_options)

    def values(self):
        return [p.tensor.numpy().copy() for p in self.layer.parameters]

    def bind(self, x, y):
        assert self.training.bind_and_write_data(
            {"x": x, "y": y}, {"x": self.x, "y": self.y}, batch_size=len(x)
        )


def step(w, b, x, y, rate=0.1):
    """What one step has to do: new w and b, loss, and the gradients."""
    error = x @ w.T + b - y
    dw, db = 2 * error.T @ x / len(x), 2 * error.mean(0, keepdims=True)
    return w - rate * dw, b - rate * db, (error**2).mean(), dw, db


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_one_call():
    line = Line()
    w, b = line.w.copy(), line.b.copy()
    for _ in range(5):
        x, y = random(4, 3), random(4, 1)
        assert line.training.execute({"x": x}, {"y": y}) is True
        w, b, loss, _, _ = step(w, b, x, y)
        close(line.training.result_tensor.numpy(), [loss])
        for found, expected in zip(line.values(), (w, b), strict=True):
            close(found, expected)


def test_updates_reach_the_arrays_with_synchronize_updates():
    line = Line()
    before = line.w.copy()
    line.training.execute({"x": random(4, 3)}, {"y": random(4, 1)})
    np.testing.assert_array_equal(line.w, before)
    after = line.values()[0]
    assert np.abs(after - before).max() > 1e-3
    line.training.synchronize_updates()
    np.testing.assert_array_equal(line.w, after)
    # From then on the array counts again.
    line.w[:] = 0
    line.training.execute({"x": np.zeros((4, 3), np.float32)}, {"y": np.zeros((4, 1), np.float32)})
    np.testing.assert_array_equal(line.values()[0], np.zeros((1, 3)))


def test_arrays_that_cannot_be_written_stay():
    w = random(1, 3)
    w.flags.writeable = False
    layer = mlc.fully_connected_layer(
        parameter(w), None, input_feature_channel_count=3, output_feature_channel_count=1
    )
    graph, x, y = mlc.graph(), mlc.tensor([4, 3]), mlc.tensor([4, 1])
    graph.add_layer(layer, x)
    training = mlc.training_graph(
        [graph], mlc.loss_layer("mean_squared_error"), mlc.sgd_optimizer(0.1)
    )
    training.add_inputs({"x": x}, {"y": y})
    training.compile(mlc.device())
    before = w.copy()
    training.execute({"x": random(4, 3)}, {"y": random(4, 1)})
    training.synchronize_updates()
    np.testing.assert_array_equal(w, before)
    assert np.abs(layer.weights.numpy() - before).max() > 1e-3


def test_phases_do_what_one_call_does():
    whole, parts = Line(), Line()
    parts.w[:] = whole.w
    for _ in range(3):
        x, y = random(4, 3), random(4, 1)
        whole.training.execute({"x": x}, {"y": y})
        w, b = parts.values()
        parts.bind(x, y)
        assert parts.training.execute_forward()
        new_w, new_b, loss, dw, db = step(w, b, x, y)
        close(parts.training.result_tensor.numpy(), [loss])
        np.testing.assert_array_equal(parts.values()[0], w)
        assert parts.training.execute_gradient()
        np.testing.assert_array_equal(parts.values()[0], w)
        weights, biases = (p.tensor for p in parts.layer.parameters)
        close(parts.training.gradient_data_for_parameter(weights, parts.layer), dw)
        close(parts.training.gradient_data_for_parameter(biases, parts.layer), db)
        assert parts.training.execute_optimizer_update()
        close(parts.values()[0], new_w)
        close(parts.values()[1], new_b)
        np.testing.assert_array_equal(
            parts.training.result_tensor.numpy(), whole.training.result_tensor.numpy()
        )
        for a, b in zip(parts.values(), whole.values(), strict=True):
            close(a, b)


def test_order_of_phases():
    line = Line()
    with pytest.raises(ValueError, match=r"needs execute_forward\(\) before"):
        line.training.execute_gradient()
    with pytest.raises(ValueError, match=r"needs execute_gradient\(\) before"):
        line.training.execute_optimizer_update()
    with pytest.raises(ValueError, match="no data"):
        line.training.execute_forward()
    line.bind(random(4, 3), random(4, 1))
    line.training.execute_forward()
    with pytest.raises(ValueError, match=r"needs execute_gradient\(\) before"):
        line.training.execute_optimizer_update()
    with pytest.raises(ValueError, match="differs from"):
        line.training.execute_gradient(batch_size=2)
    line.training.execute_gradient()
    line.training.execute_optimizer_update()
    # Forward for inference keeps nothing for gradients.
    line.training.execute_forward(for_inference=True)
    with pytest.raises(ValueError, match="needs execute_forward"):
        line.training.execute_gradient()
    # Nor does one call.
    with pytest.raises(ValueError, match=r"after execute_forward|known after"):
        line.training.gradient_data_for_parameter(line.layer.weights, line.layer)


def test_gradients_add_up_by_hand():
    """Phases without the last one leave the parameters to the caller."""
    line = Line(optimizer=None)
    w, b = line.values()
    total = np.zeros_like(w)
    for _ in range(3):
        x, y = random(4, 3), random(4, 1)
        line.bind(x, y)
        line.training.execute_forward()
        line.training.execute_gradient()
        total += line.training.gradient_data_for_parameter(line.layer.weights, line.layer)
        total -= step(w, b, x, y)[3]
    close(total, np.zeros_like(total))
    np.testing.assert_array_equal(line.values()[0], w)
    with pytest.raises(ValueError, match="no optimizer"):
        line.training.execute_optimizer_update()
    line.training.compile_optimizer(mlc.sgd_optimizer(0.5))
    line.training.execute({"x": x}, {"y": y})
    close(line.values()[0], step(w, b, x, y, 0.5)[0])


@pytest.mark.parametrize("phases", [False, True])
def test_partial_batches(phases):
    """Sizes change back and forth; the loss is the mean over the rows that are there."""
    line = Line(rows=6)
    w, b = line.w.copy(), line.b.copy()
    for rows in (6, 2, 6, 5, 1, 2, 6):
        x, y = random(rows, 3), random(rows, 1)
        size = rows if rows < 6 else 0
        if phases:
            line.bind(x, y)
            line.training.execute_forward(size)
            line.training.execute_gradient(size)
            line.training.execute_optimizer_update()
        else:
            line.training.execute({"x": x}, {"y": y}, batch_size=size)
        w, b, loss, _, _ = step(w, b, x, y)
        close(line.training.result_tensor.numpy(), [loss])
        for found, expected in zip(line.values(), (w, b), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="batch_size 7 is not in"):
        line.training.execute({"x": random(6, 3)}, {"y": random(6, 1)}, batch_size=7)


def test_learning_rate_and_clipping_change_between_steps():
    optimizer = mlc.sgd_optimizer(0.1, gradient_clip_max=0.01, gradient_clip_min=-0.01)
    line = Line(optimizer)
    x, y = 10 * random(4, 3), random(4, 1)
    w, b = line.values()
    line.training.execute({"x": x}, {"y": y})
    w, b, *_ = step(w, b, x, y)
    np.testing.assert_allclose(line.values()[0], w, rtol=1e-4, atol=1e-5)
    assert line.training.optimizer is optimizer
    optimizer.learning_rate = 0.001
    before = line.values()
    line.training.execute({"x": x}, {"y": y})
    np.testing.assert_allclose(
        line.values()[0], step(*before, x, y, 0.001)[0], rtol=1e-4, atol=1e-5
    )
    optimizer.applies_gradient_clipping = True
    before = line.values()
    line.training.execute({"x": x}, {"y": y})
    moved = np.abs(line.values()[0] - before[0])
    assert (moved > 0).all() and moved.max() <= 0.001 * 0.01 * 1.2


def test_gradient_of_inputs():
    line = Line(compute_all_gradients=True)
    gradient = line.training.gradient_tensor_for_input(line.x)
    x, y = random(4, 3), random(4, 1)
    w, b = line.values()
    line.training.execute({"x": x}, {"y": y})
    close(gradient.numpy(), 2 * (x @ w.T + b - y) @ w / 4)
    line.training.execute({"x": x[:2]}, {"y": y[:2]}, batch_size=2)
    assert gradient.numpy().shape == (2, 3)
    plain = Line()
    with pytest.raises(ValueError, match="compute_all_gradients"):
        plain.training.gradient_tensor_for_input(plain.x)
    with pytest.raises(ValueError, match="no floating-point input"):
        line.training.gradient_tensor_for_input(line.result)


def test_gradients_of_layers():
    line = Line(compute_all_gradients=True)
    (source,) = line.training.source_gradient_tensors(line.layer)
    (result,) = line.training.result_gradient_tensors(line.layer)
    x, y = random(4, 3), random(4, 1)
    w, b = line.values()
    line.training.execute({"x": x}, {"y": y})
    error = 2 * (x @ w.T + b - y) / 4
    close(result.numpy(), error)
    close(source.numpy(), error @ w)
    assert line.training.source_gradient_tensors(mlc.softmax_layer()) == []


def make_dense(inputs, outputs, scale=1.0):
    return mlc.fully_connected_layer(
        parameter(scale * random(1, inputs * outputs)),
        parameter(scale * random(1, outputs)),
        input_feature_channel_count=inputs,
        output_feature_channel_count=outputs,
    )


def make_two(**options):
    """Two layers; returns their graph, x, y, the layers and results."""
    graph, x, y = mlc.graph(), mlc.tensor([5, 3]), mlc.tensor([5, 2])
    first, second = make_dense(3, 4), make_dense(4, 2)
    middle = graph.add_layer(first, x, **options)
    active = graph.add_layer(mlc.activation_layer("tanh"), middle)
    last = graph.add_layer(second, active)
    return graph, x, y, first, second, active, last


def moved(training, x, y, layers, before=None):
    before = [layer.weights.numpy().copy() for layer in layers]
    data = {"x": random(*x.shape)}, {"y": random(*y.shape)}
    training.execute(*data)
    return [
        bool(np.abs(layer.weights.numpy() - old).max() > 1e-4)
        for layer, old in zip(layers, before, strict=True)
    ]


def train(graph, x, y, optimizer=None):
    training = mlc.training_graph(
        [graph], mlc.loss_layer("mean_squared_error"), optimizer or mlc.sgd_optimizer(0.1)
    )
    training.add_inputs({"x": x}, {"y": y})
    return training


def test_disable_update():
    graph, x, y, first, second, _, _ = make_two(disable_update=True)
    training = train(graph, x, y)
    training.compile(mlc.device())
    assert moved(training, x, y, [first, second]) == [False, True]
    with pytest.raises(ValueError, match="is not updated"):
        training.gradient_data_for_parameter(first.weights, first)


def test_is_updatable():
    graph, x, y, first, second, _, _ = make_two()
    second.weights_parameter.is_updatable = False
    training = train(graph, x, y)
    training.compile(mlc.device())
    biases = second.biases.numpy().copy()
    assert moved(training, x, y, [first, second]) == [True, False]
    assert np.abs(second.biases.numpy() - biases).max() > 1e-4
    second.weights_parameter.is_updatable = True
    training.compile(mlc.device())
    assert moved(training, x, y, [first, second]) == [True, True]


def test_stop_gradient():
    graph, x, y, first, second, active, _ = make_two()
    training = train(graph, x, y)
    training.stop_gradient_for_tensors([active])
    training.compile(mlc.device())
    assert moved(training, x, y, [first, second]) == [False, True]


def test_training_tensor_parameters():
    """A tensor among the sources that no layer owns."""
    graph, x, y = mlc.graph(), mlc.tensor([5, 2]), mlc.tensor([5, 2])
    scale = parameter(np.float32([[1, 2]]))
    graph.add_layer(mlc.arithmetic_layer("multiply"), [x, scale])
    training = train(graph, x, y)
    training.set_training_tensor_parameters([mlc.tensor_parameter(scale)])
    training.compile(mlc.device())
    a, b = random(5, 2), random(5, 2)
    training.execute({"x": a}, {"y": b})
    expected = np.float32([1, 2])
    expected = expected - 0.1 * (2 * (a * expected - b) * a).sum(0) / 10
    close(scale.numpy(), expected[None])
    with pytest.raises(ValueError, match="is no parameter"):
        mlc.tensor_parameter(x)
    training.set_training_tensor_parameters([])
    training.compile(mlc.device())
    before = scale.numpy().copy()
    training.execute({"x": a}, {"y": b})
    np.testing.assert_array_equal(scale.numpy(), before)


def test_a_layer_applied_twice_gets_the_sum_of_its_gradients():
    graph, x, y = mlc.graph(), mlc.tensor([4, 3]), mlc.tensor([4, 3])
    layer = mlc.fully_connected_layer(
        parameter(random(1, 9)), None, input_feature_channel_count=3, output_feature_channel_count=3
    )
    graph.add_layer(layer, graph.add_layer(layer, x))
    training = train(graph, x, y)
    training.compile(mlc.device())
    a, b, w = random(4, 3), random(4, 3), layer.weights.numpy().reshape(3, 3).astype(float)
    training.execute({"x": a}, {"y": b})
    error = 2 * (a @ w.T @ w.T - b) / 12
    gradient = error.T @ (a @ w.T) + (error @ w).T @ a
    np.testing.assert_allclose(
        layer.weights.numpy().reshape(3, 3), w - 0.1 * gradient, rtol=1e-4, atol=1e-5
    )


def test_inference_sees_what_training_did():
    line = Line()
    inference = mlc.inference_graph([line.graph])
    inference.add_inputs({"x": line.x})
    inference.compile(mlc.device())
    x, y = random(4, 3), random(4, 1)
    for _ in range(3):
        w, b = line.values()
        inference.execute({"x": x})
        close(line.result.numpy(), x @ w.T + b)
        line.training.execute({"x": x}, {"y": y})
    # Layers added to the inference graph alone are its own.
    probability = inference.add_layer(mlc.activation_layer("sigmoid"), line.result)
    inference.compile(mlc.device())
    inference.execute({"x": x})
    w, b = line.values()
    close(probability.numpy(), 1 / (1 + np.exp(-(x @ w.T + b))))


def test_batch_normalization_keeps_running_statistics():
    mean, variance = np.zeros((1, 3, 1, 1), np.float32), np.ones((1, 3, 1, 1), np.float32)
    layer = mlc.batch_normalization_layer(
        3, parameter(mean), parameter(variance), None, None, 1e-3, momentum=0.9
    )
    graph, x, y = mlc.graph(), mlc.tensor([6, 3, 2, 2]), mlc.tensor([6, 3, 2, 2])
    result = graph.add_layer(layer, x)
    training = train(graph, x, y)
    training.add_outputs({"result": result})
    training.compile(mlc.device())
    expected_mean, expected_variance = mean.ravel().copy(), variance.ravel().copy()
    for _ in range(4):
        a = 3 * random(6, 3, 2, 2) + 1
        training.execute({"x": a}, {"y": a})
        m, v = a.mean((0, 2, 3)), a.var((0, 2, 3))
        expected_mean = 0.9 * expected_mean + 0.1 * m
        expected_variance = 0.9 * expected_variance + 0.1 * v
        expected = (a - m[:, None, None]) / np.sqrt(v + 1e-3)[:, None, None]
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(mean, np.zeros_like(mean))
    training.synchronize_updates()
    np.testing.assert_allclose(mean.ravel(), expected_mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance.ravel(), expected_variance, rtol=1e-4)
    # With running statistics, in both kinds of inference.
    expected = (a - mean) / np.sqrt(variance + 1e-3)
    training.bind_and_write_data({"x": a, "y": a}, {"x": x, "y": y})
    training.execute_forward(for_inference=True)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-4)
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device())
    inference.execute({"x": a})
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_instance_normalization_keeps_running_statistics():
    mean, variance = np.zeros((1, 2, 1, 1), np.float32), np.ones((1, 2, 1, 1), np.float32)
    layer = mlc.instance_normalization_layer(
        2, None, None, 1e-3, 0.5, mean=parameter(mean), variance=parameter(variance)
    )
    graph, x, y = mlc.graph(), mlc.tensor([3, 2, 4, 4]), mlc.tensor([3, 2, 4, 4])
    graph.add_layer(layer, x)
    training = train(graph, x, y)
    training.compile(mlc.device())
    a = 2 * random(3, 2, 4, 4) + 3
    training.execute({"x": a}, {"y": a})
    training.synchronize_updates()
    np.testing.assert_allclose(mean.ravel(), 0.5 * a.mean((2, 3)).mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance.ravel(), 0.5 + 0.5 * a.var((2, 3)).mean(0), rtol=1e-5)


def dropout_of(rate, seed, executions=1, n=20_000):
    graph, x = mlc.graph(), mlc.tensor([2, n])
    layer = mlc.dropout_layer(rate, seed)
    result = graph.add_layer(layer, x)
    training = mlc.training_graph([graph])
    training.add_inputs({"x": x})
    (user,) = [training.allocate_user_gradient_for_tensor(result)]
    training.compile(mlc.device(), compute_all_gradients=True)
    found = []
    for _ in range(executions):
        training.bind_and_write_data({"x": np.ones((2, n), np.float32)}, {"x": x})
        training.execute_forward()
        user.bind_data(np.full((2, n), 3, np.float32))
        training.execute_gradient()
        gradient = training.gradient_tensor_for_input(x).numpy()
        found.append(result.numpy().copy())
        np.testing.assert_allclose(gradient, 3 * found[-1], rtol=1e-6)
    return found


def test_dropout():
    first, second = dropout_of(0.3, 5, executions=2)
    assert set(np.unique(first)) <= {0, np.float32(1 / 0.7)}
    for found in (first, second):
        # Six deviations of a binomial share.
        assert abs((found == 0).mean() - 0.3) < 6 * np.sqrt(0.3 * 0.7 / found.size)
    assert (first != second).mean() > 0.3
    np.testing.assert_array_equal(dropout_of(0.3, 5)[0], first)
    assert (dropout_of(0.3, 6)[0] != first).mean() > 0.3
    np.testing.assert_array_equal(dropout_of(0, 5)[0], np.ones_like(first))


def test_platform_seed_decides_dropout_without_seed():
    mlc.platform.set_rng_seed(11)
    assert mlc.platform.rng_seed() == 11
    first, other = dropout_of(0.5, 0)[0], dropout_of(0.5, 0)[0]
    assert (first != other).mean() > 0.3
    mlc.platform.set_rng_seed(11)
    np.testing.assert_array_equal(dropout_of(0.5, 0)[0], first)


def test_loss_layers_among_the_nodes():
    """Two losses of one prediction: their sum is made small, each can be read."""
    graph, x, y, z = mlc.graph(), mlc.tensor([4, 3]), mlc.tensor([4, 1]), mlc.tensor([4, 1])
    layer = mlc.fully_connected_layer(
        parameter(random(1, 3)), None, input_feature_channel_count=3, output_feature_channel_count=1
    )
    result = graph.add_layer(layer, x)
    first = graph.add_layer(mlc.loss_layer("mean_squared_error"), result, loss_labels=y)
    second = graph.add_layer(
        mlc.loss_layer("mean_squared_error", "sum", weight=0.5), result, loss_labels=[z]
    )
    training = mlc.training_graph([graph], None, mlc.sgd_optimizer(0.1))
    training.add_inputs({"x": x}, {"y": y, "z": z})
    training.compile(mlc.device())
    a, b, c, w = random(4, 3), random(4, 1), random(4, 1), layer.weights.numpy().copy()
    training.execute({"x": a}, {"y": b, "z": c})
    p = a @ w.T
    close(first.numpy(), [((p - b) ** 2).mean()])
    close(second.numpy(), [0.5 * ((p - c) ** 2).sum()])
    gradient = (2 * (p - b) / 4 + (p - c)).T @ a
    close(layer.weights.numpy(), w - 0.1 * gradient)
    with pytest.raises(ValueError, match="no loss"):
        graph.add_layer(mlc.softmax_layer(), result, loss_labels=y)


def test_loss_label_weights():
    graph, x, y, weights = (mlc.graph(), *(mlc.tensor([4, 2]) for _ in range(3)))
    layer = mlc.fully_connected_layer(
        parameter(random(1, 4)), None, input_feature_channel_count=2, output_feature_channel_count=2
    )
    graph.add_layer(layer, x)
    training = mlc.training_graph([graph], mlc.loss_layer("mean_squared_error"), None)
    training.add_inputs({"x": x}, {"y": y}, {"weights": weights})
    training.compile(mlc.device())
    a, b, s = random(4, 2), random(4, 2), np.abs(random(4, 2))
    training.execute({"x": a}, {"y": b}, {"weights": s})
    p = a @ layer.weights.numpy().reshape(2, 2).T
    close(training.result_tensor.numpy(), [(s * (p - b) ** 2).mean()])
    with pytest.raises(ValueError, match="weights"):
        training.execute({"x": a}, {"y": b})


def test_outputs_data():
    line = Line()
    line.training.add_outputs({"result": line.result})
    line.training.compile(mlc.device())
    x, y, to = random(4, 3), random(4, 1), np.zeros((4, 1), np.float32)
    w, b = line.values()
    line.training.execute({"x": x}, {"y": y}, outputs_data={"result": to})
    close(to, x @ w.T + b)


def make_halves(**first_options):
    """The two layers of make_two() as graphs of their own, one result handed over."""
    first, second = make_dense(3, 4), make_dense(4, 2)
    graph_a, graph_b = mlc.graph(), mlc.graph()
    x, y = mlc.tensor([5, 3]), mlc.tensor([5, 2])
    middle = graph_a.add_layer(mlc.activation_layer("tanh"), graph_a.add_layer(first, x))
    return first, second, graph_a, graph_b, x, y, middle


def reference_step(first, second, a, b, rate=0.1):
    """One step of both halves in NumPy: the new weights."""
    w1, w2 = (
        layer.weights.numpy().astype(float).reshape(-1, n) for layer, n in ((first, 3), (second, 4))
    )
    b1, b2 = (layer.biases.numpy().astype(float) for layer in (first, second))
    h = np.tanh(a @ w1.T + b1)
    error = 2 * (h @ w2.T + b2 - b) / b.size
    back = (error @ w2) * (1 - h * h)
    return w1 - rate * back.T @ a, w2 - rate * error.T @ h


def test_linked_graphs():
    first, second, graph_a, graph_b, x, y, middle = make_halves()
    graph_b.add_layer(second, middle)
    a = mlc.training_graph([graph_a], None, mlc.sgd_optimizer(0.1))
    b = train(graph_b, middle, y)
    a.add_inputs({"x": x})
    a.allocate_user_gradient_for_tensor(middle)
    a.compile(mlc.device(), link_graphs=True)
    b.compile(mlc.device(), link_graphs=True, compute_all_gradients=True)
    a.link_with_graphs([b])
    for _ in range(3):
        data, labels = random(5, 3), random(5, 2)
        expected = reference_step(first, second, data, labels)
        a.bind_and_write_data({"x": data}, {"x": x})
        b.bind_and_write_data({"y": labels}, {"y": y})
        a.execute_forward()
        b.execute_forward()
        b.execute_gradient()
        a.execute_gradient()
        b.execute_optimizer_update()
        a.execute_optimizer_update()
        for layer, weights in zip((first, second), expected, strict=True):
            np.testing.assert_allclose(
                layer.weights.numpy().reshape(weights.shape), weights, rtol=1e-4, atol=1e-5
            )


def test_user_gradients_around_code_outside():
    """The middle of the net is NumPy's."""
    first, second, graph_a, graph_b, x, y, middle = make_halves()
    handed = mlc.tensor([5, 4])
    graph_b.add_layer(second, handed)
    a = mlc.training_graph([graph_a], None, mlc.sgd_optimizer(0.1))
    b = train(graph_b, handed, y)
    a.add_inputs({"x": x})
    user = a.allocate_user_gradient_for_tensor(middle)
    assert a.allocate_user_gradient_for_tensor(middle) is user
    a.compile(mlc.device())
    b.compile(mlc.device(), compute_all_gradients=True)
    data, labels = random(5, 3), random(5, 2)
    expected = reference_step(first, second, data, labels)
    a.bind_and_write_data({"x": data}, {"x": x})
    a.execute_forward()
    with pytest.raises(ValueError, match="user gradient"):
        a.execute_gradient()
    b.bind_and_write_data({"x": middle.numpy(), "y": labels}, {"x": handed, "y": y})
    b.execute_forward()
    b.execute_gradient()
    b.execute_optimizer_update()
    user.bind_data(b.gradient_tensor_for_input(handed).numpy())
    a.execute_gradient()
    a.execute_optimizer_update()
    for layer, weights in zip((first, second), expected, strict=True):
        np.testing.assert_allclose(
            layer.weights.numpy().reshape(weights.shape), weights, rtol=1e-4, atol=1e-5
        )


def test_a_user_gradient_is_added_to_that_of_the_loss():
    line = Line(optimizer=None)
    user = line.training.allocate_user_gradient_for_tensor(line.result)
    line.training.compile(mlc.device())
    x, y, extra = random(4, 3), random(4, 1), random(4, 1)
    w, b = line.values()
    line.bind(x, y)
    user.bind_data(extra)
    line.training.execute_forward()
    line.training.execute_gradient()
    close(
        line.training.gradient_data_for_parameter(line.layer.weights, line.layer),
        step(w, b, x, y)[3] + extra.T @ x,
    )


def test_linked_inference_graphs():
    first, second, graph_a, graph_b, x, y, middle = make_halves()
    result = graph_b.add_layer(second, middle)
    a, b = mlc.inference_graph([graph_a]), mlc.inference_graph([graph_b])
    a.add_inputs({"x": x})
    b.add_inputs({"middle": middle})
    a.compile(mlc.device())
    with pytest.raises(ValueError, match="link_graphs"):
        a.link_with_graphs([b])
    a.compile(mlc.device(), link_graphs=True)
    b.compile(mlc.device(), link_graphs=True)
    a.link_with_graphs([b])
    data = random(5, 3)
    a.execute({"x": data})
    b.execute({})
    w1, w2 = (layer.weights.numpy().reshape(-1, n) for layer, n in ((first, 3), (second, 4)))
    h = np.tanh(data @ w1.T + first.biases.numpy())
    close(result.numpy(), h @ w2.T + second.biases.numpy())


def test_gradients_through_what_has_none():
    """Rounding passes nothing back: the layer before it stays as it is."""
    graph, x, y = mlc.graph(), mlc.tensor([4, 3]), mlc.tensor([4, 1])
    layer = make_dense(3, 1)
    graph.add_layer(mlc.arithmetic_layer("round"), graph.add_layer(layer, x))
    training = train(graph, x, y)
    training.compile(mlc.device())
    before = layer.weights.numpy().copy()
    training.execute({"x": random(4, 3)}, {"y": random(4, 1)})
    np.testing.assert_array_equal(layer.weights.numpy(), before)


def test_refusals():
    graph, x, y, *_ = make_two()
    loss = mlc.loss_layer("mean_squared_error")
    with pytest.raises(ValueError, match="is no loss"):
        mlc.training_graph([graph], mlc.softmax_layer())
    training = mlc.training_graph([graph], loss)
    with pytest.raises(ValueError, match="not compiled"):
        training.execute({"x": random(5, 3)}, {"y": random(5, 2)})
    training.add_inputs({"x": x})
    with pytest.raises(ValueError, match="takes one loss label"):
        training.compile(mlc.device())
    training.add_inputs({}, {"y": y})
    with pytest.raises(ValueError, match="device"):
        training.compile(None)
    training.compile(mlc.device())
    with pytest.raises(ValueError, match="no data for input 'y'"):
        training.execute({"x": random(5, 3)})
    with pytest.raises(ValueError, match="there is no input 'z'"):
        training.execute({"x": random(5, 3), "z": random(5, 3)}, {"y": random(5, 2)})
    with pytest.raises(TypeError, match="float64"):
        training.execute({"x": np.zeros((5, 3))}, {"y": random(5, 2)})
    with pytest.raises(ValueError, match="belongs to another graph"):
        mlc.training_graph([graph], loss)
    with pytest.raises(ValueError, match="without layers"):
        mlc.training_graph([mlc.graph()]).compile(mlc.device())
    wrong = mlc.training_graph([graph], mlc.loss_layer("mean_squared_error"))
    wrong.add_inputs({"x": x}, {"y": mlc.tensor([5, 3])})
    with pytest.raises(ValueError, match="labels"):
        wrong.compile(mlc.device())


def test_training_goes_on_after_a_failed_step():
    """An index out of range is an error of the step that has it, and changes nothing."""
    graph, i, y = mlc.graph(), mlc.tensor([3], "int32"), mlc.tensor([3, 2])
    layer = mlc.embedding_layer(
        parameter(random(1, 4, 2)), embedding_count=4, embedding_dimension=2
    )
    graph.add_layer(layer, i)
    training = train(graph, i, y, mlc.adam_optimizer(0.1))
    training.compile(mlc.device())
    before = layer.weights.numpy().copy()
    with pytest.raises(ValueError, match="7"):
        training.execute({"x": np.int32([0, 7, 1])}, {"y": random(3, 2)})
    np.testing.assert_array_equal(layer.weights.numpy(), before)
    assert training.optimizer.time_step == 1
    training.execute({"x": np.int32([0, 3, 1])}, {"y": random(3, 2)})
    changed = np.abs(layer.weights.numpy() - before).max(2)[0] > 1e-3
    np.testing.assert_array_equal(changed, [True, True, False, True])
    assert training.optimizer.time_step == 2


def test_padding_row_of_an_embedding_is_not_updated():
    graph, i, y = mlc.graph(), mlc.tensor([4], "int32"), mlc.tensor([4, 2])
    layer = mlc.embedding_layer(
        parameter(random(1, 4, 2)), embedding_count=4, embedding_dimension=2, padding_index=1
    )
    graph.add_layer(layer, i)
    training = train(graph, i, y)
    training.compile(mlc.device())
    before = layer.weights.numpy().copy()
    training.execute({"x": np.int32([0, 1, 1, 2])}, {"y": random(4, 2)})
    changed = np.abs(layer.weights.numpy() - before).max(2)[0] > 1e-4
    np.testing.assert_array_equal(changed, [True, False, True, False])


def test_embedding_gradient_by_frequency():
    graph, i, y = mlc.graph(), mlc.tensor([4], "int32"), mlc.tensor([4, 2])
    layer = mlc.embedding_layer(
        parameter(random(1, 3, 2)),
        embedding_count=3,
        embedding_dimension=2,
        scales_gradient_by_frequency=True,
    )
    graph.add_layer(layer, i)
    training = train(graph, i, y)
    training.compile(mlc.device())
    w, indices, labels = layer.weights.numpy()[0].copy(), np.int32([2, 0, 2, 2]), random(4, 2)
    training.bind_and_write_data({"x": indices, "y": labels}, {"x": i, "y": y})
    training.execute_forward()
    training.execute_gradient()
    errors = 2 * (w[indices] - labels) / 8
    expected = np.stack([errors[1], np.zeros(2), errors[[0, 2, 3]].mean(0)])
    close(training.gradient_data_for_parameter(layer.weights, layer)[0], expected)


def test_debugging_keeps_gradients():
    graph, x, y, first, _, _, _ = make_two()
    first.is_debugging_enabled = True
    training = train(graph, x, y)
    training.compile(mlc.device(), debug_layers=True)
    training.execute({"x": random(5, 3)}, {"y": random(5, 2)})
    (result,) = training.result_tensors(first)
    assert result.numpy().shape == (5, 4)
    (gradient,) = training.result_gradient_tensors(first)
    assert gradient.numpy().shape == (5, 4) and np.abs(gradient.numpy()).max() > 0


def test_constant_inputs():
    line_graph, x, y, scale = (
        mlc.graph(),
        mlc.tensor([4, 2]),
        mlc.tensor([4, 2]),
        mlc.tensor([1, 2]),
    )
    layer = mlc.fully_connected_layer(
        parameter(random(1, 4)), None, input_feature_channel_count=2, output_feature_channel_count=2
    )
    product = line_graph.add_layer(mlc.arithmetic_layer("multiply"), [x, scale])
    line_graph.add_layer(layer, product)
    training = train(line_graph, x, y)
    training.add_inputs({"scale": scale})
    training.compile(
        mlc.device(),
        input_tensors={"scale": scale},
        input_tensors_data={"scale": np.float32([[2, 3]])},
    )
    a, b, w = random(4, 2), random(4, 2), layer.weights.numpy().reshape(2, 2).copy()
    training.execute({"x": a}, {"y": b})
    scaled = a * [2, 3]
    gradient = 2 * (scaled @ w.T - b).T @ scaled / 8
    np.testing.assert_allclose(
        layer.weights.numpy().reshape(2, 2), w - 0.1 * gradient, rtol=1e-4, atol=1e-5
    )


def test_float16():
    graph, x, y = mlc.graph(), mlc.tensor([4, 3], "float16"), mlc.tensor([4, 1], "float16")
    w = random(1, 3).astype(np.float16)
    layer = mlc.fully_connected_layer(
        parameter(w.copy()), None, input_feature_channel_count=3, output_feature_channel_count=1
    )
    graph.add_layer(layer, x)
    training = train(graph, x, y, mlc.adam_optimizer(0.1))
    training.compile(mlc.device())
    a, b = random(4, 3).astype(np.float16), random(4, 1).astype(np.float16)
    training.execute({"x": a}, {"y": b})
    gradient = 2 * (a.astype(float) @ w.T.astype(float) - b).T @ a / 4
    # Adam's first step is the learning rate, against the gradient's sign.
    np.testing.assert_allclose(layer.weights.numpy(), w - 0.1 * np.sign(gradient), atol=5e-3)


def test_memory_and_description():
    line = Line()
    assert line.training.device_memory_size == 2 * 4 * (4 + 1)
    assert "Loss" in line.training.summarized_dot_description
    assert mlc.training_graph([mlc.graph()]).device_memory_size == 0

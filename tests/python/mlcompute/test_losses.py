"""Losses against their formulas in float64, and their gradients against TensorFlow's."""

import itertools

import numpy as np
import pytest
from run_layer import parameter

import mlcompute as mlc

RNG = np.random.default_rng(17)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def softmax(y, axis):
    e = np.exp(y - y.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def one_hot(shape, axis):
    """One class of each sample, as float32."""
    labels = np.zeros(np.moveaxis(np.empty(shape), axis, -1).shape, np.float32)
    labels.reshape(-1, shape[axis])[
        np.arange(labels.size // shape[axis]),
        RNG.integers(0, shape[axis], labels.size // shape[axis]),
    ] = 1
    return np.moveaxis(labels, -1, axis).copy()


# Values before the reduction: y predictions, t labels, w weights in float64; `axis` of classes.
FORMULAS = {
    "mean_absolute_error": lambda y, t, w, axis, s: w * np.abs(y - t),
    "mean_squared_error": lambda y, t, w, axis, s: w * (y - t) ** 2,
    "softmax_cross_entropy": lambda y, t, w, axis, s: (
        -np.sum(w * t * np.log(softmax(y, axis)), axis, keepdims=True)
    ),
    "sigmoid_cross_entropy": lambda y, t, w, axis, s: (
        w * (np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y))))
    ),
    "categorical_cross_entropy": lambda y, t, w, axis, s: (
        -np.sum(np.where(t == 0, 0, w * t * np.log(np.where(t == 0, 1, y))), axis, keepdims=True)
    ),
    "hinge": lambda y, t, w, axis, s: w * np.maximum(1 - (2 * t - 1) * y, 0),
    "huber": lambda y, t, w, axis, s: (
        w
        * np.where(
            np.abs(y - t) <= s["delta"],
            (y - t) ** 2 / 2,
            s["delta"] * (np.abs(y - t) - s["delta"] / 2),
        )
    ),
    "cosine_distance": lambda y, t, w, axis, s: 1 - np.sum(w * t * y, axis, keepdims=True),
    "log": lambda y, t, w, axis, s: (
        -w * (t * np.log(y + s["epsilon"]) + (1 - t) * np.log(1 - y + s["epsilon"]))
    ),
}
SETTINGS = {"huber": {"delta": 0.7}, "log": {"epsilon": 1e-3}}
SHAPES = [(4, 3), (5, 4, 3), (3, 4, 2, 2), (4, 3, 1, 1)]


def make_data(kind, shape):
    axis = 2 if len(shape) == 3 else 1
    y, t = random(*shape), random(*shape)
    if "cross_entropy" in kind:
        t = one_hot(shape, axis)
    if kind == "categorical_cross_entropy":
        y = softmax(y, axis)
    if kind == "hinge":
        t = (t > 0).astype(np.float32)
    if kind == "log":
        y, t = (1 / (1 + np.exp(-y))).astype(np.float32), (t > 0).astype(np.float32)
    return y, t, axis


def run(layer, y, t, w=None):
    """The loss and its gradient by y: the layer's result is summed if there are several values."""
    graph = mlc.graph()
    tensors = {"y": mlc.tensor(y.shape), "t": mlc.tensor(t.shape)}
    labels = [tensors["t"]]
    if w is not None:
        tensors["w"] = mlc.tensor(w.shape)
        labels.append(tensors["w"])
    result = graph.add_layer(layer, tensors["y"], loss_labels=labels)
    training = mlc.training_graph([graph])
    training.add_inputs(
        {"y": tensors["y"]}, {"t": labels[0]}, dict([("w", labels[-1])] * (len(labels) - 1))
    )
    training.compile(mlc.device(), compute_all_gradients=True)
    gradient = training.gradient_tensor_for_input(tensors["y"])
    training.execute({"y": y}, {"t": t}, {} if w is None else {"w": w})
    return result.numpy().copy(), gradient.numpy().copy()


def differences(value, y, h=1e-6):
    """The gradient of `value` at y, a float64 array."""
    gradient = np.zeros_like(y)
    for at in np.ndindex(*y.shape):
        old = y[at]
        y[at] = old + h
        up = value(y)
        y[at] = old - h
        gradient[at] = (up - value(y)) / (2 * h)
        y[at] = old
    return gradient


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", FORMULAS)
def test_formula(kind, reduction, weighted, shape):
    y, t, axis = make_data(kind, shape)
    settings = SETTINGS.get(kind, {})
    w = np.abs(random(*shape)) if weighted else None

    def value(at):
        values = 0.5 * FORMULAS[kind](at, t.astype(float), 1 if w is None else w, axis, settings)
        return {"none": lambda: values, "sum": values.sum, "mean": values.mean}[reduction]()

    layer = mlc.loss_layer(kind, reduction, weight=0.5, **settings)
    found, gradient = run(layer, y, t, w)
    expected = value(y.astype(float))
    assert found.shape == (np.shape(expected) or (1,))
    np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=2e-5, atol=1e-5)
    # The values are summed where they are not reduced.
    slope = differences(lambda at: np.sum(value(at)), y.astype(float))
    np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-5)


def test_all_types_have_a_formula():
    assert {kind.upper() for kind in FORMULAS} == {kind.name for kind in mlc.LossType}


@pytest.mark.parametrize(
    "kind", ["softmax_cross_entropy", "categorical_cross_entropy", "sigmoid_cross_entropy"]
)
def test_label_smoothing(kind):
    y, t, axis = make_data(kind, (4, 3))
    share = 2 if kind.startswith("sigmoid") else 3
    smoothed = t.astype(float) * 0.8 + 0.2 / share
    layer = mlc.loss_layer(kind, label_smoothing=0.2, class_count=3)
    expected = FORMULAS[kind](y.astype(float), smoothed, 1, axis, {}).mean()
    np.testing.assert_allclose(run(layer, y, t)[0], [expected], rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "name", "settings"),
    [
        ("softmax_cross_entropy", "CategoricalCrossentropy", {"from_logits": True}),
        ("sigmoid_cross_entropy", "BinaryCrossentropy", {"from_logits": True}),
        ("mean_squared_error", "MeanSquaredError", {}),
        ("mean_absolute_error", "MeanAbsoluteError", {}),
        ("huber", "Huber", {"delta": 0.7}),
        ("hinge", "Hinge", {}),
    ],
)
def test_keras(kind, name, settings):
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    y, t, _ = make_data(kind, (5, 3))
    with tf.device("CPU:0"), tf.GradientTape() as tape:
        at = tf.constant(y)
        tape.watch(at)
        loss = getattr(keras.losses, name)(**settings)(t, at)
    found, gradient = run(mlc.loss_layer(kind, **SETTINGS.get(kind, {})), y, t)
    np.testing.assert_allclose(found, [loss.numpy()], rtol=1e-5)
    np.testing.assert_allclose(gradient, tape.gradient(loss, at).numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("prediction", "label"), [((4, 3, 1, 1), (4, 3)), ((4, 3), (4, 3, 1, 1)), ((1, 3), (3,))]
)
def test_axes_of_one_may_be_left_out(prediction, label):
    y = random(*prediction)
    t = one_hot((y.size // 3, 3), 1)
    expected = FORMULAS["softmax_cross_entropy"](y.reshape(-1, 3).astype(float), t, 1, 1, {}).mean()
    found, _ = run(mlc.loss_layer("softmax_cross_entropy"), y, t.reshape(label))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 3), (4, 1), (4, 3)])
def test_weights_of_the_layer(shape):
    """They broadcast against predictions and count in every execution."""
    y, t, w = random(4, 3), random(4, 3), np.abs(random(*shape))
    layer = mlc.loss_layer("mean_squared_error", "sum", weights=parameter(w))
    assert layer.weights.shape == shape
    found, gradient = run(layer, y, t)
    np.testing.assert_allclose(found, [(w * (y - t) ** 2).sum()], rtol=1e-5)
    np.testing.assert_allclose(gradient, 2 * w * (y - t), rtol=1e-5, atol=1e-6)


def test_extreme_logits():
    """Large logits give finite losses and gradients."""
    y = np.float32([[1000, -1000, 0], [-500, 500, 500]])
    t = np.float32([[0, 1, 0], [0, 0, 1]])
    found, gradient = run(mlc.loss_layer("softmax_cross_entropy", "none"), y, t)
    np.testing.assert_allclose(found, [[2000], [np.log(2)]], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[1, -1, 0], [0, 0.5, -0.5]], atol=1e-6)
    found, gradient = run(mlc.loss_layer("sigmoid_cross_entropy", "none"), y, t)
    np.testing.assert_allclose(found[0], [1000, 1000, np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(gradient[0], [1, -1, 0.5], atol=1e-6)


def test_refusals():
    with pytest.raises(ValueError, match="none, sum or mean, got max"):
        mlc.loss_layer("hinge", "max")
    with pytest.raises(ValueError, match="label_smoothing 1.5"):
        mlc.loss_layer("hinge", label_smoothing=1.5)
    with pytest.raises(ValueError, match="class_count 0"):
        mlc.loss_layer("hinge", class_count=0)
    with pytest.raises(ValueError, match="hold no data"):
        mlc.loss_layer("hinge", weights=mlc.tensor([3]))
    with pytest.raises(ValueError, match="delta -1"):
        mlc.loss_layer("huber", delta=-1)
    for y, t, message in [
        ((4, 3), (3, 4), "must be like the predictions"),
        ((4, 3), (4, 1), "must be like the predictions"),
        ((4,), (4,), "rank 2 to 4"),
    ]:
        with pytest.raises(ValueError, match=message):
            run(mlc.loss_layer("hinge"), random(*y), random(*t))


# ---- YOLO

ANCHORS = [(1.5, 2.0), (3.0, 0.8)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def overlap(a, b):
    """Intersection over union of boxes (centre x, y, width, height)."""
    sides = [
        max(
            0,
            min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
            - max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2),
        )
        for i in (0, 1)
    ]
    both = sides[0] * sides[1]
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def huber(d):
    return d * d / 2 if abs(d) <= 1 else abs(d) - 0.5


def yolo(y, t, rescore, scales, minimum, maximum, targets=None):
    """One cell and anchor after the other. `targets` are the overlaps to take, or gets them."""
    position, size, no_object, object_scale, class_scale = scales
    n, channels, height, width = y.shape
    anchors = len(ANCHORS)
    y = y.reshape(n, anchors, channels // anchors, height, width)
    t = t.reshape(y.shape)
    loss = np.zeros((n, 1))
    found = {}
    for at in itertools.product(range(n), range(anchors), range(height), range(width)):
        i, a, r, c = at
        p, q = y[i, a, :, r, c], t[i, a, :, r, c]
        box = [sigmoid(p[0]), sigmoid(p[1]), *(ANCHORS[a][k] * np.exp(p[2 + k]) for k in (0, 1))]
        best = max(
            t[i, b, 4, r, c]
            * overlap(
                box,
                [
                    *t[i, b, :2, r, c],
                    *(ANCHORS[b][k] * np.exp(t[i, b, 2 + k, r, c]) for k in (0, 1)),
                ],
            )
            for b in range(anchors)
        )
        found[at] = best
        u = best if targets is None else targets[at]
        cost = np.log1p(np.exp(p[4]))
        if q[4] > 0:
            loss[i] += position * ((box[0] - q[0]) ** 2 + (box[1] - q[1]) ** 2)
            loss[i] += size * (huber(p[2] - q[2]) + huber(p[3] - q[3]))
            loss[i] -= class_scale * (q[5:] * np.log(softmax(p[5:], 0))).sum()
        if q[4] > 0 or u > minimum:
            loss[i] += object_scale * (cost - p[4] * (u if rescore else 1))
        elif u < maximum:
            loss[i] += no_object * cost
    return loss, found


def yolo_data(n=3, classes=2, height=2, width=3):
    y = random(n, len(ANCHORS), 5 + classes, height, width)
    t = np.zeros_like(y)
    t[:, :, :2] = RNG.uniform(0.1, 0.9, t[:, :, :2].shape)
    t[:, :, 2:4] = 0.3 * random(*t[:, :, 2:4].shape)
    t[:, :, 4] = RNG.uniform(size=t[:, :, 4].shape) < 0.4
    t[:, :, 5:] = one_hot(t[:, :, 5:].shape, 2)
    shape = (n, -1, height, width)
    return y.reshape(shape), t.reshape(shape)


@pytest.mark.parametrize("rescore", [True, False])
@pytest.mark.parametrize("limits", [(0.7, 0.3), (0.2, 0.15)])
def test_yolo(rescore, limits):
    y, t = yolo_data()
    scales = [10, 10, 5, 100, 2]
    layer = mlc.yolo_loss_layer(
        ANCHORS,
        should_rescore=rescore,
        minimum_iou_for_object_presence=limits[0],
        maximum_iou_for_object_absence=limits[1],
    )
    found, gradient = run(layer, y, t)
    expected, targets = yolo(y.astype(float), t.astype(float), rescore, scales, *limits)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found.shape == (3, 1)
    kinds = [u > limits[0] for u in targets.values()], [u < limits[1] for u in targets.values()]
    assert any(kinds[0]) or limits[0] > 0.5
    assert any(kinds[1])
    # No gradient passes through the overlaps.
    slope = differences(
        lambda at: yolo(at, t.astype(float), rescore, scales, *limits, targets)[0].sum(),
        y.astype(float),
        1e-5,
    )
    np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-3)


def test_yolo_scales_and_defaults():
    y, t = yolo_data(n=2)
    layer = mlc.yolo_loss_layer(ANCHORS)
    assert layer.anchor_box_count == 2 and layer.should_rescore
    assert [
        layer.scale_spatial_position_loss,
        layer.scale_spatial_size_loss,
        layer.scale_no_object_confidence_loss,
        layer.scale_object_confidence_loss,
        layer.scale_class_loss,
    ] == [10, 10, 5, 100, 2]
    names = [
        "spatial_position",
        "spatial_size",
        "no_object_confidence",
        "object_confidence",
        "class",
    ]
    limits = layer.minimum_iou_for_object_presence, layer.maximum_iou_for_object_absence
    assert limits == tuple(np.float32([0.7, 0.3]))
    for i in range(5):
        scales = [0.0] * 5
        scales[i] = 3.0
        settings = {f"scale_{name}_loss": scale for name, scale in zip(names, scales, strict=True)}
        found, _ = run(mlc.yolo_loss_layer(ANCHORS, **settings), y, t)
        expected, _ = yolo(y.astype(float), t.astype(float), True, scales, *limits)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_yolo_of_a_cell_without_objects():
    """Only the confidence counts, down to a prediction far away."""
    y = np.full((1, 14, 1, 1), -30, np.float32)
    found, gradient = run(mlc.yolo_loss_layer(ANCHORS), y, np.zeros_like(y))
    np.testing.assert_allclose(found, [[0]], atol=1e-6)
    assert np.isfinite(gradient).all()


def test_yolo_trains():
    """A net of nothing but its predictions learns the labels."""
    _, t = yolo_data(n=2)
    predictions = parameter(np.zeros_like(t))
    graph, labels, zero = mlc.graph(), mlc.tensor(t.shape), mlc.tensor(t.shape)
    graph.add_layer(mlc.arithmetic_layer("add"), [predictions, zero])
    training = mlc.training_graph([graph], mlc.yolo_loss_layer(ANCHORS), mlc.adam_optimizer(0.05))
    training.add_inputs({"zero": zero}, {"labels": labels})
    training.set_training_tensor_parameters([mlc.tensor_parameter(predictions)])
    training.compile(mlc.device())
    losses = []
    for _ in range(300):
        training.execute({"zero": np.zeros_like(t)}, {"labels": t})
        losses.append(training.result_tensor.numpy().sum())
    assert losses[-1] < 0.02 * losses[0]
    found = predictions.numpy().reshape(2, 2, 7, 2, 3)
    t = t.reshape(found.shape)
    has = t[:, :, 4] > 0
    np.testing.assert_allclose(sigmoid(found[:, :, 0])[has], t[:, :, 0][has], atol=0.05)
    np.testing.assert_allclose(found[:, :, 3][has], t[:, :, 3][has], atol=0.05)
    assert (found[:, :, 5:].argmax(2)[has] == t[:, :, 5:].argmax(2)[has]).all()
    assert ((found[:, :, 4] > 0) == has).all()


def test_yolo_refusals():
    with pytest.raises(ValueError, match="pairs"):
        mlc.yolo_loss_layer([])
    with pytest.raises(ValueError, match="anchor size 0"):
        mlc.yolo_loss_layer([(0, 1)])
    y = random(1, 8, 2, 2)
    with pytest.raises(ValueError, match="predictions"):
        run(mlc.yolo_loss_layer(ANCHORS), y, y)
    with pytest.raises(ValueError, match="must be like"):
        run(mlc.yolo_loss_layer(ANCHORS[:1]), y, random(1, 8, 2, 3))

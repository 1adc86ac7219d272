"""Optimizers: 50 steps against their stated rules in float64, and against Keras where it agrees."""

import copy

import numpy as np
import pytest
from run_layer import parameter

import mlcompute as mlc

RNG = np.random.default_rng(13)
STEPS = 50
# A different gradient in every step, from tiny to large.
DATA = (RNG.standard_normal((STEPS, 2, 3)) * np.geomspace(0.01, 3, STEPS)[:, None, None]).astype(
    np.float32
)
START = RNG.standard_normal((2, 3)).astype(np.float32)


class Rig:
    """Parameters whose gradients are given: the loss is their product with the data, summed."""

    def __init__(self, optimizer, starts=(START,)):
        self.parameters = [parameter(start.copy()) for start in starts]
        graph = mlc.graph()
        self.inputs = {}
        products = []
        for i, tensor in enumerate(self.parameters):
            self.inputs[f"x{i}"] = mlc.tensor(tensor.shape)
            product = graph.add_layer(
                mlc.arithmetic_layer("multiply"), [tensor, self.inputs[f"x{i}"]]
            )
            products.append(product)
        self.results = products
        self.training = mlc.training_graph([graph], None, optimizer)
        self.training.add_inputs(self.inputs)
        self.training.set_training_tensor_parameters(
            [mlc.tensor_parameter(tensor) for tensor in self.parameters]
        )
        for product in products:
            user = self.training.allocate_user_gradient_for_tensor(product)
            user.bind_data(np.ones(product.shape, np.float32))
        self.training.compile(mlc.device())

    def step(self, *gradients):
        self.training.execute({f"x{i}": g for i, g in enumerate(gradients)})
        return [tensor.numpy().copy() for tensor in self.parameters]


def prepared(g, w, clip=None, rescale=1, l1=0, l2=0):
    if clip == "value":
        g = np.clip(g, -0.5, 0.4)
    elif clip == "norm":
        g = g * min(1, 0.7 / np.sqrt((g * g).sum()))
    return g * rescale + l1 * np.sign(w) + l2 * w


# (m, v, ...) of any length; each rule returns the change of w and the new states.
def sgd(momentum=0, nesterov=False, rate=0.05):
    def rule(g, w, t, states):
        if momentum == 0:
            return -rate * g, []
        if nesterov:
            m = momentum * states[0] + g
            return -rate * (g + momentum * m), [m]
        m = momentum * states[0] + rate * g
        return -m, [m]

    return rule


def adam(beta1=0.9, beta2=0.999, epsilon=1e-8, ams=False, decay=0, rate=0.05):
    def rule(g, w, t, states):
        m = beta1 * states[0] + (1 - beta1) * g
        v = beta2 * states[1] + (1 - beta2) * g * g
        largest = np.maximum(states[2], v) if ams else v
        scale = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        change = -scale * m / (np.sqrt(largest) + epsilon) - rate * decay * w
        return change, [m, v, largest][: 3 if ams else 2]

    return rule


def rms_prop(momentum=0, alpha=0.99, epsilon=1e-8, centered=False, rate=0.05):
    def rule(g, w, t, states):
        states = list(states)
        states[0] = alpha * states[0] + (1 - alpha) * g * g
        spread = states[0]
        if centered:
            states[1] = alpha * states[1] + (1 - alpha) * g
            spread = spread - states[1] ** 2
        change = -rate * g / (np.sqrt(spread) + epsilon)
        if momentum:
            states[-1] = momentum * states[-1] + change
            change = states[-1]
        return change, states

    return rule


CASES = {
    "sgd": (mlc.sgd_optimizer, {}, sgd(), 0),
    "sgd momentum": (mlc.sgd_optimizer, {"momentum_scale": 0.9}, sgd(0.9), 1),
    "sgd nesterov": (
        mlc.sgd_optimizer,
        {"momentum_scale": 0.9, "uses_nesterov_momentum": True},
        sgd(0.9, True),
        1,
    ),
    "adam": (mlc.adam_optimizer, {}, adam(), 2),
    "adam other": (
        mlc.adam_optimizer,
        {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
        adam(0.8, 0.95, 1e-3),
        2,
    ),
    "adam amsgrad": (mlc.adam_optimizer, {"uses_ams_grad": True}, adam(ams=True), 3),
    "adamw": (mlc.adam_w_optimizer, {"regularization_scale": 0.1}, adam(decay=0.1), 2),
    "adamw amsgrad": (
        mlc.adam_w_optimizer,
        {"regularization_scale": 0.1, "uses_ams_grad": True},
        adam(decay=0.1, ams=True),
        3,
    ),
    "rmsprop": (mlc.rms_prop_optimizer, {}, rms_prop(), 1),
    "rmsprop centered": (mlc.rms_prop_optimizer, {"is_centered": True}, rms_prop(centered=True), 2),
    "rmsprop all": (
        mlc.rms_prop_optimizer,
        {"is_centered": True, "momentum_scale": 0.8, "alpha": 0.9, "epsilon": 1e-4},
        rms_prop(0.8, 0.9, 1e-4, True),
        3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    make, settings, rule, count = CASES[name]
    rig = Rig(make(0.05, **settings))
    w, states = START.astype(float), [np.zeros((2, 3))] * count
    for t, g in enumerate(DATA, 1):
        change, states = rule(g.astype(float), w, t, states)
        w = w + change
        (found,) = rig.step(g)
        np.testing.assert_allclose(found, w, rtol=2e-4, atol=2e-4, err_msg=f"step {t}")
    found = rig.parameters[0].optimizer_data
    assert len(found) == count
    for a, b in zip(found, states, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "preparation"),
    [
        ({"gradient_rescale": 0.25}, {"rescale": 0.25}),
        ({"regularization_type": "l1", "regularization_scale": 0.3}, {"l1": 0.3}),
        ({"regularization_type": "l2", "regularization_scale": 0.3}, {"l2": 0.3}),
        (
            {
                "applies_gradient_clipping": True,
                "gradient_clip_max": 0.4,
                "gradient_clip_min": -0.5,
                "gradient_rescale": 2,
                "regularization_type": mlc.RegularizationType.L2,
                "regularization_scale": 0.1,
            },
            {"clip": "value", "rescale": 2, "l2": 0.1},
        ),
        (
            {
                "applies_gradient_clipping": True,
                "gradient_clipping_type": "by_norm",
                "maximum_clipping_norm": 0.7,
            },
            {"clip": "norm"},
        ),
    ],
)
@pytest.mark.parametrize("name", ["sgd momentum", "adam"])
def test_preparation(settings, preparation, name):
    """Clipping comes before the rescaling, and that before the regularization."""
    make, own, rule, count = CASES[name]
    rig = Rig(make(0.05, **own, **settings))
    w, states = START.astype(float), [np.zeros((2, 3))] * count
    for t, g in enumerate(DATA, 1):
        change, states = rule(prepared(g.astype(float), w, **preparation), w, t, states)
        w = w + change
        (found,) = rig.step(g)
        np.testing.assert_allclose(found, w, rtol=5e-4, atol=5e-4, err_msg=f"step {t}")


@pytest.mark.parametrize("custom", [0, 3.5])
def test_clipping_by_global_norm(custom):
    """All parameters together; a norm that is given takes the place of the computed one."""
    optimizer = mlc.sgd_optimizer(
        1,
        applies_gradient_clipping=True,
        gradient_clipping_type=mlc.GradientClippingType.BY_GLOBAL_NORM,
        maximum_clipping_norm=1.5,
        custom_global_norm=custom,
    )
    starts = [START, np.ones((4,), np.float32)]
    rig = Rig(optimizer, starts)
    before = [s.astype(float) for s in starts]
    for scale in (0.1, 1, 10):
        g = [scale * DATA[30], scale * np.float32([1, 2, 3, 4])]
        norm = custom or np.sqrt(sum((x.astype(float) ** 2).sum() for x in g))
        before = [b - x * min(1, 1.5 / norm) for b, x in zip(before, g, strict=True)]
        for found, expected in zip(rig.step(*g), before, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def keras_steps(optimizer):
    tf = pytest.importorskip("tensorflow")
    with tf.device("CPU:0"):
        variable = tf.Variable(START)
        optimizer.build([variable])
        for g in DATA:
            optimizer.apply([tf.constant(g)], [variable])
        return variable.numpy()


@pytest.mark.parametrize(
    ("name", "keras_name", "settings"),
    [
        ("sgd", "SGD", {}),
        ("sgd momentum", "SGD", {"momentum": 0.9}),
        ("sgd nesterov", "SGD", {"momentum": 0.9, "nesterov": True}),
        ("adam", "Adam", {"epsilon": 1e-8}),
        ("adam amsgrad", "Adam", {"epsilon": 1e-8, "amsgrad": True}),
        ("adamw", "AdamW", {"epsilon": 1e-8, "weight_decay": 0.1}),
        # Keras adds epsilon under the root: the same where it is next to nothing.
        ("rmsprop", "RMSprop", {"rho": 0.99, "epsilon": 1e-12}),
        ("rmsprop centered", "RMSprop", {"rho": 0.99, "epsilon": 1e-12, "centered": True}),
    ],
)
def test_keras(name, keras_name, settings):
    keras = pytest.importorskip("keras")
    make, own, _, _ = CASES[name]
    rig = Rig(make(0.05, **own))
    for g in DATA:
        (found,) = rig.step(g)
    expected = keras_steps(getattr(keras.optimizers, keras_name)(0.05, **settings))
    # Centered: after the first step n - a^2 is what remains of a difference of near equals.
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-3)


def test_going_on_from_saved_state():
    """Parameters, states and the count of steps are all that a training goes on from."""
    whole = Rig(mlc.adam_optimizer(0.05))
    for g in DATA[:20]:
        (w,) = whole.step(g)
    states = [s.copy() for s in whole.parameters[0].optimizer_data]
    rest = Rig(mlc.adam_optimizer(0.05, time_step=21), [w])
    assert whole.training.optimizer.time_step == 21
    rest.training.bind_optimizer_data(states, rest.parameters[0])
    for g in DATA[20:]:
        np.testing.assert_array_equal(rest.step(g)[0], whole.step(g)[0])
    assert rest.training.optimizer.time_step == STEPS + 1
    # The arrays that were bound get the state when it is asked for.
    rest.parameters[0].synchronize_optimizer_data()
    for a, b in zip(states, whole.parameters[0].optimizer_data, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="keeps 2"):
        rest.training.bind_optimizer_data(states[:1], rest.parameters[0])
    with pytest.raises(ValueError, match="shape"):
        rest.training.bind_optimizer_data([np.zeros(5, np.float32)] * 2, rest.parameters[0])


def test_defaults_and_properties():
    adam = mlc.adam_optimizer(0.1)
    assert (adam.beta1, adam.beta2, adam.epsilon) == tuple(np.float32([0.9, 0.999, 1e-8]))
    assert adam.time_step == 1 and not adam.uses_ams_grad
    assert adam.gradient_rescale == 1 and adam.regularization_type == "none"
    assert not adam.applies_gradient_clipping and adam.gradient_clipping_type == "by_value"
    assert (adam.gradient_clip_min, adam.gradient_clip_max) == (-1, 1)
    assert adam.maximum_clipping_norm == 1
    rms = mlc.rms_prop_optimizer(0.1)
    assert (rms.alpha, rms.momentum_scale, rms.is_centered) == (np.float32(0.99), 0, False)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (mlc.sgd_optimizer, {"momentum_scale": -1}, "momentum_scale -1"),
        (mlc.sgd_optimizer, {"gradient_clip_min": 2}, "gradient_clip_min 2"),
        (mlc.sgd_optimizer, {"maximum_clipping_norm": 0}, "maximum_clipping_norm 0"),
        (mlc.sgd_optimizer, {"regularization_type": "l3"}, "regularization type"),
        (mlc.adam_optimizer, {"beta1": 1}, "beta1 1"),
        (mlc.adam_optimizer, {"epsilon": -1}, "epsilon -1"),
        (mlc.adam_optimizer, {"time_step": 0}, "time_step"),
        (mlc.adam_w_optimizer, {"beta2": -0.5}, "beta2 -0.5"),
        (mlc.rms_prop_optimizer, {"alpha": 1.5}, "alpha 1.5"),
        (mlc.rms_prop_optimizer, {"epsilon": float("nan")}, "epsilon"),
    ],
)
def test_refusals(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(0.1, **settings)


@pytest.mark.parametrize("name", CASES)
def test_copy(name):
    """A copy goes on as its original would; then neither knows the other's changes."""
    make, settings, _, _ = CASES[name]
    original = make(0.05, **settings)
    rig = Rig(original)
    rig.step(DATA[0])
    original.learning_rate = 0.5
    copied = copy.copy(original)
    assert type(copied) is type(original) and copied is not original
    for item in (n for n in dir(original) if not n.startswith("_")):
        assert getattr(copied, item) == getattr(original, item), item
    copied.learning_rate = 1
    assert original.learning_rate == 0.5


def test_unknown_setting():
    with pytest.raises(TypeError, match="'momentum'"):
        mlc.sgd_optimizer(0.1, momentum=0.9)
    with pytest.raises(TypeError):
        mlc.optimizer()

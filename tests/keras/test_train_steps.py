"""tf_mlc_plugin.train_steps: the same training and evaluation as with Keras's own functions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

CHANGED = TensorFlowTrainer._make_function
X = np.random.default_rng(0).normal(size=(22, 3)).astype(np.float32)
Y = X @ np.ones((3, 2), np.float32)

# What is passed to fit(): 22 examples in batches of 4, so the last one has 2.
ARRAYS = {"x": X, "y": Y, "batch_size": 4}
INPUTS = {
    "arrays": lambda: ARRAYS,
    "dataset": lambda: {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)},
    "generator": lambda: {
        "x": ((X[i : i + 4], Y[i : i + 4]) for i in list(range(0, 22, 4)) * 2),
        "steps_per_epoch": 6,
    },
    "ends early": lambda: {
        "x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(4),
        "steps_per_epoch": 9,
    },
}


def history(make_function, options, inputs):
    """The losses and metrics of two epochs, evaluate()'s results and the weights after them."""
    original = TensorFlowTrainer._make_function
    TensorFlowTrainer._make_function = make_function
    try:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile("adam", "mse", metrics=["mae"], **options)
        fitted = model.fit(**inputs(), epochs=2, shuffle=False, verbose=0).history
        evaluated = model.evaluate(X, Y, batch_size=4, verbose=0)
        alone = model.train_on_batch(X[:5], Y[:5])
        return model, fitted, [*evaluated, *alone, *map(np.asarray, model.get_weights())]
    finally:
        TensorFlowTrainer._make_function = original


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize(
    "options", [{}, {"steps_per_execution": 2}, {"run_eagerly": True}], ids=str
)
def test_same_as_keras_function(options, inputs):
    if inputs == "ends early" and options.get("steps_per_execution"):
        pytest.skip("Keras itself runs out of data in the middle of a call")
    _, expected, values = history(CHANGED._mlc_original, options, INPUTS[inputs])
    _, actual, others = history(CHANGED, options, INPUTS[inputs])
    assert actual.keys() == expected.keys()
    for name, losses in expected.items():
        np.testing.assert_array_equal(actual[name], losses)
    for value, other in zip(values, others, strict=True):
        np.testing.assert_array_equal(other, value)


def test_a_step_has_no_optional(monkeypatch):
    """Of Keras's own function a step has one: if not, there is nothing to be taken away."""
    made = []
    from_value = tf.experimental.Optional.from_value

    def counted(value):
        made.append(value)
        return from_value(value)

    monkeypatch.setattr(tf.experimental.Optional, "from_value", counted)
    history(CHANGED._mlc_original, {}, INPUTS["arrays"])
    assert made
    made.clear()
    history(CHANGED, {}, INPUTS["arrays"])
    assert not made


def test_a_trainer_of_another_form_is_left_alone():
    from tf_mlc_plugin import train_steps

    def other(self, step_function):
        return step_function

    changed = train_steps.without_optionals(other, lambda: True)
    assert changed(None, len) is len

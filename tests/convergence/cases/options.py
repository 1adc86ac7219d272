"""What compile() and fit() can be told: one small model with each optimizer and option."""

import keras
import numpy as np
from keras import layers, optimizers

from convergence import data, training
from convergence.case import Case


def model():
    return keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(24, activation="relu"),
            layers.Dense(24, activation="tanh"),
            layers.Dense(3, activation="softmax"),
        ]
    )


OPTIMIZERS = {
    "adadelta": lambda: optimizers.Adadelta(10.0),
    "adafactor": lambda: optimizers.Adafactor(0.05),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "adam": lambda: optimizers.Adam(5e-3),
    "adam_amsgrad": lambda: optimizers.Adam(5e-3, amsgrad=True),
    "adamax": lambda: optimizers.Adamax(1e-2),
    "adamw": lambda: optimizers.AdamW(5e-3, weight_decay=0.01),
    "ftrl": lambda: optimizers.Ftrl(0.1, l1_regularization_strength=1e-3),
    "lamb": lambda: optimizers.Lamb(1e-2),
    "lion": lambda: optimizers.Lion(1e-3),
    "loss_scale": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1)),
    "muon": lambda: optimizers.Muon(5e-3),
    "nadam": lambda: optimizers.Nadam(5e-3),
    "rmsprop": lambda: optimizers.RMSprop(2e-3),
    "rmsprop_centered": lambda: optimizers.RMSprop(2e-3, centered=True, momentum=0.5),
    "schedulefree": lambda: optimizers.ScheduleFreeAdamW(1e-2),
    "sgd": lambda: optimizers.SGD(0.1),
    "sgd_nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
}

# Learning rates that change, bounds on gradients, averages.
WAYS = {
    "cosine_decay": lambda: optimizers.Adam(optimizers.schedules.CosineDecay(1e-2, 60)),
    "exponential_decay": lambda: optimizers.SGD(
        optimizers.schedules.ExponentialDecay(0.2, 10, 0.8), momentum=0.5
    ),
    "clipnorm": lambda: optimizers.SGD(0.3, clipnorm=0.3),
    "global_clipnorm": lambda: optimizers.Adam(1e-2, global_clipnorm=0.5),
    "clipvalue": lambda: optimizers.SGD(0.5, clipvalue=0.05),
    "weight_decay": lambda: optimizers.SGD(0.1, weight_decay=0.01),
    "moving_average": lambda: optimizers.Adam(
        1e-2, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=5
    ),
    "accumulation_steps": lambda: optimizers.Adam(1e-2, gradient_accumulation_steps=2),
}


def weighted():
    """Each example with a weight that its class and its place decide."""
    (x, y), held_out = data.wine()
    weights = np.random.default_rng(4).uniform(0.2, 2.0, len(y)).astype("float32")
    return (x, y, weights), held_out


def fit_weighted(case, log):
    (x, y, weights), held_out = case.data()
    model = training.compiled(case)
    log.begin(model)
    model.fit(
        x,
        y,
        sample_weight=weights,
        batch_size=case.batch,
        epochs=case.epochs,
        verbose=0,
        callbacks=[training.EpochLog(log)],
    )
    log.reached(**model.evaluate(*held_out, verbose=0, return_dict=True))


def row(name, about, **options):
    given = {"train": training.by_fit, "epochs": 12, "model": model, "data": data.wine, "batch": 16}
    given.update(reach="accuracy >= 0.93", tolerance=0.002)
    return Case(name=name, about=about, **{**given, **options})


FAST = ("adam", "sgd_nesterov", "muon", "moving_average")

CASES = [
    *(
        row(f"optimizer_{name}", f"MLP with {name}, wine", optimizer=make, fast=name in FAST)
        for name, make in OPTIMIZERS.items()
        if name != "schedulefree" or hasattr(optimizers, "ScheduleFreeAdamW")
    ),
    *(
        row(name, f"MLP with {name}, wine", optimizer=make, fast=name in FAST)
        for name, make in WAYS.items()
    ),
    row(
        "class_weight",
        "MLP with class weights, wine",
        fit={"class_weight": {0: 0.5, 1: 2.0, 2: 1.0}},
        optimizer=OPTIMIZERS["adam"],
    ),
    row(
        "sample_weight",
        "MLP with a weight for each example, wine",
        train=fit_weighted,
        data=weighted,
        optimizer=OPTIMIZERS["adam"],
    ),
    row(
        "steps_per_execution",
        "MLP, three steps an execution, wine",
        compile={"steps_per_execution": 3},
        optimizer=OPTIMIZERS["adam"],
        fast=True,
    ),
    row(
        "run_eagerly",
        "MLP with run_eagerly, wine",
        epochs=6,
        fast=True,
        compile={"run_eagerly": True},
        optimizer=lambda: optimizers.Adam(1e-2),
    ),
]

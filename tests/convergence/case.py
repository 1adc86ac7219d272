"""What a row of the table of models says."""

import dataclasses
import operator
from collections.abc import Callable
from typing import Any

OPERATORS = {">=": operator.ge, "<=": operator.le}


@dataclasses.dataclass(frozen=True)
class Case:
    """A model that has to converge on MLC as it does on TensorFlow's CPU.

    `train(case, log)` does the work and tells `log` (see log.py) the models before the first step,
    the loss of every epoch and the metrics reached on held-out data.
    """

    name: str
    about: str  # model and data, for docs/convergence.md
    train: Callable
    epochs: int
    # A metric on held-out data and what it has to be, "accuracy >= 0.96": what TensorFlow's CPU
    # reaches, less a margin of a few examples. MLC and the CPU are both held to it.
    reach: str
    # How far the loss of an epoch may be from the CPU's, as a part of the CPU's loss of that epoch.
    # Runs that differ in rounding alone drift apart, so it is a multiple of what TensorFlow's CPU
    # differs from itself after a change of the initial weights in the last bit: the column
    # "rounding" of docs/convergence.md. `make test-convergence` keeps the multiple within bounds.
    tolerance: float
    memory: int = 150  # MiB that the resident set may grow by while it trains, at most
    model: Callable | None = None
    data: Callable | None = None  # gives (x, y) for training and (x, y) held out
    batch: int = 32
    optimizer: Any = "adam"  # or a function that makes one
    loss: Any = "sparse_categorical_crossentropy"
    policy: str = "float32"
    compile: dict = dataclasses.field(default_factory=dict)  # further arguments of compile()
    fit: dict = dataclasses.field(default_factory=dict)  # further arguments of fit()
    fast: bool = False  # part of `make test`
    seed: int = 3

    @property
    def metric(self) -> str:
        return self.reach.split()[0]

    @property
    def bound(self) -> float:
        return float(self.reach.split()[2])

    def is_reached(self, value: float) -> bool:
        return OPERATORS[self.reach.split()[1]](value, self.bound)  # NaN is never

    def make_optimizer(self):
        import keras

        return (
            self.optimizer() if callable(self.optimizer) else keras.optimizers.get(self.optimizer)
        )

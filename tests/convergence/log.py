"""The record of one training."""

import numpy as np

# Of the weights' type: a sum with other numbers would be one of float64.
SIGNS = np.float32([-1, 1])


def resident(field: str = "VmRSS") -> float:
    """MiB of memory that the process holds, or held at most ("VmHWM")."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field + ":"))
    return int(line.split()[1]) / 1024


def forget_peak():
    """The next "VmHWM" is of what comes after."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


class Log:
    """`nudge`: training begins with each weight's next number in float32, up or down."""

    def __init__(self, on_epoch=lambda epoch: None, nudge=False):
        self.losses: list[float] = []
        self.metrics: dict[str, float] = {}
        self.initial: list[list[float]] = []  # of each weight: sum, sum of squares
        self.final: list[np.ndarray] = []
        self._models = ()
        self._on_epoch = on_epoch
        self._nudge = nudge

    def begin(self, *models):
        """Before the first step: the models that are trained, built."""
        self._models = models
        if self._nudge:
            rng = np.random.default_rng(0)
            for weight in self._variables():
                value = weight.numpy()
                weight.assign(np.nextafter(value, value + rng.choice(SIGNS, value.shape)))
        for weight in self.weights():
            value = np.asarray(weight, "float64")
            self.initial.append([float(value.sum()), float((value**2).sum())])

    def weights(self) -> list[np.ndarray]:
        return [weight.numpy() for weight in self._variables()]

    def _variables(self):
        return [_value(w) for model in self._models for w in model.trainable_variables]

    def epoch(self, loss):
        """After each epoch: its mean loss."""
        self.losses.append(float(loss))
        self._on_epoch(len(self.losses))

    def reached(self, **metrics):
        """At the end: metrics on held-out data."""
        self.metrics.update({name: float(value) for name, value in metrics.items()})
        self.final = self.weights()


def _value(variable):
    return getattr(variable, "value", variable)  # Keras's variables hold TensorFlow's

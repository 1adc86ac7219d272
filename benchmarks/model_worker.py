"""Trains one model of models.py on one Keras backend, on demand.

Started as `model_worker.py MODEL POLICY JIT` with KERAS_BACKEND set; a line `train` or `predict`
on standard input is answered by a line of JSON: milliseconds per step, the Keras loop included.
"""

import json
import os
import resource
import sys
import time

import keras
import numpy as np
from models import MODELS


class Clock(keras.callbacks.Callback):
    """Seconds from the first batch's end to the last's, both waited for."""

    def __init__(self, steps):
        super().__init__()
        self.last = steps - 1
        self.first_end = self.last_end = None

    def _mark(self, batch, result):
        if batch in (0, self.last):
            np.asarray(keras.ops.convert_to_numpy(result))
            if batch == 0:
                self.first_end = time.perf_counter()
            self.last_end = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._mark(batch, logs["loss"])

    def on_predict_batch_end(self, batch, logs=None):
        self._mark(batch, logs["outputs"])

    def milliseconds(self):
        return (self.last_end - self.first_end) / self.last * 1e3


class Runner:
    def __init__(self, name, policy, jit):
        self.model_row = MODELS[name]
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(0)
        self.model = self.model_row.build()
        loss = "sparse_categorical_crossentropy"
        self.model.compile("adam", loss, jit_compile=jit)
        self.x, self.y = self.model_row.data(self.model_row.steps + 1)
        self.first_step = {}

    def run(self, case):
        clock = Clock(self.model_row.steps + 1)
        options = {"batch_size": self.model_row.batch, "verbose": 0, "callbacks": [clock]}
        start = time.perf_counter()
        if case == "train":
            self.model.fit(self.x, self.y, shuffle=False, **options)
        else:
            self.model.predict(self.x, **options)
        self.first_step.setdefault(case, clock.first_end - start)
        return clock.milliseconds()


def description():
    result = {"keras": keras.__version__, "numpy": np.__version__}
    backend = keras.backend.backend()
    result[backend] = __import__(backend).__version__
    if backend == "tensorflow":
        import tensorflow as tf

        result["devices"] = [device.name for device in tf.config.list_logical_devices()]
    return result


def main(name, policy, jit):
    # Answers go to what was stdout: libraries may print there.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    runner = Runner(name, policy, {"jit": True, "plain": False, "auto": "auto"}[jit])
    print(json.dumps(description()), file=answers, flush=True)
    for line in sys.stdin:
        case = line.strip()
        if case == "costs":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer = {"first_step_s": runner.first_step, "peak_mib": peak}
        else:
            answer = runner.run(case)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

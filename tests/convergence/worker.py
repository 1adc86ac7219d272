"""Trains cases in one process, on MLC or, with TF_DISABLE_MLC=1, on TensorFlow's CPU.

A line of JSON on stdin, {"case": name, "seed": number, "weights": path or null}, is answered by
lines {"epoch": number} and at last one with the record, or {"error": text}.
"""

import dataclasses
import gc
import json
import os
import sys
import time
import traceback

import keras
import numpy as np
import tensorflow as tf

from convergence import log as logs
from convergence.cases import CASES


def on_mlc():
    return bool(tf.config.list_physical_devices("MLC"))


def kernel_runs():
    import tf_mlc_plugin

    return sum(tf_mlc_plugin.kernel_counts().values()) if on_mlc() else 0


def train(name, seed=None, on_epoch=lambda epoch: None):
    case = CASES[name]
    if seed is not None:
        case = dataclasses.replace(case, seed=seed)
    keras.backend.clear_session()
    gc.collect()
    keras.utils.set_random_seed(case.seed)
    keras.config.set_dtype_policy(case.policy)
    log = logs.Log(on_epoch, nudge=bool(os.environ.get("CONVERGENCE_NUDGE")))
    logs.forget_peak()
    memory, runs, start = logs.resident(), kernel_runs(), time.perf_counter()
    try:
        case.train(case, log)
    finally:
        keras.config.set_dtype_policy("float32")
    return log, {
        "losses": log.losses,
        "metrics": log.metrics,
        "initial": log.initial,
        "memory": logs.resident("VmHWM") - memory,
        "seconds": time.perf_counter() - start,
        "kernels": kernel_runs() - runs,
    }


def main():
    if os.environ.get("CONVERGENCE_DETERMINISM"):
        tf.config.experimental.enable_op_determinism()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints does not disturb the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            log, record = train(
                request["case"],
                request.get("seed"),
                lambda epoch: print(json.dumps({"epoch": epoch}), file=answers),
            )
            if request.get("weights"):
                np.savez(request["weights"], *log.final)
        except Exception:
            record = {"error": traceback.format_exc()}
        print(json.dumps(record), file=answers)


if __name__ == "__main__":
    main()

"""Times single ops on one device, on demand: a line `eager` or `function` in, µs per op out."""

import functools
import json
import os
import sys
import time

import tensorflow as tf

CHAIN = 100


def chain(x, y):
    for _ in range(CHAIN):
        x = x + y
    return x


@functools.cache
def chain_in_a_function():
    # Otherwise TensorFlow turns the chain into a single AddN. For as long as it is called: a
    # function is optimized anew when options change.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    function = tf.function(chain)
    function(tf.zeros([8]), tf.ones([8]))
    return function


def microseconds_per_op(function, repeats):
    x, y = tf.zeros([8]), tf.ones([8])
    start = time.perf_counter()
    for _ in range(repeats):
        result = function(x, y)
    result.numpy()
    return (time.perf_counter() - start) / (repeats * CHAIN) * 1e6


CASES = {
    "eager": lambda: microseconds_per_op(chain, 20),
    "function": lambda: microseconds_per_op(chain_in_a_function(), 200),
}


def main():
    # Answers go to what was stdout: libraries may print there.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    devices = [device.name for device in tf.config.list_logical_devices()]
    print(json.dumps({"tensorflow": tf.__version__, "devices": devices}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(CASES[line.strip()]()), file=answers, flush=True)


if __name__ == "__main__":
    main()

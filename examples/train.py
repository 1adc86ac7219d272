"""Trains one of the demo's models with Keras's defaults and prints what came out as JSON.

    python examples/train.py MLP

It says nothing about devices: where TensorFlow has an MLC device it runs there.
"""

import collections
import json
import statistics
import sys
import time

import digits
import keras
import tensorflow as tf

import tf_mlc_plugin


class StepTimes(keras.callbacks.Callback):
    """Milliseconds per training step, one figure an epoch. The first epoch builds the graph."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.steps = 0
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append((time.perf_counter() - self.start) / self.steps * 1e3)


def build(name):
    model = digits.MODELS[name]()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def ops_of_a_step(name, x, y):
    """Counts a train step's ops: {device type: {op: nodes}} of the graph that TensorFlow executes,
    after its optimizations, and {op: runs} as the device itself counted them."""
    from tensorflow.core.framework import graph_pb2
    from tensorflow.python.eager import context

    model = build(name)
    model.evaluate(x, y, verbose=0)
    # TensorFlow hands out the graphs that it makes while this is on.
    context.enable_run_metadata()
    try:
        model.train_on_batch(x, y)
        graphs = context.export_run_metadata().function_graphs
    finally:
        context.disable_run_metadata()
    step = max(graphs, key=lambda graph: sum(len(p.node) for p in graph.partition_graphs))
    nodes = collections.defaultdict(collections.Counter)
    for part in step.partition_graphs:
        for node in part.node:
            device = tf.DeviceSpec.from_string(node.device).device_type
            nodes[device or "unplaced"][node.op] += 1
            if node.op == "_MlcCluster":  # ops compiled together; the node holds them
                inside = graph_pb2.GraphDef.FromString(node.attr["nodes"].s)
                nodes["clusters"].update(each.op for each in inside.node)

    before = collections.Counter(tf_mlc_plugin.kernel_counts())
    model.train_on_batch(x, y)
    runs = collections.Counter(tf_mlc_plugin.kernel_counts()) - before
    return nodes, runs


def main(name):
    keras.utils.set_random_seed(1)
    (x, y), (test_x, test_y) = digits.load()
    model = build(name)
    times = StepTimes()
    history = model.fit(
        x,
        y,
        batch_size=digits.BATCH_SIZE,
        epochs=digits.EPOCHS[name],
        verbose=0,
        callbacks=[times],
    )
    _, accuracy = model.evaluate(test_x, test_y, verbose=0)
    nodes, runs = ops_of_a_step(name, x[: digits.BATCH_SIZE], y[: digits.BATCH_SIZE])
    result = {
        "devices": [device.name for device in tf.config.list_logical_devices()],
        "accuracy": accuracy,
        "losses": history.history["loss"],
        "ms_per_step": statistics.median(times.epochs[1:]),
        "nodes": nodes,
        "runs": runs,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])

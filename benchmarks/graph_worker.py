"""Trains LeNet-5 on demand, through `mlcompute.training_graph` or through Keras.

Started as `graph_worker.py graph` or `graph_worker.py keras`; a line `train` on standard input is
answered by the milliseconds per step, with the loop around it: arrays of labels as the net takes
them, the loss read after every step, as Keras does.
"""

import json
import os
import sys
import time

import numpy as np

BATCH, STEPS = 64, 100


def data():
    rng = np.random.default_rng(0)
    images = rng.random((BATCH * (STEPS + 1), 28, 28), dtype=np.float32)
    return images, rng.integers(0, 10, len(images), dtype=np.int32)


class Graph:
    def __init__(self):
        import mlcompute as mlc

        self.image, self.label = mlc.tensor([BATCH, 1, 28, 28]), mlc.tensor([BATCH, 10])
        graph = mlc.graph()

        def weights(inputs, outputs, size=1):
            descriptor = mlc.tensor_descriptor.convolution_weights(size, size, inputs, outputs)
            return (
                mlc.tensor(descriptor, random_initializer="glorot_uniform"),
                mlc.tensor([1, outputs, 1, 1], fill=0),
            )

        def counts(inputs, outputs):
            return {
                "input_feature_channel_count": inputs,
                "output_feature_channel_count": outputs,
            }

        def convolution(x, inputs, outputs, policy):
            layer = mlc.convolution_layer(
                *weights(inputs, outputs, 5),
                kernel_sizes=5,
                padding_policy=policy,
                **counts(inputs, outputs),
            )
            x = graph.add_layer(mlc.activation_layer("relu"), graph.add_layer(layer, x))
            return graph.add_layer(mlc.pooling_layer("max", 2, 2), x)

        def dense(x, inputs, outputs):
            layer = mlc.fully_connected_layer(*weights(inputs, outputs), **counts(inputs, outputs))
            return graph.add_layer(layer, x)

        x = convolution(convolution(self.image, 1, 6, "same"), 6, 16, "valid")
        x = graph.reshape([BATCH, 400], x)
        x = graph.add_layer(mlc.activation_layer("relu"), dense(x, 400, 120))
        x = graph.add_layer(mlc.activation_layer("relu"), dense(x, 120, 84))
        dense(x, 84, 10)
        loss = mlc.loss_layer("softmax_cross_entropy", class_count=10)
        self.training = mlc.training_graph([graph], loss, mlc.adam_optimizer(0.001))
        self.training.add_inputs({"image": self.image}, {"label": self.label})
        self.training.compile(mlc.device())
        images, labels = data()
        self.images = images[:, None]
        self.labels = np.eye(10, dtype=np.float32)[labels]

    def train(self):
        losses = []
        for step in range(STEPS + 1):
            if step == 1:
                start = time.perf_counter()
            part = slice(step * BATCH, (step + 1) * BATCH)
            self.training.execute({"image": self.images[part]}, {"label": self.labels[part]})
            losses.append(float(self.training.result_tensor.numpy()[0]))
        return (time.perf_counter() - start) / STEPS * 1e3


class Keras:
    def __init__(self):
        import keras
        from keras import layers
        from model_worker import Clock

        self.clock = Clock
        keras.utils.set_random_seed(0)
        self.model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(6, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(16, 5, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(120, activation="relu"),
                layers.Dense(84, activation="relu"),
                layers.Dense(10),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss)
        images, self.labels = data()
        self.images = images[..., None]

    def train(self):
        clock = self.clock(STEPS + 1)
        self.model.fit(
            self.images,
            self.labels,
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
            callbacks=[clock],
        )
        return clock.milliseconds()


def main(kind):
    # Answers go to what was stdout: libraries may print there.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    devices = []
    if kind == "graph":
        runner = Graph()
    else:
        runner = Keras()
        import tensorflow as tf

        devices = [device.name for device in tf.config.list_logical_devices()]
    print(json.dumps({"devices": devices}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(runner.train()), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

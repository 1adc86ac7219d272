"""A training loop without Keras: variables, tf.function, two optimizers' rules written out.

Prints the loss before and after; exits with 1 when it has not fallen to a tenth.
"""

import sys

import numpy as np
import tensorflow as tf


class Network(tf.Module):
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        sizes = [2, 32, 32, 1]
        self.weights = [
            tf.Variable((rng.normal(size=(m, n)) / np.sqrt(m)).astype("float32"))
            for m, n in zip(sizes, sizes[1:], strict=False)
        ]
        self.biases = [tf.Variable(tf.zeros([n])) for n in sizes[1:]]

    def __call__(self, x):
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ w + b
            if i < len(self.weights) - 1:
                x = tf.tanh(x)
        return x[:, 0]


class Momentum:
    def __init__(self, variables, rate=0.05, momentum=0.9):
        self.rate, self.momentum = rate, momentum
        self.pairs = [(v, tf.Variable(tf.zeros_like(v))) for v in variables]

    def apply(self, gradients):
        for gradient, (variable, velocity) in zip(gradients, self.pairs, strict=True):
            velocity.assign(self.momentum * velocity + gradient)
            variable.assign_sub(self.rate * velocity)


def main():
    network = Network(seed=0)
    optimizer = Momentum(network.trainable_variables)
    steps = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(x) - y) ** 2)
        optimizer.apply(tape.gradient(loss, network.trainable_variables))
        steps.assign_add(1)
        return loss

    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, size=(1000, 2)).astype("float32")
    y = np.sin(3 * x[:, 0]) * x[:, 1]
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000, seed=2).batch(48)
    losses = [float(step(*batch)) for _ in range(20) for batch in data]
    first, last = np.mean(losses[:5]), np.mean(losses[-5:])
    print(f"{int(steps)} steps on {network.weights[0].device}: loss {first:.4f} -> {last:.4f}")
    return not last < first / 10


if __name__ == "__main__":
    sys.exit(main())

"""A generative adversarial network: two Keras models, two tapes in one step.

The generator learns a ring of radius 2. Exits with 1 when what it makes is not near one.
"""

import sys

import keras
import numpy as np
import tensorflow as tf

NOISE = 4


def network(inputs, outputs):
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(32, activation="leaky_relu"),
            keras.layers.Dense(32, activation="leaky_relu"),
            keras.layers.Dense(outputs),
        ]
    )


def main():
    keras.utils.set_random_seed(0)
    generator, critic = network(NOISE, 2), network(2, 1)
    rules = [keras.optimizers.Adam(2e-3, beta_1=0.5), keras.optimizers.Adam(2e-3, beta_1=0.5)]
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(real):
        noise = tf.random.normal([tf.shape(real)[0], NOISE])
        with tf.GradientTape() as g, tf.GradientTape() as c:
            fake = generator(noise, training=True)
            real_score, fake_score = critic(real, training=True), critic(fake, training=True)
            g_loss = cross_entropy(tf.ones_like(fake_score), fake_score)
            c_loss = cross_entropy(tf.ones_like(real_score) * 0.9, real_score)
            c_loss += cross_entropy(tf.zeros_like(fake_score), fake_score)
        for tape, loss, model, rule in (
            (g, g_loss, generator, rules[0]),
            (c, c_loss, critic, rules[1]),
        ):
            rule.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return g_loss, c_loss

    rng = np.random.default_rng(0)
    for _ in range(1200):
        angle = rng.uniform(0, 2 * np.pi, size=(64, 1))
        ring = 2 * np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        losses = step(tf.constant(ring, tf.float32))
    made = generator(tf.random.normal([500, NOISE])).numpy()
    radius = np.linalg.norm(made, axis=1)
    print(f"on {losses[0].device}: radius {radius.mean():.2f} +- {radius.std():.2f}, wanted 2")
    return not (1.5 < radius.mean() < 2.5 and radius.std() < 0.7)


if __name__ == "__main__":
    sys.exit(main())

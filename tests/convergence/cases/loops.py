"""Steps written by hand."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from convergence import data, training
from convergence.case import Case


class Mixing(keras.Model):
    """A train_step of its own: mixes pairs of examples (Zhang et al. 2017)."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.seeds = keras.random.SeedGenerator(7)

    def train_step(self, batch):
        x, y = batch
        share = keras.random.uniform((), 0.7, 1.0, seed=self.seeds)
        mixed = share * x + (1 - share) * tf.reverse(x, [0])
        with tf.GradientTape() as tape:
            outputs = self(mixed, training=True)
            loss = share * self.compute_loss(y=y, y_pred=outputs)
            loss += (1 - share) * self.compute_loss(y=tf.reverse(y, [0]), y_pred=outputs)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for metric in self.metrics:
            metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, outputs)
        return {metric.name: metric.result() for metric in self.metrics}


def mixing():
    inputs = keras.Input((30,))
    x = layers.Dense(24, activation="relu")(inputs)
    return Mixing(inputs, layers.Dense(1, activation="sigmoid")(x))


def generator():
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(64, activation="sigmoid"),
            layers.Reshape((8, 8, 1)),
        ]
    )


def critic():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(12, 3, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def train_adversaries(case, log):
    """Two tapes and two optimizers in each step (Goodfellow et al. 2014)."""
    (x, _), (real, _) = case.data()
    make, judge = generator(), critic()
    optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    for optimizer, model in zip(optimizers, (make, judge), strict=True):
        optimizer.build(model.trainable_variables)
    log.begin(make, judge)
    loss_of = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(x, noise):
        with tf.GradientTape() as of_maker, tf.GradientTape() as of_judge:
            fake = make(noise, training=True)
            on_real, on_fake = judge(x, training=True), judge(fake, training=True)
            fooled = loss_of(tf.ones_like(on_fake), on_fake)
            caught = loss_of(tf.zeros_like(on_fake), on_fake) + loss_of(
                tf.ones_like(on_real), on_real
            )
        for tape, loss, model, optimizer in zip(
            (of_maker, of_judge), (fooled, caught), (make, judge), optimizers, strict=True
        ):
            weights = [w.value for w in model.trainable_variables]
            optimizer.apply_gradients(
                zip(tape.gradient(loss, weights), model.trainable_variables, strict=True)
            )
        return fooled + caught

    rng = np.random.default_rng(case.seed)
    images = training.batches(case, x)
    for _ in range(case.epochs):
        losses = [
            step(batch, tf.constant(rng.normal(size=(len(batch), 8)), tf.float32))
            for (batch,) in images
        ]
        log.epoch(training.mean_of(losses))
    fakes = make(tf.constant(rng.normal(size=(360, 8)), tf.float32), training=False).numpy()
    log.reached(distance_of_means=np.sqrt(np.mean((fakes.mean(0) - real.mean(0)) ** 2)))


def smooth():
    return keras.Sequential(
        [keras.Input((10,)), layers.Dense(24, activation="softplus"), layers.Dense(1)]
    )


def train_with_penalty(case, log):
    """Error and the squared gradient by the input: derivatives of the second order."""
    (x, y), (held_x, held_y) = case.data()
    model, optimizer = case.model(), case.make_optimizer()
    optimizer.build(model.trainable_variables)
    log.begin(model)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                outputs = model(x, training=True)
            slope = inner.gradient(outputs, x)
            loss = tf.reduce_mean((outputs - y) ** 2)
            loss += 0.3 * tf.reduce_mean(tf.reduce_sum(slope**2, axis=-1))
        weights = [w.value for w in model.trainable_variables]
        optimizer.apply_gradients(
            zip(outer.gradient(loss, weights), model.trainable_variables, strict=True)
        )
        return loss

    rows = training.batches(case, x, y)
    for _ in range(case.epochs):
        log.epoch(training.mean_of([step(*batch) for batch in rows]))
    log.reached(mse=np.mean((model(held_x).numpy() - held_y) ** 2))


def train_accumulating(case, log):
    """Gradients of three batches are added up by hand before they are applied."""
    (x, y), (held_x, held_y) = case.data()
    model, optimizer = case.model(), case.make_optimizer()
    weights = model.trainable_variables
    optimizer.build(weights)
    log.begin(model)
    sums = [tf.Variable(tf.zeros(w.shape)) for w in weights]
    loss_of = keras.losses.get(case.loss)

    @tf.function
    def accumulate(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loss_of(y, model(x, training=True)))
        gradients = tape.gradient(loss, [w.value for w in weights])
        for total, gradient in zip(sums, gradients, strict=True):
            total.assign_add(gradient)
        return loss

    @tf.function
    def apply():
        optimizer.apply_gradients(zip([total / 3.0 for total in sums], weights, strict=True))
        for total in sums:
            total.assign(tf.zeros_like(total))

    rows = training.batches(case, x, y)
    count = 0
    for _ in range(case.epochs):
        losses = []
        for batch in rows:
            losses.append(accumulate(*batch))
            count += 1
            if count % 3 == 0:
                apply()
        log.epoch(training.mean_of(losses))
    log.reached(mse=np.mean((model(held_x).numpy() - held_y) ** 2))


CASES = [
    Case(
        "train_step",
        "train_step of its own that mixes examples, breast cancer",
        training.by_fit,
        10,
        "accuracy >= 0.92",
        0.002,
        model=mixing,
        data=data.breast_cancer,
        loss="binary_crossentropy",
    ),
    Case(
        "gan",
        "GAN of two tapes and two optimizers, digits",
        train_adversaries,
        10,
        "distance_of_means <= 0.15",
        0.002,
        data=data.digits,
        batch=64,
        fast=True,
    ),
    Case(
        "gradient_penalty",
        "penalty on the gradient by the input, diabetes",
        train_with_penalty,
        20,
        "mse <= 0.6",
        0.002,
        model=smooth,
        data=data.diabetes,
        fast=True,
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
    Case(
        "accumulation",
        "gradients of three batches added up by hand, diabetes",
        train_accumulating,
        20,
        "mse <= 0.6",
        0.002,
        model=smooth,
        data=data.diabetes,
        loss="mse",
        batch=16,
        optimizer=lambda: keras.optimizers.Adam(1e-2),
    ),
]

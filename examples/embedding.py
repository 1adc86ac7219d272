"""An embedding table trained with sparse gradients: only the rows that a step used are touched.

Words that occur together get similar rows. Exits with 1 when they do not.
"""

import sys

import numpy as np
import tensorflow as tf

WORDS, GROUPS, WIDTH = 40, 4, 8  # word w belongs to group w % GROUPS


def main():
    rng = np.random.default_rng(0)
    table = tf.Variable(rng.normal(size=(WORDS, WIDTH)).astype("float32") * 0.5)

    @tf.function
    def step(left, right, together):
        with tf.GradientTape() as tape:
            a, b = tf.nn.embedding_lookup(table, left), tf.gather(table, right)
            scores = tf.reduce_sum(a * b, axis=1)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(together, scores))
        gradient = tape.gradient(loss, table)
        assert isinstance(gradient, tf.IndexedSlices)
        table.scatter_sub(tf.IndexedSlices(5.0 * gradient.values, gradient.indices))
        return loss

    for _ in range(400):
        left, right = rng.integers(0, WORDS, size=(2, 64))
        together = (left % GROUPS == right % GROUPS).astype("float32")
        loss = step(tf.constant(left), tf.constant(right), tf.constant(together))
    rows = tf.math.l2_normalize(table, axis=1).numpy()
    alike = (rows @ rows.T)[np.arange(WORDS) % GROUPS == np.arange(WORDS)[:, None] % GROUPS].mean()
    print(f"on {table.device}: loss {float(loss):.3f}, likeness within a group {alike:.2f}")
    return not alike > 0.8


if __name__ == "__main__":
    sys.exit(main())

"""A model trained and exported on MLC, served by a process in which TensorFlow has no MLC device.

Exits with 1 when the two do not predict the same.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np

SERVER = """
import sys
import numpy as np, tensorflow as tf
assert not tf.config.list_physical_devices("MLC")
served = tf.saved_model.load(sys.argv[1])
np.save(sys.argv[3], served.serve(np.load(sys.argv[2])).numpy())
"""


def main():
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 8, 8, 1)).astype("float32")
    model.fit(x, np.arange(64) % 10, epochs=2, verbose=0)
    expected = model.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("model", "input.npy", "output.npy")]
        model.export(names[0], verbose=False)
        np.save(names[1], x)
        subprocess.run(
            [sys.executable, "-c", SERVER, *names],
            env={**os.environ, "TF_DISABLE_MLC": "1", "TF_CPP_MIN_LOG_LEVEL": "2"},
            check=True,
        )
        served = np.load(names[2])
    difference = float(np.abs(served - expected).max())
    print(f"{model.weights[0].value.device} and the server differ by {difference:.1e} at most")
    return not difference < 1e-5


if __name__ == "__main__":
    sys.exit(main())

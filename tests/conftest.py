"""Settings that have to be made before the first test imports TensorFlow."""

import os

# TensorFlow's plain CPU kernels are the oracle. Its oneDNN ones give wrong shapes for empty
# convolutions and abort the process in some transpositions (TensorFlow 2.21).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

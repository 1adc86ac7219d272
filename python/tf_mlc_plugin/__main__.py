"""`python -m tf_mlc_plugin`: what is installed, and whether the device works here."""

import importlib.metadata
import os
import pathlib
import platform
import sys

import tf_mlc_plugin

_SWITCHES = [
    "TF_DISABLE_MLC",
    "TF_DISABLE_MLC_EAGER",
    "TF_MLC_APPLE_LIBRARY",
    "TF_MLC_BACKEND",
    "TF_MLC_CACHE_SIZE",
    "TF_MLC_DEVICE_NAME",
    "TF_MLC_DEVICE_TYPE",
    "TF_MLC_KERAS_INTEGRATION",
    "TF_MLC_NUM_THREADS",
]


def _version(*distributions):
    for name in distributions:
        try:
            return f"{importlib.metadata.version(name)} ({name})"
        except importlib.metadata.PackageNotFoundError:
            pass
    return "not installed"


def _cpus():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _self_check(tf):
    """A matrix product on MLC against numpy. Returns what is wrong, or an empty string."""
    import numpy as np

    rng = np.random.default_rng(0)
    a = rng.standard_normal((33, 65), dtype=np.float32)
    b = rng.standard_normal((65, 17), dtype=np.float32)
    before = tf_mlc_plugin.kernel_counts().get("MatMul", 0)
    with tf.device(f"/{tf_mlc_plugin.device_type()}:0"):
        product = tf.linalg.matmul(a, b)
    error = float(np.abs(product.numpy() - a @ b).max())
    if tf_mlc_plugin.kernel_counts().get("MatMul", 0) != before + 1:
        return f"the matrix product ran on {product.device}"
    if error > 1e-4:
        return f"the matrix product is off by {error:.2g}"
    return ""


def main():
    def line(key, value):
        print(f"{key:<16}{value}", flush=True)

    line("tf_mlc_plugin", tf_mlc_plugin.__version__)
    line("at", pathlib.Path(tf_mlc_plugin.__file__).parent)
    line("Python", f"{platform.python_version()} at {sys.executable}")
    line("machine", f"{platform.platform()}, {_cpus()} CPUs")
    line("Keras", _version("keras"))
    line("TensorFlow", _version("tensorflow", "tensorflow-cpu"))
    for switch in _SWITCHES:
        if switch in os.environ:
            line(switch, os.environ[switch])

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow as tf
    except ImportError as error:
        line("self-check", f"FAILED: TensorFlow cannot be imported: {error}")
        return 1
    devices = tf.config.list_physical_devices(tf_mlc_plugin.device_type())
    line("device", ", ".join(device.name for device in devices) or "none")
    if not devices:
        line("self-check", "FAILED: no MLC device; the reason is in the output above")
        return 1
    for key, value in tf_mlc_plugin.runtime_info().items():
        line(key, value)
    problem = _self_check(tf)
    line("self-check", f"FAILED: {problem}" if problem else "ok: a matrix product on /MLC:0")
    return bool(problem)


if __name__ == "__main__":
    sys.exit(main())

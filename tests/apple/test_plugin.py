"""The plugin and `import mlcompute` on the apple backend, which runs on the Objective-C API.

TF_MLC_BACKEND is read once a process, so everything here is a process of its own.
"""

import os
import subprocess
import sys

import pytest
from framework_build import ROOT, build

LIBRARY = "libmlc_apple.so"
# What GNUstep says when an object is lost.
COMPLAINT = "autorelease called without pool"


def environment(**variables):
    # MLC_STRICT=warn names on stderr what the backend should not have asked for.
    names = {"TF_MLC_BACKEND": "apple", "TF_MLC_APPLE_LIBRARY": str(build() / LIBRARY)}
    path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "2", **names, **variables}


def run(arguments, **variables):
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(**variables),
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert COMPLAINT not in done.stderr
    return done


def run_code(code, **variables):
    return run(["-c", code], **variables).stdout


def run_tests(*arguments):
    """pytest in a process of its own, which has to have passed more than a few."""
    done = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments])
    summary = done.stdout.strip().splitlines()[-1]
    assert " passed" in summary and "skipped" not in summary, summary


# The plugin computes with apple, and says so; a product runs in an MLC graph.
CHECK = """
import ctypes, os
import numpy as np, tensorflow as tf, tf_mlc_plugin
tf_mlc_plugin.set_mlc_device("{device}")
info = tf_mlc_plugin.runtime_info()
x = np.random.default_rng(0).standard_normal((5, 7), dtype=np.float32)
with tf.device("/MLC:0"):
    y = tf.linalg.matmul(x, x, transpose_b=True)
np.testing.assert_allclose(y.numpy(), x @ x.T, rtol=1e-5, atol=1e-5)
record = ctypes.CDLL(os.environ["TF_MLC_APPLE_LIBRARY"], mode=os.RTLD_NOLOAD | os.RTLD_NOW)
text = ctypes.create_string_buffer(10000)
record.MlcAppleRecord(text, ctypes.c_size_t(len(text)))
print(info["backend"], info["computes_on"], text.value.decode().strip(), sep="|")
"""


@pytest.mark.parametrize("device", ["cpu", "gpu", "any"])
def test_a_product_runs_in_a_graph(device):
    stdout = run_code(CHECK.format(device=device), TF_MLC_PROFILE="1")
    assert stdout == f"apple|{device}|1\t350\tMatMul\tgraph\tMLCMatMulLayer\n"


def test_no_record_without_the_switch():
    assert run_code(CHECK.format(device="cpu")) == "apple|cpu|\n"


MLCOMPUTE = """
import mlcompute as mlc, numpy as np
x, y = mlc.tensor([6, 1]), mlc.tensor([6, 1])
graph = mlc.graph()
total = graph.add_layer(mlc.arithmetic_layer("add"), [x, y])
inference = mlc.inference_graph([graph])
inference.add_inputs({"x": x, "y": y})
inference.compile(mlc.device("gpu"))
one = np.arange(6, dtype=np.float32).reshape(6, 1)
inference.execute({"x": one, "y": one})
print(mlc.platform.backend(), inference.device.actual_type, total.numpy().ravel().tolist())
"""


def test_mlcompute():
    """The graphs of `import mlcompute` are graphs of the Objective-C API, and not of themselves."""
    done = run(["-c", MLCOMPUTE], TF_MLC_PROFILE="1")
    assert done.stdout == "apple gpu [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]\n"
    assert "1 x Add|graph|MLCArithmeticLayer" in done.stderr


def test_ops_and_gradients():
    run_tests("tests/kernels/test_ops.py", "tests/kernels/test_gradients.py")


@pytest.mark.apple
def test_threads():
    run_tests("tests/tf_programs/test_threads.py")


def train(*names):
    done = run(["-m", "convergence", *names])
    for name in names:
        assert f"{name}: " in done.stdout


def test_convergence():
    train("mlp")


@pytest.mark.apple
def test_convergence_of_convolutions_and_recurrent_layers():
    train("batchnorm", "lstm_series")


# Runs, and graphs that are made and forgotten: few programs are kept, the shapes take turns.
LEAKS = """
import numpy as np, tensorflow as tf

@tf.function
def step(x, w):
    with tf.GradientTape() as tape:
        tape.watch(w)
        loss = tf.reduce_sum(tf.nn.softmax(tf.tanh(x @ w)) ** 2)
    return tape.gradient(loss, w)

def resident():
    line = [line for line in open("/proc/self/status") if line.startswith("VmRSS")][0]
    return int(line.split()[1]) / 1024

def runs(count):
    x, w = tf.ones([64, 64]), tf.ones([64, 64])
    for _ in range(count):
        step(x, w)
        tf.tanh(x)

def graphs(count):
    for i in range(count):
        tf.tanh(tf.ones([4096 + i % 32])) * 2.0

for work, count in ((runs, 400), (graphs, 320)):
    work(count)
    before = resident()
    work(3 * count)
    print(work.__name__, round(resident() - before, 1))
"""


@pytest.mark.apple
def test_memory_does_not_grow():
    lines = run_code(LEAKS, TF_MLC_CACHE_SIZE="8").split("\n")
    grown = {name: float(mib) for name, mib in (line.split() for line in lines if line)}
    # A lost buffer of 16 KiB in each of 1200 runs or 960 graphs would be more than 15 MiB.
    assert grown.keys() == {"runs", "graphs"} and max(grown.values()) < 8, grown

"""Point 7: threads, forks and the end of the process."""

import json
import os
import subprocess
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from programs import array
from site_folder import SiteFolder

THREADS = 4


def in_threads(work, count=THREADS):
    """Calls work(0), work(1), ... each in a thread; raises what one of them raised."""
    failures = []

    def guarded(i):
        try:
            work(i)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[i], daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    if failures:
        raise failures[0]


def test_eager_ops_and_functions_at_once():
    @tf.function(jit_compile=True)
    def function(x):
        return tf.nn.softmax(x @ x) + tf.reduce_sum(x, axis=0)

    def eager(x):
        return tf.tanh(x @ x) * 2.0 - tf.sort(x)

    inputs = [tf.constant(array(n, n, seed=n)) for n in (3, 17, 64)]
    expected = [(function(x).numpy(), eager(x).numpy()) for x in inputs]

    def work(i):
        for k in range(40):
            x, (from_function, from_eager) = inputs[(i + k) % 3], expected[(i + k) % 3]
            np.testing.assert_array_equal(function(x), from_function)
            np.testing.assert_array_equal(eager(x), from_eager)

    in_threads(work)


def test_eager_ops_with_host_inputs_at_once():
    integers = [tf.constant([n, n + 1]) for n in (3, 17, 64)]
    floats = [tf.constant(array(4, n, seed=n)) for n in (3, 17, 64)]
    expected = [tf.sort(x).numpy() for x in floats]

    def work(i):
        for k in range(400):
            j = (i + k) % 3
            assert int(tf.strided_slice(integers[j], [1], [2], [1])[0]) == (4, 18, 65)[j]
            np.testing.assert_array_equal(tf.sort(floats[j]), expected[j])

    in_threads(work)


def test_counters_lose_nothing():
    total = tf.Variable(0.0)
    table = tf.Variable(tf.zeros([5, 2]))

    @tf.function
    def count(x):
        total.assign_add(tf.reduce_sum(x * 2.0) / tf.reduce_sum(x))

    def work(i):
        for _ in range(100):
            count(tf.ones([3]))
            table.scatter_nd_add([[i]], [[1.0, 2.0]])

    in_threads(work)
    assert float(total) == THREADS * 100 * 2.0
    np.testing.assert_array_equal(table[:THREADS], np.tile([100.0, 200.0], [THREADS, 1]))


def test_counters_that_are_read_lose_nothing():
    n = 100_000  # large enough that calls meet between reading and writing
    total = tf.Variable(tf.zeros([n]))
    steps = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def add(x):
        before = steps.read_value()
        total.assign_add(tf.exp(x) * 0.0 + 2.0)
        steps.assign_add(1)
        after = steps.read_value()
        total.assign_sub(x)
        return before, after, total.read_value() + 1.0

    # Inlined into another function: only there are reads and writes one graph.
    count = tf.function(lambda x: add(x))

    before, after, plus = count(tf.ones([n]))
    assert (int(before), int(after)) == (0, 1)
    np.testing.assert_array_equal(plus, np.full(n, 2.0))

    def work(_):
        for _ in range(50):
            before, after, _ = count(tf.ones([n]))
            assert int(after) > int(before)

    in_threads(work)
    assert int(steps) == THREADS * 50 + 1
    np.testing.assert_array_equal(total, np.full(n, THREADS * 50 + 1.0))


def small_model(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model


def test_two_models_in_two_threads():
    x, y = array(40, 6), array(40, 1)

    def fit(model):
        return model.fit(x, y, batch_size=16, epochs=4, shuffle=False, verbose=0).history["loss"]

    expected = [fit(small_model(seed)) for seed in range(2)]
    models = [small_model(seed) for seed in range(2)]
    losses = [None, None]

    def work(i):
        losses[i] = fit(models[i])

    in_threads(work, 2)
    np.testing.assert_allclose(losses, expected, 1e-6)


def test_data_with_parallel_maps():
    @tf.function
    def compiled(x):
        return tf.reduce_sum(tf.nn.softmax(x * 2.0) * x, axis=-1)

    data = (
        tf.data.Dataset.from_tensor_slices(array(64, 5))
        .map(lambda x: tf.tanh(x) * 3.0, num_parallel_calls=4)
        .batch(6)
        .map(compiled, num_parallel_calls=4)
        .prefetch(2)
    )
    expected = compiled(tf.tanh(array(64, 5)) * 3.0)
    np.testing.assert_allclose(np.concatenate(list(data.as_numpy_iterator())), expected, 1e-5)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = SiteFolder(tmp_path_factory.mktemp("threads") / "environment")
    folder.install()
    return folder


WORK = """
import json, multiprocessing, os, sys, tempfile, threading, time
import numpy as np
import tensorflow as tf
def work(seed=0):
    x = tf.constant(np.random.default_rng(seed).normal(size=(300, 300)).astype("float32"))
    y = tf.tanh(x @ x) * 2.0
    return [float(tf.reduce_sum(y)), y.device[-5:]]
"""


def test_fork_after_import(installed):
    # As on the CPU: a process that has computed may not fork, because TensorFlow's own threads
    # are gone in the child; one that has only imported it may.
    process = installed.run(
        WORK
        + """
context = multiprocessing.get_context("fork")
def child(seed, queue):
    queue.put([seed, *work(seed)])
queue = context.Queue()
children = [context.Process(target=child, args=[seed, queue]) for seed in range(2)]
for each in children: each.start()
results = sorted(queue.get(timeout=120) for _ in children)
for each in children: each.join(timeout=60)
print(json.dumps([results, [each.exitcode for each in children], [work(s) for s in range(2)]]))
"""
    )
    assert process.returncode == 0, process.stderr
    children, codes, own = json.loads(process.stdout.splitlines()[-1])
    assert codes == [0, 0]
    for seed, (number, value, device) in enumerate(children):
        assert (number, device) == (seed, "MLC:0") and own[seed] == [pytest.approx(value), device]


def test_fork_after_computing(installed):
    # What needs no other threads works in the child, on the CPU, as it does without MLC.
    process = installed.run(
        WORK
        + """
import keras
work()
model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
def child(path):
    x = tf.constant([[1.0, -2.0, 3.0]])
    y = tf.abs(x) + tf.ones([1, 3])
    loaded = keras.models.load_model(path)
    return [y.device[-5:], y.numpy().tolist(), [w.tolist() for w in loaded.get_weights()]]
with tempfile.TemporaryDirectory() as folder:
    path = folder + "/model.keras"
    model.save(path)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = [pool.apply_async(child, [path]) for _ in range(3)]
        results = [each.get(timeout=100) for each in results]
own = [w.tolist() for w in model.get_weights()]
print(json.dumps([results, own, work()[1]]))
"""
    )
    assert process.returncode == 0, process.stderr
    results, own, device = json.loads(process.stdout.splitlines()[-1])
    assert results == [["CPU:0", [[2.0, 3.0, 4.0]], own]] * 3
    assert device == "MLC:0"  # of the parent, as before


def test_spawn_while_working(installed, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        WORK
        + """
if __name__ == "__main__":
    own = work(1)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(json.dumps([own, pool.map(work, [1, 1])]))
"""
    )
    process = subprocess.run(
        [str(installed.python), str(script)],
        env={
            **{k: v for k, v in os.environ.items() if k[:3] not in ("TF_", "PYT")},
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert process.returncode == 0, process.stderr
    own, theirs = json.loads(process.stdout.splitlines()[-1])
    assert theirs == [own, own] and own[1] == "MLC:0"


# Python ends its daemon threads when they come back from TensorFlow, whose bindings now and then
# abort on that, on the CPU too. So the threads that sys.exit() meets do not come back.
ENDLESS = """
@tf.function
def work_forever():
    return tf.while_loop(
        lambda x: tf.reduce_sum(x) > 0.0,
        lambda x: [tf.nn.softmax(tf.tanh(x @ x) @ x) * 2.0],
        [tf.ones([200, 200])],
    )
"""
RETURNING = """
step = tf.function(lambda x: tf.nn.softmax(tf.tanh(x @ x) @ x) * 2.0)
def work_forever():
    while True: step(tf.ones([200, 200])); work()
"""


@pytest.mark.parametrize(
    "work_forever, loops, end",
    [
        (ENDLESS, "1", "sys.exit(7)"),
        (ENDLESS, "0", "sys.exit(7)"),
        (ENDLESS, "1", "os._exit(7)"),
        (RETURNING, "1", "os._exit(7)"),
    ],
    ids=["one node", "TensorFlow's loop", "one node, at once", "calls, at once"],
)
def test_shutdown_in_the_middle_of_work(installed, work_forever, loops, end):
    process = installed.run(
        WORK
        + work_forever
        + f"""
work()
for _ in range(3): threading.Thread(target=work_forever, daemon=True).start()
time.sleep(1.0)
print("working:", threading.active_count() - 1, flush=True)
{end}
""",
        TF_MLC_LOOPS=loops,
    )
    assert process.returncode == 7, (process.returncode, process.stderr)
    assert process.stdout.endswith("working: 3\n"), process.stderr

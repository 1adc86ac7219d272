"""Functions whose ops are compiled together give what they give on the CPU (TF_MLC_CLUSTERS=1)."""

import threading

import numpy as np
import pytest
import tensorflow as tf
from both_devices import array, on_both
from tensorflow.python.eager import context

import tf_mlc_plugin

SENDS = {"_Send", "_Recv", "_HostSend", "_HostRecv"}


@pytest.fixture(autouse=True)
def clusters(monkeypatch):
    monkeypatch.setenv("TF_MLC_CLUSTERS", "1")
    soft = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(True)  # int32 variables have a place on the CPU only
    yield
    tf.config.set_soft_device_placement(soft)


def cluster_runs():
    return tf_mlc_plugin.kernel_counts().get("_MlcCluster", 0)


def test_elementwise_chain_is_one_cluster():
    before = cluster_runs()
    on_both(lambda: (lambda x: tf.tanh(x * 2 + 1) - tf.exp(-x) * x, []), [array(7, 5)])
    assert cluster_runs() == before + 1


def test_shapes_that_change():
    def make():
        return lambda x: tf.reshape(tf.nn.softmax(x @ tf.ones([3, 4])), [tf.shape(x)[0] * 2, 2]), []

    on_both(make, *([array(n, 3)] for n in (5, 1, 0, 8, 5)))


def test_a_loop_between_what_it_reads_and_what_reads_it():
    """What enters the loop and what uses its result must not become one node: it would wait for
    itself."""

    def make():
        def f(x):
            # Betainc is not on MLC: what comes after it is compiled apart from what was before.
            late = tf.math.betainc(tf.abs(x) + 1, tf.abs(x) + 2, tf.sigmoid(x)) * 2 + 1

            def body(i, total):
                def inner(k, t):
                    return k + 1, t + late * 0.1

                return i + 1, tf.while_loop(lambda k, t: k < 2, inner, (0, total))[1] * late

            _, total = tf.while_loop(lambda i, t: i < 3, body, (0, tf.ones_like(x)))
            return tf.tanh(total * 2 - 1) + tf.nn.relu(total)

        return f, []

    on_both(make, [array(3, 4)], [array(5, 2, seed=1)])


def test_a_batch_is_read_where_the_iterator_left_it():
    """The cluster gets it in host memory, so that nothing is copied to the device."""
    batches = [array(5, 4), array(3, 4, seed=1)]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(batches), output_signature=tf.TensorSpec([None, 4])
    )

    @tf.function
    def step(iterator):
        return tf.tanh(next(iterator) * 2 + 1)

    with tf.device("/MLC:0"):
        iterator = iter(dataset)
        context.enable_run_metadata()
        try:
            results = [step(iterator) for _ in batches]
            graphs = context.export_run_metadata().function_graphs
        finally:
            context.disable_run_metadata()
    for result, batch in zip(results, batches, strict=True):
        np.testing.assert_allclose(result, np.tanh(batch * 2 + 1), rtol=1e-6)
    nodes = {n.name: n for g in graphs for p in g.partition_graphs for n in p.node}
    clusters = [n for n in nodes.values() if n.op == "_MlcCluster"]
    received = [nodes[n.input[0].split(":")[0]] for n in clusters]
    batch_reads = [n for n in received if "IteratorGetNext" in n.attr["tensor_name"].s.decode()]
    assert {n.op for n in batch_reads} == {"_HostRecv"}


def test_host_memory_at_any_address():
    """What the CPU made need not begin where vectors do."""
    numbers = array(9 * 64 + 1).reshape(-1)
    unaligned = tf.experimental.dlpack.from_dlpack(numbers[1:].__dlpack__())

    @tf.function
    def f(x):
        with tf.device("CPU:0"):
            x = tf.identity(x)
        with tf.device("/MLC:0"):
            x = tf.reshape(x, [9, 64])
            return tf.matmul(x, x, transpose_b=True) + tf.reduce_sum(tf.exp(x), axis=1)

    x = numbers[1:].reshape(9, 64)
    np.testing.assert_allclose(f(unaligned), x @ x.T + np.exp(x).sum(axis=1), rtol=1e-5)


def counted(x):
    """Two counters; what Keras's loops of recurrent layers are."""
    n = tf.shape(x)[0]

    def body(i, t):
        return i + 1, t * x + 1

    return tf.while_loop(lambda i, t: i < n, body, (0, x), maximum_iterations=n + 9)


def until_large(x):
    """One condition from counters, one of data on the device, and both negated and joined."""

    def goes_on(i, t):
        return tf.logical_and(i < 20, tf.logical_not(tf.reduce_sum(t) > 50))

    return tf.while_loop(goes_on, lambda i, t: (i + 1, t * 1.5), (0, tf.abs(x)))


def either(x):
    return tf.while_loop(
        lambda i, k, t: tf.logical_or(tf.logical_and(i < 5, k >= 0), tf.not_equal(i % 4, 0)),
        lambda i, k, t: (i + 1, k - 2, tf.tanh(t + x)),
        (0, 6, x),
    )


def read_twice(x):
    """What the loop reads is also a result."""

    def body(i, on, t):
        return i + 1, tf.logical_and(i < 3, i >= 0), t + x

    return tf.while_loop(lambda i, on, t: on, body, (0, True, x))


@pytest.mark.parametrize("loop", [counted, until_large, either, read_twice])
def test_conditions_of_loops(loop):
    on_both(lambda: (loop, []), [array(4, 3)], [array(1, 3, seed=1)], [array(0, 3)])


def test_nothing_is_sent_in_a_loop(monkeypatch):
    """Counters and conditions stay in host memory: each change between the two kinds of memory
    would be a pair of nodes that send and receive, in every step."""
    monkeypatch.setenv("TF_MLC_LOOPS", "0")

    def named(x):
        # What is exported has the graphs of other functions of this process too.
        with tf.name_scope("looked_at"):
            return counted(x)

    with tf.device("/MLC:0"):
        traced = tf.function(named)
        x = tf.constant(array(4, 3))
        context.enable_run_metadata()
        try:
            traced(x)
            graphs = context.export_run_metadata().function_graphs
        finally:
            context.disable_run_metadata()
    of_graphs = [[n for p in g.partition_graphs for n in p.node] for g in graphs]
    mine = [
        nodes
        for nodes in of_graphs
        if any(n.op == "LoopCond" and "looked_at" in n.name and "MLC" in n.device for n in nodes)
    ]
    assert mine
    assert [n.name for nodes in mine for n in nodes if n.op in SENDS] == []


def test_variables_written_and_read_in_turn():
    def make():
        v = tf.Variable([1.0, 2.0])

        def step(x):
            first = v * x
            v.assign_add(first)
            second = v + 1.0
            v.assign(second * 2.0)
            v.assign_sub(x)
            return first, second, v.read_value()

        return step, [v]

    on_both(make, [array(2)], [array(2, seed=1)])


def test_every_write_is_made():
    # Writes that nobody reads, and writes whose readers go through other writes.
    def make():
        a, b, c = (tf.Variable(tf.ones([3])) for _ in range(3))

        def step(x):
            a.assign_add(x)
            b.assign(a * 2.0)
            c.assign_sub(b + a)
            a.assign(a * 0.5)

            return tf.constant(0.0)

        return step, [a, b, c]

    on_both(make, [array(3)], [array(3, seed=1)])


def test_writes_under_a_condition():
    def make():
        v = tf.Variable(1.0)

        def step(x):
            if tf.reduce_sum(x) > 0:
                v.assign(v * 2.0 + tf.reduce_sum(x * x))
                y = tf.sin(x) * v
            else:
                v.assign_sub(1.0)
                y = tf.cos(x) + v
            return y * v + 1.0

        return step, [v]

    on_both(make, [array(4) ** 2], [-(array(4) ** 2)])


def test_loop_and_its_gradient():
    def make():
        w = tf.Variable(array(3, 3, seed=3))

        def step(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                state = x
                for _ in tf.range(5):
                    state = tf.tanh(state @ w) * 0.5 + state
                loss = tf.reduce_mean(state**2)
            gradients = tape.gradient(loss, [x, w])
            w.assign_sub(0.1 * gradients[1])
            return loss, gradients

        return step, [w]

    on_both(make, [array(2, 3)], [array(6, 3)])


def test_loop_with_tensor_array():
    def make():
        def step(x):
            history = tf.TensorArray(tf.float32, size=tf.shape(x)[0])
            total = tf.zeros_like(x[0])
            for i in tf.range(tf.shape(x)[0]):
                total = total * 0.9 + tf.sqrt(tf.abs(x[i]))
                history = history.write(i, total + 1.0)
            return history.stack()

        return step, []

    on_both(make, [array(6, 3)], [array(2, 3)])


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: tf.keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: tf.keras.optimizers.AdamW(0.01),
        lambda: tf.keras.optimizers.RMSprop(0.01, centered=True),
        lambda: tf.keras.optimizers.Nadam(0.01),
        lambda: tf.keras.optimizers.Ftrl(0.1),
        lambda: tf.keras.optimizers.Adagrad(0.1),
        lambda: tf.keras.optimizers.Lion(0.01),
        lambda: tf.keras.optimizers.Adafactor(0.01),
    ],
)
def test_optimizers(optimizer):
    def make():
        weights = [tf.Variable(array(5, 4, seed=1)), tf.Variable(tf.zeros([4]))]
        rule = optimizer()
        rule.build(weights)

        def step(x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.relu(x @ weights[0] + weights[1]) ** 2)
            rule.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            return loss

        return step, weights

    on_both(make, *([array(8, 5, seed=s)] for s in range(6)), tolerance=1e-4)


def test_integers_come_out():
    def make():
        def step(x):
            y = x * 2.0
            return tf.argmax(y, 1), tf.cast(y > 0, tf.int32), tf.shape(y), tf.size(y)

        return step, []

    on_both(make, [array(3, 4)])


def test_order_of_effects():
    with tf.device("/MLC:0"):
        v = tf.Variable(1.0)
        seen = []

        @tf.function
        def step(x):
            v.assign(x + v * 2.0)
            tf.py_function(lambda value: seen.append(float(value)), [v.read_value() + 0.0], [])
            v.assign(v * 10.0 + x)
            return v.read_value() + 1.0

        assert float(step(tf.constant(3.0))) == 54.0
        assert seen == [5.0]


def test_errors_leave_the_device_usable():
    with tf.device("/MLC:0"):

        @tf.function
        def take(x, i):
            return tf.gather(tf.exp(x) * 2.0, i) + 1.0

        x = tf.ones([3])
        with pytest.raises(tf.errors.InvalidArgumentError, match="indices"):
            take(x, tf.constant([1, 7]))
        np.testing.assert_allclose(take(x, tf.constant([1, 2])), np.full(2, np.e * 2 + 1), 1e-6)

        @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)])
        def add(a, b):
            return tf.tanh(a + b) * 2.0

        with pytest.raises(tf.errors.InvalidArgumentError, match="ncompatible shapes"):
            add(tf.ones([2]), tf.ones([3]))
        assert add(tf.ones([2]), tf.ones([2])).shape == [2]


def test_threads():
    with tf.device("/MLC:0"):

        @tf.function
        def work(x):
            return tf.reduce_sum(tf.nn.softmax(x @ x) * tf.exp(-x * x), axis=1)

        inputs = [tf.constant(array(n, n, seed=n)) for n in (3, 8, 3, 20)]
        expected = [work(x).numpy() for x in inputs]
        wrong = []

        def run():
            for _ in range(50):
                for x, y in zip(inputs, expected, strict=True):
                    if not np.array_equal(work(x).numpy(), y):
                        wrong.append(x.shape)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_saved_models_hold_no_private_op(tmp_path):
    with tf.device("/MLC:0"):
        module = tf.Module()
        module.w = tf.Variable(array(3, 2))
        module.call = tf.function(
            lambda x: tf.nn.relu(x @ module.w + 1.0) * 2.0,
            input_signature=[tf.TensorSpec([None, 3])],
        )
        before = cluster_runs()
        expected = module.call(tf.constant(array(4, 3)))
        assert cluster_runs() > before
        tf.saved_model.save(module, str(tmp_path))
    assert b"_Mlc" not in (tmp_path / "saved_model.pb").read_bytes()
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.call(tf.constant(array(4, 3))), expected, 1e-6)


def test_updates_by_way_of_other_variables_are_assignments(monkeypatch, tmp_path):
    """A weight's update that is computed from its moment, as Adam's, needs no pass of its own."""

    def make():
        weight, moment = tf.Variable(tf.ones([64])), tf.Variable(tf.zeros([64]))
        count = tf.Variable(0.0)

        def step(x):
            moment.assign_add((weight * x - moment) * 0.5)
            weight.assign_sub(moment * 0.1)
            count.assign_add(1.0)  # of several threads none may be lost: stays an addition
            return moment * weight

        return step, [weight, moment, count]

    monkeypatch.setenv("TF_MLC_DUMP", str(tmp_path))
    on_both(make, *([array(64, seed=seed)] for seed in range(3)))
    graph = max(tmp_path.glob("graph_*_clustered.txt"), key=lambda path: path.stat().st_mtime_ns)
    nodes = [line for line in graph.read_text().splitlines() if not line.startswith(" ")]
    assert sum("= AssignSubVariableOp(" in node for node in nodes) == 0
    assert sum("= AssignAddVariableOp(" in node for node in nodes) == 1
    assert sum("= AssignVariableOp(" in node for node in nodes) == 2

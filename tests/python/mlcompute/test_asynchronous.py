"""Executions that are waited for, and what their completions are told."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest
from run_layer import parameter

import mlcompute as mlc


def make_inference(size=4):
    x, graph = mlc.tensor([size]), mlc.graph()
    result = graph.add_layer(mlc.activation_layer("linear", 2, 1), x)
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": x})
    inference.compile(mlc.device())
    return inference, result


def make_training():
    """One number that goes down by a tenth of what it is given, in each step."""
    weight = parameter(np.float32([5]))
    x, graph = mlc.tensor([1]), mlc.graph()
    product = graph.add_layer(mlc.arithmetic_layer("multiply"), [x, weight])
    training = mlc.training_graph([graph], None, mlc.sgd_optimizer(0.1))
    training.add_inputs({"x": x})
    training.set_training_tensor_parameters([mlc.tensor_parameter(weight)])
    training.allocate_user_gradient_for_tensor(product).bind_data(np.float32([1]))
    training.compile(mlc.device())
    return training, weight, x


class Calls(list):
    def __call__(self, result, error, seconds):
        self.append((result, error, seconds, threading.get_ident()))


@pytest.mark.parametrize("synchronous", [True, False])
def test_completion_is_called_once(synchronous):
    inference, result = make_inference()
    calls = Calls()
    x = np.arange(4, dtype=np.float32)
    done = inference.execute({"x": x}, synchronous=synchronous, completion=calls)
    if synchronous:
        assert done is True
    else:
        assert isinstance(done, mlc.execution)
        assert done.wait() is result and done.done and done.wait() is result
        assert done.seconds == calls[0][2]
    ((found, error, seconds, thread),) = calls
    assert found is result and error is None and seconds >= 0
    assert (thread == threading.get_ident()) == synchronous
    np.testing.assert_array_equal(result.numpy(), 2 * x + 1)


def test_without_completion():
    inference, result = make_inference()
    inference.execute({"x": np.ones(4, np.float32)}, synchronous=False).wait()
    np.testing.assert_array_equal(result.numpy(), np.full(4, 3))


def test_results_are_there_in_the_completion():
    inference, _ = make_inference()
    seen = []
    for i in range(20):
        x = np.full(4, i, np.float32)
        inference.execute(
            {"x": x},
            synchronous=False,
            completion=lambda result, error, seconds: seen.append(result.numpy()[0]),
        )
    inference.wait()
    # In the order of their submission.
    assert seen == [2 * i + 1 for i in range(20)]


def test_executions_queue_up_in_order():
    training, weight, _ = make_training()
    pending = [training.execute({"x": np.float32([i])}, synchronous=False) for i in range(1, 11)]
    assert isinstance(pending[-1].wait(), mlc.tensor)
    assert all(p.done for p in pending)
    np.testing.assert_allclose(weight.numpy(), [5 - 0.1 * 55], rtol=1e-5)
    # A synchronous one waits for those before it.
    for _ in range(10):
        training.execute({"x": np.float32([1])}, synchronous=False)
    training.execute({"x": np.float32([1])})
    np.testing.assert_allclose(weight.numpy(), [5 - 0.1 * 66], rtol=1e-5)


def test_phases():
    training, weight, x = make_training()
    training.bind_and_write_data({"x": np.float32([2])}, {"x": x})
    calls = Calls()
    options = {"synchronous": False, "completion": calls}
    training.execute_forward(**options)
    training.execute_gradient(**options)
    training.execute_optimizer_update(**options).wait()
    assert [error for _, error, _, _ in calls] == [None] * 3
    np.testing.assert_allclose(weight.numpy(), [4.8])


def test_synchronize_updates_waits():
    training, weight, _ = make_training()
    for _ in range(50):
        training.execute({"x": np.float32([1])}, synchronous=False)
    training.synchronize_updates()
    np.testing.assert_allclose(weight.numpy(), [0], atol=1e-5)


def make_lookup():
    i, graph = mlc.tensor([2], "int32"), mlc.graph()
    weights = parameter(np.arange(6, dtype=np.float32).reshape(1, 3, 2))
    layer = mlc.embedding_layer(weights, embedding_count=3, embedding_dimension=2)
    result = graph.add_layer(layer, i)
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"i": i})
    inference.compile(mlc.device())
    return inference, result


@pytest.mark.parametrize("synchronous", [True, False])
def test_errors_reach_both_the_completion_and_who_waits(synchronous):
    inference, result = make_lookup()
    calls = Calls()
    options = {"synchronous": synchronous, "completion": calls}
    with pytest.raises(ValueError, match="7"):
        pending = inference.execute({"i": np.int32([0, 7])}, **options)
        pending.wait()
    ((found, error, _, _),) = calls
    assert found is None and isinstance(error, ValueError) and "7" in str(error)
    # The queue goes on.
    inference.execute({"i": np.int32([2, 0])}, synchronous=False).wait()
    np.testing.assert_array_equal(result.numpy(), [[4, 5], [0, 1]])


def test_mistakes_in_the_inputs_are_raised_at_once():
    inference, _ = make_inference()
    calls = Calls()
    for data, message in [({}, "no data"), ({"y": np.zeros(4, np.float32)}, "'y'")]:
        with pytest.raises(ValueError, match=message):
            inference.execute(data, synchronous=False, completion=calls)
    with pytest.raises(TypeError, match="callable"):
        inference.execute({"x": np.zeros(4, np.float32)}, completion=3)
    assert calls == []


def test_what_a_completion_raises():
    """Asynchronously it is reported as Python does for threads; synchronously it is raised."""
    inference, result = make_inference()

    def completion(result, error, seconds):
        raise KeyError("mine")

    x = np.ones(4, np.float32)
    with pytest.raises(KeyError, match="mine"):
        inference.execute({"x": x}, completion=completion)
    reported = []
    old, sys.unraisablehook = sys.unraisablehook, lambda args: reported.append(args.exc_value)
    try:
        inference.execute({"x": x}, synchronous=False, completion=completion).wait()
    finally:
        sys.unraisablehook = old
    assert [type(e) for e in reported] == [KeyError]
    np.testing.assert_array_equal(result.numpy(), np.full(4, 3))


def test_a_completion_may_execute_again():
    inference, result = make_inference()
    values, done = [], threading.Event()

    def again(found, error, seconds):
        values.append(found.numpy()[0])
        if len(values) < 5:
            options = {"synchronous": len(values) % 2 == 0}
            inference.execute({"x": found.numpy().copy()}, completion=again, **options)
        else:
            done.set()

    inference.execute({"x": np.zeros(4, np.float32)}, synchronous=False, completion=again)
    assert done.wait(120)
    inference.wait()
    assert values == [1, 3, 7, 15, 31]


def test_arrays_and_graphs_live_until_the_end():
    """Neither the arrays, nor the graph, nor the execution need be kept by the caller."""
    seen = []
    for i in range(10):
        inference, _ = make_inference(100_000)
        inference.execute(
            {"x": np.full(100_000, i, np.float32)},
            synchronous=False,
            completion=lambda result, error, seconds: seen.append(float(result.numpy().sum())),
        )
        last = weakref.ref(inference)
        del inference
        gc.collect()
    end = time.monotonic() + 120
    while len(seen) < 10 and time.monotonic() < end:
        time.sleep(0.01)
    assert sorted(seen) == [100_000 * (2 * i + 1) for i in range(10)]
    while last() is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert last() is None


def test_timeout():
    inference, _ = make_inference()
    block = threading.Event()
    pending = inference.execute(
        {"x": np.zeros(4, np.float32)},
        synchronous=False,
        completion=lambda result, error, seconds: block.wait(30),
    )
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        pending.wait(0.05)
    assert 0.04 < time.monotonic() - start < 10
    assert not pending.done
    block.set()
    pending.wait(120)


def test_many_threads():
    """Executions of one graph take turns; each thread sees its own results in its completion."""
    inference, _ = make_inference(1000)
    wrong = []

    def work(number):
        for i in range(20):
            value = 100 * number + i
            expected = 2 * value + 1

            def check(result, error, seconds, expected=expected):
                if error or (result.numpy() != expected).any():
                    wrong.append((expected, error))

            inference.execute(
                {"x": np.full(1000, value, np.float32)}, synchronous=False, completion=check
            ).wait()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_process_ends_with_executions_under_way():
    code = """
import numpy as np, mlcompute as mlc
x, graph = mlc.tensor([300, 300]), mlc.graph()
y = x
for _ in range(20):
    y = graph.add_layer(mlc.mat_mul_layer(), [x, y])
inference = mlc.inference_graph([graph])
inference.add_inputs({"x": x})
inference.compile(mlc.device())
for i in range(20):
    inference.execute({"x": np.eye(300, dtype=np.float32)}, synchronous=False,
                      completion=lambda result, error, seconds: print(result.numpy().sum()))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.split() == ["300.0"] * 20

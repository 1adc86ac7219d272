"""Point 1: variables on MLC under the ops that TensorFlow has CPU kernels of its own for."""

import re

import numpy as np
import pytest
import tensorflow as tf
from programs import MODES, array, compare
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import kernels, op_def_registry

SHAPE = (5, 3)
ROWS = np.array([1, 3, 1, 0])  # one of them twice


def variable(seed=0, shape=SHAPE, dtype="float32"):
    return tf.Variable((np.abs(array(*shape, seed=seed)) + 0.5).astype(dtype))


def own_buffer(state):
    """TensorFlow's binomial kernel reads freed memory when another tensor shares the state."""
    state.assign(state + 0)


# ---- what programs write; each makes a variable's value or result


def gather(v):
    return tf.gather(v, ROWS)


def gather_axis(v):
    return tf.gather(v, [2, 0], axis=1)


def gather_batch(v):
    return tf.gather(v, tf.constant([[0, 2], [1, 1], [2, 0], [0, 0], [1, 2]]), batch_dims=1)


def gather_nd(v):
    return tf.gather_nd(v, [[1, 2], [4, 0]])


def embedding_lookup(v):
    return tf.nn.embedding_lookup(v, ROWS), tf.nn.embedding_lookup(v, ROWS, max_norm=1.0)


def embedding_lookup_sparse(v):
    ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 4, 2], tf.int64), [3, 2])
    return tf.nn.embedding_lookup_sparse(v, ids, None, combiner="mean")


def sparse_read(v):
    return v.sparse_read(ROWS), v.gather_nd([[3]])


def scatters(v):
    slices = tf.IndexedSlices(array(4, 3, seed=1) + 2, ROWS)
    v.scatter_add(slices)
    v.scatter_sub(tf.IndexedSlices(array(4, 3, seed=2), ROWS))
    v.scatter_mul(slices)
    v.scatter_div(slices)
    v.scatter_min(slices)
    v.scatter_max(tf.IndexedSlices(array(4, 3, seed=3), ROWS))
    v.scatter_update(tf.IndexedSlices(array(2, 3, seed=4), [4, 2]))
    v.batch_scatter_update(tf.IndexedSlices(array(5, 1, seed=5), np.zeros([5, 1], np.int32)))


def scatter_of_scalar(v):
    tf.raw_ops.ResourceScatterAdd(
        resource=v.handle, indices=tf.constant(ROWS), updates=tf.constant(2.0)
    )


def scatter_nd(v):
    at = [[1], [1], [4]]
    v.scatter_nd_add(at, array(3, 3, seed=1))
    v.scatter_nd_sub(at, array(3, 3, seed=2))
    v.scatter_nd_min(at, array(3, 3, seed=3))
    v.scatter_nd_max(at, array(3, 3, seed=4))
    v.scatter_nd_update([[0, 1]], [7.0])


def slices(v):
    v[1:3].assign(array(2, 3, seed=1))
    v[..., 0].assign(array(5, seed=2))
    v[::2, 1].assign(v[::2, 1] + array(3, seed=3))
    return v[2:4] * 2.0


def plain(v):
    v.assign_add(array(*SHAPE, seed=1))
    v.assign_sub(array(*SHAPE, seed=2))
    return v * 2.0, v.read_value(), tf.shape(v)


PROGRAMS = [
    gather,
    gather_axis,
    gather_batch,
    gather_nd,
    embedding_lookup,
    embedding_lookup_sparse,
    sparse_read,
    scatters,
    scatter_of_scalar,
    scatter_nd,
    slices,
    plain,
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs(program, mode):
    def make():
        v = variable()
        return lambda: program(v), [v]

    compare(make, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16", "int64", "uint8", "bool"])
def test_dtypes(dtype, mode):
    def make():
        v = tf.Variable(tf.cast(array(*SHAPE) * 3, dtype))

        def step():
            v.scatter_nd_update([[1], [2]], tf.cast(array(2, 3, seed=2) * 3, dtype))
            v[3:].assign(tf.cast(array(2, 3, seed=3) * 3, dtype))
            return tf.gather(v, ROWS), tf.gather_nd(v, [[0, 0]])

        return step, [v]

    compare(make, mode)


@pytest.mark.parametrize("mode", MODES)
def test_strings(mode):
    def make():
        v = tf.Variable(["a", "b", "c"])

        def step():
            return tf.gather(v, [2, 0])

        return step, [v]

    compare(make, mode)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_are_indexed_slices(mode):
    def make():
        v = variable()

        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.gather(v, ROWS) ** 2) + tf.reduce_sum(
                    tf.nn.embedding_lookup(v, [4, 4])
                )
            gradient = tape.gradient(loss, v)
            assert isinstance(gradient, tf.IndexedSlices)
            v.scatter_sub(tf.IndexedSlices(0.1 * gradient.values, gradient.indices))
            return loss, gradient.values, gradient.indices

        return step, [v]

    compare(make, mode, calls=3)


@pytest.mark.parametrize("mode", MODES)
def test_under_control_flow(mode):
    def make():
        v = variable()

        def step():
            total = tf.constant(0.0)
            for i in tf.range(4):
                total += tf.reduce_sum(tf.gather(v, [i]))
                if total > 3.0:
                    v.scatter_nd_add([[i]], tf.fill([1, 3], total))
                else:
                    v[0].assign(tf.fill([3], total))
            return total

        return step, [v]

    compare(make, mode, calls=2, scale=5)


@pytest.mark.parametrize("mode", MODES)
def test_random_generator(mode):
    def make():
        generator = tf.random.Generator.from_seed(7)
        own_buffer(generator.state)

        def step():
            generator.skip(3)
            return (
                generator.normal([4]),
                generator.uniform([3, 2]),
                generator.uniform([5], maxval=9, dtype=tf.int32),
                generator.truncated_normal([2], dtype=tf.float64),
                generator.binomial([3], 5.0, 0.3),
                generator.make_seeds(2),
            )

        return step, [generator.state]

    compare(make, mode)


@pytest.mark.parametrize("mode", MODES)
def test_optimizers_of_version_1(mode):
    v1 = tf.compat.v1.train

    def make():
        optimizers = [
            v1.GradientDescentOptimizer(0.1),
            v1.AdamOptimizer(0.1),
            v1.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
            v1.RMSPropOptimizer(0.1, centered=True),
            v1.AdagradOptimizer(0.1),
            v1.FtrlOptimizer(0.1),
        ]
        weights = [variable(seed) for seed, _ in enumerate(optimizers)]

        def step():
            with tf.GradientTape(persistent=True) as tape:
                losses = [tf.reduce_sum(tf.gather(w, ROWS) ** 2) for w in weights]
            for optimizer, loss, w in zip(optimizers, losses, weights, strict=True):
                optimizer.apply_gradients([(tape.gradient(loss, w), w)])

        return step, weights

    compare(make, mode, calls=3)


# ---- every op there is


def ops_on_variables():
    """Ops that take a variable, have kernels for the CPU and none for any device."""
    other = "Dataset|Iterator|Table|Queue|Summary|Barrier|Stack|TensorArray|Reader|Accumulator"
    for name in dir(tf.raw_ops):
        definition = op_def_registry.get(name)
        if definition is None or not re.match("Resource|Rng|Stateful", name):
            continue
        if not any(arg.type == types_pb2.DT_RESOURCE for arg in definition.input_arg):
            continue
        devices = [
            kernel.device_type for kernel in kernels.get_registered_kernels_for_op(name).kernel
        ]
        removed = definition.deprecation.version  # nobody can make a node of it
        if "CPU" in devices and not removed and not re.search(other, name):
            yield definition


OPS = {definition.name: definition for definition in ops_on_variables()}


def arguments(definition, variables):
    """Values for every input, made from the names that TensorFlow's ops share."""
    name = definition.name
    sparse = "Sparse" in name or "Scatter" in name or "Gather" in name
    random = name.startswith(("Rng", "Stateful"))
    result = {}
    for i, arg in enumerate(definition.input_arg):
        key = arg.name
        if arg.type == types_pb2.DT_RESOURCE:
            dtype = "int64" if random or name == "ResourceCountUpTo" else "float32"
            shape = (3,) if random else () if name == "ResourceCountUpTo" else SHAPE
            variables.append(variable(i, shape, dtype))
            result[key] = variables[-1].handle
        elif key in ("indices",):
            result[key] = tf.constant(ROWS[:, None] if "Nd" in name else ROWS)
        elif key in ("grad", "delta", "updates"):
            result[key] = tf.constant(array(4 if sparse else 5, 3, seed=i))
        elif name == "ResourceStridedSliceAssign":
            value = {"begin": [1, 0], "end": [3, 3], "strides": [1, 2]}.get(key)
            result[key] = tf.constant(array(2, 2) if value is None else value)
        elif key in ("alg", "algorithm"):
            result[key] = tf.constant(1, tf.int64 if name != "RngReadAndSkip" else tf.int32)
        elif key == "delta" or key == "shape":
            result[key] = tf.constant([4])
        elif key in ("minval", "maxval"):
            result[key] = tf.constant(-3 if key == "minval" else 12)
        elif key in ("counts", "probs"):
            result[key] = tf.constant(9.0 if key == "counts" else 0.4)
        elif key == "global_step":
            result[key] = tf.constant(3, tf.int64)
        else:  # learning rates, decays, norms
            result[key] = tf.constant(0.25 if "power" not in key else -0.5 if "lr" in key else 0.3)
        if name in ("RngReadAndSkip", "RngSkip") and key == "delta":
            result[key] = tf.constant(5, tf.uint64 if name == "RngReadAndSkip" else tf.int64)
    return result


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", OPS)
def test_op(name, mode):
    attributes = {
        "ResourceCountUpTo": {"limit": 50, "T": tf.int64},
        "ResourceGather": {"dtype": tf.float32},
        "ResourceGatherNd": {"dtype": tf.float32},
        "StatefulStandardNormal": {"dtype": tf.float32},
        "StatefulStandardNormalV2": {"dtype": tf.float32},
        "StatefulTruncatedNormal": {"dtype": tf.float32},
        "StatefulUniform": {"dtype": tf.float32},
        "StatefulUniformFullInt": {"dtype": tf.uint64},
    }

    def make():
        variables = []
        values = arguments(OPS[name], variables)
        if name == "StatefulRandomBinomial":
            own_buffer(variables[0])

        def step():
            result = getattr(tf.raw_ops, name)(**values, **attributes.get(name, {}))
            return result if OPS[name].output_arg else None

        return step, variables

    compare(make, mode, calls=2)


def test_all_ops_are_found():
    assert len(OPS) > 50


@pytest.mark.parametrize("mode", MODES)
def test_errors_are_those_of_the_cpu(mode):
    def errors(device):
        with tf.device(device):
            v = variable()
            mistakes = [
                lambda: tf.gather(v, [9]),
                lambda: v.scatter_add(tf.IndexedSlices(tf.ones([1, 3]), [9])),
                lambda: v.scatter_nd_update([[1]], tf.ones([1, 2])),
                lambda: v[1:3].assign(tf.ones([7])),
                lambda: tf.raw_ops.ResourceApplyAdam(
                    var=v.handle,
                    m=v.handle,
                    v=v.handle,
                    beta1_power=0.9,
                    beta2_power=0.9,
                    lr=0.1,
                    beta1=[0.9, 1.0],
                    beta2=0.9,
                    epsilon=1e-3,
                    grad=tf.ones(SHAPE),
                ),
            ]
            for mistake in mistakes:
                call = tf.function(mistake) if mode == "function" else mistake
                with pytest.raises(Exception) as caught:
                    call()
                yield caught.type
            np.testing.assert_array_equal(v.read_value(), variable().numpy())  # as it was
            v.scatter_nd_add([[0]], tf.ones([1, 3]))
            np.testing.assert_allclose(v[0].numpy(), variable()[0].numpy() + 1)

    assert list(errors("/MLC:0")) == list(errors("/CPU:0"))


def test_without_the_graph_optimizer():
    with tf.device("/MLC:0"):
        v = variable()
        options = tf.config.optimizer.get_experimental_options()
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        try:
            with pytest.raises(tf.errors.UnimplementedError, match="v.read_value()"):
                tf.function(lambda: tf.gather(v, [1]))()
            # What the message says to write instead.
            np.testing.assert_array_equal(
                tf.function(lambda: tf.gather(v.read_value(), [1]))(), v[1:2]
            )
        finally:
            tf.config.optimizer.set_experimental_options(
                {"disable_meta_optimizer": options.get("disable_meta_optimizer", False)}
            )


def test_tf_data_reads_a_variable():
    with tf.device("/MLC:0"):
        v = variable()
        data = tf.data.Dataset.range(5).map(lambda i: tf.gather(v, i))
        np.testing.assert_array_equal(np.stack(list(data.as_numpy_iterator())), v.numpy())


def test_sessions_of_version_1():
    def result(device):
        with tf.Graph().as_default(), tf.device(device):
            v = tf.compat.v1.get_variable(
                "v", initializer=tf.constant(np.abs(array(*SHAPE))), use_resource=True
            )
            loss = tf.reduce_sum(tf.gather(v, ROWS) ** 2)
            train = tf.compat.v1.train.AdamOptimizer(0.1).minimize(loss)
            with tf.compat.v1.Session() as session:
                session.run(tf.compat.v1.global_variables_initializer())
                return [session.run([loss, train])[0] for _ in range(3)]

    np.testing.assert_allclose(result("/MLC:0"), result("/CPU:0"), 1e-5)

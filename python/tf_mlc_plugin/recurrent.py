"""LSTM and GRU layers of Keras as one operation on MLC.

Keras asks its backend for a fused layer, and the TensorFlow backend has one for CUDA alone. Here
the backend's functions get a form for MLC: the product of the inputs and the kernel is taken for
all steps at once, and the steps themselves are a `tf.function` of a name that the device's graph
optimizer knows. On MLC it becomes one operation (mlcompute's Lstm, Gru and their gradients). The
functions hold nothing but TensorFlow's own ops, so a model saved with them runs anywhere.

Formulas: mlcompute/program/op.h, kLstm and kGru. All tensors are batch-major.
"""

import tensorflow as tf
from tensorflow.python.eager import record


def _marked(function):
    """A function that stays a call in graphs, so that the optimizer can find it. No tape sees what
    is inside: the gradients are written by hand."""
    kept = tf.function(function, autograph=False, experimental_attributes={"_noinline": True})

    # In eager execution the optimizer sees what is inside a called function, not the call.
    @tf.function(autograph=False)
    def caller(*args):
        return kept(*args)

    def call(*args):
        with record.stop_recording():
            return caller(*args) if tf.executing_eagerly() else kept(*args)

    return call


def _time_major(x):
    return tf.transpose(x, [1, 0, 2])


def _keep(mask, t, now, before):
    """`now` where step t of the mask is true, else `before`; no mask is true throughout."""
    return tf.where(mask[0][:, t, None], now, before) if mask else now


def _loop(steps, body, state, results, backwards=False):
    """Runs body(t, state) -> (state, one value per result) for all steps.

    Returns the last state and each result stacked along axis 1.
    """
    arrays = [tf.TensorArray(dtype, size=steps) for dtype in results]

    def step(i, state, arrays):
        t = steps - 1 - i if backwards else i
        state, values = body(t, state)
        return i + 1, state, [a.write(t, v) for a, v in zip(arrays, values, strict=True)]

    _, state, arrays = tf.while_loop(
        lambda i, *_: i < steps, step, (0, state, arrays), maximum_iterations=steps
    )
    return state, [_time_major(array.stack()) for array in arrays]


def tf_mlc_plugin_lstm(x, h0, c0, u, *mask):
    """x [n, t, 4h] -> states, last h, last c, gates [n, t, 4h], cells [n, t, h]."""
    xs = _time_major(x)

    def body(t, state):
        h, c = state
        i, f, g, o = tf.split(xs[t] + tf.matmul(h, u), 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c_now = f * c + i * g
        h_now = _keep(mask, t, o * tf.tanh(c_now), h)
        c_now = _keep(mask, t, c_now, c)
        return (h_now, c_now), (h_now, tf.concat([i, f, g, o], 1), c_now)

    (h, c), (states, gates, cells) = _loop(tf.shape(x)[1], body, (h0, c0), [x.dtype] * 3)
    return states, h, c, gates, cells


def tf_mlc_plugin_lstm_gradient(gates, cells, c0, u, dstates, dh, dc, *mask):
    """The gradients of x, h0 and c0."""
    all_gates, all_cells = _time_major(gates), _time_major(tf.concat([c0[:, None], cells], 1))
    dstates = _time_major(dstates)

    def body(t, state):
        dh, dc = state
        dh += dstates[t]
        i, f, g, o = tf.split(all_gates[t], 4, axis=1)
        squashed = tf.tanh(all_cells[t + 1])
        total = dc + dh * o * (1 - squashed * squashed)
        dx = tf.concat(
            [
                total * g * i * (1 - i),
                total * all_cells[t] * f * (1 - f),
                total * i * (1 - g * g),
                dh * squashed * o * (1 - o),
            ],
            1,
        )
        dx = _keep(mask, t, dx, tf.zeros_like(dx))
        before = _keep(mask, t, tf.matmul(dx, u, transpose_b=True), dh)
        return (before, _keep(mask, t, total * f, dc)), (dx,)

    state, (dx,) = _loop(tf.shape(gates)[1], body, (dh, dc), [gates.dtype], backwards=True)
    return dx, *state


def tf_mlc_plugin_gru(x, h0, u, bias, *mask):
    """x [n, t, 3h] -> states, last h, gates [n, t, 4h]."""
    xs = _time_major(x)

    def body(t, h):
        rz, rr, rg = tf.split(tf.matmul(h, u) + bias, 3, axis=1)
        xz, xr, xg = tf.split(xs[t], 3, axis=1)
        z, r = tf.sigmoid(xz + rz), tf.sigmoid(xr + rr)
        g = tf.tanh(xg + r * rg)
        h_now = _keep(mask, t, z * h + (1 - z) * g, h)
        return h_now, (h_now, tf.concat([z, r, g, rg], 1))

    h, (states, gates) = _loop(tf.shape(x)[1], body, h0, [x.dtype] * 2)
    return states, h, gates


def tf_mlc_plugin_gru_gradient(gates, states, h0, u, dstates, dh, *mask):
    """The gradients of x, of the recurrent product with its bias, and of h0."""
    all_gates, before = _time_major(gates), _time_major(tf.concat([h0[:, None], states], 1))
    dstates = _time_major(dstates)

    def body(t, dh):
        dh += dstates[t]
        z, r, g, rg = tf.split(all_gates[t], 4, axis=1)
        dz = dh * (before[t] - g) * z * (1 - z)
        dg = dh * (1 - z) * (1 - g * g)
        dr = dg * rg * r * (1 - r)
        dx = tf.concat([dz, dr, dg], 1)
        inner = tf.concat([dz, dr, dg * r], 1)
        dx, inner = (_keep(mask, t, v, tf.zeros_like(v)) for v in (dx, inner))
        dh_before = _keep(mask, t, dh * z + tf.matmul(inner, u, transpose_b=True), dh)
        return dh_before, (dx, inner)

    dh, (dx, inner) = _loop(tf.shape(gates)[1], body, dh, [gates.dtype] * 2, backwards=True)
    return dx, inner, dh


_LSTM = _marked(tf_mlc_plugin_lstm)
_LSTM_GRADIENT = _marked(tf_mlc_plugin_lstm_gradient)
_GRU = _marked(tf_mlc_plugin_gru)
_GRU_GRADIENT = _marked(tf_mlc_plugin_gru_gradient)


def _by_tape(function, arguments, mask, output_gradients):
    """The gradients of the first results of `function`, by operations that a tape can follow."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        results = function(*arguments, *mask)[: len(output_gradients)]
    return tape.gradient(results, arguments, output_gradients)


def _weight_gradient(h0, states, gradient):
    """Of u [h, gates], from the states before each step and the gradient of their products."""
    before = tf.concat([h0[:, None], states[:, :-1]], 1)
    return tf.matmul(
        tf.reshape(before, [-1, before.shape[-1]]),
        tf.reshape(gradient, [-1, gradient.shape[-1]]),
        transpose_a=True,
    )


def _lstm_steps(x, h0, c0, u, mask):
    """States [n, t, h], last h and last c; differentiable by the first four."""

    @tf.custom_gradient
    def steps(x, h0, c0, u):
        states, h, c, gates, cells = _LSTM(x, h0, c0, u, *mask)

        def gradient(dstates, dh, dc):
            if record.could_possibly_record():  # for a gradient of this gradient
                return _by_tape(tf_mlc_plugin_lstm, (x, h0, c0, u), mask, (dstates, dh, dc))
            dx, dh0, dc0 = _LSTM_GRADIENT(gates, cells, c0, u, dstates, dh, dc, *mask)
            return dx, dh0, dc0, _weight_gradient(h0, states, dx)

        return (states, h, c), gradient

    return steps(x, h0, c0, u)


def _gru_steps(x, h0, u, bias, mask):
    """States [n, t, h] and last h; differentiable by the first four."""

    @tf.custom_gradient
    def steps(x, h0, u, bias):
        states, h, gates = _GRU(x, h0, u, bias, *mask)

        def gradient(dstates, dh):
            if record.could_possibly_record():  # for a gradient of this gradient
                return _by_tape(tf_mlc_plugin_gru, (x, h0, u, bias), mask, (dstates, dh))
            dx, inner, dh0 = _GRU_GRADIENT(gates, states, h0, u, dstates, dh, *mask)
            dbias = tf.reduce_sum(tf.reshape(inner, [-1, inner.shape[-1]]), 0)
            return dx, dh0, _weight_gradient(h0, states, inner), dbias

        return (states, h), gradient

    return steps(x, h0, u, bias)


def _value(variable):
    return tf.convert_to_tensor(getattr(variable, "value", variable))


def _of_type(x, dtype):
    """Integers become floats, as in Keras's products of them with weights."""
    x = tf.convert_to_tensor(x)
    if x.dtype.is_integer or x.dtype.is_bool:
        return tf.cast(x, dtype)
    if x.dtype != dtype:
        raise NotImplementedError
    return x


class _Layer:
    """What LSTM and GRU have in common: the inputs before the steps and the outputs after them."""

    def __init__(self, inputs, mask, go_backwards, time_major, dtype):
        self.time_major = time_major
        x = _of_type(inputs, dtype)
        mask = None if mask is None else tf.cast(mask, tf.bool)
        if time_major:
            x = _time_major(x)
            mask = None if mask is None else tf.transpose(mask)
        if go_backwards:
            x = tf.reverse(x, [1])
            mask = None if mask is None else tf.reverse(mask, [1])
        self.x = x
        self.mask = () if mask is None else (mask,)

    def products(self, kernel, bias):
        """Inputs of all steps times the kernel, plus the bias."""
        flat = tf.matmul(tf.reshape(self.x, [-1, self.x.shape[-1]]), kernel) + bias
        shape = tf.shape(self.x)
        result = tf.reshape(flat, [shape[0], shape[1], kernel.shape[-1]])
        result.set_shape([*self.x.shape[:2], kernel.shape[-1]])
        return result

    def outputs(self, states, h, return_sequences, zero_output_for_mask):
        """Keras's last output and outputs, from all states and the last one. Before the first step
        that is not masked out, an output is 0, while the state is the initial one; with
        zero_output_for_mask it is 0 in every step that is masked out."""
        last = h
        if self.mask:
            mask = self.mask[0]
            if zero_output_for_mask:
                shown, last_shown = mask, mask[:, -1]
            else:
                shown = tf.cumsum(tf.cast(mask, tf.int32), axis=1) > 0
                last_shown = tf.reduce_any(mask, axis=1)
            last = tf.where(last_shown[:, None], h, tf.zeros_like(h))
            states = tf.where(shown[:, :, None], states, tf.zeros_like(states))
        states.set_shape([*self.x.shape[:2], states.shape[-1]])
        last.set_shape([self.x.shape[0], states.shape[-1]])
        outputs = states if return_sequences else last[:, None]
        return last, _time_major(outputs) if self.time_major else outputs


def _is_plain(activation, recurrent_activation, unroll, bias):
    from keras.src import activations, ops

    return (
        activation in (activations.tanh, tf.tanh, ops.tanh)
        and recurrent_activation in (activations.sigmoid, tf.sigmoid, ops.sigmoid)
        and not unroll
        and bias is not None
    )


def lstm(
    inputs,
    initial_state_h,
    initial_state_c,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
    time_major=False,
    zero_output_for_mask=False,
):
    """keras.src.backend.tensorflow.rnn.lstm for MLC: (last output, outputs, [h, c]).

    Raises NotImplementedError for what the operation does not cover; Keras then takes its loop.
    """
    if not _is_plain(activation, recurrent_activation, unroll, bias):
        raise NotImplementedError
    kernel = _value(kernel)
    h0, c0 = (_of_type(state, kernel.dtype) for state in (initial_state_h, initial_state_c))
    layer = _Layer(inputs, mask, go_backwards, time_major, kernel.dtype)
    x = layer.products(kernel, _value(bias))
    states, h, c = _lstm_steps(x, h0, c0, _value(recurrent_kernel), layer.mask)
    last, outputs = layer.outputs(states, h, return_sequences, zero_output_for_mask)
    return last, outputs, [h, c]


def gru(
    inputs,
    initial_state,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
    time_major=False,
    reset_after=True,
    zero_output_for_mask=False,
):
    """keras.src.backend.tensorflow.rnn.gru for MLC: (last output, outputs, [h]).

    Raises NotImplementedError for what the operation does not cover; Keras then takes its loop.
    """
    if not reset_after or not _is_plain(activation, recurrent_activation, unroll, bias):
        raise NotImplementedError
    kernel = _value(kernel)
    h0 = _of_type(initial_state, kernel.dtype)
    layer = _Layer(inputs, mask, go_backwards, time_major, kernel.dtype)
    input_bias, recurrent_bias = tf.unstack(_value(bias))
    x = layer.products(kernel, input_bias)
    states, h = _gru_steps(x, h0, _value(recurrent_kernel), recurrent_bias, layer.mask)
    last, outputs = layer.outputs(states, h, return_sequences, zero_output_for_mask)
    return last, outputs, [h]

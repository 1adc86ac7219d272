"""LSTM and multi-head attention against NumPy in float64."""

import numpy as np
import pytest
from run_layer import parameter, run_layer

import mlcompute as mlc

RNG = np.random.default_rng(5)


def random(*shape):
    return (RNG.standard_normal(shape) * 0.5).astype(np.float32)


def close(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, weights, layers, directions, h0, c0, lengths):
    """Output [N, T, D * H], last h and c [N, L * D, H], one row and step after the other."""
    w, u, b = weights
    h_last, c_last = h0.astype(float), c0.astype(float)
    for layer in range(layers):
        out = np.zeros((*x.shape[:2], directions, h0.shape[2]))
        for direction in range(directions):
            first, state = 4 * (direction * layers + layer), layer * directions + direction
            for n, length in enumerate(lengths):
                h, c = h_last[n, state], c_last[n, state]
                for t in reversed(range(length)) if direction else range(length):
                    i, f, g, o = (w[k] @ x[n, t] + u[k] @ h + b[k] for k in range(first, first + 4))
                    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                    h = sigmoid(o) * np.tanh(c)
                    out[n, t, direction] = h
                h_last[n, state], c_last[n, state] = h, c
        x = out.reshape(*x.shape[:2], -1)
    return x, h_last, c_last


def make_weights(size, hidden, layers, directions):
    w, u, b = [], [], []
    for _ in range(directions):
        for layer in range(layers):
            for _ in range(4):
                w.append(random(hidden, size if layer == 0 else directions * hidden))
                u.append(random(hidden, hidden))
                b.append(random(hidden))
    return w, u, b


def flat(arrays, images):
    return [parameter(a.reshape([1, -1] + [1, 1] * images)) for a in arrays]


@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (1, 2), (2, 1), (3, 2)])
@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_lstm(layers, directions, steps, lengths, states, sequences):
    weights = make_weights(3, 4, layers, directions)
    x = random(3, steps, 3)
    count = layers * directions
    h0, c0 = (random(3, count, 4) * states for _ in range(2))
    valid = np.int32([steps, max(steps - 3, 1), steps]) if lengths else np.int32([steps] * 3)
    sources = [x] + [h0, c0] * states + [valid] * lengths
    layer = mlc.lstm_layer(
        *(flat(arrays, images=states) for arrays in weights),
        input_size=3,
        hidden_size=4,
        layer_count=layers,
        is_bidirectional=directions == 2,
        returns_sequences=sequences,
        result_mode="output_and_states",
    )
    found = run_layer(layer, *sources, results=3)
    out, h, c = lstm(x.astype(float), weights, layers, directions, h0, c0, valid)
    if not sequences:
        out = h[:, -directions:].reshape(3, -1)
    close(found[0], out)
    close(found[1], h[:, 0] if count == 1 else h)
    close(found[2], c[:, 0] if count == 1 else c)


def test_lstm_of_part_of_a_batch():
    w, u, b = make_weights(3, 2, 1, 1)
    x = random(4, 3, 3)
    layer = mlc.lstm_layer(flat(w, 0), flat(u, 0), flat(b, 0), input_size=3, hidden_size=2)
    zero = np.zeros((2, 1, 2))
    close(run_layer(layer, x, batch_size=2), lstm(x[:2], (w, u, b), 1, 1, zero, zero, [3, 3])[0])


def test_lstm_is_keras():
    keras = pytest.importorskip("keras")
    w, u, b = make_weights(3, 4, 1, 1)
    x = random(2, 6, 3)
    model = keras.layers.LSTM(4, return_sequences=True)
    model.build(x.shape)
    model.set_weights([np.concatenate(w).T, np.concatenate(u).T, np.concatenate(b)])
    layer = mlc.lstm_layer(flat(w, 1), flat(u, 1), flat(b, 1), input_size=3, hidden_size=4)
    close(run_layer(layer, x), np.asarray(model(x)))


def test_lstm_without_biases_and_with_other_activations():
    w, u, _ = make_weights(3, 4, 1, 1)
    x = random(2, 1, 3)
    layer = mlc.lstm_layer(
        flat(w, 0),
        flat(u, 0),
        input_size=3,
        hidden_size=4,
        gate_activations=["tanh", "sigmoid", "relu", "absolute"],
        output_activation=mlc.ActivationType.LINEAR,
    )
    i, _, g, o = (x[:, 0].astype(float) @ k.T for k in w)
    close(run_layer(layer, x), (abs(o) * np.tanh(i) * np.maximum(g, 0))[:, None])


def test_lstm_errors():
    w, u, b = (flat(arrays, 0) for arrays in make_weights(3, 4, 1, 1))
    sizes = {"input_size": 3, "hidden_size": 4}
    with pytest.raises(ValueError, match="takes 8 input weights"):
        mlc.lstm_layer(w, u, b, **sizes, is_bidirectional=True)
    with pytest.raises(ValueError, match="input weights"):
        mlc.lstm_layer(w, u, b, input_size=2, hidden_size=4)
    with pytest.raises(ValueError, match="dropout"):
        mlc.lstm_layer(w, u, b, **sizes, dropout=1)
    with pytest.raises(ValueError, match="4 gate activations"):
        mlc.lstm_layer(w, u, b, **sizes, gate_activations=["tanh"])
    for sources, message in [
        ([random(2, 3)], "rank 3"),
        ([random(2, 3, 4)], "3 features"),
        ([random(2, 3, 3), random(2, 5), random(2, 5)], "h0 and c0"),
        ([random(2, 3, 3), np.int64([3, 3])], "lengths"),
    ]:
        with pytest.raises(ValueError, match=message):
            run_layer(mlc.lstm_layer(w, u, b, **sizes), *sources)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(query, key, value, weights, biases, further, zeros, key_mask, mask):
    """One row and head after the other, in float64. Masks are added to the scores."""
    wq, wk, wv, wo = (w[0].astype(float) for w in weights)
    result = np.zeros(query.shape)
    heads = len(wq)
    bq, bk, bv, bo = biases
    for n in range(len(query)):
        outputs = []
        for h in range(heads):
            q = query[n] @ wq[h].T + bq.reshape(heads, -1)[h]
            k = key[n] @ wk[h].T + bk.reshape(heads, -1)[h]
            v = value[n] @ wv[h].T + bv.reshape(heads, -1)[h]
            scores = [q @ k.T / np.sqrt(q.shape[1]) + key_mask[n] + mask[n, h]]
            for extra_k, extra_v in further:
                row = extra_k.reshape(heads, -1)[h]
                scores.append((q @ row / np.sqrt(q.shape[1]))[:, None])
                v = np.concatenate([v, extra_v.reshape(heads, -1)[h][None]])
            if zeros:
                scores.append(np.zeros((len(q), 1)))
                v = np.concatenate([v, np.zeros((1, v.shape[1]))])
            outputs.append(softmax(np.concatenate(scores, 1)) @ v)
        result[n] = np.concatenate(outputs, 1) @ wo[0].T + bo
    return result


@pytest.mark.parametrize(("model", "key", "value", "heads"), [(6, 6, 6, 2), (5, 6, 9, 3)])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("further", [False, True])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("masks", ["", "k", "b", "f", "kF", "Bk"])
def test_multihead_attention(model, key, value, heads, bias, further, zeros, masks):
    n, length, positions = 2, 3, 4
    sources = [random(n, t, model) for t in (length, positions, positions)]
    key_mask, mask = np.zeros((n, positions)), np.zeros((n, heads, length, positions))
    for kind in masks:
        if kind == "k":
            given = np.array([[0, 1, 0, 0], [0, 0, 1, 1]], bool)
            key_mask = np.where(given, -np.inf, 0)
        else:
            rows = n * heads if kind.isupper() else 1
            given = random(rows, length, positions)
            if kind in "bB":
                given = given > 0.4
                given[..., 0] = False
            added = np.where(given, -np.inf, 0) if kind in "bB" else given
            added = np.broadcast_to(added, (n * heads, length, positions))
            mask = added.reshape(n, heads, length, positions)
        sources.append(given)
    weights = [
        random(1, heads, key // heads, model),
        random(1, heads, key // heads, model),
        random(1, heads, value // heads, model),
        random(1, 1, model, value),
    ]
    biases = [random(1, size) * bias for size in (key, key, value, model)]
    rows = [random(1, key), random(1, value)]
    layer = mlc.multihead_attention_layer(
        [parameter(w) for w in weights],
        [parameter(b) for b in biases] if bias else None,
        [parameter(r) for r in rows] if further else None,
        model_dimension=model,
        head_count=heads,
        key_dimension=key,
        value_dimension=value,
        adds_zero_attention=zeros,
    )
    expected = attention(*sources[:3], weights, biases, [rows] * further, zeros, key_mask, mask)
    close(run_layer(layer, *sources), expected)


def make_attention(**options):
    weights = [random(1, 2, 2, 4) for _ in range(3)] + [random(1, 1, 4, 4)]
    return mlc.multihead_attention_layer(
        [parameter(w) for w in weights], **{"model_dimension": 4, "head_count": 2, **options}
    )


def test_fully_masked_position_is_nan():
    x = random(1, 2, 4)
    found = run_layer(make_attention(), x, x, x, np.array([[[True, True], [False, True]]]))
    assert np.isnan(found[0, 0]).all()
    assert np.isfinite(found[0, 1]).all()


def test_multihead_attention_errors():
    x = random(2, 3, 4)
    with pytest.raises(ValueError, match="query weights"):
        make_attention(head_count=4)
    with pytest.raises(ValueError, match="divide into 3 heads"):
        make_attention(head_count=3)
    with pytest.raises(ValueError, match="no or 4 biases"):
        make_attention(biases=[parameter(random(1, 4))])
    for sources, message in [
        ([x, x], "query, key, value"),
        ([x, x, random(2, 2, 4)], "must be"),
        ([x, x, random(2, 3, 5)], "must be"),
        ([x, x, x, random(2, 3)], "key mask"),
        ([x, x, x, random(3, 3, 3)], "attention mask"),
        ([x, x, x, np.zeros((1, 3, 3), np.int32)], "attention mask"),
        ([x, x, x, np.zeros((2, 3), bool), np.zeros((2, 3), bool)], "two masks"),
    ]:
        with pytest.raises(ValueError, match=message):
            run_layer(make_attention(), *sources)

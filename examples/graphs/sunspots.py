"""An LSTM that predicts the next year's sunspots from the 12 years before.

The numbers since 1700 are those of statsmodels. Compared with "as this year" on the last 59 years;
exits with 1 unless it halves that mean squared error.
"""

import sys

import numpy as np
import statsmodels.api as sm

import mlcompute as mlc

YEARS, HIDDEN, TEST = 12, 8, 59


def make_layers(graph, x):
    """The LSTM's last output through a dense layer: one number for each sequence."""

    def gates(inputs):
        scale = np.sqrt(1 / inputs)
        return [
            mlc.tensor(
                [1, HIDDEN * inputs],
                data=(scale * RNG.uniform(-1, 1, [1, HIDDEN * inputs])).astype(np.float32),
            )
            for _ in range(4)
        ]

    biases = [mlc.tensor([1, HIDDEN], fill=bias) for bias in (0, 1, 0, 0)]  # remembers at first
    lstm = mlc.lstm_layer(
        gates(1),
        gates(HIDDEN),
        biases,
        input_size=1,
        hidden_size=HIDDEN,
        returns_sequences=False,
    )
    dense = mlc.fully_connected_layer(
        mlc.tensor([1, HIDDEN], data=RNG.uniform(-0.2, 0.2, [1, HIDDEN]).astype(np.float32)),
        mlc.tensor([1, 1], fill=0),
        input_feature_channel_count=HIDDEN,
        output_feature_channel_count=1,
    )
    return graph.add_layer(dense, graph.add_layer(lstm, x))


RNG = np.random.default_rng(0)


def main():
    spots = sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    series = (np.sqrt(spots) / 7 - 0.8).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(series, YEARS + 1)
    x, y = windows[:, :YEARS, None].copy(), windows[:, YEARS:].copy()
    train, test = slice(0, len(x) - TEST), slice(len(x) - TEST, None)
    rows = len(x) - TEST

    sequence, target = mlc.tensor([rows, YEARS, 1]), mlc.tensor([rows, 1])
    graph = mlc.graph()
    prediction = make_layers(graph, sequence)
    optimizer = mlc.adam_optimizer(
        0.01,
        applies_gradient_clipping=True,
        gradient_clipping_type="by_global_norm",
        maximum_clipping_norm=1,
    )
    training = mlc.training_graph([graph], mlc.loss_layer("mean_squared_error"), optimizer)
    training.add_inputs({"x": sequence}, {"y": target})
    training.compile(mlc.device())
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"x": sequence})
    inference.compile(mlc.device())

    for step in range(1, 151):
        optimizer.learning_rate = 0.01 if step < 100 else 0.002
        training.execute({"x": x[train]}, {"y": y[train]})
        if step % 50 == 0:
            print(f"step {step}: mean squared error {training.result_tensor.numpy()[0]:.5f}")

    def spots_of(scaled):
        return (np.maximum(scaled + 0.8, 0) * 7) ** 2

    inference.execute({"x": x[test]}, batch_size=TEST)
    actual = spots[-TEST:]
    error = np.mean((spots_of(prediction.numpy()[:, 0]) - actual) ** 2)
    naive = np.mean((spots[-TEST - 1 : -1] - actual) ** 2)
    print(f"1950 to 2008: mean squared error {error:.1f}, of 'as this year' {naive:.1f}")
    return 0 if error < naive / 2 else 1


if __name__ == "__main__":
    sys.exit(main())

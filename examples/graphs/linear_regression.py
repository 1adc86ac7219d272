"""Linear regression of the diabetes study (Efron et al. 2004) with a training graph, compared with
the solution of the normal equations. Exits with 1 when they differ.
"""

import sys

import numpy as np
from sklearn.datasets import load_diabetes

import mlcompute as mlc


def main():
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    y = ((y - y.mean()) / y.std()).astype(np.float32)[:, None]
    rows, features = x.shape

    inputs, labels = mlc.tensor(x.shape), mlc.tensor(y.shape)
    layer = mlc.fully_connected_layer(
        mlc.tensor([1, features], fill=0),
        mlc.tensor([1, 1], fill=0),
        input_feature_channel_count=features,
        output_feature_channel_count=1,
    )
    graph = mlc.graph()
    graph.add_layer(layer, inputs)
    training = mlc.training_graph(
        [graph], mlc.loss_layer("mean_squared_error"), mlc.sgd_optimizer(0.1, momentum_scale=0.9)
    )
    training.add_inputs({"x": inputs}, {"y": labels})
    training.compile(mlc.device())
    for step in range(1001):
        training.execute({"x": x}, {"y": y})
        if step % 250 == 0:
            print(f"step {step}: mean squared error {training.result_tensor.numpy()[0]:.6f}")

    exact = np.linalg.lstsq(np.c_[x, np.ones(rows)].astype(float), y.astype(float))[0].ravel()
    found = np.r_[layer.weights.numpy().ravel(), layer.biases.numpy().ravel()]
    for name, a, b in zip([*load_diabetes().feature_names, "bias"], found, exact, strict=True):
        print(f"{name:>4}: {a:8.4f}, exactly {b:8.4f}")
    difference = np.abs(found - exact).max()
    print(f"largest difference: {difference:.1e}")
    return 0 if difference < 2e-3 else 1


if __name__ == "__main__":
    sys.exit(main())

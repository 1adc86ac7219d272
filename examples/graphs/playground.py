"""The flow of MLCompute's Swift playgrounds, in Python: one dense layer with a sigmoid, first run
forward, then trained by phases to tell points above a line from those below.

Prints its progress; exits with 1 when it has not learned it.
"""

import sys

import numpy as np

import mlcompute as mlc

BATCH = 32


def main():
    mlc.platform.set_rng_seed(0)
    rng = np.random.default_rng(0)
    device = mlc.device()

    # Tensors: inputs have no data, parameters have.
    points = mlc.tensor([BATCH, 2], "Float32")
    labels = mlc.tensor([BATCH, 1], "Float32")
    weights = mlc.tensor([1, 2], random_initializer="glorot_uniform")
    biases = mlc.tensor([1, 1], fill=0)

    # The graph: layers applied to tensors.
    graph = mlc.graph()
    dense = mlc.fully_connected_layer(
        weights, biases, input_feature_channel_count=2, output_feature_channel_count=1
    )
    logits = graph.add_layer(dense, points)
    print("layers:", [layer.label for layer in graph.layers])

    # The training graph comes first; an inference graph over the same layers shares its parameters.
    loss = mlc.loss_layer(mlc.LossType.SIGMOID_CROSS_ENTROPY, mlc.ReductionType.MEAN)
    training = mlc.training_graph([graph], loss, mlc.sgd_optimizer(0.5, momentum_scale=0.9))
    training.add_inputs({"points": points}, {"labels": labels})
    training.compile(device)

    inference = mlc.inference_graph([graph])
    probability = inference.add_layer(mlc.activation_layer("sigmoid"), logits)
    inference.add_inputs({"points": points})
    inference.compile(device)

    def sample():
        x = rng.uniform(-1, 1, (BATCH, 2)).astype(np.float32)
        return x, (x[:, :1] - 2 * x[:, 1:] > 0.3).astype(np.float32)

    def accuracy():
        right = 0
        for _ in range(10):
            x, y = sample()
            inference.execute({"points": x})
            right += int(((probability.numpy() > 0.5) == y).sum())
        return right / (10 * BATCH)

    print(f"accuracy before: {accuracy():.3f}")
    for step in range(1, 201):
        x, y = sample()
        training.bind_and_write_data(
            {"points": x, "labels": y}, {"points": points, "labels": labels}, device
        )
        training.execute_forward()
        training.execute_gradient()
        gradient = training.gradient_data_for_parameter(weights, dense)
        training.execute_optimizer_update()
        if step % 50 == 0:
            value = training.result_tensor.numpy()[0]
            print(f"step {step}: loss {value:.4f}, gradient {np.abs(gradient).max():.4f}")
    training.synchronize_updates()
    after = accuracy()
    w, b = weights.numpy()[0], biases.numpy()[0]
    print(f"line: x = {-w[1] / w[0]:.2f} y + {-b[0] / w[0]:.2f}")
    print(f"accuracy after: {after:.3f}")
    return 0 if after > 0.97 else 1


if __name__ == "__main__":
    sys.exit(main())

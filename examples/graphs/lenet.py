"""LeNet-5 (LeCun et al. 1998) on scikit-learn's handwritten digits, with a training graph.

Prints loss and accuracy of every epoch; exits with 1 under 97 % of the digits it has not seen.
"""

import sys
import time

import numpy as np
from sklearn.datasets import load_digits

import mlcompute as mlc

BATCH = 64
EPOCHS = 12


def convolution(graph, x, inputs, outputs, size, policy):
    descriptor = mlc.tensor_descriptor.convolution_weights(size, size, inputs, outputs)
    layer = mlc.convolution_layer(
        mlc.tensor(descriptor, random_initializer="glorot_uniform"),
        mlc.tensor([1, outputs, 1, 1], fill=0),
        kernel_sizes=size,
        input_feature_channel_count=inputs,
        output_feature_channel_count=outputs,
        padding_policy=policy,
    )
    x = graph.add_layer(mlc.activation_layer("relu"), graph.add_layer(layer, x))
    return graph.add_layer(mlc.pooling_layer("max", 2, 2), x)


def dense(graph, x, inputs, outputs):
    descriptor = mlc.tensor_descriptor.convolution_weights(1, 1, inputs, outputs)
    layer = mlc.fully_connected_layer(
        mlc.tensor(descriptor, random_initializer="glorot_uniform"),
        mlc.tensor([1, outputs, 1, 1], fill=0),
        input_feature_channel_count=inputs,
        output_feature_channel_count=outputs,
    )
    return graph.add_layer(layer, x)


def lenet(graph, image):
    """Logits [N, 10] of images [N, 1, 16, 16]."""
    x = convolution(graph, image, 1, 6, 5, "same")
    x = convolution(graph, x, 6, 16, 5, "same")
    x = graph.reshape([image.shape[0], 256], x)
    x = graph.add_layer(mlc.activation_layer("relu"), dense(graph, x, 256, 120))
    x = graph.add_layer(mlc.activation_layer("relu"), dense(graph, x, 120, 84))
    return dense(graph, x, 84, 10)


def main():
    mlc.platform.set_rng_seed(0)
    rng = np.random.default_rng(0)
    digits = load_digits()
    # Twice as large as they are: 16 x 16.
    images = (digits.images / 16).repeat(2, 1).repeat(2, 2).astype(np.float32)[:, None]
    labels = np.eye(10, dtype=np.float32)[digits.target]
    order = rng.permutation(len(images))
    train, test = order[:1437], order[1437:]

    image, label = mlc.tensor([BATCH, 1, 16, 16]), mlc.tensor([BATCH, 10])
    graph = mlc.graph()
    logits = lenet(graph, image)
    loss = mlc.loss_layer("softmax_cross_entropy", class_count=10)
    training = mlc.training_graph([graph], loss, mlc.adam_optimizer(0.002))
    training.add_inputs({"image": image}, {"label": label})
    training.compile(mlc.device())

    inference = mlc.inference_graph([graph])
    inference.add_inputs({"image": image})
    inference.compile(mlc.device())

    def batches(indices):
        for begin in range(0, len(indices), BATCH):
            part = indices[begin : begin + BATCH]
            yield part, len(part) if len(part) < BATCH else 0

    accuracy = 0
    for epoch in range(1, EPOCHS + 1):
        start, total = time.perf_counter(), 0
        for part, size in batches(rng.permutation(train)):
            training.execute({"image": images[part]}, {"label": labels[part]}, batch_size=size)
            total += training.result_tensor.numpy()[0] * len(part)
        seconds = time.perf_counter() - start
        right = 0
        for part, size in batches(test):
            inference.execute({"image": images[part]}, size)
            right += int((logits.numpy().argmax(1) == digits.target[part]).sum())
        accuracy = right / len(test)
        print(
            f"epoch {epoch}: loss {total / len(train):.4f}, test accuracy {accuracy:.4f}, "
            f"{seconds:.2f} s"
        )
    return 0 if accuracy >= 0.97 else 1


if __name__ == "__main__":
    sys.exit(main())

"""Differentiates one layer of `mlcompute`, without loss or optimizer."""

import numpy as np
from run_layer import dtype_of

import mlcompute as mlc


class Training:
    """`layer` in a training graph over arrays."""

    def __init__(self, layer, arrays):
        self.layer = layer
        self.arrays = {f"x{i}": np.asarray(array) for i, array in enumerate(arrays)}
        self.inputs = {name: mlc.tensor(a.shape, dtype_of(a)) for name, a in self.arrays.items()}
        graph = mlc.graph()
        graph.add_layer(layer, list(self.inputs.values()))
        self.results = graph.result_tensors(layer)
        self.training = mlc.training_graph([graph])
        self.training.add_inputs(self.inputs)
        self.user_gradients = [
            self.training.allocate_user_gradient_for_tensor(result) for result in self.results
        ]
        assert self.training.compile(mlc.device(), compute_all_gradients=True)

    def forward(self, arrays=None):
        """The results, for other arrays if some are given."""
        data = dict(zip(self.inputs, arrays, strict=True)) if arrays else self.arrays
        self.training.bind_and_write_data(data, self.inputs)
        assert self.training.execute_forward()
        return [result.numpy() for result in self.results]

    def gradients(self, weights):
        """Gradients of sum(result * weight) over all results, after forward().

        Those of the floating-point inputs, and of the layer's parameters.
        """
        for tensor, weight in zip(self.user_gradients, weights, strict=True):
            tensor.bind_data(weight)
        assert self.training.execute_gradient()
        inputs = [
            self.training.gradient_tensor_for_input(tensor).numpy()
            for tensor in self.inputs.values()
            if tensor.dtype.startswith("float")
        ]
        parameters = [
            self.training.gradient_data_for_parameter(parameter.tensor, self.layer)
            for parameter in self.layer.parameters
        ]
        return inputs, parameters

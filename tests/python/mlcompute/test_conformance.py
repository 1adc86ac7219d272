"""What is known of the real framework: names, numbers, defaults, results and refusals.

The tables in tests/facts/ say where they come from; tools/mlcompute_facts.py renews the first.
"""

import json
import pathlib
import re

import numpy as np
import pytest
from run_layer import parameter, run_layer

import mlcompute as mlc

ROOT = pathlib.Path(__file__).resolve().parents[3]


def facts(name):
    return json.loads((ROOT / "tests" / "facts" / f"mlcompute_{name}.json").read_text())


ENUMS = facts("enums")["enums"]
CLASSES = facts("classes")["classes"]
DEFAULTS = facts("defaults")

# ---- enumerations


def folded(name):
    return name.replace("_", "").upper()


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_enum(name):
    if name in ("ExecutionOptions", "GraphCompilationOptions"):
        pytest.skip("options are keyword arguments: test_options")
    expected = {folded(k): v for k, v in ENUMS[name].items() if k != "Invalid"}
    found = {folded(m.name): int(m) for m in getattr(mlc, name)}
    if name == "DataType":
        assert found.pop("BFLOAT16") == 100  # which MLCompute lacks
    assert found == expected


def test_options():
    """Each option is a keyword argument of what takes it, or has no meaning here."""
    compile_options = {
        "None": None,
        "DebugLayers": "debug_layers",
        "DisableLayerFusion": None,
        "LinkGraphs": "link_graphs",
        "ComputeAllGradients": "compute_all_gradients",
    }
    execution_options = {
        "None": None,
        # Inputs of executions by phases are always taken from their tensors.
        "SkipWritingInputDataToDevice": None,
        "Synchronous": "synchronous",
        "Profiling": None,  # executions are always timed
        "ForwardForInference": "for_inference",
        "PerLayerProfiling": None,
    }
    assert set(compile_options) == set(ENUMS["GraphCompilationOptions"])
    assert set(execution_options) == set(ENUMS["ExecutionOptions"])
    for function, options in [
        (mlc.training_graph.compile, compile_options),
        (mlc.training_graph.execute_forward, execution_options),
    ]:
        for option in filter(None, options.values()):
            assert f" {option}:" in function.__doc__


def test_debug_descriptions():
    for value, text in [
        (mlc.ActivationType.RELU, "ReLU"),
        (mlc.ArithmeticOperation.ADD, "Add"),
        (mlc.PaddingPolicy.USE_PADDING_SIZE, "Use Padding Size"),
        (mlc.LossType.MEAN_ABSOLUTE_ERROR, "Absolute Error"),
        (mlc.ReductionType.ARG_MAX, "Arg Max"),
        (mlc.PaddingType.CONSTANT, "Constant"),
        (mlc.ConvolutionType.STANDARD, "Standard"),
        (mlc.PoolingType.L2_NORM, "L2 Norm"),
        (mlc.SoftmaxOperation.LOG_SOFTMAX, "Log Softmax"),
        (mlc.SampleMode.NEAREST, "Nearest"),
        (mlc.LSTMResultMode.OUTPUT_AND_STATES, "Output and States"),
        (mlc.ComparisonOperation.LOGICAL_AND, "Logical AND"),
        (mlc.GradientClippingType.BY_GLOBAL_NORM, "By Global Norm"),
    ]:
        assert value.debug_description == text


# ---- classes and their properties

# In Python a descriptor is its layer's keyword arguments and properties.
DESCRIPTORS = {
    "MLCActivationDescriptor": "activation_layer",
    "MLCConvolutionDescriptor": "convolution_layer",
    "MLCPoolingDescriptor": "pooling_layer",
    "MLCEmbeddingDescriptor": "embedding_layer",
    "MLCLSTMDescriptor": "lstm_layer",
    "MLCMatMulDescriptor": "mat_mul_layer",
    "MLCMultiheadAttentionDescriptor": "multihead_attention_layer",
    "MLCLossDescriptor": "loss_layer",
    "MLCYOLOLossDescriptor": "yolo_loss_layer",
    "MLCOptimizerDescriptor": "optimizer",
}
RENAMED = {
    "dataType": "dtype",
    "actualDeviceType": "actual_type",
    "maxTensorDimensions": "max_tensor_dimensions",
    "data": "numpy",
    "bytes": "numpy",
    "kernelWidth": "kernel_sizes",
    "kernelHeight": "kernel_sizes",
    "strideInX": "strides",
    "strideInY": "strides",
    "dilationRateInX": "dilation_rates",
    "dilationRateInY": "dilation_rates",
    "paddingSizeInX": "padding_sizes",
    "paddingSizeInY": "padding_sizes",
    "isConvolutionTranspose": "convolution_type",
    "usesDepthwiseConvolution": "convolution_type",
    "usesAMSGrad": "uses_ams_grad",
    "minimumIOUForObjectPresence": "minimum_iou_for_object_presence",
    "maximumIOUForObjectAbsence": "maximum_iou_for_object_absence",
}
# What Python has no attribute for, and why.
ABSENT = {
    "MLCDevice.gpuDevices": "there are none",
    "MLCTensor.optimizerDeviceData": "optimizer data are on no device of their own",
    "MLCLayer.deviceType": "layers run where their graph does",
    "MLCLSTMDescriptor.usesBiases": "biases=None",
    "MLCLSTMDescriptor.batchFirst": "always: [N, T, C]",
    "MLCLSTMLayer.peepholeWeights": "refused by the framework's own factories",
    "MLCLSTMLayer.peepholeWeightsParameters": "the same",
    "MLCLSTMLayer.gateActivations": "told the constructor",
    "MLCLSTMLayer.outputResultActivation": "told the constructor",
    "MLCMultiheadAttentionDescriptor.hasBiases": "biases=None",
    "MLCMultiheadAttentionDescriptor.hasAttentionBiases": "attention_biases=None",
    "MLCConvolutionDescriptor.inputFeatureChannelCount": "the weights' shape",
    "MLCConvolutionDescriptor.outputFeatureChannelCount": "the weights' shape",
    "MLCBatchNormalizationLayer.featureChannelCount": "the mean's shape",
    "MLCInstanceNormalizationLayer.featureChannelCount": "told the constructor",
    "MLCGroupNormalizationLayer.featureChannelCount": "told the constructor",
}


def snake(name):
    """relu6Layer -> relu6_layer, tensorID -> tensor_id, hasValidNumerics -> has_valid_numerics."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def python_class(name):
    if name in DESCRIPTORS:
        return DESCRIPTORS[name]
    special = {"MLCLSTMLayer": "lstm_layer", "MLCYOLOLossLayer": "yolo_loss_layer"}
    special |= {
        "MLCAdamWOptimizer": "adam_w_optimizer",
        "MLCRMSPropOptimizer": "rms_prop_optimizer",
        "MLCSGDOptimizer": "sgd_optimizer",
    }
    return special.get(name) or snake(name[3:])


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_properties(name):
    """Every property of every class is an attribute, or in the table above."""
    if name == "MLCTensorOptimizerDeviceData":
        assert CLASSES[name]["properties"] == []
        return
    kind = getattr(mlc, python_class(name))
    for item in CLASSES[name]["properties"]:
        if item.endswith("Layer") and name == "MLCActivationLayer":
            continue  # test_activation_layers
        if item == "descriptor" and name != "MLCTensor" or item == "yoloLossDescriptor":
            continue
        place = f"{name}.{item}"
        attribute = RENAMED.get(item, snake(item))
        if place in ABSENT:
            assert not hasattr(kind, attribute), f"{place} is there"
        else:
            assert hasattr(kind, attribute), place


def test_absent_properties_exist():
    for place in ABSENT:
        name, item = place.split(".")
        assert item in CLASSES[name]["properties"], place


def test_documentation_names_every_class():
    text = (ROOT / "docs" / "mlcompute.md").read_text()
    table = text[text.index("| MLCompute | Python |") :]
    for name in CLASSES:
        if name not in DESCRIPTORS:
            assert re.search(rf"\b{name}\b", table), name


# ---- defaults


def make_all():
    """One of each class, told nothing that has a default."""
    one, four = mlc.tensor([1, 1], fill=1), mlc.tensor([4], fill=1)
    ten = mlc.tensor([10, 1], fill=1)
    channels = mlc.tensor([1, 1, 1, 1], fill=1)
    cells = [parameter(np.ones((1, 1), np.float32)) for _ in range(4)]
    convolution = {"input_feature_channel_count": 1, "output_feature_channel_count": 1}
    heads = [mlc.tensor([1, 1, 1, 1], fill=1)] * 4
    return [
        mlc.activation_layer("relu"),
        mlc.arithmetic_layer("add"),
        mlc.batch_normalization_layer(1, channels, channels, None, None, 1e-3),
        mlc.comparison_layer("equal"),
        mlc.concatenation_layer(),
        mlc.convolution_layer(channels, None, kernel_sizes=1, **convolution),
        mlc.dropout_layer(0.5),
        mlc.embedding_layer(ten, embedding_count=10, embedding_dimension=1),
        mlc.fully_connected_layer(one, None, **convolution),
        mlc.gather_layer(0),
        mlc.gram_matrix_layer(1),
        mlc.group_normalization_layer(1, 1, None, None, 1e-3),
        mlc.instance_normalization_layer(1, None, None, 1e-3),
        mlc.layer_normalization_layer([4], four, four, 1e-3),
        mlc.loss_layer("huber"),
        mlc.yolo_loss_layer([(1, 1)]),
        mlc.lstm_layer(cells, cells, input_size=1, hidden_size=1),
        mlc.mat_mul_layer(),
        mlc.multihead_attention_layer(heads, model_dimension=1, head_count=1),
        mlc.padding_layer("zero", 1),
        mlc.pooling_layer("max", 2),
        mlc.reduction_layer("sum", 1),
        mlc.reshape_layer([1]),
        mlc.scatter_layer(0),
        mlc.selection_layer(),
        mlc.slice_layer([0], [1]),
        mlc.softmax_layer(),
        mlc.split_layer(2),
        mlc.transpose_layer([0, 1]),
        mlc.upsample_layer(4),
        mlc.sgd_optimizer(0.1),
        mlc.adam_optimizer(0.1),
        mlc.adam_w_optimizer(0.1),
        mlc.rms_prop_optimizer(0.1),
    ]


MADE = {type(made).__name__: made for made in make_all()}


@pytest.mark.parametrize("name", [n for n in DEFAULTS if n in MADE])
def test_defaults(name):
    for item, expected in DEFAULTS[name].items():
        found = getattr(MADE[name], item)
        if isinstance(expected, list):
            assert list(found) == expected, item
        elif isinstance(expected, float):
            assert found == np.float32(expected), item
        else:
            assert found == expected, item


def test_every_default_is_tested():
    assert set(DEFAULTS) - set(MADE) == {"source", "activations", "labels"}
    layers = {name for name in vars(mlc) if name.endswith("_layer")} - {"normalization_layer"}
    assert layers == {name for name in MADE if name.endswith("_layer")}


@pytest.mark.parametrize("kind", [m.name.lower() for m in mlc.ActivationType])
def test_activation_defaults(kind):
    expected = DEFAULTS["activations"].get(kind, DEFAULTS["activations"][""])
    layer = mlc.activation_layer(kind)
    assert [layer.a, layer.b, layer.c] == [np.float32(x) for x in expected]


@pytest.mark.parametrize("name", sorted(DEFAULTS["labels"]))
def test_labels(name):
    assert MADE[name].label == DEFAULTS["labels"][name]


def test_layer_ids():
    graph, x = mlc.graph(), mlc.tensor([2])
    layers = [mlc.activation_layer("relu"), mlc.softmax_layer("softmax", 0)]
    assert [layer.layer_id for layer in layers] == [0, 0]
    for layer in layers:
        graph.add_layer(layer, x)
    graph.add_layer(layers[0], x)
    assert [layer.layer_id for layer in layers] == [1, 2]
    assert [layer.layer_id for layer in graph.layers] == [1, 2]


# ---- numbers that the real framework gave


def floats(*values, shape=None):
    return np.float32(values).reshape(shape or [-1])


def test_activations_of_1_to_4():
    x = floats(1, 2, 3, 4)
    e = np.exp(x.astype(float))
    for kind, expected in {
        "none": x,
        "relu": x,
        "linear": x,
        "sigmoid": 1 / (1 + 1 / e),
        "hard_sigmoid": [0.7, 0.9, 1, 1],
        "tanh": np.tanh(x),
        "soft_plus": np.log(1 + e),
        "soft_sign": x / (1 + x),
        "elu": x,
        "relun": [1, 1, 1, 1],
        "log_sigmoid": -np.log(1 + 1 / e),
        "selu": 1.0507009873554805 * x,
        "celu": x,
        "hard_shrink": x,
        "soft_shrink": x - 0.5,
        "tanh_shrink": x - np.tanh(x),
        "threshold": [1, 2, 3, 4],
        "hard_swish": [2 / 3, 5 / 3, 3, 4],
        "clamp": [1, 1, 1, 1],
    }.items():
        found = run_layer(mlc.activation_layer(kind), x)
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=kind)
    (first, *_) = run_layer(mlc.activation_layer("gelu"), x)
    assert round(float(first), 6) == 0.841192


def test_l2_norm_pooling():
    x = floats(1, 2, 3, 4, shape=(1, 1, 2, 2))
    layer = mlc.pooling_layer("l2_norm", 2, 2, padding_policy="valid")
    assert round(float(run_layer(layer, x).item()), 6) == 5.477226


def test_product_and_sum():
    """[[1, 2], [3, 4]] times itself plus 1, the framework's best known sample."""
    a, b, c = (mlc.tensor([1, 2, 2]) for _ in range(3))
    graph = mlc.graph()
    product = graph.add_layer(mlc.mat_mul_layer(), [a, b])
    result = graph.add_layer(mlc.arithmetic_layer("add"), [product, c])
    inference = mlc.inference_graph([graph])
    inference.add_inputs({"a": a, "b": b, "c": c})
    inference.compile(mlc.device())
    matrix = floats(1, 2, 3, 4, shape=(1, 2, 2))
    found = []
    pending = inference.execute(
        {"a": matrix, "b": matrix, "c": np.ones_like(matrix)},
        synchronous=False,
        completion=lambda tensor, error, seconds: found.extend(tensor.numpy().ravel()),
    )
    assert pending.wait() is result
    assert found == [8, 11, 16, 23]


def test_padding():
    x = floats(1, 2, 3, 4, 5, 6, 7, 8, 9, shape=(1, 1, 3, 3))
    reflect = run_layer(mlc.padding_layer("reflect", [1, 0, 0, 1]), x)[0, 0]
    assert reflect.tolist() == [[4, 5, 6, 5], [1, 2, 3, 2], [4, 5, 6, 5], [7, 8, 9, 8]]
    symmetric = run_layer(mlc.padding_layer("symmetric", [1, 0, 0, 1]), x)[0, 0]
    assert symmetric.tolist() == [[1, 2, 3, 3], [1, 2, 3, 3], [4, 5, 6, 6], [7, 8, 9, 9]]
    # Two numbers: left and right.
    layer = mlc.padding_layer("zero", [1, 2])
    sides = layer.padding_top, layer.padding_bottom, layer.padding_left, layer.padding_right
    assert sides == (0, 0, 1, 2)
    assert mlc.padding_layer("zero", 3).padding_bottom == 3


def test_upsampling():
    x = floats(1, 2, 3, 4, shape=(1, 1, 2, 2))
    found = run_layer(mlc.upsample_layer([4, 4]), x)[0, 0]
    assert found.tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_batch_normalization():
    x = floats(1, 2, 3, 4, shape=(1, 2, 1, 2))
    values = [parameter(floats(*v, shape=(1, 2, 1, 1))) for v in [(1, 3), (4, 9), (0.5, 1), (2, 3)]]
    found = run_layer(mlc.batch_normalization_layer(2, *values, 0), x).ravel()
    np.testing.assert_allclose(found, [0.5, 1.5, 1, 2], rtol=1e-6)


def test_comparison_is_boolean():
    found = run_layer(mlc.comparison_layer("less"), floats(1, 2), floats(2, 2))
    assert found.dtype == bool and found.tolist() == [True, False]


def test_split_and_slice():
    graph, x = mlc.graph(), mlc.tensor([1, 3])
    assert [part.shape for part in graph.split(x, 2)] == [(1, 2), (1, 1)]
    assert len(graph.split(x, 5)) == 3
    assert run_layer(mlc.slice_layer([1], [3]), floats(1, 2, 3, 4)).tolist() == [2, 3]


def test_descriptors():
    descriptor = mlc.tensor_descriptor([2, 3, 4, 5])
    assert descriptor.stride == (240, 80, 20, 4)
    assert mlc.tensor_descriptor.max_tensor_dimensions == 4
    image = mlc.tensor_descriptor.image(5, 4, 3, 2)
    assert image.shape == (2, 3, 4, 5)
    weights = mlc.tensor_descriptor.convolution_weights(5, 3, 2, 7)
    assert weights.shape == (1, 14, 3, 5)
    assert mlc.tensor_descriptor.convolution_biases(7).shape == (1, 7, 1, 1)
    for kind, size in [("float32", 4), ("float16", 2), ("boolean", 1), ("int64", 8), ("int32", 4),
                       ("int8", 1), ("uint8", 1)]:  # fmt: skip
        assert mlc.tensor_descriptor([3], kind).tensor_allocation_size_in_bytes == 3 * size


def test_sequences():
    descriptor = mlc.tensor_descriptor.sequences([3, 2, 1], 2, sorted_sequences=True)
    assert descriptor.shape == (3, 3, 2) and descriptor.sorted_sequences
    assert descriptor.sequence_lengths == (3, 2, 1)
    assert descriptor.batch_size_per_sequence_step == (3, 2, 1)
    descriptor = mlc.tensor_descriptor.sequences([1, 4, 2], 5)
    assert descriptor.shape == (3, 4, 5) and not descriptor.sorted_sequences
    assert descriptor.batch_size_per_sequence_step == (3, 2, 1, 1)
    assert mlc.tensor(descriptor).descriptor.sequence_lengths == (1, 4, 2)
    assert mlc.tensor_descriptor([2]).sequence_lengths == ()
    with pytest.raises(ValueError, match="must descend, got 3 after 2"):
        mlc.tensor_descriptor.sequences([2, 3], 1, True)
    with pytest.raises(ValueError, match="length 0"):
        mlc.tensor_descriptor.sequences([2, 0], 1)
    with pytest.raises(ValueError):
        mlc.tensor_descriptor.sequences([], 1)


def test_description_of_a_graph_without_layers():
    text = mlc.graph().summarized_dot_description
    assert text == "digraph MLCGraph {\n node [style=filled];\n}\n"


def test_memory_of_one_layer():
    """2 x 3 floats: 24 bytes for inference, 48 with their gradients."""
    for make, size in [(mlc.inference_graph, 24), (mlc.training_graph, 48)]:
        graph, x = mlc.graph(), mlc.tensor([2, 3])
        graph.add_layer(mlc.activation_layer("relu"), x)
        made = make([graph])
        made.add_inputs({"x": x})
        assert made.device_memory_size == 0
        made.compile(mlc.device())
        assert made.device_memory_size == size


# ---- what is answered with nil, NO or an exception


@pytest.mark.parametrize(
    "mistake",
    [
        lambda g, x: g.add_layer(mlc.activation_layer("relu"), [x, x]),
        lambda g, x: g.add_layer(mlc.arithmetic_layer("add"), x),
        lambda g, x: g.add_layer(mlc.arithmetic_layer("sin"), [x, x]),
        lambda g, x: g.transpose([0], x),
        lambda g, x: g.concatenate([x, x], 2),
        lambda g, x: g.reshape([], x),
        lambda g, x: g.reshape([7], x),
        lambda g, x: mlc.graph().add_layer(g.layers[0], x),
        lambda g, x: mlc.tensor([1, 1, 1, 1, 1]),
        lambda g, x: mlc.tensor([]),
        lambda g, x: mlc.tensor([2, 0]),
        lambda g, x: mlc.tensor([2], "float64"),
        lambda g, x: mlc.padding_layer("zero", [1, 1, 1]),
        lambda g, x: mlc.padding_layer("zero", []),
        lambda g, x: mlc.scatter_layer(0, "max"),
        lambda g, x: mlc.inference_graph([mlc.graph()]).compile(mlc.device()),
        lambda g, x: mlc.inference_graph([g]).compile(None),
        lambda g, x: g.add_layer(mlc.comparison_layer("logical_and"), [x, x]),
        # Parameters whose shapes are not what the layer needs.
        lambda g, x: mlc.batch_normalization_layer(3, x, x, None, None, 0),
        lambda g, x: mlc.convolution_layer(
            mlc.tensor([1, 5, 3, 3], fill=0),
            None,
            kernel_sizes=3,
            input_feature_channel_count=2,
            output_feature_channel_count=2,
        ),
    ],
)
def test_refusal(mistake):
    graph, x = mlc.graph(), mlc.tensor([2, 3])
    graph.add_layer(mlc.activation_layer("relu"), x)
    with pytest.raises(ValueError, match="."):
        mistake(graph, x)


def test_a_layer_may_be_used_several_times_in_its_graph():
    graph, x = mlc.graph(), mlc.tensor([2, 3])
    layer = mlc.activation_layer("relu")
    first = graph.add_layer(layer, x)
    second = graph.add_layer(layer, first)
    assert graph.layers == [layer]
    assert graph.source_tensors(layer) == [x, first]
    assert graph.result_tensors(layer) == [first, second]
    assert graph.result_tensors(mlc.softmax_layer()) == []

"""MLCompute's graphs in Python. What each name does is said in its docstring."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Literal, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

__version__: str

class _Described(IntEnum):
    @property
    def debug_description(self) -> str: ...

class DataType(IntEnum):
    FLOAT32 = 1
    FLOAT16 = 3
    BOOLEAN = 4
    INT64 = 5
    INT32 = 7
    INT8 = 8
    UINT8 = 9
    BFLOAT16 = 100

class DeviceType(IntEnum):
    CPU = 0
    GPU = 1
    ANY = 2
    ANE = 3

class ArithmeticOperation(_Described):
    ADD = 0
    SUBTRACT = 1
    MULTIPLY = 2
    DIVIDE = 3
    FLOOR = 4
    ROUND = 5
    CEIL = 6
    SQRT = 7
    RSQRT = 8
    SIN = 9
    COS = 10
    TAN = 11
    ASIN = 12
    ACOS = 13
    ATAN = 14
    SINH = 15
    COSH = 16
    TANH = 17
    ASINH = 18
    ACOSH = 19
    ATANH = 20
    POW = 21
    EXP = 22
    EXP2 = 23
    LOG = 24
    LOG2 = 25
    MULTIPLY_NO_NAN = 26
    DIVIDE_NO_NAN = 27
    MIN = 28
    MAX = 29

class ActivationType(_Described):
    NONE = 0
    RELU = 1
    LINEAR = 2
    SIGMOID = 3
    HARD_SIGMOID = 4
    TANH = 5
    ABSOLUTE = 6
    SOFT_PLUS = 7
    SOFT_SIGN = 8
    ELU = 9
    RELUN = 10
    LOG_SIGMOID = 11
    SELU = 12
    CELU = 13
    HARD_SHRINK = 14
    SOFT_SHRINK = 15
    TANH_SHRINK = 16
    THRESHOLD = 17
    GELU = 18
    HARD_SWISH = 19
    CLAMP = 20

class ComparisonOperation(_Described):
    EQUAL = 0
    NOT_EQUAL = 1
    LESS = 2
    GREATER = 3
    LESS_OR_EQUAL = 4
    GREATER_OR_EQUAL = 5
    LOGICAL_AND = 6
    LOGICAL_OR = 7
    LOGICAL_NOT = 8
    LOGICAL_NAND = 9
    LOGICAL_NOR = 10
    LOGICAL_XOR = 11

class ConvolutionType(_Described):
    STANDARD = 0
    TRANSPOSED = 1
    DEPTHWISE = 2

class PaddingPolicy(_Described):
    SAME = 0
    VALID = 1
    USE_PADDING_SIZE = 2

class PaddingType(_Described):
    ZERO = 0
    REFLECT = 1
    SYMMETRIC = 2
    CONSTANT = 3

class PoolingType(_Described):
    MAX = 1
    AVERAGE = 2
    L2_NORM = 3

class ReductionType(_Described):
    NONE = 0
    SUM = 1
    MEAN = 2
    MAX = 3
    MIN = 4
    ARG_MAX = 5
    ARG_MIN = 6
    L1_NORM = 7
    ANY = 8
    ALL = 9

class LSTMResultMode(_Described):
    OUTPUT = 0
    OUTPUT_AND_STATES = 1

class LossType(_Described):
    MEAN_ABSOLUTE_ERROR = 0
    MEAN_SQUARED_ERROR = 1
    SOFTMAX_CROSS_ENTROPY = 2
    SIGMOID_CROSS_ENTROPY = 3
    CATEGORICAL_CROSS_ENTROPY = 4
    HINGE = 5
    HUBER = 6
    COSINE_DISTANCE = 7
    LOG = 8

class GradientClippingType(_Described):
    BY_VALUE = 0
    BY_NORM = 1
    BY_GLOBAL_NORM = 2

class RandomInitializerType(IntEnum):
    UNIFORM = 1
    GLOROT_UNIFORM = 2
    XAVIER = 3

class RegularizationType(IntEnum):
    NONE = 0
    L1 = 1
    L2 = 2

class SampleMode(_Described):
    NEAREST = 0
    LINEAR = 1

class SoftmaxOperation(_Described):
    SOFTMAX = 0
    LOG_SOFTMAX = 1

_DType = str | DataType | DTypeLike
_Numbers = int | Sequence[int]

class tensor_data:
    def __init__(self, array: ArrayLike, dtype: _DType | None = None) -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def length(self) -> int: ...
    def numpy(self) -> NDArray[Any]: ...
    def print(self) -> None: ...
    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]: ...

_Data = tensor_data | ArrayLike

class tensor_descriptor:
    max_tensor_dimensions: int
    def __init__(self, shape: Sequence[int], dtype: _DType = "float32") -> None: ...
    @staticmethod
    def image(
        width: int,
        height: int,
        feature_channel_count: int,
        batch_size: int,
        dtype: _DType = "float32",
    ) -> tensor_descriptor: ...
    @staticmethod
    def sequences(
        sequence_lengths: Sequence[int],
        feature_channel_count: int,
        sorted_sequences: bool = False,
        dtype: _DType = "float32",
    ) -> tensor_descriptor: ...
    @property
    def sequence_lengths(self) -> tuple[int, ...]: ...
    @property
    def batch_size_per_sequence_step(self) -> tuple[int, ...]: ...
    @property
    def sorted_sequences(self) -> bool: ...
    @staticmethod
    def convolution_weights(
        width: int,
        height: int,
        input_feature_channel_count: int,
        output_feature_channel_count: int,
        dtype: _DType = "float32",
    ) -> tensor_descriptor: ...
    @staticmethod
    def convolution_biases(
        feature_channel_count: int, dtype: _DType = "float32"
    ) -> tensor_descriptor: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def stride(self) -> tuple[int, ...]: ...
    @property
    def dimension_count(self) -> int: ...
    @property
    def tensor_allocation_size_in_bytes(self) -> int: ...

class tensor:
    label: str
    @overload
    def __init__(self, tensor: tensor) -> None: ...
    @overload
    def __init__(
        self,
        descriptor: tensor_descriptor,
        *,
        data: _Data | None = None,
        fill: float | None = None,
        random_initializer: str | RandomInitializerType | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        shape: Sequence[int],
        dtype: _DType = "float32",
        *,
        data: _Data | None = None,
        fill: float | None = None,
        random_initializer: str | RandomInitializerType | None = None,
    ) -> None: ...
    @property
    def tensor_id(self) -> int: ...
    @property
    def descriptor(self) -> tensor_descriptor: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def has_data(self) -> bool: ...
    @property
    def has_valid_numerics(self) -> bool: ...
    @property
    def device(self) -> device | None: ...
    def bind_data(self, data: _Data) -> None: ...
    @property
    def optimizer_data(self) -> list[NDArray[Any]]: ...
    def synchronize_optimizer_data(self) -> None: ...
    @overload
    def by_quantizing(self, type: _DType, scale: float, bias: int) -> tensor: ...
    @overload
    def by_quantizing(
        self, type: _DType, scale: tensor, bias: tensor, axis: int | None = None
    ) -> tensor: ...
    def by_dequantizing(
        self, type: _DType, scale: tensor, bias: tensor, axis: int | None = None
    ) -> tensor: ...
    def numpy(self) -> NDArray[Any]: ...
    def print(self) -> None: ...
    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]: ...

class device:
    def __init__(self, type: str | DeviceType = "cpu") -> None: ...
    @property
    def type(self) -> str: ...
    @property
    def actual_type(self) -> str: ...

class platform:
    @staticmethod
    def set_rng_seed(seed: int) -> None: ...
    @staticmethod
    def rng_seed() -> int | None: ...
    @staticmethod
    def backend() -> str: ...

class tensor_parameter:
    is_updatable: bool
    def __init__(self, tensor: tensor) -> None: ...
    @property
    def tensor(self) -> tensor: ...

class layer:
    label: str
    is_debugging_enabled: bool
    @property
    def layer_id(self) -> int: ...
    @property
    def parameters(self) -> list[tensor_parameter]: ...

class graph:
    def __init__(self) -> None: ...
    def add_layer(
        self,
        layer: layer,
        sources: tensor | Sequence[tensor],
        *,
        disable_update: bool = False,
        loss_labels: tensor | Sequence[tensor] | None = None,
    ) -> tensor: ...
    def split(self, source: tensor, parts: _Numbers, dimension: int = 1) -> list[tensor]: ...
    def concatenate(self, sources: Sequence[tensor], dimension: int = 1) -> tensor: ...
    def reshape(self, shape: Sequence[int], source: tensor) -> tensor: ...
    def transpose(self, dimensions: Sequence[int], source: tensor) -> tensor: ...
    def gather(self, dimension: int, source: tensor, indices: tensor) -> tensor: ...
    def scatter(
        self,
        dimension: int,
        source: tensor,
        indices: tensor,
        copy_from: tensor,
        reduction_type: str | ReductionType = "none",
    ) -> tensor: ...
    def select(self, sources: Sequence[tensor], condition: tensor) -> tensor: ...
    @property
    def layers(self) -> list[layer]: ...
    def source_tensors(self, layer: layer) -> list[tensor]: ...
    def result_tensors(self, layer: layer) -> list[tensor]: ...
    def bind_and_write_data(
        self,
        inputs_data: dict[str, _Data],
        input_tensors: Mapping[str, tensor],
        device: device | None = None,
        batch_size: int = 0,
    ) -> bool: ...
    @property
    def summarized_dot_description(self) -> str: ...
    @property
    def device(self) -> device | None: ...

class execution:
    def wait(self, timeout: float | None = None) -> tensor: ...
    @property
    def done(self) -> bool: ...
    @property
    def seconds(self) -> float: ...

_Buffers = dict[str, tensor_data | NDArray[Any]]
_Completion = Callable[[tensor | None, Exception | None, float], object]
_Tensors = Mapping[str, tensor]

class executable_graph(graph):
    def add_outputs(self, outputs: _Tensors) -> None: ...
    def wait(self) -> None: ...

class inference_graph(executable_graph):
    def __init__(self, graphs: Sequence[graph]) -> None: ...
    def add_inputs(
        self,
        inputs: _Tensors,
        loss_labels: _Tensors | None = None,
        loss_label_weights: _Tensors | None = None,
    ) -> None: ...
    def compile(
        self,
        device: device,
        *,
        debug_layers: bool = False,
        link_graphs: bool = False,
        input_tensors: _Tensors | None = None,
        input_tensors_data: dict[str, _Data] | None = None,
    ) -> bool: ...
    def link_with_graphs(self, graphs: Sequence[inference_graph]) -> None: ...
    @overload
    def execute(
        self,
        inputs_data: dict[str, _Data],
        batch_size: int = 0,
        *,
        outputs_data: _Buffers | None = None,
        loss_labels_data: dict[str, _Data] | None = None,
        loss_label_weights_data: dict[str, _Data] | None = None,
        synchronous: Literal[True] = True,
        completion: _Completion | None = None,
    ) -> bool: ...
    @overload
    def execute(
        self,
        inputs_data: dict[str, _Data],
        batch_size: int = 0,
        *,
        outputs_data: _Buffers | None = None,
        loss_labels_data: dict[str, _Data] | None = None,
        loss_label_weights_data: dict[str, _Data] | None = None,
        synchronous: Literal[False],
        completion: _Completion | None = None,
    ) -> execution: ...
    @property
    def device_memory_size(self) -> int: ...

class optimizer:
    learning_rate: float
    applies_gradient_clipping: bool
    @property
    def gradient_rescale(self) -> float: ...
    @property
    def regularization_type(self) -> str: ...
    @property
    def regularization_scale(self) -> float: ...
    @property
    def gradient_clipping_type(self) -> str: ...
    @property
    def gradient_clip_max(self) -> float: ...
    @property
    def gradient_clip_min(self) -> float: ...
    @property
    def maximum_clipping_norm(self) -> float: ...
    @property
    def custom_global_norm(self) -> float: ...

class sgd_optimizer(optimizer):
    def __init__(
        self,
        learning_rate: float,
        *,
        momentum_scale: float = 0,
        uses_nesterov_momentum: bool = False,
        gradient_rescale: float = 1,
        regularization_type: str | RegularizationType = "none",
        regularization_scale: float = 0,
        applies_gradient_clipping: bool = False,
        gradient_clipping_type: str | GradientClippingType = "by_value",
        gradient_clip_max: float = 1,
        gradient_clip_min: float = -1,
        maximum_clipping_norm: float = 1,
        custom_global_norm: float = 0,
    ) -> None: ...
    @property
    def momentum_scale(self) -> float: ...
    @property
    def uses_nesterov_momentum(self) -> bool: ...

class adam_optimizer(optimizer):
    def __init__(
        self,
        learning_rate: float,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        uses_ams_grad: bool = False,
        time_step: int = 1,
        gradient_rescale: float = 1,
        regularization_type: str | RegularizationType = "none",
        regularization_scale: float = 0,
        applies_gradient_clipping: bool = False,
        gradient_clipping_type: str | GradientClippingType = "by_value",
        gradient_clip_max: float = 1,
        gradient_clip_min: float = -1,
        maximum_clipping_norm: float = 1,
        custom_global_norm: float = 0,
    ) -> None: ...
    @property
    def beta1(self) -> float: ...
    @property
    def beta2(self) -> float: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def uses_ams_grad(self) -> bool: ...
    @property
    def time_step(self) -> int: ...

class adam_w_optimizer(optimizer):
    def __init__(
        self,
        learning_rate: float,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        uses_ams_grad: bool = False,
        time_step: int = 1,
        gradient_rescale: float = 1,
        regularization_type: str | RegularizationType = "none",
        regularization_scale: float = 0,
        applies_gradient_clipping: bool = False,
        gradient_clipping_type: str | GradientClippingType = "by_value",
        gradient_clip_max: float = 1,
        gradient_clip_min: float = -1,
        maximum_clipping_norm: float = 1,
        custom_global_norm: float = 0,
    ) -> None: ...
    @property
    def beta1(self) -> float: ...
    @property
    def beta2(self) -> float: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def uses_ams_grad(self) -> bool: ...
    @property
    def time_step(self) -> int: ...

class rms_prop_optimizer(optimizer):
    def __init__(
        self,
        learning_rate: float,
        *,
        momentum_scale: float = 0,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        is_centered: bool = False,
        gradient_rescale: float = 1,
        regularization_type: str | RegularizationType = "none",
        regularization_scale: float = 0,
        applies_gradient_clipping: bool = False,
        gradient_clipping_type: str | GradientClippingType = "by_value",
        gradient_clip_max: float = 1,
        gradient_clip_min: float = -1,
        maximum_clipping_norm: float = 1,
        custom_global_norm: float = 0,
    ) -> None: ...
    @property
    def momentum_scale(self) -> float: ...
    @property
    def alpha(self) -> float: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def is_centered(self) -> bool: ...

class training_graph(executable_graph):
    def __init__(
        self,
        graphs: Sequence[graph],
        loss_layer: layer | None = None,
        optimizer: optimizer | None = None,
    ) -> None: ...
    @property
    def optimizer(self) -> optimizer | None: ...
    def add_inputs(
        self,
        inputs: _Tensors,
        loss_labels: _Tensors | None = None,
        loss_label_weights: _Tensors | None = None,
    ) -> None: ...
    def stop_gradient_for_tensors(self, tensors: Sequence[tensor]) -> None: ...
    def set_training_tensor_parameters(self, parameters: Sequence[tensor_parameter]) -> None: ...
    def allocate_user_gradient_for_tensor(self, tensor: tensor) -> tensor: ...
    def compile(
        self,
        device: device,
        *,
        debug_layers: bool = False,
        link_graphs: bool = False,
        compute_all_gradients: bool = False,
        input_tensors: _Tensors | None = None,
        input_tensors_data: dict[str, _Data] | None = None,
    ) -> bool: ...
    def compile_optimizer(self, optimizer: optimizer) -> bool: ...
    def link_with_graphs(self, graphs: Sequence[training_graph]) -> None: ...
    def gradient_tensor_for_input(self, input: tensor) -> tensor: ...
    def source_gradient_tensors(self, layer: layer) -> list[tensor]: ...
    def result_gradient_tensors(self, layer: layer) -> list[tensor]: ...
    def gradient_data_for_parameter(self, parameter: tensor, layer: layer) -> NDArray[Any]: ...
    def execute(
        self,
        inputs_data: dict[str, _Data],
        loss_labels_data: dict[str, _Data] | None = None,
        loss_label_weights_data: dict[str, _Data] | None = None,
        batch_size: int = 0,
        *,
        outputs_data: _Buffers | None = None,
        synchronous: bool = True,
        completion: _Completion | None = None,
    ) -> bool | execution: ...
    def execute_forward(
        self,
        batch_size: int = 0,
        *,
        for_inference: bool = False,
        outputs_data: _Buffers | None = None,
        synchronous: bool = True,
        completion: _Completion | None = None,
    ) -> bool | execution: ...
    def execute_gradient(
        self,
        batch_size: int = 0,
        *,
        synchronous: bool = True,
        completion: _Completion | None = None,
    ) -> bool | execution: ...
    def execute_optimizer_update(
        self, *, synchronous: bool = True, completion: _Completion | None = None
    ) -> bool | execution: ...
    def synchronize_updates(self) -> None: ...
    def bind_optimizer_data(self, data: Sequence[_Data], tensor: tensor) -> None: ...
    @property
    def result_tensor(self) -> tensor | None: ...
    @property
    def device_memory_size(self) -> int: ...

class loss_layer(layer):
    def __init__(
        self,
        type: str | LossType,
        reduction_type: str | ReductionType = "mean",
        *,
        weight: float = 1,
        label_smoothing: float = 0,
        class_count: int = 1,
        epsilon: float = 1e-7,
        delta: float = 1,
        weights: tensor | None = None,
    ) -> None: ...
    @property
    def loss_type(self) -> str: ...
    @property
    def reduction_type(self) -> str: ...
    @property
    def weight(self) -> float: ...
    @property
    def label_smoothing(self) -> float: ...
    @property
    def class_count(self) -> int: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def delta(self) -> float: ...
    @property
    def weights(self) -> tensor | None: ...

class yolo_loss_layer(layer):
    def __init__(
        self,
        anchor_boxes: Sequence[tuple[float, float]],
        *,
        should_rescore: bool = True,
        scale_spatial_position_loss: float = 10,
        scale_spatial_size_loss: float = 10,
        scale_no_object_confidence_loss: float = 5,
        scale_object_confidence_loss: float = 100,
        scale_class_loss: float = 2,
        minimum_iou_for_object_presence: float = 0.7,
        maximum_iou_for_object_absence: float = 0.3,
    ) -> None: ...
    @property
    def anchor_boxes(self) -> list[tuple[float, float]]: ...
    @property
    def anchor_box_count(self) -> int: ...
    @property
    def should_rescore(self) -> bool: ...
    @property
    def scale_spatial_position_loss(self) -> float: ...
    @property
    def scale_spatial_size_loss(self) -> float: ...
    @property
    def scale_no_object_confidence_loss(self) -> float: ...
    @property
    def scale_object_confidence_loss(self) -> float: ...
    @property
    def scale_class_loss(self) -> float: ...
    @property
    def minimum_iou_for_object_presence(self) -> float: ...
    @property
    def maximum_iou_for_object_absence(self) -> float: ...

class activation_layer(layer):
    def __init__(
        self,
        type: str | ActivationType,
        a: float | None = None,
        b: float | None = None,
        c: float | None = None,
    ) -> None: ...
    @property
    def activation_type(self) -> str: ...
    @property
    def a(self) -> float: ...
    @property
    def b(self) -> float: ...
    @property
    def c(self) -> float: ...

class arithmetic_layer(layer):
    def __init__(self, operation: str | ArithmeticOperation) -> None: ...
    @property
    def operation(self) -> str: ...

class comparison_layer(layer):
    def __init__(self, operation: str | ComparisonOperation) -> None: ...
    @property
    def operation(self) -> str: ...

class selection_layer(layer):
    def __init__(self) -> None: ...

class concatenation_layer(layer):
    def __init__(self, dimension: int = 1) -> None: ...
    @property
    def dimension(self) -> int: ...

class padding_layer(layer):
    def __init__(
        self, type: str | PaddingType, padding: _Numbers, constant_value: float = 0
    ) -> None: ...
    @property
    def padding_type(self) -> str: ...
    @property
    def padding_top(self) -> int: ...
    @property
    def padding_bottom(self) -> int: ...
    @property
    def padding_left(self) -> int: ...
    @property
    def padding_right(self) -> int: ...
    @property
    def constant_value(self) -> float: ...

class reshape_layer(layer):
    def __init__(self, shape: Sequence[int]) -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...

class slice_layer(layer):
    def __init__(
        self, start: Sequence[int], end: Sequence[int], stride: Sequence[int] | None = None
    ) -> None: ...
    @property
    def start(self) -> tuple[int, ...]: ...
    @property
    def end(self) -> tuple[int, ...]: ...
    @property
    def stride(self) -> tuple[int, ...]: ...

class split_layer(layer):
    def __init__(self, parts: _Numbers, dimension: int = 1) -> None: ...
    @property
    def dimension(self) -> int: ...
    @property
    def split_count(self) -> int: ...
    @property
    def split_section_lengths(self) -> list[int]: ...

class transpose_layer(layer):
    def __init__(self, dimensions: Sequence[int]) -> None: ...
    @property
    def dimensions(self) -> tuple[int, ...]: ...

class upsample_layer(layer):
    def __init__(
        self,
        shape: _Numbers,
        sample_mode: str | SampleMode = "nearest",
        aligns_corners: bool = False,
    ) -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def sample_mode(self) -> str: ...
    @property
    def aligns_corners(self) -> bool: ...

class convolution_layer(layer):
    def __init__(
        self,
        weights: tensor,
        biases: tensor | None,
        *,
        kernel_sizes: _Numbers,
        input_feature_channel_count: int,
        output_feature_channel_count: int,
        type: str | ConvolutionType = "standard",
        group_count: int = 1,
        strides: _Numbers = 1,
        dilation_rates: _Numbers = 1,
        padding_policy: str | PaddingPolicy = "same",
        padding_sizes: _Numbers | None = None,
    ) -> None: ...
    @property
    def convolution_type(self) -> str: ...
    @property
    def group_count(self) -> int: ...
    @property
    def weights(self) -> tensor: ...
    @property
    def weights_parameter(self) -> tensor_parameter: ...
    @property
    def biases(self) -> tensor | None: ...
    @property
    def biases_parameter(self) -> tensor_parameter | None: ...
    @property
    def kernel_sizes(self) -> tuple[int, int]: ...
    @property
    def strides(self) -> tuple[int, int]: ...
    @property
    def dilation_rates(self) -> tuple[int, int]: ...
    @property
    def padding_policy(self) -> str: ...
    @property
    def padding_sizes(self) -> tuple[int, int]: ...

class pooling_layer(layer):
    def __init__(
        self,
        type: str | PoolingType,
        kernel_sizes: _Numbers,
        strides: _Numbers = 1,
        *,
        dilation_rates: _Numbers = 1,
        padding_policy: str | PaddingPolicy = "same",
        padding_sizes: _Numbers | None = None,
        count_includes_padding: bool = False,
    ) -> None: ...
    @property
    def pooling_type(self) -> str: ...
    @property
    def count_includes_padding(self) -> bool: ...
    @property
    def kernel_sizes(self) -> tuple[int, int]: ...
    @property
    def strides(self) -> tuple[int, int]: ...
    @property
    def dilation_rates(self) -> tuple[int, int]: ...
    @property
    def padding_policy(self) -> str: ...
    @property
    def padding_sizes(self) -> tuple[int, int]: ...

class fully_connected_layer(layer):
    def __init__(
        self,
        weights: tensor,
        biases: tensor | None,
        *,
        input_feature_channel_count: int,
        output_feature_channel_count: int,
    ) -> None: ...
    @property
    def weights(self) -> tensor: ...
    @property
    def weights_parameter(self) -> tensor_parameter: ...
    @property
    def biases(self) -> tensor | None: ...
    @property
    def biases_parameter(self) -> tensor_parameter | None: ...

class gram_matrix_layer(layer):
    def __init__(self, scale: float) -> None: ...
    @property
    def scale(self) -> float: ...

class mat_mul_layer(layer):
    def __init__(
        self, alpha: float = 1, transposes_x: bool = False, transposes_y: bool = False
    ) -> None: ...
    @property
    def alpha(self) -> float: ...
    @property
    def transposes_x(self) -> bool: ...
    @property
    def transposes_y(self) -> bool: ...

class reduction_layer(layer):
    def __init__(self, type: str | ReductionType, dimensions: _Numbers) -> None: ...
    @property
    def reduction_type(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def dimensions(self) -> tuple[int, ...]: ...

class softmax_layer(layer):
    def __init__(
        self, operation: str | SoftmaxOperation = "softmax", dimension: int = 1
    ) -> None: ...
    @property
    def operation(self) -> str: ...
    @property
    def dimension(self) -> int: ...

class normalization_layer(layer):
    @property
    def beta(self) -> tensor | None: ...
    @property
    def beta_parameter(self) -> tensor_parameter | None: ...
    @property
    def gamma(self) -> tensor | None: ...
    @property
    def gamma_parameter(self) -> tensor_parameter | None: ...
    @property
    def variance_epsilon(self) -> float: ...

class batch_normalization_layer(normalization_layer):
    def __init__(
        self,
        feature_channel_count: int,
        mean: tensor,
        variance: tensor,
        beta: tensor | None,
        gamma: tensor | None,
        variance_epsilon: float,
        momentum: float = 0.99,
    ) -> None: ...
    @property
    def mean(self) -> tensor: ...
    @property
    def variance(self) -> tensor: ...
    @property
    def momentum(self) -> float: ...

class instance_normalization_layer(normalization_layer):
    def __init__(
        self,
        feature_channel_count: int,
        beta: tensor | None,
        gamma: tensor | None,
        variance_epsilon: float,
        momentum: float = 0.99,
        *,
        mean: tensor | None = None,
        variance: tensor | None = None,
    ) -> None: ...
    @property
    def mean(self) -> tensor | None: ...
    @property
    def variance(self) -> tensor | None: ...
    @property
    def momentum(self) -> float: ...

class group_normalization_layer(normalization_layer):
    def __init__(
        self,
        feature_channel_count: int,
        group_count: int,
        beta: tensor | None,
        gamma: tensor | None,
        variance_epsilon: float,
    ) -> None: ...
    @property
    def group_count(self) -> int: ...

class layer_normalization_layer(normalization_layer):
    def __init__(
        self,
        normalized_shape: Sequence[int],
        beta: tensor | None,
        gamma: tensor | None,
        variance_epsilon: float,
    ) -> None: ...
    @property
    def normalized_shape(self) -> tuple[int, ...]: ...

class dropout_layer(layer):
    def __init__(self, rate: float, seed: int = 0) -> None: ...
    @property
    def rate(self) -> float: ...
    @property
    def seed(self) -> int: ...

class embedding_layer(layer):
    def __init__(
        self,
        weights: tensor,
        *,
        embedding_count: int,
        embedding_dimension: int,
        padding_index: int | None = None,
        maximum_norm: float | None = None,
        p_norm: float = 2,
        scales_gradient_by_frequency: bool = False,
    ) -> None: ...
    @property
    def weights(self) -> tensor: ...
    @property
    def weights_parameter(self) -> tensor_parameter: ...
    @property
    def embedding_count(self) -> int: ...
    @property
    def embedding_dimension(self) -> int: ...
    @property
    def padding_index(self) -> int | None: ...
    @property
    def maximum_norm(self) -> float | None: ...
    @property
    def p_norm(self) -> float: ...
    @property
    def scales_gradient_by_frequency(self) -> bool: ...

class gather_layer(layer):
    def __init__(self, dimension: int) -> None: ...
    @property
    def dimension(self) -> int: ...

class scatter_layer(layer):
    def __init__(self, dimension: int, reduction_type: str | ReductionType = "none") -> None: ...
    @property
    def dimension(self) -> int: ...
    @property
    def reduction_type(self) -> str: ...

class lstm_layer(layer):
    def __init__(
        self,
        input_weights: Sequence[tensor],
        hidden_weights: Sequence[tensor],
        biases: Sequence[tensor] | None = None,
        *,
        input_size: int,
        hidden_size: int,
        layer_count: int = 1,
        is_bidirectional: bool = False,
        returns_sequences: bool = True,
        dropout: float = 0,
        result_mode: str | LSTMResultMode = "output",
        gate_activations: Sequence[str | ActivationType] = [],
        output_activation: str | ActivationType = "tanh",
    ) -> None: ...
    @property
    def input_weights(self) -> list[tensor]: ...
    @property
    def input_weights_parameters(self) -> list[tensor_parameter]: ...
    @property
    def hidden_weights(self) -> list[tensor]: ...
    @property
    def hidden_weights_parameters(self) -> list[tensor_parameter]: ...
    @property
    def biases(self) -> list[tensor]: ...
    @property
    def biases_parameters(self) -> list[tensor_parameter]: ...
    @property
    def result_mode(self) -> str: ...
    @property
    def input_size(self) -> int: ...
    @property
    def hidden_size(self) -> int: ...
    @property
    def layer_count(self) -> int: ...
    @property
    def is_bidirectional(self) -> bool: ...
    @property
    def returns_sequences(self) -> bool: ...
    @property
    def dropout(self) -> float: ...

class multihead_attention_layer(layer):
    def __init__(
        self,
        weights: Sequence[tensor],
        biases: Sequence[tensor] | None = None,
        attention_biases: Sequence[tensor] | None = None,
        *,
        model_dimension: int,
        head_count: int,
        key_dimension: int | None = None,
        value_dimension: int | None = None,
        dropout: float = 0,
        adds_zero_attention: bool = False,
    ) -> None: ...
    @property
    def weights(self) -> list[tensor]: ...
    @property
    def weights_parameters(self) -> list[tensor_parameter]: ...
    @property
    def biases(self) -> list[tensor]: ...
    @property
    def biases_parameters(self) -> list[tensor_parameter]: ...
    @property
    def attention_biases(self) -> list[tensor]: ...
    @property
    def model_dimension(self) -> int: ...
    @property
    def key_dimension(self) -> int: ...
    @property
    def value_dimension(self) -> int: ...
    @property
    def head_count(self) -> int: ...
    @property
    def dropout(self) -> float: ...
    @property
    def adds_zero_attention(self) -> bool: ...

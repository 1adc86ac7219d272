"""Small members of everything Keras offers: layers, applications, optimizers and losses.

Each entry of LAYERS, APPLICATIONS and LOSSES makes (model, x, y): a model that has not been
compiled, a batch of inputs and targets of its output's shape.
"""

import keras
import numpy as np
from keras import layers

BATCH = 4


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal((BATCH, *shape)).astype("float32")


def ids(*shape, below=11):
    return np.random.default_rng(1).integers(0, below, (BATCH, *shape))


def around(layer, shape):
    """A layer between Dense layers, so that its own gradient is needed."""
    inputs = keras.Input(shape)
    x = layers.Dense(shape[-1])(inputs)
    return keras.Model(inputs, layers.Dense(3)(layer(x))), numbers(*shape)


def attention(layer, query=(6, 8)):
    inputs = keras.Input(query)
    x = layers.Dense(query[-1])(inputs)
    return keras.Model(inputs, layers.Dense(3)(layer(x, x, use_causal_mask=True))), numbers(*query)


def scores(layer):
    """keras.layers.Attention and AdditiveAttention take a list."""
    inputs = keras.Input((6, 8))
    x = layers.Dense(8)(inputs)
    return keras.Model(inputs, layers.Dense(3)(layer([x, x]))), numbers(6, 8)


def embedding(mask=False, head=None):
    inputs = keras.Input((7,), dtype="int32")
    x = layers.Embedding(11, 5, mask_zero=mask)(inputs)
    return keras.Model(inputs, layers.Dense(3)((head or layers.Flatten())(x))), ids(7)


def merged(layer):
    inputs = keras.Input((6, 8))
    parts = [layers.Dense(8)(inputs), layers.Dense(8, activation="tanh")(inputs)]
    return keras.Model(inputs, layers.Dense(3)(layer(parts))), numbers(6, 8)


LINE, PLANE, CUBE = (10, 4), (8, 8, 4), (6, 6, 6, 4)


def rank_layers():
    """name: (layer, input shape) of what exists for one, two and three spatial axes."""
    for rank, shape in ((1, LINE), (2, PLANE), (3, CUBE)):

        def of(kind, rank=rank):
            return getattr(layers, f"{kind}{rank}D")

        yield f"Conv{rank}D", of("Conv")(5, 3), shape
        yield f"Conv{rank}D-same-strides", of("Conv")(5, 3, padding="same", strides=2), shape
        yield f"Conv{rank}D-dilated", of("Conv")(5, 2, dilation_rate=2), shape
        yield f"Conv{rank}DTranspose", layers.__dict__[f"Conv{rank}DTranspose"](5, 3), shape
        yield (
            f"Conv{rank}DTranspose-strides",
            layers.__dict__[f"Conv{rank}DTranspose"](5, 3, strides=2, padding="same"),
            shape,
        )
        if rank < 3:
            yield f"Conv{rank}D-groups", of("Conv")(6, 3, groups=2), shape
            yield f"SeparableConv{rank}D", of("SeparableConv")(5, 3, padding="same"), shape
            yield f"DepthwiseConv{rank}D", of("DepthwiseConv")(3, depth_multiplier=2), shape
            yield f"AdaptiveAveragePooling{rank}D", of("AdaptiveAveragePooling")(3), shape
            yield f"AdaptiveMaxPooling{rank}D", of("AdaptiveMaxPooling")(3), shape
        for kind in ("MaxPooling", "AveragePooling"):
            yield f"{kind}{rank}D", of(kind)(2), shape
            yield f"{kind}{rank}D-same", of(kind)(3, strides=2, padding="same"), shape
        yield f"GlobalMaxPooling{rank}D", of("GlobalMaxPooling")(), shape
        yield f"GlobalAveragePooling{rank}D", of("GlobalAveragePooling")(), shape
        yield f"SpatialDropout{rank}D", of("SpatialDropout")(0.3), shape
        yield f"UpSampling{rank}D", of("UpSampling")(2), shape
        yield f"ZeroPadding{rank}D", of("ZeroPadding")(1), shape
        yield f"Cropping{rank}D", of("Cropping")(1), shape


def plain_layers():
    yield "Dense", layers.Dense(5, activation="relu"), (6,)
    yield "EinsumDense", layers.EinsumDense("abc,cd->abd", (6, 5), bias_axes="d"), (6, 4)
    for mode in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        yield f"UpSampling2D-{mode}", layers.UpSampling2D(2, interpolation=mode), PLANE
    for mode in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
        yield f"Resizing-{mode}", layers.Resizing(5, 6, interpolation=mode), PLANE
    yield (
        "Resizing-antialias",
        layers.Resizing(5, 6, interpolation="bilinear", antialias=True),
        PLANE,
    )
    yield "Rescaling", layers.Rescaling(0.5, 1.0), PLANE
    yield "CenterCrop", layers.CenterCrop(4, 5), PLANE

    yield "BatchNormalization", layers.BatchNormalization(), PLANE
    yield "BatchNormalization-renorm-off-scale", layers.BatchNormalization(scale=False), (6,)
    yield "LayerNormalization", layers.LayerNormalization(), (6, 4)
    yield "RMSNormalization", layers.RMSNormalization(), (6, 4)
    yield "GroupNormalization", layers.GroupNormalization(2), PLANE
    yield "UnitNormalization", layers.UnitNormalization(), (6, 4)
    yield "SpectralNormalization", layers.SpectralNormalization(layers.Dense(5)), (6,)

    yield "Dropout", layers.Dropout(0.3), (6, 4)
    yield "AlphaDropout", layers.AlphaDropout(0.3), (6, 4)
    yield "GaussianDropout", layers.GaussianDropout(0.3), (6, 4)
    yield "GaussianNoise", layers.GaussianNoise(0.3), (6, 4)
    yield "ActivityRegularization", layers.ActivityRegularization(0.1, 0.1), (6, 4)

    for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish"):
        yield f"Activation-{name}", layers.Activation(name), (6, 4)
    for name in ("softmax", "log_softmax", "softplus", "softsign", "tanh", "sigmoid", "mish"):
        yield f"Activation-{name}", layers.Activation(name), (6, 4)
    for name in ("hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink"):
        yield f"Activation-{name}", layers.Activation(name), (6, 4)
    for name in ("log_sigmoid", "exponential", "linear", "squareplus", "tanh_shrink"):
        yield f"Activation-{name}", layers.Activation(name), (6, 4)
    for name in ("sparse_plus", "sparse_sigmoid", "sparsemax"):
        yield f"Activation-{name}", layers.Activation(name), (6, 4)
    yield "LeakyReLU", layers.LeakyReLU(), (6, 4)
    yield "PReLU", layers.PReLU(), (6, 4)
    yield "ReLU", layers.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.2), (6, 4)
    yield "Softmax", layers.Softmax(), (6, 4)

    yield "Permute", layers.Permute((2, 1)), (6, 4)
    yield "Reshape", layers.Reshape((8, 3)), (6, 4)
    yield "Flatten", layers.Flatten(), (6, 4)
    yield "RepeatVector", layers.RepeatVector(3), (6,)
    yield "Masking", layers.Masking(), (6, 4)

    yield "SimpleRNN", layers.SimpleRNN(5), (6, 4)
    yield "LSTM", layers.LSTM(5), (6, 4)
    yield "LSTM-sequences-dropout", layers.LSTM(5, return_sequences=True, dropout=0.2), (6, 4)
    yield "LSTM-unrolled", layers.LSTM(5, unroll=True), (6, 4)
    yield "LSTM-recurrent-dropout", layers.LSTM(5, recurrent_dropout=0.2), (6, 4)
    yield "GRU", layers.GRU(5), (6, 4)
    yield "GRU-backwards", layers.GRU(5, go_backwards=True, reset_after=False), (6, 4)
    yield "Bidirectional", layers.Bidirectional(layers.LSTM(5)), (6, 4)
    yield "Bidirectional-GRU", layers.Bidirectional(layers.GRU(5, return_sequences=True)), (6, 4)
    cells = [layers.LSTMCell(5), layers.GRUCell(4)]
    yield "StackedRNNCells", layers.RNN(layers.StackedRNNCells(cells)), (6, 4)
    yield "TimeDistributed", layers.TimeDistributed(layers.Dense(5)), (6, 4)
    yield "ConvLSTM1D", layers.ConvLSTM1D(3, 2), (4, 6, 3)
    yield "ConvLSTM2D", layers.ConvLSTM2D(3, 2), (4, 6, 6, 3)
    yield "ConvLSTM3D", layers.ConvLSTM3D(2, 2), (3, 4, 4, 4, 2)


def all_layers():
    for name, layer, shape in [*rank_layers(), *plain_layers()]:
        yield name, lambda layer=layer, shape=shape: around(layer, shape)


LAYERS = {
    "Embedding": embedding,
    "Embedding-masked-LSTM": lambda: embedding(True, layers.LSTM(5)),
    "Embedding-masked-Bidirectional": lambda: embedding(True, layers.Bidirectional(layers.LSTM(5))),
    "Masking-GRU": lambda: embedding(True, layers.GRU(5)),
    "MultiHeadAttention": lambda: attention(layers.MultiHeadAttention(2, 4)),
    "MultiHeadAttention-dropout": lambda: attention(layers.MultiHeadAttention(2, 4, dropout=0.1)),
    "GroupedQueryAttention": lambda: attention(layers.GroupQueryAttention(4, 4, 2)),
    "Attention": lambda: scores(layers.Attention(use_scale=True)),
    "AdditiveAttention": lambda: scores(layers.AdditiveAttention()),
    **{
        kind: lambda kind=kind: merged(getattr(layers, kind)())
        for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    },
    "Dot": lambda: merged(layers.Dot(axes=2)),
}
# Layers are made when asked for: they read the dtype policy and the random seed of that moment.
_NAMES = [name for name, *_ in [*rank_layers(), *plain_layers()]]
for _name in _NAMES:
    LAYERS[_name] = lambda name=_name: dict(all_layers())[name]()


def make(name):
    """(model, x, y) of an entry of LAYERS; equal in every process."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model, x = LAYERS[name]()
    return model, x, numbers(*model.output_shape[1:], seed=3)


def application(name, **arguments):
    size = arguments.pop("size", 32)
    return getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=4, **arguments
    )


APPLICATIONS = {
    "VGG": lambda: application("VGG16"),
    "ResNet": lambda: application("ResNet50"),
    "ResNetV2": lambda: application("ResNet50V2"),
    "Inception": lambda: application("InceptionV3", size=75),
    "InceptionResNet": lambda: application("InceptionResNetV2", size=75),
    "Xception": lambda: application("Xception", size=71),
    "MobileNet": lambda: application("MobileNet", alpha=0.25),
    "MobileNetV2": lambda: application("MobileNetV2", alpha=0.35),
    "MobileNetV3": lambda: application("MobileNetV3Small", alpha=0.75, minimalistic=False),
    "DenseNet": lambda: application("DenseNet121"),
    "NASNet": lambda: application("NASNetMobile"),
    "EfficientNet": lambda: application("EfficientNetB0"),
    "EfficientNetV2": lambda: application("EfficientNetV2B0"),
    "ConvNeXt": lambda: application("ConvNeXtTiny"),
}


def make_application(name):
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = APPLICATIONS[name]()
    shape = model.input_shape[1:]
    return model, numbers(*shape)[:2], np.eye(4, dtype="float32")[:2]


def _public(module, base):
    """The concrete classes of a module, by name."""
    found = {}
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type) and issubclass(value, base) and value is not base:
            found[name] = value
    return found


OPTIMIZERS = {
    name: kind
    for name, kind in _public(keras.optimizers, keras.optimizers.Optimizer).items()
    # Wrappers of other optimizers.
    if name not in ("LossScaleOptimizer", "MultiOptimizer", "TFOptimizer")
}
LOSSES = _public(keras.losses, keras.losses.Loss)


def mlp():
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(6, activation="tanh"),
            layers.Dense(3, activation="softmax"),
        ]
    )


def loss_case(name):
    """(compiled model, x, y) for an entry of LOSSES."""
    kind = LOSSES[name]
    classes = np.array([0, 1, 2, 1])
    if name == "CTC":
        keras.backend.clear_session()
        keras.utils.set_random_seed(7)
        model = keras.Sequential([keras.Input((9, 5)), layers.Dense(7)])
        model.compile("sgd", kind())
        return model, numbers(9, 5), 1 + ids(3, below=6)
    model = mlp()
    model.compile("sgd", kind())
    sparse = name.startswith("Sparse") or name in ("Circle", "CategoricalGeneralizedCrossEntropy")
    return model, numbers(5), classes if sparse else np.eye(3, dtype="float32")[classes]

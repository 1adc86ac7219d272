"""Convolution, pooling and normalization against loops in NumPy."""

import numpy as np
import pytest
from run_layer import parameter, run_layer

import mlcompute as mlc

RNG = np.random.default_rng(2)


def random(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def close(found, expected, rtol=1e-4, atol=2e-5):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def pads(n, kernel, stride, dilation, policy, size):
    if policy == "valid":
        return 0, 0
    if policy == "use_padding_size":
        return size, size
    total = max((-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n, 0)
    return total // 2, total - total // 2


def windows(x, kernel, strides, dilations, policy, sizes, value):
    """[N, C, H', W', kernel height, kernel width] of a padded image."""
    widths = [
        pads(x.shape[2 + i], kernel[i], strides[i], dilations[i], policy, sizes[i]) for i in (0, 1)
    ]
    x = np.pad(x, ((0, 0), (0, 0), *widths), constant_values=value)
    reach = [dilations[i] * (kernel[i] - 1) + 1 for i in (0, 1)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return view[:, :, :: strides[0], :: strides[1], :: dilations[0], :: dilations[1]]


def convolve(x, w, groups=1, strides=(1, 1), dilations=(1, 1), policy="same", sizes=(0, 0)):
    """w is [O, I / groups, kernel height, kernel width]."""
    view = windows(x, w.shape[2:], strides, dilations, policy, sizes, 0)
    outputs = len(w) // groups
    inputs = w.shape[1]
    parts = [
        np.einsum("nihwyx,oiyx->nohw", view[:, g * inputs : (g + 1) * inputs], part)
        for g, part in enumerate(w.reshape(groups, outputs, *w.shape[1:]))
    ]
    return np.concatenate(parts, axis=1)


GEOMETRY = [
    {},
    {"strides": 2},
    {"strides": [2, 1], "padding_policy": "valid"},
    {"dilation_rates": [1, 2]},
    {"padding_policy": "use_padding_size", "padding_sizes": [2, 1]},
]


def expected_geometry(given):
    def pair(value):
        return tuple(value) if isinstance(value, list) else (value, value)

    return {
        "strides": pair(given.get("strides", 1)),
        "dilations": pair(given.get("dilation_rates", 1)),
        "policy": given.get("padding_policy", "same"),
        "sizes": pair(given.get("padding_sizes", 0)),
    }


@pytest.mark.parametrize("geometry", GEOMETRY)
@pytest.mark.parametrize(("kind", "groups"), [("standard", 1), ("standard", 2), ("depthwise", 4)])
def test_convolution(geometry, kind, groups):
    x, w, b = random(2, 4, 7, 8), random(8, 4 // groups, 3, 2), random(8)
    layer = mlc.convolution_layer(
        parameter(w.reshape(1, -1, 3, 2)),
        parameter(b.reshape(1, 8, 1, 1)),
        kernel_sizes=[3, 2],
        input_feature_channel_count=4,
        output_feature_channel_count=8,
        type=kind,
        group_count=groups if kind == "standard" else 1,
        **geometry,
    )
    expected = convolve(x, w, groups, **expected_geometry(geometry)) + b.reshape(8, 1, 1)
    close(run_layer(layer, x), expected)


@pytest.mark.parametrize(
    ("geometry", "shape"),
    [
        ({}, (5, 6)),
        ({"strides": 2}, (10, 12)),
        ({"strides": 2, "padding_policy": "valid"}, (11, 13)),
        ({"strides": [1, 2], "padding_policy": "use_padding_size", "padding_sizes": 1}, (5, 11)),
    ],
)
def test_transposed_convolution(geometry, shape):
    """<conv(y), x> = <y, transposed(x)> for every y, which is what transposed means."""
    x, w, y = random(2, 4, 5, 6), random(3, 4, 3, 3), random(2, 3, *shape)
    layer = mlc.convolution_layer(
        parameter(w.reshape(1, 12, 3, 3)),
        None,
        kernel_sizes=3,
        input_feature_channel_count=4,
        output_feature_channel_count=3,
        type="transposed",
        **geometry,
    )
    found = run_layer(layer, x)
    assert found.shape == y.shape
    forward = convolve(y, w.swapaxes(0, 1), **expected_geometry(geometry))
    np.testing.assert_allclose(np.vdot(forward, x), np.vdot(y, found), rtol=1e-3)


def test_convolution_that_does_not_fit():
    weights = parameter(random(1, 8, 3, 3))
    sizes = {"kernel_sizes": 3, "input_feature_channel_count": 2}
    with pytest.raises(ValueError, match="Convolution.*2 channels, got 3"):
        layer = mlc.convolution_layer(weights, None, output_feature_channel_count=4, **sizes)
        run_layer(layer, random(1, 3, 5, 5))
    with pytest.raises(ValueError, match="divide"):
        mlc.convolution_layer(weights, None, output_feature_channel_count=4, group_count=3, **sizes)
    with pytest.raises(ValueError, match="strides"):
        mlc.convolution_layer(weights, None, output_feature_channel_count=4, strides=0, **sizes)
    with pytest.raises(ValueError, match="padding policy 'full'.*same, valid"):
        mlc.convolution_layer(
            weights, None, output_feature_channel_count=4, padding_policy="full", **sizes
        )


@pytest.mark.parametrize("geometry", GEOMETRY)
def test_pooling(geometry):
    x = random(2, 3, 7, 8)
    arguments = expected_geometry(geometry)
    kernel = (4, 3)

    def view(values, fill):
        return windows(values, kernel, value=fill, **arguments)

    geometry = {"kernel_sizes": list(kernel), **geometry}
    close(run_layer(mlc.pooling_layer("max", **geometry), x), view(x, -np.inf).max(axis=(4, 5)))
    found = run_layer(mlc.pooling_layer("average", count_includes_padding=True, **geometry), x)
    close(found, view(x, 0).mean(axis=(4, 5)))
    found = run_layer(mlc.pooling_layer("average", **geometry), x)
    close(found, mean_inside(x, view))
    found = run_layer(mlc.pooling_layer("l2_norm", **geometry), x)
    close(found, np.sqrt((view(x, 0) ** 2).sum(axis=(4, 5))))


def mean_inside(x, view):
    return view(x, 0).sum(axis=(4, 5)) / view(np.ones_like(x), 0).sum(axis=(4, 5))


def test_l2_norm_of_the_real_framework():
    x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 2, 2)
    found = run_layer(mlc.pooling_layer("l2_norm", 2, 2), x)
    assert abs(found.item() - 5.477226) < 1e-5


def test_pooling_of_integers():
    x = RNG.integers(-9, 9, (1, 2, 4, 4)).astype(np.int32)
    found = run_layer(mlc.pooling_layer("max", 2, 2, dilation_rates=1), x)
    np.testing.assert_array_equal(found, x.reshape(1, 2, 2, 2, 2, 2).max(axis=(3, 5)))
    with pytest.raises(ValueError, match="average.*int32"):
        run_layer(mlc.pooling_layer("average", 2), x)


def normalize(x, axes, epsilon=1e-3):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(x.var(axis=axes, keepdims=True) + epsilon)


def per_channel(channels):
    return [random(1, channels, 1, 1) for _ in range(2)]


@pytest.mark.parametrize("shape", [(4, 6), (2, 6, 5), (2, 6, 4, 5)])
@pytest.mark.parametrize("affine", [False, True])
def test_batch_normalization(shape, affine):
    x = random(*shape)
    mean, variance = random(1, 6, 1, 1), abs(random(1, 6, 1, 1))
    beta, gamma = per_channel(6)
    layer = mlc.batch_normalization_layer(
        6,
        parameter(mean),
        parameter(variance),
        parameter(beta) if affine else None,
        parameter(gamma) if affine else None,
        1e-3,
    )
    assert abs(layer.momentum - 0.99) < 1e-6
    dims = (1, 6, *[1] * (len(shape) - 2))
    expected = (x - mean.reshape(dims)) / np.sqrt(variance.reshape(dims) + 1e-3)
    if affine:
        expected = expected * gamma.reshape(dims) + beta.reshape(dims)
    close(run_layer(layer, x), expected)


def test_instance_normalization():
    x = random(2, 3, 4, 5)
    beta, gamma = per_channel(3)
    layer = mlc.instance_normalization_layer(3, parameter(beta), parameter(gamma), 1e-3)
    close(run_layer(layer, x), normalize(x, (2, 3)) * gamma + beta)
    mean, variance = random(1, 3, 1, 1), abs(random(1, 3, 1, 1))
    layer = mlc.instance_normalization_layer(
        3, None, None, 1e-3, mean=parameter(mean), variance=parameter(variance)
    )
    close(run_layer(layer, x), (x - mean) / np.sqrt(variance + 1e-3))


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 5), (2, 6, 4, 5)])
def test_group_normalization(groups, shape):
    x = random(*shape)
    beta, gamma = per_channel(6)
    dims = (1, 6, *[1] * (len(shape) - 2))
    layer = mlc.group_normalization_layer(6, groups, parameter(beta), parameter(gamma), 1e-3)
    expected = normalize(x.reshape(2, groups, -1), 2).reshape(shape)
    close(run_layer(layer, x), expected * gamma.reshape(dims) + beta.reshape(dims))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("flat", [False, True])
def test_layer_normalization(count, flat):
    x = random(2, 3, 4, 5)
    shape = x.shape[4 - count :]
    beta, gamma = random(*shape), random(*shape)
    given = [parameter(p.reshape(-1) if flat else p) for p in (beta, gamma)]
    layer = mlc.layer_normalization_layer(shape, *given, 1e-3)
    axes = tuple(range(4 - count, 4))
    close(run_layer(layer, x), normalize(x, axes) * gamma + beta)


def test_wrong_normalization():
    with pytest.raises(ValueError, match=r"BatchNorm.*mean.*\[1,3,1,1\]"):
        mlc.batch_normalization_layer(3, parameter(random(3)), parameter(random(3)), None, None, 0)
    with pytest.raises(ValueError, match="GroupNorm.*3 channels.*2 groups"):
        mlc.group_normalization_layer(3, 2, None, None, 1e-3)
    with pytest.raises(ValueError, match=r"LayerNorm.*\[4\].*\[1,1,2,2\]"):
        run_layer(mlc.layer_normalization_layer([4], None, None, 1e-3), random(1, 1, 2, 2))
    with pytest.raises(ValueError, match="variance"):
        mlc.instance_normalization_layer(3, None, None, 1e-3, mean=parameter(random(1, 3, 1, 1)))

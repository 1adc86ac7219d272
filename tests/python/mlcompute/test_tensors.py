"""Tensors, their data and devices."""

import gc
import re
import weakref

import numpy as np
import pytest

import mlcompute as mlc

DTYPES = ["float32", "float16", "boolean", "int64", "int32", "int8", "uint8", "bfloat16"]


def test_labels_count_tensors():
    first, second = mlc.tensor([1]), mlc.tensor([1])
    assert second.tensor_id == first.tensor_id + 1
    assert second.label == f"data{second.tensor_id}"
    with pytest.raises(ValueError):
        mlc.tensor([0])
    assert mlc.tensor([1]).tensor_id == second.tensor_id + 1
    second.label = "weights"
    assert "weights" in repr(second)


def test_copy_is_the_same_tensor():
    tensor = mlc.tensor([2, 3], "Float32")
    copy = mlc.tensor(tensor)
    copy.label = "renamed"
    assert tensor.label == "renamed" and tensor.tensor_id == copy.tensor_id


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    for name in (dtype, dtype.capitalize(), mlc.DataType[dtype.upper()]):
        tensor = mlc.tensor([2, 3], name, fill=1)
        assert tensor.dtype == {"boolean": "bool"}.get(dtype, dtype)
        np.testing.assert_array_equal(np.asarray(tensor, "float32"), np.ones([2, 3], "float32"))


@pytest.mark.parametrize("dtype", ["float64", "string", "", "complex64", "uint16"])
def test_unknown_dtype(dtype):
    with pytest.raises(ValueError, match=f"'{dtype}'.*float32.*boolean.*bfloat16"):
        mlc.tensor([2], dtype)


@pytest.mark.parametrize("shape", [[], [1] * 5, [2, 0], [-1], [2**62, 4]])
def test_shapes_that_tensors_cannot_have(shape):
    with pytest.raises(ValueError, match="shape"):
        mlc.tensor(shape)


def test_descriptor():
    descriptor = mlc.tensor([2, 3, 4, 5]).descriptor
    assert descriptor.shape == (2, 3, 4, 5) and descriptor.stride == (240, 80, 20, 4)
    assert descriptor.tensor_allocation_size_in_bytes == 480
    assert mlc.tensor_descriptor.max_tensor_dimensions == 4
    weights = mlc.tensor_descriptor.convolution_weights(5, 3, 2, 4)
    assert weights.shape == (1, 8, 3, 5)
    assert mlc.tensor_descriptor.convolution_biases(7).shape == (1, 7, 1, 1)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([0.1, 1e-7, 1e10, np.inf, -0.0], np.float32), "0.1 1e-07 1e+10 inf -0 "),
        (np.array([1, -2], np.int8), "1 -2 "),
        (np.array([200], np.uint8), "200 "),
        (np.array([2**40], np.int64), "1099511627776 "),
        (np.array([True, False]), "1 0 "),
        (np.array([0.5, 65504], np.float16), "0.5 65504 "),
    ],
)
def test_print(array, text, capsys):
    mlc.tensor_data(array).print()
    assert capsys.readouterr().out == text + "\n"
    tensor = mlc.tensor(array.shape, array.dtype, data=array)
    tensor.print()
    assert capsys.readouterr().out == f"MLCTensor {tensor.label} : {text}\n"


def test_print_without_data():
    with pytest.raises(ValueError, match="holds no data"):
        mlc.tensor([2]).print()


def test_data_are_shared_and_kept():
    array = np.arange(6, dtype=np.float32)
    tensor = mlc.tensor([6], data=array)
    array[0] = 42
    assert tensor.numpy()[0] == 42
    kept = weakref.ref(array)
    del array
    gc.collect()
    assert kept() is not None
    view = tensor.numpy()
    del tensor
    gc.collect()
    assert view.tolist() == [42, 1, 2, 3, 4, 5] and not view.flags.writeable
    del view
    gc.collect()
    assert kept() is None


def test_arrays_that_are_not_contiguous():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    for strange in (array.T, array[:, ::2], array[::-1], array.astype(">f4")):
        np.testing.assert_array_equal(mlc.tensor_data(strange).numpy(), strange)


def test_other_types_are_refused_or_converted():
    doubles = np.array([1.0, 2.5])
    with pytest.raises(TypeError, match="float64"):
        mlc.tensor_data(doubles)
    assert mlc.tensor_data(doubles, "float32").numpy().dtype == np.float32
    assert mlc.tensor_data([1, 2.5]).dtype == "float32"
    assert mlc.tensor_data(doubles, mlc.DataType.INT32).numpy().tolist() == [1, 2]
    rounded = np.asarray(mlc.tensor_data([1 / 3], "bfloat16"), "float32")
    assert rounded[0] == np.float32(0.333984375)
    with pytest.raises(TypeError, match="complex64"):
        mlc.tensor_data(np.zeros(2, np.complex64))


def test_tensor_refuses_data_of_another_type_or_shape():
    with pytest.raises(TypeError, match="int32 for a tensor float32"):
        mlc.tensor([2], data=np.zeros(2, np.int32))
    with pytest.raises(ValueError, match=re.escape("[3] for a tensor float32[2]")):
        mlc.tensor([2], data=np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=re.escape("[2,3] for a tensor float32[3,2]")):
        mlc.tensor([3, 2], data=np.zeros((2, 3), np.float32))
    mlc.tensor([6, 1], data=np.zeros(6, np.float32))
    mlc.tensor([1, 6, 1], data=np.zeros((6, 1), np.float32))


def test_valid_numerics():
    assert mlc.tensor([1]).has_valid_numerics
    assert mlc.tensor([2], data=np.array([1, 2], np.float32)).has_valid_numerics
    assert not mlc.tensor([2], data=np.array([1, np.nan], np.float32)).has_valid_numerics
    assert not mlc.tensor([1], "float16", data=np.array([np.inf], np.float16)).has_valid_numerics


@pytest.mark.parametrize("name", ["cpu", "CPU", "gpu", "any", "ane", mlc.DeviceType.GPU])
def test_devices(name):
    device = mlc.device(name)
    assert device.type == (name.lower() if isinstance(name, str) else "gpu")
    assert device.actual_type == "cpu"


def test_unknown_device():
    with pytest.raises(ValueError, match="'tpu'.*cpu, gpu, any, ane"):
        mlc.device("tpu")
    with pytest.raises(TypeError, match="DeviceType"):
        mlc.device(mlc.ActivationType.RELU)


def test_enum_values():
    """MLCompute's numbers, those with gaps or without 0 among them."""
    assert [int(t) for t in mlc.DataType][:7] == [1, 3, 4, 5, 7, 8, 9]
    assert [int(t) for t in mlc.PoolingType] == [1, 2, 3]
    assert mlc.ArithmeticOperation.MAX == 29 and mlc.ActivationType.CLAMP == 20
    assert mlc.ComparisonOperation.LOGICAL_XOR == 11 and mlc.ReductionType.ALL == 9

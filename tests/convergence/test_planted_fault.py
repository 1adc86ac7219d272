"""A gradient that is wrong by 5 % turns the cases red that use it.

The device computes with tests/convergence/fault/, preloaded into the process that trains. It is
built with the C++ tests: `bazel build //tests/convergence/fault:libmlc_fault.so`.
"""

import os
import pathlib

import pytest

import tf_mlc_plugin
from convergence import runner
from convergence.cases import CASES

FAULT = runner.ROOT / "bazel-bin" / "tests" / "convergence" / "fault" / "libmlc_fault.so"
MLCOMPUTE = pathlib.Path(tf_mlc_plugin.__file__).parent / "lib" / "libmlcompute.so"

# The operation that is spoilt, and a case that has to show it.
FAULTS = {
    "ConvolutionGradFilter": "cnn",
    "ConvolutionGradInput": "cnn",
    "MaxPoolGrad": "cnn",
    "AvgPoolGrad": "separable",
    "ReluGrad": "batchnorm",
    "TanhGrad": "regression",
    "MatMul:transpose_a": "regression",
    "MatMul:transpose_b": "regression",
    "LstmGrad": "lstm_series",
    "GruGrad": "gru_series",
}
FAST = ("ConvolutionGradInput", "LstmGrad")


def train_with(fault, name):
    """MLC's record of a case, trained with the fault, and the CPU's."""
    assert FAULT.exists(), "bazel build //tests/convergence/fault:libmlc_fault.so"
    preload = os.pathsep.join([str(FAULT), str(MLCOMPUTE)])
    one = runner.Runner(LD_PRELOAD=preload, MLC_FAULT=fault)
    try:
        return one.run(name)
    finally:
        one.close()


@pytest.mark.parametrize(
    "fault",
    [f if f in FAST else pytest.param(f, marks=pytest.mark.convergence) for f in FAULTS],
)
def test_a_wrong_gradient_is_seen(fault):
    case = CASES[FAULTS[fault]]
    mlc, cpu = train_with(fault, case.name)
    assert "error" not in mlc, mlc["error"]
    found = runner.faults(case, mlc, cpu)
    assert any("loss" in each.what for each in found), f"{fault}: {case.name} stayed green"


def test_the_library_alone_changes_nothing():
    """The control: a fault in an operation that the model does not have."""
    case = CASES["regression"]
    mlc, cpu = train_with("GruGrad", case.name)
    assert runner.faults(case, mlc, cpu) == []

"""Arrows between the rooms of the house point one way (docs/architecture.md).

`#include` lines of C++ and `import` lines of Python are read; nothing is compiled.
"""

import ast
import functools
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A folder may include itself, its parents' row and what its row names. The longest prefix counts.
MAY_INCLUDE = {
    "mlcompute": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "mlcompute/team": set(),
    "mlcompute/program": {"mlcompute"},
    "mlcompute/backend": {"mlcompute", "mlcompute/program", "mlcompute/team"},
    "mlcompute/passes": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "mlcompute/reference": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "mlcompute/portable": {
        "mlcompute",
        "mlcompute/program",
        "mlcompute/backend",
        "mlcompute/passes",
        "mlcompute/reference",
        "mlcompute/team",
    },
    # Of the Objective-C API it sees <MLCompute/MLCompute.h>, as on a Mac.
    "mlcompute/apple": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "mlcompute/framework": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "kernels": {"mlcompute", "mlcompute/program", "mlcompute/backend"},
    "tf_mlc_plugin": {
        "kernels",
        "mlcompute",
        "mlcompute/program",
        "mlcompute/backend",
        "mlcompute/team",
        "tensorflow",
        "protozero",
    },
    "python": {"mlcompute", "mlcompute/program", "mlcompute/backend", "pybind11"},
}
# Libraries that only one room knows.
FOREIGN = {
    "dnnl": "mlcompute/portable/onednn",
    "oneapi": "mlcompute/portable/onednn",
    "hwy": "mlcompute/portable/simd",
    "Python.h": "python",
    "pybind11": "python",
    "protozero": "tf_mlc_plugin",
    "tensorflow": "tf_mlc_plugin",
}
ROOTS = ("mlcompute", "kernels", "tf_mlc_plugin", "python")
INCLUDE = re.compile(r'^\s*#\s*(?:include|import)\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def sources(*suffixes):
    return sorted(
        path
        for room in ROOTS
        for path in (ROOT / room).rglob("*")
        if path.suffix in suffixes and path.is_file()
    )


@functools.cache
def row_of(folder):
    """The longest row that is `folder` or holds it."""
    rows = [row for row in MAY_INCLUDE if f"{folder}/".startswith(f"{row}/")]
    return max(rows, key=len, default=None)


def target_of(included, path):
    """The folder of an included file if it is one of ours."""
    for base in (ROOT, path.parent):
        file = base / included
        if file.is_file() and file.resolve().is_relative_to(ROOT):
            return str(file.resolve().parent.relative_to(ROOT))
    first = included.split("/")[0]
    return str(pathlib.Path(included).parent) if first in ROOTS else None


def offence(path, included):
    folder = str(path.parent.relative_to(ROOT))
    target = target_of(included, path)
    if target is None:
        for name, room in FOREIGN.items():
            # dnnl.h, dnnl.hpp, dnnl_types.h, hwy/highway.h
            if re.match(rf"{re.escape(name)}([._/].*)?$", included):
                return None if f"{folder}/".startswith(f"{room}/") else f"only {room} knows {name}"
        return None
    own, theirs = row_of(folder), row_of(target)
    if own == theirs or theirs in MAY_INCLUDE[own]:
        return None
    return f"{own} may not include {theirs}"


@pytest.mark.parametrize(
    "path", sources(".cc", ".h", ".mm", ".inc"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_includes(path):
    offences = []
    for included in INCLUDE.findall(path.read_text()):
        reason = offence(path, included)
        if reason:
            offences.append(f"{included}: {reason}")
    assert not offences


@pytest.mark.parametrize(
    ("path", "included"),
    [
        ("mlcompute/program/program.cc", "mlcompute/backend/backend.h"),
        ("mlcompute/program/program.cc", "tensorflow/c/kernels.h"),
        ("mlcompute/reference/reference.cc", "mlcompute/portable/portable.h"),
        ("kernels/matmul.cc", "tf_mlc_plugin/kernel/op_kernel.h"),
        ("kernels/matmul.cc", "tensorflow/c/kernels.h"),
        ("kernels/matmul.cc", "mlcompute/portable/portable.h"),
        ("mlcompute/portable/reduction.cc", "oneapi/dnnl/dnnl.hpp"),
        ("mlcompute/team/team.cc", "mlcompute/program/program.h"),
        ("tf_mlc_plugin/device/platform.cc", "mlcompute/portable/portable.h"),
        ("tf_mlc_plugin/device/platform.cc", "Python.h"),
    ],
)
def test_offences_are_noticed(path, included):
    assert offence(ROOT / path, included)


# Python: what a package may import when it is imported, beside the standard library and itself.
# What functions import when they are called is their own matter, except for the last line.
MAY_IMPORT = {"mlcompute": {"numpy"}, "tf_mlc_plugin": set()}
# Modules that are themselves imported by functions only, once what they need is there.
LATE = {"python/tf_mlc_plugin/recurrent.py": {"tensorflow"}}
NEVER = {"mlcompute": {"tensorflow", "keras", "tf_mlc_plugin"}, "tf_mlc_plugin": {"mlcompute"}}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0], node


@pytest.mark.parametrize(
    "path", sources(".py", ".pyi"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_imports(path):
    package = path.relative_to(ROOT / "python").parts[0]
    allowed = {package} | MAY_IMPORT[package] | LATE.get(str(path.relative_to(ROOT)), set())
    tree = ast.parse(path.read_text())
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for name, node in imports(tree):
        assert name not in NEVER[package], f"line {node.lineno}: import {name}"
        if id(node) not in inside and name not in sys.stdlib_module_names:
            assert name in allowed, f"line {node.lineno}: import {name}"

"""The type stubs, the module and its documentation name the same things."""

import ast
import enum
import pathlib

import pytest

import mlcompute as mlc

ROOT = pathlib.Path(__file__).resolve().parents[3]
STUBS = {
    node.name: node
    for node in ast.parse((ROOT / "python" / "mlcompute" / "__init__.pyi").read_text()).body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
}


def declared(node):
    names = set()
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            names.add(item.name)
        elif isinstance(item, ast.AnnAssign):
            names.add(item.target.id)
    return {name for name in names if not name.startswith("_")}


def test_classes():
    assert set(STUBS) == set(mlc.__all__)


@pytest.mark.parametrize("name", sorted(STUBS))
def test_members(name):
    kind = getattr(mlc, name)
    if issubclass(kind, enum.Enum):
        stub = {item.targets[0].id: item.value.value for item in STUBS[name].body}
        assert stub == {member.name: int(member) for member in kind}
    else:
        assert declared(STUBS[name]) == {item for item in vars(kind) if not item.startswith("_")}
        assert kind.__doc__.strip()


def test_status_table():
    """Every class has its row in docs/mlcompute.md."""
    text = (ROOT / "docs" / "mlcompute.md").read_text()
    missing = [name for name in mlc.__all__ if name[0].islower() and f"`{name}`" not in text]
    assert missing in ([], ["normalization_layer"])

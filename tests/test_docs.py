"""What the documents name exists."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "CHANGELOG.md"  # which names what was
]
ROOMS = (
    "benchmarks|docs|examples|kernels|mlcompute|python|tests|tf_mlc_plugin|third_party|tools|\\.ci"
)


def ids(path):
    return str(path.relative_to(ROOT))


def targets():
    makefile = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_make_targets(document):
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE))
    assert named <= targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_paths(document):
    """Paths in `code marks`, with * for any name."""
    named = re.findall(rf"`((?:{ROOMS})/[\w./*-]*)`", document.read_text())
    missing = [name for name in named if not list(ROOT.glob(name.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links(document):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    local = [link for link in links if "://" not in link]
    assert all((document.parent / link).exists() for link in local), local


def test_environment_variables():
    """Every switch that the code reads is in the README, and the README names no other."""
    code = "".join(
        path.read_text()
        for room in ("mlcompute", "tf_mlc_plugin", "kernels", "python")
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".cc", ".h", ".mm", ".py"}
    )
    read = set(re.findall(r'"(TF_(?:MLC_\w+|DISABLE_MLC(?:_EAGER)?))"', code))
    named = set(
        re.findall(r"TF_(?:MLC_\w+|DISABLE_MLC(?:_EAGER)?)", (ROOT / "README.md").read_text())
    )
    assert read == named

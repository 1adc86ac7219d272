"""The Objective-C runtime has every class, property and method of the framework, with its types."""

import json
import pathlib
import re
import subprocess

import pytest
from framework_build import ROOT, build

FACTS = ROOT / "tests/facts"


def facts(name):
    return json.loads((FACTS / f"mlcompute_{name}.json").read_text())


CLASSES = facts("declarations")["classes"]
# Type encodings on 64 bits; BOOL is unsigned char on GNUstep.
ENCODINGS = {
    "BOOL": "C",
    "NSUInteger": "Q",
    "NSInteger": "q",
    "float": "f",
    "void": "v",
    "void *": "^v",
    "const void *": "r^v",
    "instancetype": "@",
    "MLCLSTMResultMode": "Q",
    "MLCGraphCompilationOptions": "Q",
    "MLCExecutionOptions": "Q",
    "MLCGraphCompletionHandler": "@?",
}


def encoding(kind):
    kind = kind.removeprefix("nullable ")
    if kind in ENCODINGS:
        return ENCODINGS[kind]
    if "(^" in kind:
        return "@?"
    return "@" if kind.endswith("*") else "i"  # the other enumerations are int32_t


def members(row):
    """(kind, selector, type encoding) of all that a class declares."""
    for method in row["methods"]:
        arguments = "".join(encoding(kind) for kind in method["types"])
        sign = "+" if method["of_class"] else "-"
        yield sign, method["selector"], f"{encoding(method['returns'])}@:{arguments}"
    for prop in row["properties"]:
        sign, name, kind = "+" if prop["of_class"] else "-", prop["name"], encoding(prop["type"])
        yield sign, name, f"{kind}@:"
        if not prop["readonly"]:
            yield sign, f"set{name[0].upper()}{name[1:]}:", f"v@:{kind}"


def ask(questions):
    done = subprocess.run(
        [build() / "tests/apple/selectors"],
        input="\n".join(questions) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\n")[: len(questions)]


def test_tables_are_whole():
    assert len(CLASSES) == 56
    assert sum(len(row["methods"]) for row in CLASSES.values()) > 200


@pytest.mark.parametrize("name", CLASSES)
def test_members(name):
    wanted = list(members(CLASSES[name]))
    found = ask([f"{name} {sign} {selector}" for sign, selector, _ in wanted])
    different = [
        f"{sign}{selector}: {answer}, not {types}"
        for (sign, selector, types), answer in zip(wanted, found, strict=True)
        if answer != types
    ]
    assert not different


def test_superclasses():
    found = ask([f"< {name}" for name in CLASSES])
    assert dict(zip(CLASSES, found, strict=True)) == {
        name: row["superclass"] for name, row in CLASSES.items()
    }


def test_copying():
    copied = [name for name, row in CLASSES.items() if "NSCopying" in row["protocols"]]
    assert set(ask([f"? {name} NSCopying" for name in copied])) == {"yes"}


def test_a_missing_member_is_noticed():
    assert ask(["MLCTensor - noSuchThing", "MLCNothing + layer", "< MLCNothing"]) == ["none"] * 3


# PyObjC's metadata are generated from Apple's headers: BOOLs, blocks, unavailable members.
ARGUMENTS = facts("arguments")["classes"]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_types_as_pyobjc_knows_them(name):
    for selector, row in ARGUMENTS[name].items():
        plus, minus = ask([f"{name} + {selector}", f"{name} - {selector}"])
        types = plus if plus != "none" else minus
        assert types != "none", selector
        result, *arguments = re.findall(r"@\?|r?\^?[a-zA-Z@:]", types)
        if "result" in row:
            assert result == "C", selector
        for index, kind in row.get("arguments", {}).items():
            # After self and _cmd.
            assert arguments[int(index) + 2] == {"BOOL": "C", "block": "@?"}[kind], selector


def test_headers_are_what_the_tables_say():
    tool = pathlib.Path(ROOT / "tools/framework_headers.py")
    done = subprocess.run(["python3", tool, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

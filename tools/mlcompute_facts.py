"""Writes tests/facts/mlcompute_enums.json and mlcompute_arguments.json: MLCompute's enumerations,
and types of results and arguments, as PyObjC knows them.

PyObjC's metadata are generated from Apple's headers and are on PyPI (pyobjc-framework-MLCompute,
MIT). The wheel is downloaded for macOS and read; nothing of it is run. With --check the files are
compared instead of written.
"""

import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

VERSION = "12.2.2"
PACKAGE = f"pyobjc-framework-MLCompute=={VERSION}"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/facts"


def metadata():
    """The source of the module that holds the metadata."""
    with tempfile.TemporaryDirectory() as folder:
        platform = "--platform macosx_11_0_universal2 --python-version 311 --implementation py"
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            + ["--no-deps", "--only-binary=:all:", *platform.split(), "--abi", "none"]
            + ["--dest", folder, PACKAGE],
            check=True,
        )
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read("MLCompute/_metadata.py").decode()


def enumerations(source):
    """{enumeration: {member: value}}, both without MLC."""
    tree = ast.parse(source)
    text, names = "", set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "enums":
            text = ast.literal_eval(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NewType":
            names.add(node.args[0].value)
    found = {}
    for name, value in re.findall(r"\$(\w+)@(-?\d+)", text):
        owner = max((n for n in names if name.startswith(n)), key=len, default=None)
        if owner is None:
            raise SystemExit(f"{name} belongs to no enumeration")
        found.setdefault(owner[3:], {})[name[len(owner) :]] = int(value)
    return {name: dict(sorted(found[name].items(), key=lambda m: m[1])) for name in sorted(found)}


def kind_of(entry):
    """What PyObjC has to be told of a type, or nothing where the runtime says it."""
    if "callable" in entry:
        return "block"
    return "BOOL" if entry.get("type") in (b"Z", "Z") else None


def arguments(source):
    """{class: {selector: {"result": kind, "arguments": {index from 0 after _cmd: kind}}}}"""
    found = {}
    for node in ast.walk(ast.parse(source)):
        # r(b"MLCGraph", b"addOutputs:", {...})
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "r"):
            continue
        owner, selector, row = (ast.literal_eval(argument) for argument in node.args)
        entry = {}
        if kind := kind_of(row.get("retval", {})):
            entry["result"] = kind
        # PyObjC counts self and _cmd.
        kinds = {index - 2: kind_of(one) for index, one in row.get("arguments", {}).items()}
        if kinds := {str(index): kind for index, kind in sorted(kinds.items()) if kind}:
            entry["arguments"] = kinds
        if entry:
            found.setdefault(owner.decode(), {})[selector.decode()] = entry
    return {owner: dict(sorted(found[owner].items())) for owner in sorted(found)}


def main():
    source = metadata()
    different = 0
    for name, key, facts in (
        ("enums", "enums", enumerations(source)),
        ("arguments", "classes", arguments(source)),
    ):
        text = json.dumps({"source": PACKAGE, key: facts}, indent=1) + "\n"
        file = FOLDER / f"mlcompute_{name}.json"
        if "--check" in sys.argv:
            different |= text != file.read_text()
        else:
            file.write_text(text)
    return int(different)


if __name__ == "__main__":
    sys.exit(main())

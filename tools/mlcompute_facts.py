"""Writes tests/facts/mlcompute_enums.json: MLCompute's enumerations as PyObjC knows them.

PyObjC's metadata are generated from Apple's headers and are on PyPI (pyobjc-framework-MLCompute,
MIT). The wheel is downloaded for macOS and read; nothing of it is run. With --check the file is
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
TARGET = pathlib.Path(__file__).resolve().parent.parent / "tests/facts/mlcompute_enums.json"


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


def main():
    text = json.dumps({"source": PACKAGE, "enums": enumerations(metadata())}, indent=1) + "\n"
    if "--check" in sys.argv:
        return int(text != TARGET.read_text())
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

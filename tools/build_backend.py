"""PEP 517: `pip install .` through Bazel, for the interpreter that pip runs."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def _bazel(*arguments):
    bazel = os.environ.get("BAZEL") or shutil.which("bazel") or shutil.which("bazelisk")
    if bazel is None:
        raise RuntimeError("Bazel is needed: Debian's bazel-bootstrap, Homebrew's bazelisk")
    environment = {**os.environ, "PYTHON_BIN_PATH": sys.executable}
    return subprocess.run([bazel, *arguments], cwd=ROOT, env=environment, check=True)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _bazel("build", "//:wheel")
    name = (ROOT / "bazel-bin/wheel.name").read_text().strip()
    target = pathlib.Path(wheel_directory) / name
    shutil.copyfile(ROOT / "bazel-bin/wheel.whl", target)
    return name

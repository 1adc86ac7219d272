"""Builds mlcompute/framework and the programs that use it, and runs them."""

import functools
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "build/framework"
LIBRARIES = ROOT / "bazel-bin/mlcompute"


def missing():
    """What the build needs and is not there; "" if there is all."""
    if not (LIBRARIES / "libmlcompute.so").exists():
        return f"{LIBRARIES}/libmlcompute.so: bazel build //mlcompute:libraries makes it"
    if not any(shutil.which(f"clang++{version}") for version in ("-16", "-19", "-14", "")):
        return "clang: tools/setup_apple.sh installs it"
    if not pathlib.Path("/usr/include/GNUstep/Foundation/Foundation.h").exists():
        return "GNUstep: tools/setup_apple.sh installs it"
    return ""


@functools.cache
def build():
    """The folder of the programs. AssertionError where it cannot be built: that is no pass."""
    reason = missing()
    assert not reason, f"mlcompute/framework is NOT TESTED without {reason}"
    done = subprocess.run(
        ["make", f"-j{os.cpu_count()}", "-C", ROOT / "mlcompute/framework", f"OUT={OUT}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return OUT


def run(program, *arguments, strict="0"):
    """A program of examples/objc or tests/apple after it has run: returncode, stdout, stderr."""
    environment = {**os.environ, "MLC_STRICT": strict}
    return subprocess.run(
        [build() / program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )

"""Headers and examples compile for macOS; macos_stubs/ has what we use of Foundation. For the
libraries see test_macos_build.py.

Nothing is run: this shows that they are Objective-C++ which a Mac's compiler takes, and that every
selector is one of ours or Foundation's.
"""

import os
import struct
import subprocess
import sys

import pytest
from framework_build import ROOT

pytestmark = pytest.mark.apple

# CPU types of Mach-O, loader.h.
TARGETS = {"aarch64": 0x0100000C, "x86_64": 0x01000007}
EXAMPLES = sorted((ROOT / "examples/objc").glob("*.mm"))


def compile_for(target, source, to, cache):
    # These ask about layers since macOS 11.3 and optimizers since 12.0.
    version = "12.0" if source.stem.startswith("questions_") else "11.0"
    return subprocess.run(
        [sys.executable, "-m", "ziglang", "c++", "-target", f"{target}-macos.{version}"]
        + ["-x", "objective-c++", "-std=c++17", "-fblocks", "-fno-objc-arc"]
        + ["-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument"]
        + [f"-I{ROOT}/tests/apple/macos_stubs", f"-I{ROOT}/mlcompute/framework"]
        + [f"-I{ROOT}/examples/objc", f"-I{ROOT}", "-c", source, "-o", to],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("zig"))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_compiles(target, example, cache, tmp_path):
    to = tmp_path / "example.o"
    done = compile_for(target, example, to, cache)
    assert done.returncode == 0, done.stderr
    magic, cpu = struct.unpack("<II", to.read_bytes()[:8])
    assert (magic, cpu) == (0xFEEDFACF, TARGETS[target])


def test_a_misspelt_selector_is_an_error(cache, tmp_path):
    source = tmp_path / "misspelt.mm"
    source.write_text(
        EXAMPLES[0].read_text().replace("layerWithDescriptor:", "layerWithDescription:")
    )
    assert "layerWithDescription:" in source.read_text()
    done = compile_for("aarch64", source, tmp_path / "misspelt.o", cache)
    assert done.returncode != 0 and "layerWithDescription:" in done.stderr

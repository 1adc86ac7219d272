"""What of a Mac's set-up can be tried elsewhere: tools/setup.sh with programs that say they are a
Mac's, and the requirements as pip reads them there."""

import pathlib
import shutil
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ARM = {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin"}
INTEL = {**ARM, "platform_machine": "x86_64"}
LINUX = {"sys_platform": "linux", "platform_machine": "x86_64", "platform_system": "Linux"}


class Mac:
    """A copy of tools/ with a PATH of programs that write down how they are called."""

    def __init__(self, folder, machine="arm64"):
        self.folder = folder
        self.bin, self.prefix = folder / "bin", folder / "homebrew"
        self.log = folder / "log"
        self.tree = folder / "tree"
        shutil.copytree(ROOT / "tools", self.tree / "tools")
        self.bin.mkdir()
        self.prefix.mkdir()
        for name in ("sh", "dirname", "cmp", "cp", "mkdir"):
            (self.bin / name).symlink_to(shutil.which(name))
        self.program("uname", f'[ "${{1:-}}" = -m ] && echo {machine} || echo Darwin')
        self.program("xcode-select", "echo /Library/Developer/CommandLineTools")
        self.program(
            "brew",
            f'[ "$1" = --prefix ] && echo {self.prefix} || echo brew "$@" >> {self.log}',
        )
        # A Python that makes the venv: `python -m venv`, then `pip install`.
        self.python = self.program("python3", self.interpreter())
        self.program("apt-get", f"echo apt-get >> {self.log}")

    def interpreter(self):
        return (
            f'echo python "$@" >> {self.log}; '
            f'[ "$2" != venv ] || {{ mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }}'
        )

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def have(self, *files):
        for file in files:
            path = self.prefix / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def setup(self):
        done = subprocess.run(
            ["tools/setup.sh"],
            cwd=self.tree,
            env={"PATH": str(self.bin), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
        )
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return done, [line for line in lines if "pip" in line or not line.startswith("python")]


INSTALL = "python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt"


@pytest.mark.parametrize(("machine", "more"), [("arm64", ""), ("x86_64", " xbyak")])
def test_bare(tmp_path, machine, more):
    done, calls = Mac(tmp_path, machine).setup()
    assert done.returncode == 0, done.stderr
    formulae = "bazelisk googletest highway protozero onednn"
    assert calls == [f"brew install --quiet {formulae}{more}", INSTALL]


def test_complete(tmp_path):
    mac = Mac(tmp_path)
    mac.program("bazelisk", "")
    mac.have("include/gtest/gtest.h", "include/hwy/highway.h", "opt/onednn/include/dnnl.h")
    mac.have("include/protozero/pbf_reader.hpp")
    assert mac.setup()[1] == [INSTALL]
    done, calls = mac.setup()  # and what is installed is not installed again
    assert (done.returncode, calls) == (0, [INSTALL])


def test_no_python(tmp_path):
    """The system's is too old; Homebrew has one, which this one only writes down."""
    mac = Mac(tmp_path)
    mac.python.write_text("#!/bin/sh\nexit 1\n")
    done, calls = mac.setup()
    assert calls[0].endswith(" python@3.12")
    assert done.returncode != 0 and "Python 3.10 to 3.13 is needed" in done.stderr


def test_no_compiler(tmp_path):
    mac = Mac(tmp_path)
    mac.program("xcode-select", "exit 2")
    done, calls = mac.setup()
    assert (done.returncode, calls) == (1, [])
    assert done.stderr == "setup: Apple's compiler is missing; xcode-select --install\n"


def test_no_homebrew(tmp_path):
    mac = Mac(tmp_path)
    (mac.bin / "brew").unlink()
    done, calls = mac.setup()
    assert (done.returncode, calls) == (1, [])
    assert done.stderr == "setup: Homebrew is missing: https://brew.sh\n"


def chosen(lines, system, python="3.11", **more):
    """{name: version} of the requirements whose markers hold."""
    environment = {**system, "python_version": python, **more}
    found = {}
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in found
            found[requirement.name] = str(requirement.specifier)
    return found


def lines_of(path):
    lines = (ROOT / path).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("system", "tensorflow", "others"),
    [
        (LINUX, ("tensorflow-cpu", "==2.21.0"), {"onednn-devel-cpu-gomp": "==2023.2.0"}),
        (ARM, ("tensorflow", "==2.21.0"), {"clang-format": "==16.0.6"}),
        (INTEL, ("tensorflow", "==2.16.2"), {"clang-format": "==16.0.6"}),
    ],
)
def test_requirements(system, tensorflow, others):
    found = chosen(lines_of("tools/requirements.txt"), system)
    assert {k: v for k, v in found.items() if "tensorflow" in k} == dict([tensorflow])
    systems_own = {"onednn-devel-cpu-gomp", "clang-format"}
    assert {k: v for k, v in found.items() if k in systems_own} == others
    assert {"keras", "pybind11", "pytest"} <= found.keys()


@pytest.mark.parametrize("system", [LINUX, ARM, INTEL])
def test_metadata(system):
    lines = lines_of("tools/METADATA.in")
    wheel = [line.split(": ", 1)[1] for line in lines if line.startswith("Requires-Dist: ")]
    name = "tensorflow-cpu" if system is LINUX else "tensorflow"
    assert chosen(wheel, system, extra="tensorflow") == {"numpy": ">=1.26", name: ">=2.16"}
    assert chosen(wheel, system, extra="") == {"numpy": ">=1.26"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
@pytest.mark.parametrize("system", [LINUX, ARM, INTEL])
def test_what_building_requires(system):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = chosen(project["build-system"]["requires"], system)
    engine = {"onednn-devel-cpu-gomp": "==2023.2.0"} if system is LINUX else {}
    name = "tensorflow-cpu" if system is LINUX else "tensorflow"
    assert found == {"pybind11": ">=3.0", name: ">=2.16", **engine}

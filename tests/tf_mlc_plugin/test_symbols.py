"""What the wheel's libraries ask of others: TensorFlow's C API and no more."""

import importlib.util
import pathlib
import re
import subprocess
import sysconfig

import pytest
from site_folder import INSTALLED, OURS

LIBRARIES = sorted(
    path for name in OURS for path in (INSTALLED / name).rglob("*.so*") if path.is_file()
)
DEVICE, PLUGIN = "libtf_mlc_device.so", "libtf_mlc_plugin.so"

# Beside these only libc's parts; Python's symbols come from the interpreter.
NEEDED = {
    PLUGIN: {"libtensorflow_framework.so.2"},
    DEVICE: {"libmlcompute.so", "libmlc_team.so", "libtensorflow_framework.so.2"},
    "libmlcompute.so": {"libmlc_dnnl.so.3", "libmlc_team.so"},
    "libmlc_dnnl.so.3": {"libmlc_team.so"},
    "libmlc_team.so": set(),
    "_mlcompute" + sysconfig.get_config_var("EXT_SUFFIX"): {"libmlcompute.so"},
}
SYSTEM = re.compile(r"(lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s)|ld-linux.*)\.so\.\d+")

C_API = re.compile(r"^(TF|SE|SP|TP|TSL|TFE)_")
CXX_OF_TENSORFLOW = re.compile(
    r"\b(tensorflow|tsl|xla|stream_executor|google::protobuf|absl|Eigen)::|^_ZN?[KV]*(10tensorflow)"
)


def undefined_symbols(library):
    """Mangled names without their versions."""
    output = subprocess.check_output(["nm", "-D", "--undefined-only", str(library)], text=True)
    return {line.split()[-1].split("@")[0] for line in output.splitlines()}


def demangled(names):
    command = ["c++filt"]
    text = "\n".join(sorted(names))
    return subprocess.run(command, input=text, text=True, check=True, stdout=-1).stdout.splitlines()


def declared(header):
    """The functions that a header declares with TF_CAPI_EXPORT."""
    text = re.sub(r"//.*", "", header.read_text())
    return set(re.findall(r"TF_CAPI_EXPORT\b[^;(]*?\b(\w+)\s*\(", text))


@pytest.fixture(scope="module")
def headers():
    # Not from TensorFlow itself: what is wrong with a library may be that it does not let it load.
    origin = importlib.util.find_spec("tensorflow").origin
    return pathlib.Path(origin).parent / "include" / "tensorflow" / "c"


def test_libraries_are_those_expected():
    assert {path.name for path in LIBRARIES} == set(NEEDED)
    assert [path.name for path in (INSTALLED / "tensorflow-plugins").iterdir()] == [PLUGIN]


def test_headers_are_parsed(headers):
    assert {"TF_AllocateOutput", "TF_NewKernelBuilder"} <= declared(headers / "kernels.h")
    assert "TF_AssignVariable" in declared(headers / "kernels_experimental.h")


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_undefined_symbols(library, headers):
    symbols = undefined_symbols(library)
    c_api = {name for name in symbols if C_API.match(name)}
    if library.name not in (DEVICE, PLUGIN):
        assert not c_api
    elif library.name == DEVICE:
        assert c_api, "a device that uses nothing of TensorFlow cannot be"

    # Exported until TensorFlow 2.18 only.
    experimental = declared(headers / "kernels_experimental.h")
    assert not c_api & experimental
    known = set().union(*map(declared, headers.rglob("*.h"))) - experimental
    assert c_api <= known, sorted(c_api - known)

    cxx = [name for name in demangled(symbols) if CXX_OF_TENSORFLOW.search(name)]
    assert not cxx, cxx


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_needed_libraries(library):
    output = subprocess.check_output(["readelf", "-d", str(library)], text=True)
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output)
    ours = [name for name in needed if not SYSTEM.fullmatch(name)]
    assert set(ours) == NEEDED[library.name]
    # What is searched first: our own libraries must not take symbols from TensorFlow's.
    if "libtensorflow_framework.so.2" in ours:
        assert ours[-1] == "libtensorflow_framework.so.2"
    paths = re.findall(r"\(R(?:UN)?PATH\).*\[(.+)\]", output)
    for path in paths:
        assert all(part.startswith("$ORIGIN") for part in path.split(":")), path


def exported_symbols(library):
    output = subprocess.check_output(["nm", "-D", "--defined-only", str(library)], text=True)
    return {line.split()[-1].split("@")[0] for line in output.splitlines()}


def test_exports_of_the_plugin():
    (library,) = (path for path in LIBRARIES if path.name == PLUGIN)
    assert {n for n in exported_symbols(library) if not n.startswith("_")} == {
        "SE_InitPlugin",
        "TF_InitGraph",
        "TF_InitKernel",
    }


def test_exports_of_the_device():
    (library,) = (path for path in LIBRARIES if path.name == DEVICE)
    exports = {name for name in exported_symbols(library) if not name.startswith("_")}
    assert exports and all(name.startswith("Mlc") for name in exports)

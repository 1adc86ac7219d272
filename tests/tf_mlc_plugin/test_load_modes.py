"""`import tensorflow` succeeds whatever is wrong, and one line on stderr says what it is."""

import shutil
import subprocess

import pytest
from site_folder import SiteFolder

PLUGIN = "tensorflow-plugins/libtf_mlc_plugin.so"
DEVICE = "tf_mlc_plugin/lib/libtf_mlc_device.so"
UNAVAILABLE = "tf_mlc_plugin: the MLC device is not available: "

# Prints the MLC devices and a sum that TensorFlow computes.
REPORT = """
import tensorflow as tf
names = [device.name for device in tf.config.list_logical_devices() if "MLC" in device.device_type]
print("devices", *names)
print("sum", float(tf.reduce_sum(tf.constant([1.0, 2.0]) * 3.0)))
"""


@pytest.fixture
def bare(tmp_path):
    return SiteFolder(tmp_path / "environment")


@pytest.fixture
def installed(bare):
    bare.install()
    return bare


def complaints(process):
    return [line for line in process.stderr.splitlines() if line.startswith("tf_mlc_plugin")]


def check_works(process, devices="/device:MLC:0"):
    assert process.returncode == 0, process.stderr
    assert f"devices {devices}".strip() in process.stdout
    assert "sum 9.0" in process.stdout


def check_stands_aside(process, reason):
    check_works(process, devices="")
    assert "MLC" not in process.stdout
    lines = complaints(process)
    assert len(lines) == 1 and lines[0].startswith(UNAVAILABLE) and reason in lines[0], lines


def test_normal(installed):
    process = installed.run(REPORT)
    check_works(process)
    assert complaints(process) == []


@pytest.mark.parametrize("value", ["", "0"])
def test_switch_that_does_not_disable(installed, value):
    check_works(installed.run(REPORT, TF_DISABLE_MLC=value))


def test_disabled(installed):
    check_stands_aside(installed.run(REPORT, TF_DISABLE_MLC="1"), "TF_DISABLE_MLC=1 is set")


NO_LIBRARY = "the apple backend is not available: "
OPTIONAL = "it is an optional build, `make test-apple`, and TF_MLC_APPLE_LIBRARY names the file."


@pytest.mark.parametrize(
    ("reason", "switches"),
    [
        (
            "TF_MLC_BACKEND='gpu' is not 'apple', 'portable' or 'reference'.",
            {"TF_MLC_BACKEND": "gpu"},
        ),
        (
            "TF_MLC_DEVICE_NAME='CPU' is not 'any', 'cpu', 'gpu' or 'ane'.",
            {"TF_MLC_DEVICE_NAME": "CPU"},
        ),
        (
            "lib/libmlc_apple.so: cannot open shared object file: No such file or directory; "
            + OPTIONAL,
            {"TF_MLC_BACKEND": "apple"},
        ),
        (
            NO_LIBRARY + "libm.so.6 has no MlcAppleBackend; " + OPTIONAL,
            {"TF_MLC_BACKEND": "apple", "TF_MLC_APPLE_LIBRARY": "libm.so.6"},
        ),
    ],
)
def test_backend_that_is_not_there(installed, reason, switches):
    code = REPORT + "import tf_mlc_plugin\nprint('there', tf_mlc_plugin.device_available())\n"
    process = installed.run(code, **switches)
    check_stands_aside(process, reason)
    assert "there False" in process.stdout


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("gpu", "ValueError: TF_MLC_BACKEND='gpu' is not 'apple', 'portable' or 'reference'"),
        ("apple", "NotImplementedError: " + NO_LIBRARY),
    ],
)
def test_mlcompute_without_its_backend(installed, value, error):
    """The module can be imported, and its first use of a device says what is wrong."""
    code = "import mlcompute\nprint('imported')\nmlcompute.device()"
    process = installed.run(code, TF_MLC_BACKEND=value)
    assert process.stdout == "imported\n"
    assert process.stderr.splitlines()[-1].startswith(error)


def check_second_copy(process):
    check_works(process)
    (line,) = complaints(process)
    assert line.startswith(UNAVAILABLE) and "another copy of it is loaded already" in line


def test_two_site_packages(installed, tmp_path):
    second = installed.install(tmp_path / "second" / "site-packages")
    check_second_copy(installed.run(REPORT, PYTHONPATH=str(second)))


def test_three_site_packages(installed, tmp_path):
    folders = [installed.install(tmp_path / name / "site-packages") for name in ("b", "c")]
    process = installed.run(REPORT, PYTHONPATH=":".join(map(str, folders)))
    check_works(process)
    assert len(complaints(process)) == 2


def test_linked_site_packages(installed, tmp_path):
    # As on systems where lib64 is a link to lib: the same file under two names.
    link = tmp_path / "link-to-site-packages"
    link.symlink_to(installed.packages)
    check_second_copy(installed.run(REPORT, PYTHONPATH=str(link)))


def test_loaded_again_by_hand(installed, tmp_path):
    second = installed.install(tmp_path / "second")
    load = f"tf.load_library({str(second / PLUGIN)!r})"
    check_works(installed.run(f"import tensorflow as tf\n{load}\n{REPORT}"))
    load = f"load_pluggable_device_library({str(second / PLUGIN)!r})"
    import_ = "from tensorflow.python.framework.load_library import load_pluggable_device_library"
    process = installed.run(f"{import_}\n{load}\n{REPORT}")
    check_second_copy(process)


def test_folder_outside_site_packages(bare, tmp_path):
    # Loaded by hand, the Python half of the package is out of reach: the device works all the same.
    folder = bare.install(tmp_path / "elsewhere")
    process = bare.run(REPORT, TF_PLUGGABLE_DEVICE_LIBRARY_PATH=str(folder / PLUGIN))
    check_works(process)
    (line,) = complaints(process)
    assert "Keras integration is off" in line


@pytest.mark.parametrize("name", ["libmlc_dnnl.so.3", "libmlcompute.so", "libmlc_team.so"])
def test_missing_library(installed, name):
    (installed.packages / "tf_mlc_plugin" / "lib" / name).unlink()
    check_stands_aside(installed.run(REPORT), name)


def test_missing_device_library(installed):
    (installed.packages / DEVICE).unlink()
    check_stands_aside(installed.run(REPORT), "libtf_mlc_device.so")


def test_device_library_of_another_version(installed):
    device = installed.packages / DEVICE
    device.unlink()
    compile_library("int unrelated;", device)
    check_stands_aside(installed.run(REPORT), "of another version")


def compile_library(source, path):
    compiler = shutil.which("cc") or shutil.which("g++")
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(path)]
    subprocess.run(command, input=source, text=True, check=True)


@pytest.mark.parametrize("version", ["2.15.1", "3.0.0", "1.15"])
def test_wrong_tensorflow_version(installed, tmp_path, version):
    library = tmp_path / "version.so"
    compile_library(f'const char* TF_Version(void) {{ return "{version}"; }}', library)
    process = installed.run(REPORT, LD_PRELOAD=str(library))
    check_stands_aside(process, f"TensorFlow {version} is not supported")


@pytest.mark.parametrize(
    "imports",
    [
        "import mlcompute, tensorflow",
        "import tensorflow, mlcompute",
        "import keras, mlcompute, tensorflow",
        "import tf_mlc_plugin, tensorflow",
    ],
)
def test_order_of_imports(installed, imports):
    process = installed.run(f"{imports}\n{REPORT}")
    check_works(process)
    assert complaints(process) == []


def test_package_imports_nothing_heavy(installed):
    process = installed.run(
        "import sys, tf_mlc_plugin, tf_mlc_plugin.keras_integration\n"
        "print(tf_mlc_plugin.kernel_counts(), tf_mlc_plugin.runtime_info())\n"
        "print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    )
    assert process.stdout == "{} {}\nset()\n", process.stderr


def test_mlcompute_without_tensorflow(installed):
    (installed.packages / "tensorflow").unlink()
    process = installed.run("import mlcompute, sys; print('tensorflow' in sys.modules)")
    assert process.stdout == "False\n", process.stderr


def test_self_check(installed):
    process = installed.run("import runpy; runpy.run_module('tf_mlc_plugin', run_name='__main__')")
    assert process.returncode == 0, process.stdout + process.stderr
    assert "ok: a matrix product on /MLC:0" in process.stdout
    for word in ("threads", "backend", "isa", "/physical_device:MLC:0", str(installed.packages)):
        assert word in process.stdout


def test_self_check_of_a_disabled_device(installed):
    process = installed.run(
        "import runpy; runpy.run_module('tf_mlc_plugin', run_name='__main__')", TF_DISABLE_MLC="1"
    )
    assert process.returncode == 1
    assert "FAILED: no MLC device" in process.stdout

"""Tells the repository rules where this interpreter keeps one package.

Prints lines of `link<TAB>name<TAB>path` and `set<TAB>NAME<TAB>value`. TensorFlow is located without
being imported: that takes seconds, and would load an installed plugin.
"""

import importlib.metadata
import importlib.util
import os
import sys
import sysconfig

MAC = sys.platform == "darwin"


def link(name, path, package):
    if not os.path.exists(path):
        missing(package, f"{path} does not exist")
    print("link", name, path, sep="\t")


def set_value(name, value):
    print("set", name, value, sep="\t")


def missing(package, why):
    sys.exit(f"{why}. Run `make setup`, or: {sys.executable} -m pip install '{package}'")


def package_folder(name, package):
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.origin:
        missing(package, f"{sys.executable} has no package {name}")
    return os.path.dirname(spec.origin)


def installed_file(package, path, requirement):
    """Absolute path of a file that a distribution put outside site-packages."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        missing(requirement, f"{sys.executable} has no package {package}")
    for file in files:
        if str(file).endswith(path):
            return os.path.realpath(file.locate())
    missing(requirement, f"{package} of {sys.executable} has no {path}")


def homebrew_onednn():
    """PyPI has no oneDNN for macOS; Homebrew's is of the same major version."""
    for prefix in ("/opt/homebrew/opt/onednn", "/usr/local/opt/onednn"):
        if os.path.exists(prefix):
            break
    else:
        sys.exit("Homebrew's onednn is not installed. Run `make setup`, or: brew install onednn")
    include = os.path.join(prefix, "include")
    for name in sorted(os.listdir(include)):
        link(f"include/{name}", os.path.join(include, name), "onednn")
    link("libdnnl.so.3", os.path.realpath(f"{prefix}/lib/libdnnl.dylib"), "onednn")
    link("LICENSE", f"{prefix}/LICENSE", "onednn")
    notices = f"{prefix}/share/doc/dnnl/THIRD-PARTY-PROGRAMS"
    link("THIRD-PARTY-PROGRAMS", notices if os.path.exists(notices) else f"{prefix}/LICENSE", "")


def onednn():
    if MAC:
        homebrew_onednn()
        return
    requirement = "onednn-devel-cpu-gomp==2023.2.0"
    header = installed_file("onednn-devel-cpu-gomp", "include/dnnl.h", requirement)
    library = installed_file("onednn-cpu-gomp", "libdnnl.so.3", requirement)
    notices = installed_file("onednn-cpu-gomp", "onednn/THIRD-PARTY-PROGRAMS", requirement)
    include = os.path.dirname(header)
    for name in sorted(os.listdir(include)):
        if name.startswith("dnnl"):
            link(f"include/{name}", os.path.join(include, name), requirement)
    link("include/oneapi", os.path.join(include, "oneapi"), requirement)
    link("libdnnl.so.3", library, requirement)
    link("LICENSE", os.path.join(os.path.dirname(notices), "LICENSE"), requirement)
    link("THIRD-PARTY-PROGRAMS", notices, requirement)


def pybind11():
    link("include", os.path.join(package_folder("pybind11", "pybind11"), "include"), "pybind11")


def python():
    include = sysconfig.get_path("include")
    if not os.path.exists(os.path.join(include, "Python.h")):
        sys.exit(f"{include} has no Python.h. Run `make setup`, or: apt-get install python3-dev")
    print("link", "include", include, sep="\t")
    # The interpreter itself, not a venv's link to it: the build's scripts need no packages.
    print("link", "python3", os.path.realpath(sys.executable), sep="\t")
    set_value("EXT_SUFFIX", sysconfig.get_config_var("EXT_SUFFIX"))
    set_value("PYTHON_TAG", f"cp{sys.version_info.major}{sys.version_info.minor}")


def tensorflow():
    requirement = "tensorflow" if MAC else "tensorflow-cpu"
    root = package_folder("tensorflow", requirement)
    link("include", os.path.join(root, "include"), requirement)
    for library in ("libtensorflow_framework", "libtensorflow_cc"):
        file = f"{library}.2.dylib" if MAC else f"{library}.so.2"
        link(f"{library}.so.2", os.path.join(root, file), requirement)


# This folder is no place to import from.
del sys.path[0]
globals()[sys.argv[1]]()

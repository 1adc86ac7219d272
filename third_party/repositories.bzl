"""Where the build finds what it does not contain. Nothing is downloaded: Python packages come from the
chosen interpreter, headers from the system."""

load("//third_party:bazel4/stubs.bzl", "bazel4_stubs")

def _python(ctx):
    """PYTHON_BIN_PATH, else the developer's .venv, else python3 of the PATH."""
    chosen = ctx.os.environ.get("PYTHON_BIN_PATH")
    if chosen:
        return chosen
    venv = ctx.path(Label("//:WORKSPACE")).dirname.get_child(".venv").get_child("bin").get_child("python")
    if venv.exists:
        return venv
    python = ctx.which("python3")
    if not python:
        fail("No Python found. Run `make setup`, or set PYTHON_BIN_PATH.")
    return python

def _python_package_impl(ctx):
    result = ctx.execute([_python(ctx), ctx.path(ctx.attr._probe), ctx.name])
    if result.return_code:
        fail("@%s: %s" % (ctx.name, result.stderr.strip()))
    values = {}
    for line in result.stdout.splitlines():
        kind, name, value = line.split("\t")
        if kind == "link":
            ctx.symlink(value, name)
        else:
            values[name] = value
    ctx.file("config.bzl", "".join(["%s = %r\n" % item for item in values.items()]))
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

# `local`, because the interpreter's packages may have changed since the last run.
_python_package = repository_rule(
    implementation = _python_package_impl,
    attrs = {
        "build_file": attr.label(mandatory = True),
        "_probe": attr.label(default = "//third_party:probe.py"),
    },
    environ = ["PYTHON_BIN_PATH", "PYTHONPATH"],
    local = True,
)

def _system_headers_impl(ctx):
    linkopts = ctx.attr.linkopts
    for prefix in ["/usr", "/usr/local", "/opt/homebrew"]:
        headers = ctx.path(prefix + "/include/" + ctx.attr.folder)
        if headers.exists:
            ctx.symlink(headers, "include/" + ctx.attr.folder)
            if prefix != "/usr" and linkopts:
                linkopts = ["-L%s/lib" % prefix] + linkopts
            break
    if not headers.exists:
        fail("@%s: no %s/ in the system's include folders. Run `make setup`, or: apt-get install %s; brew install %s" %
             (ctx.name, ctx.attr.folder, ctx.attr.package, ctx.name))
    ctx.file("BUILD.bazel", """\
cc_library(
    name = "%s",
    hdrs = glob(["include/**"]),
    includes = ["include"],
    linkopts = %r,
    visibility = ["//visibility:public"],
)
""" % (ctx.name, linkopts))

_system_headers = repository_rule(
    implementation = _system_headers_impl,
    attrs = {
        "folder": attr.string(mandatory = True),
        "linkopts": attr.string_list(),
        "package": attr.string(mandatory = True),
    },
    local = True,
)

def repositories():
    bazel4_stubs()
    for name in ["onednn", "pybind11", "python", "tensorflow"]:
        _python_package(name = name, build_file = "//third_party:%s.BUILD" % name)
    _system_headers(name = "highway", folder = "hwy", package = "libhwy-dev")
    _system_headers(name = "xbyak", folder = "xbyak", package = "libxbyak-dev")
    _system_headers(name = "protozero", folder = "protozero", package = "libprotozero-dev")
    _system_headers(
        name = "googletest",
        folder = "gtest",
        linkopts = ["-lgtest_main", "-lgtest", "-lpthread"],
        package = "libgtest-dev",
    )

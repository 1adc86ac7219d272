"""How this project compiles and links: warnings are errors, and a library exports what it must."""

COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]

HIDDEN = [
    "-fvisibility=hidden",
    "-fvisibility-inlines-hidden",
]

# One compilation of portable/simd per set of instructions; code chooses among them at run time.
# HWY_DISABLE_PCLMUL_AES: Highway would otherwise ask for these in every set, and nothing here uses them.
SIMD_ISAS = {
    "sse4": ["-O3", "-msse4.2", "-DHWY_DISABLE_PCLMUL_AES"],
    "avx2": ["-O3", "-march=x86-64-v3", "-DHWY_DISABLE_PCLMUL_AES"],
    "avx512": ["-O3", "-march=x86-64-v4", "-DHWY_DISABLE_PCLMUL_AES"],
    "neon": ["-O3"],
}

def _link_inputs(libraries):
    return ["$(location %s)" % library for library in libraries]

def shared_library(name, libraries = [], exports = None, rpath = "$$ORIGIN", complete = True, linkopts = [], **kwargs):
    """A shared library that needs `libraries`, in this order.

    They are linked by path and found beside it at run time, rather than through Bazel's own folder of links,
    so that the file in the wheel is the file that was tested.
    exports: a linker version script.
    complete: whether every symbol must be found in `libraries`.
    """
    scripts = [exports] if exports else []
    native.cc_binary(
        name = name,
        additional_linker_inputs = libraries + scripts,
        linkopts = [
            "-Wl,-soname," + name,
            "-Wl,-rpath," + rpath,
            "-Wl,--no-as-needed",
        ] + (["-Wl,-z,defs"] if complete else []) + _link_inputs(libraries) + [
            "-Wl,--version-script=$(location %s)" % script
            for script in scripts
        ] + linkopts,
        linkshared = True,
        **kwargs
    )

def _mlcompute_program(rule, name, source, deps = [], **kwargs):
    """A program linked to libmlcompute.so as it is in the wheel."""
    libraries = ["//mlcompute:libmlcompute.so", "//mlcompute:libmlc_team.so"]
    to_root = "/".join([".."] * (native.package_name() + "/" + name).count("/"))
    rule(
        name = name,
        srcs = [source],
        additional_linker_inputs = libraries + ["//mlcompute:libmlc_dnnl.so.3"],
        copts = COPTS,
        data = libraries + ["//mlcompute:libmlc_dnnl.so.3"],
        linkopts = _link_inputs(libraries) + [
            "-Wl,-rpath,$$ORIGIN/%s/mlcompute" % to_root,
            "-Wl,-rpath-link,$(BINDIR)/mlcompute",
        ],
        # Archives would do as well, but these are the libraries that users get.
        linkstatic = True,
        deps = deps + ["//mlcompute:headers"],
        **kwargs
    )

def mlcompute_program(name, source):
    """A C++ example."""
    _mlcompute_program(native.cc_binary, name, source, visibility = ["//tests:__subpackages__"])

def mlcompute_test(source, deps = []):
    """A GoogleTest program; its name is the source's path without `_test.cc`'s suffix."""
    _mlcompute_program(native.cc_test, source[:-len(".cc")], source, deps + ["@googletest"], size = "small")

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

def dylib(name):
    """macOS's name of the library that Linux calls `name`: libx.so, libx.so.3 -> libx.dylib."""
    return name.split(".so")[0] + ".dylib"

def shared_library(
        name,
        libraries = [],
        mac_libraries = [],
        exports = None,
        rpath = "$$ORIGIN",
        mac_rpaths = [],
        complete = True,
        linkopts = [],
        mac_linkopts = [],
        **kwargs):
    """A shared library that needs `libraries`, in this order.

    They are linked by path and found beside it at run time, rather than through Bazel's own folder of links,
    so that the file in the wheel is the file that was tested.
    exports: X stands for a linker's version script X.map, and for macOS's list of symbols X.macos.
    complete: whether every symbol must be found in `libraries`.
    linkopts: Linux's; mac_libraries, mac_rpaths, mac_linkopts: what macOS has besides libraries and rpath, and
    instead of linkopts.
    On macOS too the file is called `name` in the build; its name in the wheel, and for other libraries, is dylib(name).
    """
    scripts = [exports + ".map"] if exports else []
    mac_scripts = [exports + ".macos"] if exports else []
    native.cc_binary(
        name = name,
        additional_linker_inputs = libraries + select({
            "@platforms//os:macos": mac_libraries + mac_scripts,
            "//conditions:default": scripts,
        }),
        linkopts = select({
            "@platforms//os:macos": [
                "-Wl,-install_name,@rpath/" + dylib(name),
            ] + [
                "-Wl,-rpath," + path
                for path in [rpath.replace("$$ORIGIN", "@loader_path")] + mac_rpaths
            ] + (["-Wl,-undefined,error"] if complete else ["-Wl,-undefined,dynamic_lookup"]) +
                _link_inputs(libraries + mac_libraries) + [
                "-Wl,-exported_symbols_list,$(location %s)" % script
                for script in mac_scripts
            ] + mac_linkopts,
            "//conditions:default": [
                "-Wl,-soname," + name,
                "-Wl,-rpath," + rpath,
                "-Wl,--no-as-needed",
            ] + (["-Wl,-z,defs"] if complete else []) + _link_inputs(libraries) + [
                "-Wl,--version-script=$(location %s)" % script
                for script in scripts
            ] + linkopts,
        }),
        linkshared = True,
        **kwargs
    )

def layout_lines(files):
    """Arguments for printf of the wheel's layout: path in the wheel, path in the build."""
    return " ".join(["'%s' $(execpath %s)" % item for item in files])

def _mlcompute_program(rule, name, source, deps = [], **kwargs):
    """A program linked to libmlcompute.so as it is in the wheel."""
    libraries = ["//mlcompute:libmlcompute.so", "//mlcompute:libmlc_team.so"]
    to_root = "/".join([".."] * (native.package_name() + "/" + name).count("/"))
    rule(
        name = name,
        srcs = [source],
        additional_linker_inputs = libraries + ["//mlcompute:libmlc_dnnl.so.3"],
        copts = COPTS,
        data = libraries + ["//mlcompute:libmlc_dnnl.so.3"] + select({
            "@platforms//os:macos": ["//mlcompute:dylibs"],
            "//conditions:default": [],
        }),
        linkopts = _link_inputs(libraries) + select({
            # The libraries are asked for by their names in the wheel, which :dylibs gives them.
            "@platforms//os:macos": ["-Wl,-rpath,@loader_path/%s/mlcompute/dylibs" % to_root],
            "//conditions:default": [
                "-Wl,-rpath,$$ORIGIN/%s/mlcompute" % to_root,
                "-Wl,-rpath-link,$(BINDIR)/mlcompute",
            ],
        }),
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

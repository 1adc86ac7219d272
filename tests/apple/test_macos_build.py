"""The libraries of the wheel for macOS: they compile for both machines, link, and lack nothing that
should be ours. Nothing is run.
"""

import re

import pytest
from build_files import ROOT, BuildFiles
from mach_o import CPU_TYPES, MachO
from macos_build import FOLDERS, LIBRARIES, MacBuild

CPUS = list(CPU_TYPES)
# TensorFlow's and oneDNN's C API, Python; and what __builtin_cpu_supports needs: Apple's clang
# links it from a library of its own that zig has not.
RUN_TIME = re.compile(
    r"_(TF_|TFE_|SP_|SE_|TSL_|dnnl_)\w+$|_{1,2}Py\w+$|___cpu_(model|indicator_init)$"
)
MLCOMPUTE = "/System/Library/Frameworks/MLCompute.framework/Versions/A/MLCompute"
SYSTEM = re.compile(r"/usr/lib/|/System/Library/Frameworks/|@rpath/libml")
# Those with a file of their own for each system, and a bit of everything else.
FEW = ["//mlcompute:libmlc_team.so", "//tf_mlc_plugin:libtf_mlc_plugin.so"]


def compiled(cpu, labels):
    build = MacBuild(cpu, ROOT / "build/macos", ROOT / "build/macos/zig")
    units = [unit for label in labels for unit in build.units(label)]
    assert units
    errors = build.compile_all(units)
    assert not errors, "\n".join(errors)
    return build


def foreign(libraries):
    """{symbol: library} of what is looked for at run time and is nobody's who may have it."""
    return {
        symbol: label
        for label, library in libraries.items()
        for symbol, source in library.undefined.items()
        if not (RUN_TIME.match(symbol) if source is None else SYSTEM.match(source))
    }


def check(cpu, labels):
    build = compiled(cpu, labels)
    for label in labels:
        error = build.link(label)
        assert not error, error
    libraries = {label: MachO(build.file(label)) for label in labels}
    for label, library in libraries.items():
        stem = label.split(":")[1].split(".so")[0]
        assert library.cpu == CPU_TYPES[cpu]
        assert library.name == f"@rpath/{stem}.dylib"
        assert library.defined
    assert not foreign(libraries)
    return libraries


@pytest.mark.parametrize("cpu", CPUS)
def test_what_differs_between_systems_compiles(cpu):
    compiled(cpu, FEW)


@pytest.mark.apple
@pytest.mark.parametrize("cpu", CPUS)
def test_all_libraries(cpu):
    libraries = check(cpu, LIBRARIES)
    device = libraries["//tf_mlc_plugin:libtf_mlc_device.so"]
    assert {"_MlcInitPlatform", "_MlcInitKernels", "_MlcInitGraph"} <= device.defined
    plugin = libraries["//tf_mlc_plugin:libtf_mlc_plugin.so"]
    assert {"_SE_InitPlugin", "_TF_InitKernel", "_TF_InitGraph"} <= plugin.defined
    apple = libraries["//mlcompute:libmlc_apple.so"]
    used = {name for name, source in apple.undefined.items() if source == MLCOMPUTE}
    assert "_OBJC_CLASS_$_MLCInferenceGraph" in used
    assert all(name.startswith("_OBJC_CLASS_$_MLC") for name in used)
    # What ld of macOS would leave visible is what the other libraries ask for.
    for label, file in {"mlcompute": "exports.macos", "mlc_team": "team/team.macos"}.items():
        name = f"@rpath/lib{label}.dylib"
        asked = {s for lib in libraries.values() for s, n in lib.undefined.items() if n == name}
        ours = {symbol for symbol in asked if "9mlcompute" in symbol}
        assert ours and not unlisted(ours, ROOT / "mlcompute" / file)


def unlisted(symbols, path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    patterns = [re.escape(line).replace(r"\*", ".*") for line in lines if line and line[0] != "#"]
    assert patterns
    return [name for name in symbols if not any(re.fullmatch(p, name) for p in patterns)]


@pytest.mark.apple
def test_a_missing_function_of_ours_is_found(tmp_path):
    build = MacBuild("aarch64", tmp_path, ROOT / "build/macos/zig")
    source = tmp_path / "caller.cc"
    source.write_text("namespace mlcompute { int Nobody(); int Caller() { return Nobody(); } }\n")
    to = tmp_path / "caller.o"
    assert not build.compile(source, [], to)
    done = build.zig("-shared", "-o", tmp_path / "x.dylib", to, "-Wl,-undefined,dynamic_lookup")
    assert done.returncode == 0, done.stderr
    found = foreign({"x": MachO(tmp_path / "x.dylib")})
    assert found == {"__ZN9mlcompute6NobodyEv": "x"}


@pytest.mark.parametrize("cpu", CPUS)
def test_sources_of_the_build_files(cpu):
    targets = BuildFiles(cpu, FOLDERS).targets
    team = targets["//mlcompute:libmlc_team.so"][1]["srcs"]
    assert "//mlcompute:team/team.cc" in team and "//mlcompute:team/gomp_abi.cc" not in team
    isas = {label for label in targets["//mlcompute:libmlcompute.so"][1]["deps"] if "simd" in label}
    assert isas == (
        {"//mlcompute:simd_neon"}
        if cpu == "aarch64"
        else {"//mlcompute:simd_sse4", "//mlcompute:simd_avx2", "//mlcompute:simd_avx512"}
    )

"""Compiles and links for macOS what `make wheel` builds there, with zig's C++ compiler.

Nothing is run. Foundation is declared in macos_stubs/; of the frameworks, TensorFlow, oneDNN and
Objective-C's runtime only names are known, and written to .tbd files as a linker takes them.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import sysconfig

from build_files import ROOT, BuildFiles

FOLDERS = ["kernels", "mlcompute", "python", "tf_mlc_plugin"]
LIBRARIES = [
    "//mlcompute:libmlc_team.so",
    "//mlcompute:libmlcompute.so",
    "//mlcompute:libmlc_apple.so",
    "//tf_mlc_plugin:libtf_mlc_device.so",
    "//tf_mlc_plugin:libtf_mlc_plugin.so",
    "//python:_mlcompute.so",
]
# What is not built here: its symbols are found at run time.
FOREIGN = {
    "//mlcompute:libmlc_dnnl.so.3",
    "@tensorflow//:libtensorflow_cc.so.2",
    "@tensorflow//:libtensorflow_framework.so.2",
}
FOUNDATION = ["NSArray", "NSDictionary", "NSData", "NSError", "NSException", "NSNumber", "NSString"]
FOUNDATION += ["NSMutableArray", "NSMutableDictionary", "NSAutoreleasePool", "NSConstantString"]
RUNTIME = ["objc_msgSend", "objc_msgSendSuper2", "objc_autoreleasePoolPush", "objc_retain"]
RUNTIME += ["objc_autoreleasePoolPop", "objc_release", "objc_begin_catch", "objc_end_catch"]
RUNTIME += ["objc_exception_throw", "objc_exception_rethrow", "objc_terminate", "objc_opt_class"]
RUNTIME += ["objc_alloc", "objc_alloc_init", "objc_enumerationMutation", "objc_opt_new"]
RUNTIME += ["objc_setProperty_nonatomic", "objc_getClass", "objc_autorelease", "objc_opt_self"]
RUNTIME += ["__objc_personality_v0", "_objc_empty_cache", "OBJC_EHTYPE_id", "objc_ehtype_vtable"]


def tbd(install_name, symbols=(), classes=()):
    """The text of a linker's stub for a library that has these."""
    lists = {"symbols": [f"_{name}" for name in symbols], "objc-classes": classes}
    lists["objc-eh-types"] = [name for name in classes if name == "NSException"]
    text = "--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos, arm64-macos ]\n"
    text += (
        f"install-name: '{install_name}'\nexports:\n  - targets: [ x86_64-macos, arm64-macos ]\n"
    )
    for key, names in lists.items():
        if names:
            text += f"    {key}: [ {', '.join(sorted(names))} ]\n"
    return text + "...\n"


def write_system(folder):
    """MLCompute.framework as our tables of facts name it, Foundation and libobjc."""
    facts = json.loads((ROOT / "tests/facts/mlcompute_declarations.json").read_text())
    system = "/System/Library/Frameworks"
    for name, classes in {"MLCompute": list(facts["classes"]), "Foundation": FOUNDATION}.items():
        version = "Versions/A" if name == "MLCompute" else "Versions/C"
        framework = folder / f"{name}.framework"
        framework.mkdir(parents=True, exist_ok=True)
        functions = ["NSLog"] if name == "Foundation" else []
        if name == "Foundation":
            functions.append("__CFConstantStringClassReference")
        text = tbd(f"{system}/{name}.framework/{version}/{name}", functions, classes)
        (framework / f"{name}.tbd").write_text(text)
    text = tbd("/usr/lib/libobjc.A.dylib", RUNTIME, ["NSObject"])
    (folder / "libobjc.tbd").write_text(text)


class MacBuild:
    """Builds for "aarch64" or "x86_64" into `out`. `cache` makes building again quick."""

    def __init__(self, cpu, out, cache):
        self.cpu, self.out = cpu, pathlib.Path(out) / cpu
        self.targets = BuildFiles(cpu, FOLDERS).targets
        self.out.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": str(cache),
            "ZIG_LOCAL_CACHE_DIR": str(cache),
        }
        write_system(self.out)
        self.flags = self._flags()
        self.objects = {}

    def _flags(self):
        packages = pathlib.Path(sysconfig.get_path("purelib"))
        headers = self.out / "include"
        headers.mkdir(exist_ok=True)
        # One by one: the whole of /usr/include is another system's.
        for name in ("hwy", "protozero", "xbyak"):
            link = headers / name
            if not link.is_symlink():
                link.symlink_to(f"/usr/include/{name}")
        folders = [headers, pathlib.Path(sys.prefix) / "include", packages / "tensorflow/include"]
        folders += [packages / "pybind11/include", pathlib.Path(sysconfig.get_path("include"))]
        flags = ["-std=c++17", "-O0", "-g0", "-fPIC", "-Wno-unused-command-line-argument"]
        # pybind11's own; zig would else add checks that its runtime library is needed for.
        flags += ["-fno-sanitize=all", f"-I{ROOT}"]
        return flags + [item for folder in folders for item in ("-isystem", str(folder))]

    def zig(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "ziglang", "c++", "-target", f"{self.cpu}-macos.11.0"]
            + [str(item) for item in arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=900,
        )

    def compile(self, source, options, to):
        """The error text, "" if there is none."""
        options = list(options)
        if source.suffix == ".mm":
            options += ["-x", "objective-c++", "-fblocks", "-fno-objc-arc"]
            options += ["-Werror=objc-method-access", "-Wall", "-Wextra", "-Werror"]
            options += [f"-I{ROOT}/tests/apple/macos_stubs", f"-I{ROOT}/mlcompute/framework"]
            options += [f"-I{ROOT}/examples/objc"]
        # zig has its own names of processors.
        options = [option.replace("-march=x86-64-v", "-march=x86_64_v") for option in options]
        to.parent.mkdir(parents=True, exist_ok=True)
        done = self.zig(*self.flags, *options, "-c", source, "-o", to)
        return f"{source} for {self.cpu}:\n{done.stderr}" if done.returncode else ""

    def units(self, label):
        """[(source, options, object)] of a library and of the cc_library targets in it."""
        kind, attributes = self.targets[label]
        options = list(attributes.get("copts", []))
        options += [f"-D{define}" for define in attributes.get("local_defines", [])]
        found = []
        for dependency in attributes["deps"]:
            if dependency in self.targets:
                found += self.units(dependency)
        for item in attributes["srcs"]:
            path = item.removeprefix("//").replace(":", "/")
            path = path.removesuffix(".o") if path.endswith(".mm.o") else path
            if not path.endswith((".cc", ".mm")):
                continue
            place = re.sub(r"[^\w.]", "_", label + path)
            found.append((ROOT / path, options, self.out / "objects" / f"{place}.o"))
        return found

    def compile_all(self, units):
        """Error texts."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return [error for error in pool.map(lambda unit: self.compile(*unit), units) if error]

    def file(self, label):
        return self.out / label.split(":")[1]

    def link(self, label):
        """Links what has been compiled. The error text."""
        _, attributes = self.targets[label]
        options = []
        text = " ".join(attributes["linkopts"])
        for name in set(re.findall(r"\$\(location ([^)]+)\)", text)):
            folder = label.removeprefix("//").split(":")[0]
            full = name if name.startswith(("//", "@")) else f"//{folder}:{name.removeprefix(':')}"
            built = "" if full in FOREIGN else str(self.file(full))
            text = text.replace(f"$(location {name})", built)
        for option in shlex.split(text):
            # zig's linker has no list of exported symbols; test_macos_build.py reads the lists.
            if not option.startswith("-Wl,-exported_symbols_list"):
                options.append(option)
        # With FOREIGN left out nothing is complete.
        options = [option for option in options if not option.startswith("-Wl,-undefined")]
        objects = [to for _, _, to in self.units(label)]
        done = self.zig(
            "-shared",
            "-o",
            self.file(label),
            *objects,
            *options,
            f"-F{self.out}",
            f"-L{self.out}",
            "-Wl,-undefined,dynamic_lookup",
        )
        if not done.returncode:
            return ""
        return f"{label} for {self.cpu}:\n{done.stderr}"

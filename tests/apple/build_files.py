"""Reads Bazel's BUILD files as macOS would have them: which sources and options a library has.

A BUILD file is Python, nearly: what it calls is defined here.
"""

import pathlib
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MACOS = "@platforms//os:macos"
CPU_SETTINGS = {"aarch64": "//tools:arm64_darwin_arm64", "x86_64": None}
CONFIG = {"EXT_SUFFIX": ".cpython-311-darwin.so", "PYTHON_TAG": "cp311"}


class BuildFiles:
    """`targets`: {label: (rule, attributes)} of the BUILD files in `folders`, on macOS."""

    def __init__(self, cpu, folders):
        self._settings = {MACOS, CPU_SETTINGS[cpu]}
        self._loaded = {}
        self.targets = {}
        for folder in folders:
            self._read_build(folder)

    def select(self, choices):
        for setting, value in choices.items():
            if setting in self._settings:
                return value
        return choices["//conditions:default"]

    def _read_build(self, folder):
        def rule(kind):
            def declare(name, **attributes):
                for key in ("srcs", "deps", "additional_linker_inputs"):
                    labels = attributes.get(key, [])
                    attributes[key] = [absolute(label, folder) for label in labels]
                self.targets[f"//{folder}:{name}"] = (kind, {"name": name, **attributes})

            return declare

        def load(label, *names):
            for name in names:
                scope[name] = self._bzl(label, native)[name] if "//tools" in label else CONFIG[name]

        def glob(include, exclude=()):
            base = ROOT / folder
            left_out = {path for pattern in exclude for path in base.glob(pattern)}
            paths = {path for pattern in include for path in base.glob(pattern)} - left_out
            return sorted(str(path.relative_to(base)) for path in paths if path.is_file())

        kinds = ("cc_binary", "cc_library", "cc_test", "config_setting", "filegroup", "genrule")
        native = types.SimpleNamespace(
            **{kind: rule(kind) for kind in kinds}, package_name=lambda: folder
        )
        scope = {kind: rule(kind) for kind in kinds}
        scope.update(load=load, glob=glob, select=self.select)
        scope.update(package=lambda **_: None, exports_files=lambda *_, **__: None)
        source = (ROOT / folder / "BUILD").read_text()
        exec(compile(source, f"{folder}/BUILD", "exec"), scope)

    def _bzl(self, label, native):
        path = ROOT / label.removeprefix("//").replace(":", "/")
        scope = {"native": native, "select": self.select}
        exec(compile(path.read_text(), str(path), "exec"), scope)
        return scope


def absolute(label, folder):
    """//folder:name of a label, or of a file beside the BUILD file."""
    if label.startswith(("//", "@")):
        return label if ":" in label else f"{label}:{label.rsplit('/', 1)[-1]}"
    return f"//{folder}:{label.removeprefix(':')}"

"""Assembles the wheel, or the same files in a folder.

What goes into it is a layout: lines of `path in the wheel<TAB>file`. The lines PYTHON_TAG,
METADATA.in and README.md are not files of the wheel, but what its metadata is made of. This runs
inside the build, with an interpreter that has no packages.
"""

import argparse
import base64
import hashlib
import os
import pathlib
import platform
import re
import shutil
import struct
import zipfile

WHEEL = """\
Wheel-Version: 1.0
Generator: tf_mlc_plugin
Root-Is-Purelib: false
Tag: {tag}
"""


# By the minor version of a libstdc++'s GLIBCXX_3.4, the glibc of the systems that first had it.
GLIBC_OF_LIBSTDCXX = {19: 17, 25: 28, 28: 31, 29: 34, 30: 35, 33: 39}


MACH_O_64 = 0xFEEDFACF
MAC_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
# Load commands that say the oldest macOS: LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION.
VERSION_COMMANDS = {0x24: 8, 0x32: 12}


def mach_o_target(data):
    """(machine, oldest macOS as (major, minor)) of a Mach-O file; None of another file."""
    magic, cpu = struct.unpack_from("<II", data)
    if magic != MACH_O_64:
        return None
    commands, at = struct.unpack_from("<I", data, 16)[0], 32
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, at)
        if command in VERSION_COMMANDS:
            version = struct.unpack_from("<I", data, at + VERSION_COMMANDS[command])[0]
            return MAC_MACHINES[cpu], (version >> 16, version >> 8 & 0xFF)
        at += size
    raise ValueError("a Mach-O file that names no oldest macOS")


def platform_tag(libraries):
    """What pip calls the oldest system that can load all of `libraries`."""
    libraries = list(libraries)
    targets = [mach_o_target(library.read_bytes()) for library in libraries]
    if all(target is None for target in targets):
        return manylinux_tag(libraries)
    if None in targets:
        raise ValueError("some libraries are for macOS and some are not")
    machines = {machine for machine, _ in targets}
    if len(machines) != 1:
        raise ValueError(f"libraries for several machines: {', '.join(sorted(machines))}")
    major, minor = max(version for _, version in targets)
    # Since macOS 11 pip counts major versions only.
    return f"macosx_{major}_{minor if major < 11 else 0}_{machines.pop()}"


def manylinux_tag(libraries):
    """manylinux of the oldest glibc whose systems have every symbol version asked for."""
    glibc = 17
    for library in libraries:
        data = library.read_bytes()
        glibc = max([glibc, *map(int, re.findall(rb"\0GLIBC_2\.(\d+)", data))])
        for minor in map(int, re.findall(rb"\0GLIBCXX_3\.4\.(\d+)", data)):
            glibc = max(glibc, min(g for m, g in GLIBC_OF_LIBSTDCXX.items() if m >= minor))
    return f"manylinux_2_{glibc}_{platform.machine()}"


def is_library(name):
    return ".so" in name or name.endswith(".dylib")


class Contents:
    """What goes into the wheel: `files` maps a path in it to a file's path, or to bytes."""

    def __init__(self, layout):
        lines = [line.split("\t") for line in layout.read_text().splitlines()]
        sources = {name: pathlib.Path(path) for name, path in lines}
        version = sources["tf_mlc_plugin/_version.py"].read_text()
        version = re.search(r'__version__ = "(.+)"', version)[1]
        python_tag = str(sources.pop("PYTHON_TAG"))
        tag = f"{python_tag}-{python_tag}-"
        tag += platform_tag(path for name, path in sources.items() if is_library(name))
        self.name = f"tf_mlc_plugin-{version}-{tag}.whl"
        self.dist_info = f"tf_mlc_plugin-{version}.dist-info"

        metadata = sources.pop("METADATA.in").read_text()
        readme = sources.pop("README.md", None)
        metadata = metadata.format(version=version, readme=readme.read_text() if readme else "")
        self.files = {name.format(dist_info=self.dist_info): path for name, path in sources.items()}
        self.files[f"{self.dist_info}/METADATA"] = metadata.encode()
        self.files[f"{self.dist_info}/WHEEL"] = WHEEL.format(tag=tag).encode()

    def write_wheel(self, path):
        record = []
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:

            def add(name, data):
                # A fixed date, so that equal contents are an equal wheel.
                entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                entry.external_attr = (0o755 if is_library(name) else 0o644) << 16
                wheel.writestr(entry, data, zipfile.ZIP_DEFLATED)

            for name, source in sorted(self.files.items()):
                data = source if isinstance(source, bytes) else source.read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
                record.append(f"{name},sha256={digest.rstrip('=')},{len(data)}\n")
                add(name, data)
            record_name = f"{self.dist_info}/RECORD"
            add(record_name, "".join([*record, f"{record_name},,\n"]))

    def write_folder(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {folder / name: source for name, source in self.files.items()}
        for old in [path for path in folder.rglob("*") if path.is_file() and path not in wanted]:
            old.unlink()
        for path, source in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                path.write_bytes(source)
            elif not up_to_date(path, source):
                # A new file, not new contents: a running process may have the old one mapped.
                path.unlink(missing_ok=True)
                shutil.copy2(source, path)


def up_to_date(copy, source):
    if not copy.exists():
        return False
    a, b = os.stat(copy), os.stat(source)
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("layout", type=pathlib.Path)
    parser.add_argument("--wheel", type=pathlib.Path)
    parser.add_argument("--name", type=pathlib.Path, help="write the wheel's name to it")
    parser.add_argument("--folder", type=pathlib.Path)
    args = parser.parse_args()
    contents = Contents(args.layout)
    if args.wheel:
        contents.write_wheel(args.wheel)
    if args.name:
        args.name.write_text(contents.name + "\n")
    if args.folder:
        contents.write_folder(args.folder)


if __name__ == "__main__":
    main()

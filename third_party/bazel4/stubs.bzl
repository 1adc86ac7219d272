"""Bazel 4 as Debian packages it wants these repositories from the network, for a handful of names that C++ rules
do not need. Newer Bazel brings its own."""

def bazel4_stubs():
    version = native.bazel_version
    if version and version != "no_version" and not version.startswith("4."):
        return
    for name in ["remote_coverage_tools", "rules_cc", "rules_java"]:
        native.local_repository(name = name, path = "third_party/bazel4/" + name)

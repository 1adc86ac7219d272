#!/bin/sh
# Installs what the build and the tests need and do not find: Debian's packages, on a Mac Homebrew's. Quick when
# nothing is missing.
set -eu
cd "$(dirname "$0")/.."

python() {
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "setup: Python 3.10 to 3.13 is needed; PYTHON=... names one" >&2
  return 1
}

# What Homebrew calls them; `brew list` is slow, so the files are looked for.
missing_formulae() {
  prefix=$(brew --prefix)
  command -v bazel >/dev/null || command -v bazelisk >/dev/null || echo bazelisk
  [ -e "$prefix/include/gtest/gtest.h" ] || echo googletest
  [ -e "$prefix/include/hwy/highway.h" ] || echo highway
  [ -e "$prefix/include/protozero/pbf_reader.hpp" ] || echo protozero
  [ -e "$prefix/opt/onednn/include/dnnl.h" ] || echo onednn
  # Apple's processors need no compiler of loops for x86-64.
  [ "$(uname -m)" = arm64 ] || [ -e "$prefix/include/xbyak/xbyak.h" ] || echo xbyak
  [ -x .venv/bin/python ] || python >/dev/null 2>&1 || echo python@3.12
}

setup_mac() {
  if ! xcode-select -p >/dev/null 2>&1; then
    echo "setup: Apple's compiler is missing; xcode-select --install" >&2
    exit 1
  fi
  if ! command -v brew >/dev/null; then
    echo "setup: Homebrew is missing: https://brew.sh" >&2
    exit 1
  fi
  formulae=$(missing_formulae)
  [ -n "$formulae" ] || return 0
  echo "setup: brew install" $formulae
  brew install --quiet $formulae
}

missing_packages() {
  command -v bazel >/dev/null || command -v bazelisk >/dev/null || echo bazel-bootstrap
  command -v g++ >/dev/null || echo g++
  command -v patchelf >/dev/null || echo patchelf
  command -v clang-format-16 >/dev/null || echo clang-format-16
  [ -e /usr/include/gtest/gtest.h ] || echo libgtest-dev
  [ -e /usr/include/hwy/highway.h ] || echo libhwy-dev
  [ -e /usr/include/xbyak/xbyak.h ] || echo libxbyak-dev
  [ -e /usr/include/protozero/pbf_reader.hpp ] || echo libprotozero-dev
  "$1" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ||
    echo python3-dev
  [ -x .venv/bin/python ] || "$1" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

[ "$(uname)" != Darwin ] || setup_mac
if [ -x .venv/bin/python ]; then interpreter=.venv/bin/python; else interpreter=$(python); fi

if [ "$(uname)" != Darwin ]; then
  packages=$(missing_packages "$interpreter")
  [ -z "$packages" ] || tools/apt_install.sh $packages
fi

if ! cmp -s tools/requirements.txt .venv/requirements.txt; then
  [ -x .venv/bin/python ] || "$interpreter" -m venv .venv
  echo "setup: installing TensorFlow and other Python packages into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt .venv/requirements.txt
fi

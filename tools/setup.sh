#!/bin/sh
# Installs what the build and the tests need and do not find. Quick when nothing is missing.
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

if [ -x .venv/bin/python ]; then interpreter=.venv/bin/python; else interpreter=$(python); fi

packages=$(missing_packages "$interpreter")
[ -z "$packages" ] || tools/apt_install.sh $packages

if ! cmp -s tools/requirements.txt .venv/requirements.txt; then
  [ -x .venv/bin/python ] || "$interpreter" -m venv .venv
  echo "setup: installing TensorFlow and other Python packages into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt .venv/requirements.txt
fi

#!/bin/sh
# Installs what the Objective-C API (mlcompute/framework) is built with, and nothing else needs; with the argument zig
# only what compiles for macOS. Quick when nothing is missing. Fails, and says so, where it cannot be installed.
set -eu
cd "$(dirname "$0")/.."

missing_packages() {
  command -v clang++-16 >/dev/null || command -v clang++-19 >/dev/null || command -v clang++-14 >/dev/null ||
    echo clang-16
  [ -e /usr/include/GNUstep/Foundation/Foundation.h ] || echo libgnustep-base-dev
  [ -e "$(g++ -print-file-name=libobjc.so)" ] || echo "libobjc-$(g++ -dumpversion | cut -d. -f1)-dev"
}

# zig's compiler, for macOS.
cmp -s tools/apple.txt .venv/apple.txt || {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/apple.txt
  cp tools/apple.txt .venv/apple.txt
}
[ "${1:-}" != zig ] || exit 0

packages=$(missing_packages)
if [ -n "$packages" ] && ! tools/apt_install.sh $packages; then
  echo "setup: without" $packages "mlcompute/framework cannot be built and is NOT TESTED" >&2
  exit 1
fi

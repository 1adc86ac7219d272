#!/bin/sh
# Installs Debian's packages ($@) by apt-get, with sudo if need be.
set -eu
[ $# -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "setup: without apt-get, please install by hand what Debian calls: $*" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
echo "setup: installing $*"
mkdir -p build
if ! { $sudo apt-get update &&
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
} >build/apt.log 2>&1; then
  cat build/apt.log >&2
  exit 1
fi

#!/bin/sh
# Keras's other backends for `make bench`, in a virtual environment of their own.
set -eu
cd "$(dirname "$0")/.."
if ! cmp -s benchmarks/peers.txt .venv-peers/peers.txt; then
  [ -x .venv-peers/bin/python ] || .venv/bin/python -m venv .venv-peers
  echo "bench: installing torch and JAX into .venv-peers"
  .venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
  cp benchmarks/peers.txt .venv-peers/peers.txt
fi

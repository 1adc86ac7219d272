#!/bin/sh
# `check` complains about, `format` changes, what differs from .clang-format and pyproject.toml. `check` also wants
# docs/ops.md as the library tells it, if this tree is built.
cd "$(dirname "$0")/.."
status=0
sources=$(find mlcompute kernels tf_mlc_plugin python tests examples -name '*.cc' -o -name '*.h' -o -name '*.mm')
clang_format=$(command -v clang-format-16 || command -v .venv/bin/clang-format)
if [ -z "$clang_format" ]; then
  echo "lint: no clang-format-16, C++ is not checked" >&2
elif [ "$1" = format ]; then
  "$clang_format" -i $sources || status=1
else
  "$clang_format" --dry-run -Werror --ferror-limit=3 $sources || status=1
fi
if [ "$1" = format ]; then
  .venv/bin/ruff check --quiet --fix . || status=1
  .venv/bin/ruff format --quiet . || status=1
else
  .venv/bin/ruff check --quiet . || status=1
  .venv/bin/ruff format --quiet --check . || status=1
  TF_CPP_MIN_LOG_LEVEL=3 .venv/bin/python tools/op_table.py --check || status=1
fi
exit $status

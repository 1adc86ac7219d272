#!/bin/sh
# The whole suite. All of it runs even when a part fails, and pytest last, so that its summary closes the output.
cd "$(dirname "$0")/.."
failed=
run() {
  echo "== $*"
  "$@" || failed="$failed$1 $2; "
}
run "${BAZEL:-bazel}" test //tests/...
run tools/lint.sh check
# A Mac has the Objective-C API of its own.
[ "$(uname)" = Darwin ] || run tools/setup_apple.sh
[ -z "$failed" ] || echo "== FAILED: $failed"
echo "== pytest tests"
.venv/bin/python -m pytest tests && [ -z "$failed" ]

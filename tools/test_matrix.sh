#!/bin/sh
# tools/test_matrix.sh [VERSION...]: the programs of tests/tf_programs with other versions of
# TensorFlow, each in a virtual environment of its own under build/matrix/, with the wheel in dist/.
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 2.16.2 2.18.1 2.20.0
failed=
for version; do
  folder=build/matrix/$version
  [ -x "$folder/bin/python" ] || .venv/bin/python -m venv "$folder"
  "$folder/bin/python" -m pip install -q "tensorflow-cpu==$version" "keras>=3" scikit-learn pytest &&
    "$folder/bin/python" -m pip install -q --force-reinstall --no-deps dist/tf_mlc_plugin-*.whl || {
    failed="$failed$version (not installed); "
    continue
  }
  echo "== TensorFlow $version"
  "$folder/bin/python" -m pytest -q -p no:cacheprovider tests/tf_programs || failed="$failed$version; "
done
[ -z "$failed" ] || { echo "== FAILED: $failed"; exit 1; }

"""`python -m keras_suite [path ...]`: Keras's own tests on MLC and without it.

Paths are files or folders below `keras/src`, e.g. `layers/core ops/numpy_test.py`; without any, all
of FOLDERS run and docs/keras_suite.md is written. Exits with 1 when a test that passes without MLC
does not pass with it, and is not in reasons.json. Outcomes are kept in build/keras_suite.json:
those without MLC are taken from there while the versions are the same.
"""

import argparse
import json
import pathlib
import sys

from keras_suite import report, runner, suite

RESULTS = pathlib.Path(__file__).resolve().parents[2] / "build" / "keras_suite.json"


class Bar:
    """One line that says how far it is, on a terminal; else a line for each part."""

    def __init__(self, total):
        self.total, self.done, self.live = total, 0, sys.stdout.isatty()

    def step(self, weight, text):
        self.done += weight
        part = self.done / max(self.total, 1)
        line = f"[{'#' * int(30 * part):30}] {part:4.0%} {text}"
        print(f"\r\x1b[K{line}" if self.live else line, end="" if self.live else "\n", flush=True)


def load(versions):
    if RESULTS.exists():
        kept = json.loads(RESULTS.read_text())
        if kept["versions"] == versions:
            return kept["outcomes"]
    return {device: {} for device in runner.DEVICES}


def main():
    parser = argparse.ArgumentParser(prog="python -m keras_suite")
    parser.add_argument("paths", nargs="*", help="files or folders below keras/src")
    parser.add_argument("--limit", type=float, default=300, help="seconds that a test may take")
    parser.add_argument("--device", choices=runner.DEVICES, help="one of the two runs")
    parser.add_argument("--report", action="store_true", help="of what was run before, no new run")
    options = parser.parse_args()

    versions = suite.versions()
    outcomes = load(versions)
    files = suite.files(options.paths or suite.FOLDERS)
    chunks = suite.chunks(files)
    weights = suite.weights(files)
    bar = Bar(2 * sum(weights.values()))
    counts = {device: 0 for device in runner.DEVICES}
    for chunk in [] if options.report else chunks:
        weight = sum(weights[name] for name in chunk)
        for device in [options.device] if options.device else runner.DEVICES:
            known = outcomes[device]
            if device == "mlc" or not all(name in known for name in chunk):
                records = runner.run(chunk, device, suite.ROOT, options.limit)
                known.update({name: suite.of_file(records, name) for name in chunk})
                RESULTS.parent.mkdir(exist_ok=True)
                RESULTS.write_text(json.dumps({"versions": versions, "outcomes": outcomes}))
            counts[device] += sum(len(known[name]) for name in chunk)
            differing = suite.differences(outcomes, files)
            bar.step(
                weight,
                f"{device} {chunk[0]}: {counts[device]} tests, {len(differing)} differ",
            )
    print()
    differing = suite.differences(outcomes, files)
    unexplained = [test for test in differing if test not in suite.reasons()]
    for test in unexplained:
        record = differing[test]
        print(f"DIFFERS {test}: {record['outcome']}: {report.last_line(record)}")
    if not options.paths:
        report.write(outcomes, files, versions)
    tests = sum(len(outcomes["mlc"].get(name, {})) for name in files)
    print(f"{tests} tests, {len(differing)} differ, {len(unexplained)} without a known reason")
    return bool(unexplained) or not tests


if __name__ == "__main__":
    sys.exit(main())

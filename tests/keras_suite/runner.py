"""Runs files of tests in processes of their own, on MLC or without it; outlives their crashes."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
DEVICES = ("cpu", "mlc")
START = 300  # seconds


def environment(device, record, home):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS_", "TF_DISABLE_"))}
    path = [str(TESTS), *filter(None, [kept.get("PYTHONPATH")])]
    return {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **kept,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": home,
        "KERAS_SUITE_RECORD": record,
        "TF_DISABLE_MLC": "1" if device == "cpu" else "0",
    }


def read(path):
    """(records of finished tests, the test that has begun and not finished or None)"""
    records, running = {}, None
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # cut off by the end of the process
            continue
        if "begin" in record:
            running = record["begin"]
        else:
            records[record.pop("test")] = record
            running = None
    return records, running


def wait(process, record, limit):
    """Waits for the end. Returns how it ended: "" or what went wrong.

    `limit`: seconds that may pass without a test's beginning or end; importing and collecting
    before the first one may take START.
    """
    began_with = size = os.path.getsize(record)
    since = time.monotonic()
    while True:
        try:
            code = process.wait(0.5)
            return "" if code in (0, 1, 2, 5) else f"the process ended with {code}"
        except subprocess.TimeoutExpired:
            pass
        if os.path.getsize(record) != size:
            size, since = os.path.getsize(record), time.monotonic()
        elif time.monotonic() - since > (max(START, limit) if size == began_with else limit):
            process.kill()
            process.wait()
            return f"killed: no test ended for {limit} s"


def run(files, device, root, limit=300, select=()):
    """{test: {"outcome", "seconds", "message"}} of pytest files, given by their paths below `root`.

    A test that ends the process or does not end is "crashed"; what follows it runs in a new
    process. `select`: names of tests, if not all.
    """
    with tempfile.TemporaryDirectory() as folder:
        record, log = os.path.join(folder, "record"), os.path.join(folder, "log")
        pathlib.Path(record).touch()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "keras_suite.recorder"]
        command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(root)]
        command += ["--basetemp", os.path.join(folder, "tmp"), "--tb=short"]
        command += ["--continue-on-collection-errors"]
        command += [os.path.join(root, name) for name in (select or files)]
        known = {}
        while True:
            with open(log, "w") as out:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment(device, record, folder),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
                try:
                    trouble = wait(process, record, limit)
                finally:
                    if process.poll() is None:
                        process.kill()
            records, running = read(record)
            if not trouble:
                return records
            if len(records) == len(known) and not running and len(files) > 1:
                # While collecting: in which file?
                for name in files:
                    records.update(run([name], device, root, limit, select))
                return records
            name = running or f"{next(reversed(records), files[0])} (afterwards)"
            tail = pathlib.Path(log).read_text(errors="replace")[-3000:]
            crash = {"outcome": "crashed", "seconds": 0.0, "message": f"{tail}\n{trouble}"}
            if not running and len(records) == len(known):
                return {**records, name: crash}
            with open(record, "a", encoding="utf-8") as lines:
                lines.write("\n" + json.dumps({"test": name, **crash}) + "\n")
            known, _ = read(record)

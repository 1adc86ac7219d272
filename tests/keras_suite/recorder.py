"""A pytest plugin: writes what becomes of each test as it happens, so that a crash costs one test.

Loaded with `-p keras_suite.recorder` into a process that runs tests of Keras. A line of the file
that `KERAS_SUITE_RECORD` names is JSON: {"begin": test} or {"test": ..., "outcome": ...,
"seconds": ..., "message": ...}; a collection error is a test that has the file's name. Tests that
the file holds already are left out.
"""

import json
import os
import sys
import time
import zlib

import keras
import pytest

from keras_suite import runner

RECORD = os.environ["KERAS_SUITE_RECORD"]
ORDER = ("passed", "skipped", "failed")  # of a test's parts, the last counts


def skip_if_backend(given_backend, reason):
    """What Keras's tests import of a `conftest` that is in its repository, but not in its wheel."""
    return pytest.mark.skipif(keras.backend.backend() == given_backend, reason=reason)


sys.modules["conftest"] = sys.modules[__name__]


class Recorder:
    def __init__(self):
        self.done = set(runner.read(RECORD)[0])
        self.out = open(RECORD, "a", encoding="utf-8")
        self.outcome, self.message, self.began = "passed", "", 0.0

    def write(self, record):
        self.out.write(json.dumps(record) + "\n")
        self.out.flush()

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid not in self.done]

    def pytest_collectreport(self, report):
        if report.failed and report.nodeid not in self.done:
            self.write_outcome(report.nodeid, "failed", str(report.longrepr), 0.0)

    def write_outcome(self, test, outcome, message, seconds):
        record = {"test": test, "outcome": outcome, "seconds": round(seconds, 2)}
        self.write({**record, "message": message} if outcome == "failed" else record)

    def pytest_runtest_logstart(self, nodeid):
        self.outcome, self.message, self.began = "passed", "", time.monotonic()
        self.write({"begin": nodeid})

    def pytest_runtest_setup(self, item):
        # Many tests draw inputs without a seed. The same ones on both devices, and in each run.
        keras.utils.set_random_seed(zlib.crc32(item.nodeid.encode()))

    def pytest_runtest_logreport(self, report):
        if ORDER.index(report.outcome) > ORDER.index(self.outcome):
            self.outcome = report.outcome
        if report.failed and not self.message:
            self.message = str(report.longrepr)

    def pytest_runtest_logfinish(self, nodeid):
        self.write_outcome(nodeid, self.outcome, self.message, time.monotonic() - self.began)


def pytest_configure(config):
    for marker in ("requires_trainable_backend", "multi_device"):
        config.addinivalue_line("markers", f"{marker}: of Keras's own suite")
    config.pluginmanager.register(Recorder())

"""Runs cases in worker processes, on MLC and on TensorFlow's CPU, and compares the records."""

import collections
import concurrent.futures
import contextlib
import hashlib
import importlib.metadata
import inspect
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import tf_mlc_plugin
from convergence.cases import FAMILIES

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / "build" / "convergence"

# What differs from this process's environment.
MLC = {"TF_DISABLE_MLC": "0", "TF_ENABLE_ONEDNN_OPTS": "0"}
CPU = {"TF_DISABLE_MLC": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}
# The CPU from weights that differ in the last bit: what rounding alone does to a case.
NUDGED = {**CPU, "CONVERGENCE_NUDGE": "1"}


class Worker:
    """A process of worker.py, started at the first case and again after it died."""

    def __init__(self, environment):
        self.environment = environment
        self._process = None
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed with the object

    def train(self, name, seed=None, weights=None, on_epoch=lambda epoch: None):
        """The record of a training; {"error": ...} where it failed or the process died."""
        if self._process is None:
            self._start()
        request = {"case": name, "seed": seed, "weights": weights and str(weights)}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._died()
        for line in self._process.stdout:
            answer = json.loads(line)
            if "epoch" not in answer:
                return answer
            on_epoch(answer["epoch"])
        return self._died()

    def close(self):
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):  # what it did not read before it died
                self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
            self._process = None
        self._errors.seek(0)
        self._errors.truncate()

    def _start(self):
        path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": path}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "convergence.worker"],
            env={**os.environ, **quiet, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def _died(self):
        code = self._process.wait()
        self._errors.seek(0)
        tail = self._errors.read()[-2000:]
        self.close()
        return {"error": f"the process ended with {code}\n{tail}"}


def fingerprint(name, environment, seed):
    """Changes with whatever the CPU's record of a case depends on."""
    digest = hashlib.sha256()
    names = ("case", "data", "log", "training", "worker")
    module = pathlib.Path(inspect.getfile(FAMILIES[name]))
    for path in [*(HERE / f"{n}.py" for n in names), module]:
        digest.update(path.read_bytes())
    tensorflow = "tensorflow" if sys.platform == "darwin" else "tensorflow-cpu"
    versions = [importlib.metadata.version(p) for p in (tensorflow, "keras", "numpy")]
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    threads = len(affinity(0)) if affinity else os.cpu_count()
    digest.update(repr((versions, sys.version, environment, seed, threads)).encode())
    return digest.hexdigest()[:12]


class Cached:
    """A worker whose records are kept in build/convergence. `what` it depends on besides."""

    def __init__(self, environment, what=""):
        self.environment = environment
        self._what = what
        self._worker = Worker(environment)

    def train(self, name, seed=None, on_epoch=lambda epoch: None):
        path = CACHE / f"{name}-{fingerprint(name, [self.environment, self._what], seed)}.json"
        if path.exists():
            return json.loads(path.read_text())
        record = self._worker.train(name, seed, on_epoch=on_epoch)
        if "error" not in record:
            CACHE.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(record))
        return record

    def close(self):
        self._worker.close()


def build():
    """Changes with whatever of the installed device a record on MLC depends on."""
    digest = hashlib.sha256()
    folder = pathlib.Path(tf_mlc_plugin.__file__).parent
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.so*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Runner:
    """Trains each case on MLC and on the CPU at once."""

    def __init__(self, resume=False, **environment):
        """`environment` is for MLC's process alone. `resume`: keep MLC's records too, by build."""
        self.mlc = Worker({**MLC, **environment})
        if resume:
            self.mlc = Cached({**MLC, **environment}, build())
        self.cpu = Cached(CPU)
        self.nudged = Cached(NUDGED)
        self._pool = concurrent.futures.ThreadPoolExecutor(1)

    def run(self, name, seed=None, on_epoch=lambda epoch: None):
        """(MLC's record, the CPU's)."""
        cpu = self._pool.submit(self.cpu.train, name, seed)
        return self.mlc.train(name, seed, on_epoch=on_epoch), cpu.result()

    def close(self):
        for worker in (self.mlc, self.cpu, self.nudged):
            worker.close()
        self._pool.shutdown()


def differences(losses, expected):
    """Of each epoch, as a part of the expected loss."""
    losses, expected = np.array(losses), np.array(expected)
    return np.abs(losses - expected) / np.abs(expected)


Fault = collections.namedtuple("Fault", "what epoch mlc cpu")


def faults(case, mlc, cpu):
    """What is wrong with MLC's record of a case; epochs count from 1, 0 is before them."""
    if "error" in mlc or "error" in cpu:
        return [Fault("error", 0, mlc.get("error"), cpu.get("error"))]
    found = []
    for i, (one, other) in enumerate(zip(mlc["initial"], cpu["initial"], strict=True)):
        if not np.allclose(one, other, 1e-4, 1e-4):
            found.append(Fault(f"sums of initial weight {i}", 0, one, other))
    if mlc["kernels"] == 0:
        found.append(Fault("no kernel ran on MLC", 0, 0, None))
    if len(mlc["losses"]) != case.epochs or len(cpu["losses"]) != case.epochs:
        found.append(Fault("epochs", 0, len(mlc["losses"]), len(cpu["losses"])))
        return found
    off = differences(mlc["losses"], cpu["losses"])
    wrong = np.flatnonzero(~(off <= case.tolerance))  # NaN is wrong
    if len(wrong):
        i = int(wrong[0])
        what = f"loss, off by {off[i]:.2g} where {case.tolerance:g} is allowed"
        found.append(Fault(what, i + 1, mlc["losses"][i], cpu["losses"][i]))
    values = [record["metrics"][case.metric] for record in (mlc, cpu)]
    if not all(map(case.is_reached, values)):
        found.append(Fault(f"held out, {case.reach}", case.epochs, *values))
    if mlc["memory"] > case.memory:
        what = f"memory, MiB, {case.memory} allowed"
        found.append(Fault(what, case.epochs, mlc["memory"], cpu["memory"]))
    return found


def explain(case, found, seed=None):
    """The faults of a case, and how to see them again."""
    seed = case.seed if seed is None else seed
    lines = [
        f"{case.name}, epoch {fault.epoch}: {fault.what}: "
        f"MLC {fault.mlc}, CPU {fault.cpu}, seed {seed}"
        for fault in found
    ]
    command = f"PYTHONPATH=tests {sys.executable} -m convergence {case.name} --seed {seed}"
    return "\n".join([*lines, f"again: {command}"])

"""A worker: a process of one configuration that measures when it is asked to.

Workers of several configurations take turns, so a busy machine hits all alike.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PEERS_PYTHON = HERE.parent / ".venv-peers" / "bin" / "python"


@dataclasses.dataclass(frozen=True)
class Configuration:
    backend: str = "tensorflow"
    jit: str = "auto"
    mlc: bool = False

    def environment(self):
        return {
            **os.environ,
            "KERAS_BACKEND": self.backend,
            "TF_DISABLE_MLC": "0" if self.mlc else "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }

    def python(self):
        return sys.executable if self.backend == "tensorflow" else str(PEERS_PYTHON)


# `auto` is what compile() without arguments does; stock TensorFlow is measured both ways.
CONFIGURATIONS = {
    "MLC": Configuration(mlc=True),
    "TF": Configuration(jit="plain"),
    "TF jit": Configuration(jit="jit"),
    "torch": Configuration("torch"),
    "JAX": Configuration("jax"),
}


class Worker:
    def __init__(self, configuration, script, *arguments):
        self.process = subprocess.Popen(
            [configuration.python(), str(HERE / script), *arguments],
            env=configuration.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.description = self._answer()
        devices = self.description.get("devices", [])
        if configuration.mlc and not any("MLC" in device for device in devices):
            raise SystemExit("there is no MLC device: `python -m tf_mlc_plugin` says why")

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended with code {self.process.wait()}")
        return json.loads(line)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

"""`python -m benchmarks`: MLC against stock TensorFlow on the CPU, taking turns.

Every configuration has a process of its own, and in each round all run every case, one after the
other; so a busy machine hits all alike. Writes benchmarks/results.md and results.json.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

import tf_mlc_plugin

HERE = pathlib.Path(__file__).resolve().parent
CASES = {
    "MLP train": "ms/step",
    "MLP predict": "ms/batch",
    "CNN train": "ms/step",
    "CNN predict": "ms/batch",
    "op eager": "µs/op",
    "op in function": "µs/op",
}
# name: (TF_DISABLE_MLC, jit, the cases it has)
CONFIGURATIONS = {
    "MLC": ("0", False, list(CASES)),
    "CPU": ("1", False, list(CASES)),
    "CPU jit": ("1", True, list(CASES)[:4]),
}


class Worker:
    def __init__(self, disable, jit):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), "jit" if jit else "plain"],
            env={**os.environ, "TF_DISABLE_MLC": disable, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.description = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended with code {self.process.wait()}")
        return json.loads(line)

    def run(self, case):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(rounds):
    workers = {name: Worker(off, jit) for name, (off, jit, _) in CONFIGURATIONS.items()}
    if not any("MLC" in device for device in workers["MLC"].description["devices"]):
        raise SystemExit("there is no MLC device: `python -m tf_mlc_plugin` says why")
    times = {case: {} for case in CASES}
    for turn in range(rounds + 1):
        for case in CASES:
            for name, worker in workers.items():
                if case in CONFIGURATIONS[name][2]:
                    value = worker.run(case)
                    if turn > 0:  # the first builds graphs and fills caches
                        times[case].setdefault(name, []).append(value)
        print(f"round {turn} of {rounds}", file=sys.stderr)
    versions = workers["CPU"].description
    for worker in workers.values():
        worker.close()
    return times, versions


def machine():
    model = platform.processor() or platform.machine()
    try:
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
        model = re.search(r"model name\s*: (.+)", cpuinfo)[1]
    except (OSError, TypeError):
        pass
    affinity = getattr(os, "sched_getaffinity", None)
    cpus = len(affinity(0)) if affinity else os.cpu_count()
    return f"{model}, {cpus} CPUs, {platform.system()} {platform.machine()}"


def cell(values):
    if not values:
        return "–"
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


def table(times):
    names = list(CONFIGURATIONS)
    yield "| case | unit | " + " | ".join(names) + " | MLC / CPU |"
    yield "|---|---|" + "---|" * (len(names) + 1)
    for case, unit in CASES.items():
        values = times[case]
        # Of each round by itself, as both sides of a round saw the same machine.
        ratios = [mlc / cpu for mlc, cpu in zip(values["MLC"], values["CPU"], strict=True)]
        cells = [cell(values.get(name)) for name in names] + [cell(ratios)]
        yield f"| {case} | {unit} | " + " | ".join(cells) + " |"


def report(times, versions, rounds, load):
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {datetime.date.today()}. {machine()}; "
            f"load before the run {load:.1f}.",
            f"TensorFlow {versions['tensorflow']}, Keras {versions['keras']}, "
            f"numpy {versions['numpy']}, Python {platform.python_version()}, "
            f"tf_mlc_plugin {tf_mlc_plugin.__version__}.",
            "",
            f"Medians of {rounds} rounds (ranges in brackets); lower is better. In each round",
            "every configuration runs every case in turn, in a process of its own. CPU is",
            "TensorFlow without the plugin, CPU jit the same with `compile(jit_compile=True)`.",
            "MLP: 784-512-512-10; CNN: 28x28x1, conv 32, pool, conv 64, pool, dense 128, dense 10;",
            "batches of 128, Adam. An op is an AddV2 of two tensors of eight floats, in a chain",
            "of 100.",
            "",
            *table(times),
            "",
        ]
    )


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results.md")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    times, versions = measure(args.rounds)
    text = report(times, versions, args.rounds, load)
    args.output.write_text(text)
    data = {"machine": machine(), "versions": versions, "load": load, "times": times}
    args.output.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    main()

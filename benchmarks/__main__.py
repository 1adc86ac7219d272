"""`python -m benchmarks`: Keras on MLC against stock TensorFlow, torch and JAX, taking turns.

Every configuration has a process of its own per model. In each round all measure every case, one
after the other, so a busy machine hits all alike. Writes results.json, results.md and results.svg.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re

import tf_mlc_plugin

from . import chart, measure, report
from .models import MODELS
from .worker import CONFIGURATIONS, HERE, PEERS_PYTHON

POLICIES = ("float32", "mixed_bfloat16")


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


def updated(before, data):
    """`data` with those rows of `before` that it has not measured again, in the usual order."""
    comparable = ("machine", "rounds", "configurations", "versions")
    for key in comparable:
        if before[key] != data[key]:
            raise SystemExit(f"--update: {key} was {before[key]} and is {data[key]}; run them all")
    rows = {(row["policy"], row["model"]): row for row in before["models"] + data["models"]}
    places = [(policy, name) for policy in POLICIES for name in MODELS]
    parts = {part: data[part] or before[part] for part in ("ops", "graphs")}
    return {**data, **parts, "models": [rows[place] for place in places if place in rows]}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--policies", nargs="+", choices=POLICIES, default=list(POLICIES))
    parser.add_argument(
        "--configurations", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS)
    )
    parser.add_argument(
        "--no-ops", action="store_true", help="leave out single ops and LeNet as a graph"
    )
    parser.add_argument(
        "--update", action="store_true", help="keep the rows of --output that are not measured now"
    )
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results.json")
    args = parser.parse_args()
    chosen = args.configurations
    if any(CONFIGURATIONS[name].backend != "tensorflow" for name in chosen):
        if not PEERS_PYTHON.exists():
            parser.error("torch and JAX are missing: benchmarks/peers.sh installs them")
    rows, versions = measure.models(args.models, args.policies, chosen, args.rounds)
    data = {
        "date": str(datetime.date.today()),
        "machine": machine(),
        "rounds": args.rounds,
        "configurations": chosen,
        "versions": {
            **versions,
            "python": platform.python_version(),
            "tf_mlc_plugin": tf_mlc_plugin.__version__,
        },
        "models": rows,
        "ops": {} if args.no_ops else measure.ops(args.rounds),
        "graphs": {} if args.no_ops else measure.graphs(args.rounds),
    }
    if args.update:
        data = updated(json.loads(args.output.read_text()), data)
    args.output.write_text(json.dumps(data, indent=1) + "\n")
    text = report.markdown(data)
    args.output.with_suffix(".md").write_text(text)
    args.output.with_suffix(".svg").write_text(chart.svg(data))
    print(text)


if __name__ == "__main__":
    main()

"""`python -m benchmarks`: Keras on MLC against stock TensorFlow, torch and JAX, taking turns.

Every configuration has a process of its own per model. In each round all measure every case, one
after the other, so a busy machine hits all alike. Writes results.json, results.md and results.svg.
"""

import datetime
import json
import os
import pathlib
import platform
import re

import tf_mlc_plugin

from . import chart, measure, options, report, update


def machine():
    model = platform.processor() or platform.machine()
    try:
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
        model = re.search(r"model name\s*: (.+)", cpuinfo)[1]
        # Clouds call processors of several generations by one name.
        family = re.search(r"cpu family\s*: (\d+)\s+model\s*: (\d+)", cpuinfo)
        model += f" (family {family[1]}, model {family[2]})"
    except (OSError, TypeError):
        pass
    affinity = getattr(os, "sched_getaffinity", None)
    cpus = len(affinity(0)) if affinity else os.cpu_count()
    return f"{model}, {cpus} CPUs, {platform.system()} {platform.machine()}"


def main(arguments=None):
    args = options.parse(arguments)
    data = {
        "date": str(datetime.date.today()),
        "machine": machine(),
        "rounds": args.rounds,
        "configurations": args.configurations,
    }
    if args.before:
        update.check(args.before, data)
    rows, versions = measure.models(args.models, args.policies, args.configurations, args.rounds)
    data |= {
        "versions": {
            **versions,
            "python": platform.python_version(),
            "tf_mlc_plugin": tf_mlc_plugin.__version__,
        },
        "models": rows,
        "ops": {} if args.no_ops else measure.ops(args.rounds),
        "graphs": {} if args.no_ops else measure.graphs(args.rounds),
    }
    if args.before:
        data = update.updated(args.before, data)
    args.output.write_text(json.dumps(data, indent=1) + "\n")
    text = report.markdown(data)
    args.output.with_suffix(".md").write_text(text)
    args.output.with_suffix(".svg").write_text(chart.svg(data))
    print(text)


if __name__ == "__main__":
    main()

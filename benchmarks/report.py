"""The tables of results.md."""

import statistics

from .models import MODELS

HEAD = """\
# Benchmarks

Written by `make bench` on {date}. {machine}; load before a row at most {load:.1f}.
{versions}.

Medians of {rounds} rounds (ranges in brackets), lower is better. In each round every
configuration measures every case in turn, each in a process of its own. MLC is `compile()` with
its defaults; TF is stock TensorFlow with `jit_compile=False`, which was its faster choice on
convolutions; TF jit is stock TensorFlow with XLA; torch and JAX are Keras's other backends. The
ratio is of each round by itself: the peer's time over MLC's, so above 1 MLC is faster. The models
are in [models.py](models.py).

![Speed relative to the fastest peer](results.svg)
"""

BFLOAT16 = """\
The ratio is of each round by itself: float32's time over mixed_bfloat16's. For it the rounds of
mixed_bfloat16 measure MLC in float32 too, in turn with the others and in a process of its own, so
its times are not those of the tables for float32. Models without such a measurement are left out.
"""


def cell(values):
    if not values:
        return "–"
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


def speedup(times, peer):
    """Each round's time of `peer` over MLC's."""
    return [p / m for p, m in zip(times[peer], times["MLC"], strict=True)]


def fastest_peer(times):
    """The name of the configuration other than MLC with the least median; None without one."""
    peers = [name for name in times if name != "MLC"]
    return min(peers, key=lambda name: statistics.median(times[name]), default=None)


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else float("nan")


def times_table(data, policy, case):
    names = data["configurations"]
    yield f"| model, batch | {' | '.join(names)} | over TF | over the fastest peer |"
    yield "|---|" + "---|" * (len(names) + 2)
    over_tf, over_best = [], []
    for row in data["models"]:
        if row["policy"] != policy:
            continue
        model, times = MODELS[row["model"]], row["times"][case]
        cells = [cell(times.get(name)) for name in names]
        best = fastest_peer(times)
        if "MLC" in times and best:
            over_best.append(statistics.median(speedup(times, best)))
            tf = speedup(times, "TF") if "TF" in times else []
            over_tf += [statistics.median(tf)] if tf else []
            cells += [cell(tf), f"{cell(speedup(times, best))} {best}"]
        else:
            cells += ["–", "–"]
        yield f"| {model.title}, {model.batch} | " + " | ".join(cells) + " |"
    means = [f"{geometric_mean(v):.2f}" if v else "–" for v in (over_tf, over_best)]
    yield "| geometric mean |" + " |" * len(names) + " " + " | ".join(means) + " |"


def costs_table(data, policy):
    names = [name for name in data["configurations"]]
    yield "| model | " + " | ".join(f"{n}: first step s, peak MiB" for n in names) + " |"
    yield "|---|" + "---|" * len(names)
    for row in data["models"]:
        if row["policy"] == policy:
            cells = []
            for name in names:
                cost = row["costs"][name]
                cells.append(f"{cost['first_step_s']['train']:.1f}, {cost['peak_mib']:.0f}")
            yield f"| {MODELS[row['model']].title} | " + " | ".join(cells) + " |"


def bfloat16_rows(data):
    """The rows of other policies that measured float32 on MLC in the same rounds."""
    return [row for row in data["models"] if "mlc_float32" in row]


def bfloat16_table(data):
    yield "| model | train | predict |"
    yield "|---|---|---|"
    for row in bfloat16_rows(data):
        cells = []
        for case in ("train", "predict"):
            pairs = zip(row["mlc_float32"][case], row["times"][case]["MLC"], strict=True)
            cells.append(cell([full / mixed for full, mixed in pairs]))
        yield f"| {MODELS[row['model']].title} | " + " | ".join(cells) + " |"


def ops_table(data):
    yield "| AddV2 of 8 floats, in a chain of 100 | MLC µs | TF µs | MLC / TF |"
    yield "|---|---|---|---|"
    for case, times in data["ops"].items():
        ratios = [m / t for m, t in zip(times["MLC"], times["TF"], strict=True)]
        yield f"| {case} | {cell(times['MLC'])} | {cell(times['TF'])} | {cell(ratios)} |"


def graphs_table(data):
    times = data["graphs"]
    yield "| LeNet-5, batch 64 | ms per step | Keras's time over it |"
    yield "|---|---|---|"
    titles = {
        "training_graph": "`mlcompute.training_graph`",
        "MLC": "Keras on MLC",
        "TF": "Keras on TF",
    }
    for name, title in titles.items():
        ratios = [k / g for k, g in zip(times[name], times["training_graph"], strict=True)]
        yield f"| {title} | {cell(times[name])} | {cell(ratios)} |"


def markdown(data):
    versions = ", ".join(f"{k} {v}" for k, v in data["versions"].items())
    load = max(row["load"] for row in data["models"])
    lines = [HEAD.format(**{**data, "versions": versions, "load": load})]
    policies = list(dict.fromkeys(row["policy"] for row in data["models"]))
    for policy in policies:
        for case, unit in (("train", "ms per step"), ("predict", "ms per batch")):
            lines += [f"## {case.capitalize()}, {policy} ({unit})", ""]
            lines += [*times_table(data, policy, case), ""]
    if bfloat16_rows(data):
        lines += ["## mixed_bfloat16 against float32 on MLC (times faster)", ""]
        lines += [BFLOAT16, *bfloat16_table(data), ""]
    lines += [f"## First training step and resident memory, {policies[0]}", ""]
    lines += [
        "From `fit` to the end of the first step (tracing, compiling and the step), and the",
        "largest resident size of the process over all cases.",
        "",
        *costs_table(data, policies[0]),
        "",
    ]
    if data["ops"]:
        lines += ["## Single ops", "", *ops_table(data), ""]
    if data.get("graphs"):
        lines += ["## A training graph against Keras", "", *graphs_table(data), ""]
    return "\n".join(lines)

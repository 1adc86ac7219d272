"""docs/op_sweep.md, made of the records of a sweep."""

import datetime
from collections import Counter

from tolerances import GRADIENT_TOLERANCES, TOLERANCES

HEADER = """\
# Op sweep

Written by `make test-sweep`, which runs every op and dtype that has a kernel on MLC and on
TensorFlow's CPU. Soft placement is off, so nothing runs anywhere else. Each trial is made twice and
has to give the same bits.

- *forward*: all inputs of all cases in `tests/kernels/`.
- *function*: the same op in a `tf.function`, compiled together with others.
- *gradient*: TensorFlow's gradient of the op, where it has one.
- *inputs*: empty, long and single batches, one axis more and one less, NaN and infinity; axes and
  shapes moved by one and with the other sign.
- *attributes*: each attribute by itself set to other values, right and wrong ones.

Where the CPU computes, MLC has to give the same within the tolerances of `tests/tolerances.py`;
where it refuses, MLC has to refuse. An attribute MLC may refuse, if the error names it. What else
may differ is in `tests/sweep/outcome.py`, with the reasons that are listed below.

"""
EXACT = """\
Integers and bool have no tolerance. The 16-bit types are compared with the CPU's float32 result
where its own kernels round after each addition.

"""

KINDS = ("forward", "function", "gradient", "inputs", "attributes")
TYPES = ("float64", "float32", "float16", "bfloat16")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines) + "\n"


def worst(records, dtype):
    """(error, name) of the trial that was off most."""
    found = [
        (error, record["name"])
        for record in records
        for kind, error in record.get("errors", [])
        if kind == dtype
    ]
    return max(found, default=(0.0, ""))


def text(records, versions):
    failed = [r for r in records if "failure" in r]
    parts = [
        HEADER,
        f"Last run on {datetime.date.today().isoformat()}: {len({r['op'] for r in records})} ops, ",
        f"{len(records)} trials, {len(failed)} failures.\n",
        ", ".join(f"{name} {value}" for name, value in versions.items()),
        ".\n\n## Trials\n\n",
    ]
    rows = []
    for family in sorted({r["family"] for r in records if "family" in r}):
        own = [r for r in records if r.get("family") == family]
        kinds = Counter(r["kind"] for r in own)
        failures = sum("failure" in r for r in own)
        rows.append(
            [family, len({r["op"] for r in own}), *(kinds[k] for k in KINDS), failures],
        )
    parts.append(table(["family", "ops", *KINDS, "failures"], rows))
    parts.append("## Worst errors\n\nAgainst the largest element of the result.\n\n")
    rows = []
    for dtype in TYPES:
        gradients = [r for r in records if r["kind"] == "gradient"]
        others = [r for r in records if r["kind"] != "gradient"]
        for what, group, limits in (
            ("result", others, TOLERANCES),
            ("gradient", gradients, GRADIENT_TOLERANCES),
        ):
            error, name = worst(group, dtype)
            rows.append([dtype, what, f"{error:.1e}", f"{limits[dtype][0]:.0e}", name])
    parts.append(table(["type", "of", "error", "tolerance", "trial"], rows))
    parts.append(
        "Integers and bool have no tolerance. The 16-bit types are compared with the CPU's\n"
    )
    parts.append(
        "float32 result where its own kernels round after each addition.\n\n## Outcomes\n\n"
    )
    outcomes = Counter(r["outcome"] for r in records if "outcome" in r)
    parts.append(table(["outcome", "trials"], [[k, n] for k, n in outcomes.most_common()]))
    if failed:
        parts.append("## Failures\n\n")
        first_lines = [[r["name"], r["failure"].strip().splitlines()[-1][:160]] for r in failed]
        parts.append(table(["trial", "what"], first_lines))
    return "".join(parts).rstrip() + "\n"

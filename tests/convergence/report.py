"""docs/convergence.md and a plot of each case under docs/img/convergence/."""

from convergence import runner
from convergence.cases import CASES

DOCUMENT = runner.ROOT / "docs" / "convergence.md"
PLOTS = runner.ROOT / "docs" / "img" / "convergence"

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 240, 130, 44, 22, 18

TEXT = """# Convergence

Written by `make test-convergence`. Each model of `tests/convergence/cases/` was trained on MLC and
on TensorFlow's CPU from the same seed; it has to reach its metric on held-out data, and the loss of
each epoch has to stay near the CPU's.

- **difference**: the largest one of an epoch's losses, as a part of the CPU's loss.
- **allowed**: more than that is a failure.
- **rounding**: the largest difference between the CPU and itself when each initial weight is the
  next number in float32, up or down: what rounding alone does to this model.
- **memory**: what the resident set grew by while training.

Plots: loss by epoch, the CPU grey and wide, MLC red on it; the axis of losses is logarithmic
where they span more than a factor of 20.
"""


def svg(name, mlc, cpu):
    """Both curves in a small plot."""
    import math

    values = [*mlc, *cpu]
    logarithmic = min(values) > 0 and max(values) > 20 * min(values)
    scale = math.log10 if logarithmic else float
    low, high = scale(min(values)), scale(max(values))
    span = (high - low) or 1.0

    def point(i, value):
        x = LEFT + i / max(len(cpu) - 1, 1) * (WIDTH - LEFT - 8)
        y = TOP + (high - scale(value)) / span * (HEIGHT - TOP - BOTTOM)
        return f"{x:.1f},{y:.1f}"

    def line(values, colour, width):
        points = " ".join(point(i, v) for i, v in enumerate(values))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    base = HEIGHT - BOTTOM
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="sans-serif" font-size="9">',
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="{LEFT}" y="13" font-size="11">{name}</text>',
            f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - 8}" stroke="#999" fill="none"/>',
            f'<text x="{LEFT - 4}" y="{TOP + 6}" text-anchor="end">{max(values):.3g}</text>',
            f'<text x="{LEFT - 4}" y="{base}" text-anchor="end">{min(values):.3g}</text>',
            f'<text x="{LEFT}" y="{HEIGHT - 6}">1</text>',
            f'<text x="{WIDTH - 8}" y="{HEIGHT - 6}" text-anchor="end">{len(cpu)}</text>',
            line(cpu, "#bbb", 5),
            line(mlc, "#d1495b", 1.5),
            "</svg>",
            "",
        ]
    )


def row(case, mlc, cpu, rounding, found):
    off = runner.differences(mlc["losses"], cpu["losses"]).max()
    natural = runner.differences(rounding["losses"], cpu["losses"]).max()
    values = [f"{record['metrics'][case.metric]:.3f}" for record in (mlc, cpu)]
    cells = [
        case.name,
        case.about,
        case.reach,
        *values,
        f"{off:.1e}",
        f"{case.tolerance:g}",
        f"{natural:.1e}",
        f"{mlc['memory']:.0f} MiB",
        "**failed**: " + found[0].what if found else "ok",
    ]
    return f"| {' | '.join(cells)} |"


def write(records):
    """`records`: {case: (MLC's, the CPU's, the CPU's from nudged weights, its faults)}, of cases
    that ran to their end.
    """
    PLOTS.mkdir(parents=True, exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    good = sum(not found for *_, found in records.values())
    lines = [
        TEXT,
        f"{good} of {len(CASES)} cases are as they have to be.",
        "",
        "| case | model, data | to be reached | MLC | CPU | difference | allowed | rounding "
        "| memory | |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(row(CASES[name], *four) for name, four in records.items()),
        "",
    ]
    for name, (mlc, cpu, _, _) in records.items():
        (PLOTS / f"{name}.svg").write_text(svg(name, mlc["losses"], cpu["losses"]))
        lines.append(f"![{name}](img/convergence/{name}.svg)")
    DOCUMENT.write_text("\n".join([*lines, ""]))

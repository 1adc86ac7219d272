"""results.svg: a bar per model and configuration, speed relative to the fastest peer."""

import statistics

from .models import MODELS
from .report import fastest_peer

COLOURS = {
    "MLC": "#d1495b",
    "TF": "#30638e",
    "TF jit": "#8fb8de",
    "torch": "#edae49",
    "JAX": "#66a182",
}
BAR, GAP, LEFT, TOP, HEIGHT = 14, 26, 60, 50, 220


def bars(rows):
    """(model's title, {configuration: fastest peer's time over its time}) of each row."""
    for row in rows:
        times = row["times"]["train"]
        best = fastest_peer(times)
        if best:
            base = statistics.median(times[best])
            speeds = {name: base / statistics.median(values) for name, values in times.items()}
            yield MODELS[row["model"]].title, speeds


def svg(data):
    groups = list(bars([row for row in data["models"] if row["policy"] == "float32"]))
    names = data["configurations"]
    top = max([1.5, *(speed for _, speeds in groups for speed in speeds.values())])
    group_width = BAR * len(names) + GAP
    width = LEFT + group_width * max(len(groups), 1) + 20
    bottom = TOP + HEIGHT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 90}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="10" y="18" font-size="14">Training speed, float32, relative to the fastest '
        "peer (higher is better)</text>",
    ]
    for i, name in enumerate(names):
        x = LEFT + i * 90
        out.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{COLOURS[name]}"/>')
        out.append(f'<text x="{x + 14}" y="37">{name}</text>')
    for tick in range(int(top * 2) + 1):
        y = bottom - tick / 2 / top * HEIGHT
        colour = "#000" if tick == 2 else "#ddd"
        out.append(f'<path d="M{LEFT} {y:.1f}H{width - 10}" stroke="{colour}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick / 2:g}</text>')
    for g, (title, speeds) in enumerate(groups):
        start = LEFT + g * group_width + GAP / 2
        for i, name in enumerate(names):
            if name in speeds:
                height = speeds[name] / top * HEIGHT
                out.append(
                    f'<rect x="{start + i * BAR:.1f}" y="{bottom - height:.1f}" '
                    f'width="{BAR - 2}" height="{height:.1f}" fill="{COLOURS[name]}">'
                    f"<title>{title}, {name}: {speeds[name]:.2f}</title></rect>"
                )
        middle = start + BAR * len(names) / 2
        out.append(
            f'<text transform="translate({middle:.1f} {bottom + 12}) rotate(25)">{title}</text>'
        )
    return "\n".join([*out, "</svg>", ""])

"""--update: rows that were measured before beside those of now."""

from .models import MODELS
from .options import POLICIES

COMPARABLE = ("machine", "rounds", "configurations", "versions")


def check(before, data):
    """Ends the program where `data`, or as much as it holds yet, cannot stand beside `before`."""
    for key in COMPARABLE:
        if key in data and before[key] != data[key]:
            raise SystemExit(f"--update: {key} was {before[key]} and is {data[key]}; run them all")


def updated(before, data):
    """`data` with those rows of `before` that it has not measured again, in the usual order."""
    check(before, data)
    rows = {(row["policy"], row["model"]): row for row in before["models"] + data["models"]}
    places = [(policy, name) for policy in POLICIES for name in MODELS]
    parts = {part: data[part] or before[part] for part in ("ops", "graphs")}
    return {**data, **parts, "models": [rows[place] for place in places if place in rows]}

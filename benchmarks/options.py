"""The options of `python -m benchmarks`; what cannot work ends it before anything is measured."""

import argparse
import json
import pathlib

from .models import MODELS
from .worker import CONFIGURATIONS, HERE, PEERS_PYTHON

POLICIES = ("float32", "mixed_bfloat16")
ROUNDS = 5


def _parser():
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "--rounds", type=int, help=f"{ROUNDS} without it; with --update, those of --output"
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--policies", nargs="+", choices=POLICIES, default=list(POLICIES))
    parser.add_argument(
        "--configurations",
        nargs="+",
        choices=CONFIGURATIONS,
        help="all without it; with --update, those of --output",
    )
    parser.add_argument(
        "--no-ops", action="store_true", help="leave out single ops and LeNet as a graph"
    )
    parser.add_argument(
        "--update", action="store_true", help="keep the rows of --output that are not measured now"
    )
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=HERE / "results.json",
        help="the tables and the chart are written beside it, as .md and .svg",
    )
    return parser


def parse(arguments=None):
    """The options; `before` is what --update finds in --output, else None."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.output.suffix != ".json":
        parser.error(f"--output has to end in .json: {args.output}")
    if not args.output.parent.is_dir():
        parser.error(f"--output: there is no folder {args.output.parent}")
    if args.update and not args.output.exists():
        parser.error(f"--update: there is no {args.output} yet")
    args.before = json.loads(args.output.read_text()) if args.update else None
    usual = args.before or {"rounds": ROUNDS, "configurations": list(CONFIGURATIONS)}
    if args.rounds is None:
        args.rounds = usual["rounds"]
    if args.rounds < 1:
        parser.error(f"--rounds has to be at least 1: {args.rounds}")
    args.configurations = args.configurations or usual["configurations"]
    if any(CONFIGURATIONS[name].backend != "tensorflow" for name in args.configurations):
        if not PEERS_PYTHON.exists():
            parser.error("torch and JAX are missing: benchmarks/peers.sh installs them")
    return args

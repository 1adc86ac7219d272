"""Trains cases on MLC and on the CPU. Named ones: prints both curves. None named: all of them, with
a bar on the way, and writes docs/convergence.md. What the same build trained before is taken from
build/convergence, so that a run that was interrupted goes on.
"""

import argparse
import sys
import time

from convergence import report, runner
from convergence.cases import CASES

# A tolerance may be this many times what rounding does to the CPU's own curve; or this small, what
# one example at a bend of a ReLU, or one more rounding to 16 bits in each op, can do.
MULTIPLE, SMALL = 20, {"float32": 0.002, "mixed_bfloat16": 0.02, "mixed_float16": 0.02}


def show(case, mlc, cpu):
    off = runner.differences(mlc["losses"], cpu["losses"])
    print(f"{case.name}: {case.about}")
    for epoch, values in enumerate(zip(mlc["losses"], cpu["losses"], off, strict=True), 1):
        print("  epoch {:3}: MLC {:.6f}, CPU {:.6f}, off by {:.1e}".format(epoch, *values))
    for name, record in (("MLC", mlc), ("CPU", cpu)):
        print(
            f"  {name}: {case.metric} {record['metrics'][case.metric]:.4f}, "
            f"{record['seconds']:.1f} s, {record['memory']:.0f} MiB"
        )


class Bar:
    """The share that is done, counted in epochs; on a terminal it stays in its line."""

    def __init__(self, total):
        self.total = total
        self.start = time.monotonic()
        self.live = sys.stderr.isatty()

    def show(self, done, name):
        if self.live:
            full = int(30 * done / self.total)
            seconds = time.monotonic() - self.start
            bar = "#" * full + "." * (30 - full)
            line = f"[{bar}] {100 * done // self.total:3}% {seconds:5.0f} s  {name}"
            print(f"\r{line:79}", end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.live:
            print(f"\r{'':79}\r", end="", file=sys.stderr, flush=True)


def unjustified(case, cpu, rounding):
    natural = runner.differences(rounding["losses"], cpu["losses"]).max()
    if case.tolerance <= max(MULTIPLE * natural, SMALL[case.policy]):
        return []
    what = f"tolerance {case.tolerance:g} where rounding makes {natural:.2g}"
    return [runner.Fault(what, case.epochs, case.tolerance, natural)]


def run_all(one):
    """All cases; returns the number that failed."""
    records, failed, done = {}, 0, 0
    bar = Bar(sum(case.epochs for case in CASES.values()))
    for name, case in CASES.items():
        bar.show(done, name)
        begin = done
        mlc, cpu = one.run(name, on_epoch=lambda epoch: bar.show(begin + epoch, name))  # noqa: B023
        rounding = one.nudged.train(name)
        done += case.epochs
        found = runner.faults(case, mlc, cpu)
        if not found:
            found = unjustified(case, cpu, rounding)
        bar.clear()
        if "error" not in mlc and "error" not in cpu:
            off = runner.differences(mlc["losses"], cpu["losses"]).max()
            value = mlc["metrics"][case.metric]
            print(
                f"{'FAILED' if found else 'ok':6} {name}: {case.metric} {value:.3f}, "
                f"off by {off:.1e}, {mlc['seconds']:.1f} s, CPU {cpu['seconds']:.1f} s",
                flush=True,
            )
            records[name] = mlc, cpu, rounding, found
        if found:
            print(runner.explain(case, found), flush=True)
            failed += 1
    report.write(records)
    print(f"{failed} of {len(CASES)} cases failed; docs/convergence.md is written")
    return failed


def run_some(one, names, seed):
    failed = 0
    for name in names:
        mlc, cpu = one.run(name, seed)
        if "error" not in mlc and "error" not in cpu:
            show(CASES[name], mlc, cpu)
        found = runner.faults(CASES[name], mlc, cpu)
        if found:
            print(runner.explain(CASES[name], found, seed))
            failed += 1
    return failed


def main():
    parser = argparse.ArgumentParser(prog="convergence", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.cases if name not in CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    one = runner.Runner(resume=not arguments.cases)
    try:
        if arguments.cases:
            return run_some(one, arguments.cases, arguments.seed) > 0
        return run_all(one) > 0
    finally:
        one.close()


if __name__ == "__main__":
    sys.exit(main())

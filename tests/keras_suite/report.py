"""docs/keras_suite.md, made of the outcomes of both runs."""

import collections
import datetime
import pathlib

from keras_suite import runner, suite

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "keras_suite.md"
HEADER = """\
# Keras's own tests

Written by `make test-keras`: the tests that Keras ships in its wheel, with the TensorFlow backend,
on MLC as the default device and with `TF_DISABLE_MLC=1`. Each test has random seeds made of its
name, the same in both runs.

*different* counts the tests that pass without MLC and do not pass with it. What Keras skips, it
skips because of the backend or a package that is not installed; what fails without MLC too is a
matter between Keras and TensorFlow.

"""
HEAD = ("folder", "files", "tests", "skipped", "passed on CPU", "passed on MLC", "different")


def last_line(record):
    lines = [line.strip() for line in record.get("message", "").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]
    return (errors or lines or [""])[0 if errors else -1].lstrip("E ")[:200]


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def text(outcomes, files, versions):
    differing = suite.differences(outcomes, files)
    ran = [name for name in files if all(name in outcomes[device] for device in runner.DEVICES)]
    rows = []
    for folder in suite.FOLDERS:
        own = [name for name in ran if name.split("/")[0] == folder]
        counts = {
            device: collections.Counter(
                record["outcome"] for name in own for record in outcomes[device][name].values()
            )
            for device in runner.DEVICES
        }
        different = sum(test.split("/")[0] == folder for test in differing)
        cpu, mlc = counts["cpu"], counts["mlc"]
        total = sum(mlc.values())
        passed = [cpu["passed"], mlc["passed"]]
        rows.append([folder, len(own), total, mlc["skipped"], *passed, different])
    rows.append(["all", *(sum(row[i] for row in rows) for i in range(1, len(HEAD)))])
    stated = ", ".join(f"{name} {version}" for name, version in versions.items())
    page = [HEADER, f"Last run on {datetime.date.today().isoformat()}: {stated}.\n\n"]
    page.append(table(HEAD, rows))
    if len(ran) < len(files):
        left = [f"- `{name}`\n" for name in files if name not in ran]
        page += [f"\n## Not run: {len(left)} of {len(files)} files\n\n", *left]
    if differing:
        known = suite.reasons()
        lines = [
            [f"`{test}`", known.get(test, f"not known: {last_line(record)}").replace("|", "\\|")]
            for test, record in sorted(differing.items())
        ]
        page += ["\n## Different, and why\n\n", table(["test", "why"], lines)]
    both = sorted(
        test
        for name in ran
        for test, record in outcomes["cpu"][name].items()
        if record["outcome"] in ("failed", "crashed")
    )
    if both:
        page.append("\n## Not passed without MLC\n\n")
        passed = {t for n in ran for t, r in outcomes["mlc"][n].items() if r["outcome"] == "passed"}
        page += [f"- `{test}`{' (passes on MLC)' if test in passed else ''}\n" for test in both]
    return "".join(page)


def write(outcomes, files, versions):
    PAGE.write_text(text(outcomes, files, versions))

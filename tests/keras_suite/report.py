"""docs/keras_suite.md, made of the outcomes of both runs."""

import collections
import datetime
import pathlib

from keras_suite import suite

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "keras_suite.md"
HEADER = """\
# Keras's own tests

Written by `make test-keras`: the tests that Keras ships in its wheel, with the TensorFlow backend,
on MLC as the default device and with `TF_DISABLE_MLC=1`. Each test has random seeds made of its
name, the same in both runs.

*different* counts the tests that do not pass on MLC, other than those that do not pass on the CPU
either. What Keras skips, it skips because of the backend or a package that is not installed. Where
fewer files have run on the CPU, every failure on MLC counts as different.

"""
HEAD = (
    "folder",
    "files on MLC",
    "and on CPU",
    "tests",
    "skipped",
    "passed on MLC",
    "passed on CPU",
    "different",
)


def last_line(record):
    lines = [line.strip() for line in record.get("message", "").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]
    return (errors or lines or [""])[0 if errors else -1].lstrip("E ")[:200]


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def text(outcomes, files, versions):
    differing = suite.differences(outcomes, files)
    ran = [name for name in files if name in outcomes["mlc"]]
    rows = []
    for folder in suite.FOLDERS:
        own = [name for name in ran if name.split("/")[0] == folder]
        on_cpu = [name for name in own if name in outcomes["cpu"]]
        counts = {
            device: collections.Counter(
                record["outcome"] for name in names for record in outcomes[device][name].values()
            )
            for device, names in (("mlc", own), ("cpu", on_cpu))
        }
        different = sum(test.split("/")[0] == folder for test in differing)
        mlc = counts["mlc"]
        passed = [mlc["passed"], counts["cpu"]["passed"]]
        skipped = [sum(mlc.values()), mlc["skipped"]]
        rows.append([folder, len(own), len(on_cpu), *skipped, *passed, different])
    rows.append(["all", *(sum(row[i] for row in rows) for i in range(1, len(HEAD)))])
    stated = ", ".join(f"{name} {version}" for name, version in versions.items())
    page = [HEADER, f"Last run on {datetime.date.today().isoformat()}: {stated}.\n\n"]
    page.append(table(HEAD, rows))
    if len(ran) < len(files):
        left = collections.Counter(name.split("/")[0] for name in files if name not in ran)
        lines = [f"- {folder}: {count} files\n" for folder, count in left.items()]
        page += [f"\n## Not run yet: {left.total()} of {len(files)} files\n\n", *lines]
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
        for test, record in outcomes["cpu"].get(name, {}).items()
        if record["outcome"] in ("failed", "crashed")
    )
    if both:
        page.append("\n## Not passed without MLC\n\n")
        passed = {t for n in ran for t, r in outcomes["mlc"][n].items() if r["outcome"] == "passed"}
        page += [f"- `{test}`{' (passes on MLC)' if test in passed else ''}\n" for test in both]
    return "".join(page)


def write(outcomes, files, versions):
    PAGE.write_text(text(outcomes, files, versions))

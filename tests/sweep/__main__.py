"""`python -m sweep [op ...]`: sweeps all ops, or those named; writes docs/op_sweep.md for all.

Exits with 1 when anything fails. The failures go to stdout, and with all else to
build/op_sweep.jsonl.
"""

import json
import pathlib
import subprocess
import sys
import threading

from sweep import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORKERS = 2


class Sweep:
    def __init__(self, ops):
        self.waiting = list(reversed(ops))
        self.records = []
        self.versions = {}
        self.lock = threading.Lock()

    def next_op(self):
        with self.lock:
            return self.waiting.pop() if self.waiting else None

    def add(self, record):
        with self.lock:
            self.records.append(record)
            if "failure" in record:
                print(f"FAILED {record['name']}: {record['failure'].strip()}", flush=True)

    def work(self):
        """Feeds one worker after another: a new one when the last one died of an op."""
        op = self.next_op()
        while op:
            worker = subprocess.Popen(
                [sys.executable, "-m", "sweep.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            while op and self.feed(worker, op):
                op = self.next_op()
            worker.stdin.close()
            worker.wait()
            if op:  # it died
                op = self.next_op()

    def feed(self, worker, op):
        """Whether the worker lived through the op."""
        trial = op
        try:
            worker.stdin.write(op + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            pass
        for line in worker.stdout:
            record = json.loads(line)
            if "end" in record:
                return True
            if "versions" in record:
                self.versions = record["versions"]
                continue
            if "begin" in record:
                trial = record["begin"]
            else:
                self.add(record)
        code = worker.wait()
        self.add({"op": op, "name": trial, "kind": "crash", "failure": f"process ended: {code}"})
        return False


def main():
    names = sys.argv[1:]
    ops = (
        names
        or subprocess.run(
            [sys.executable, "-c", "from sweep.registry import swept_ops; print(*swept_ops())"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.split()
    )
    if not ops:
        sys.exit("TensorFlow has no kernel for MLC: the plugin is not loaded")
    sweep = Sweep(ops)
    threads = [threading.Thread(target=sweep.work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / "op_sweep.jsonl", "w") as out:
        for record in sweep.records:
            out.write(json.dumps(record) + "\n")
    failures = sum("failure" in r for r in sweep.records)
    print(f"{len(ops)} ops, {len(sweep.records)} trials, {failures} failures")
    if not names:
        (ROOT / "docs" / "op_sweep.md").write_text(report.text(sweep.records, sweep.versions))
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

"""`make demo`: an MLCompute graph, then two Keras models on the MLC device and on TensorFlow's CPU.

Exits with 1 if the graph's numbers are wrong, an accuracy is under 0.95, the losses of the two
devices differ by more than 2 %, or nothing ran on MLC.
"""

import json
import os
import pathlib
import subprocess
import sys

import digits

HERE = pathlib.Path(__file__).resolve().parent
MINIMUM_ACCURACY = 0.95
LOSS_TOLERANCE = 0.02


def run(script, *arguments, **environment):
    """The output of a script in a process of its own."""
    process = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **environment},
        capture_output=True,
        text=True,
    )
    if process.returncode != 0:
        sys.exit(f"{script} {' '.join(arguments)} failed:\n{process.stderr}")
    return process.stdout


def mlcompute_graph():
    """Runs seed.py. Returns what is wrong with its output."""
    print("== examples/seed.py: an MLCompute graph that adds three tensors")
    output = run("seed.py")
    print(output)
    words = output.split()
    try:
        numbers = [float(word) for word in words[-6:]]
    except ValueError:
        numbers = []
    expected = [1.0, 2.1, 3.2, 4.3, 5.4, 6.5]
    if len(numbers) == 6 and all(abs(a - b) < 1e-5 for a, b in zip(numbers, expected, strict=True)):
        return []
    return ["examples/seed.py: not the sums that were expected"]


def names(counts):
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{op} {count}" for op, count in ordered) or "none"


def ops_report(name, mlc):
    nodes = mlc["nodes"]
    on_mlc = nodes.get("MLC", {})
    print(f"{name}, one training step:")
    print(f"  on MLC, {sum(on_mlc.values())} ops: {names(on_mlc)}")
    inside = nodes.get("clusters", {})
    print(f"  inside _MlcCluster, {sum(inside.values())} ops: {names(inside)}")
    for device, elsewhere in sorted(nodes.items()):
        if device not in ("MLC", "clusters"):
            print(f"  on {device}, {sum(elsewhere.values())} ops: {names(elsewhere)}")
    # The rest of MLC's ops are TensorFlow's own, made for any device (variables, constants).
    print(f"  of these by the plugin's kernels, {sum(mlc['runs'].values())} runs", end="")
    print(f" of {len(mlc['runs'])} kinds: {names(mlc['runs'])}\n")


def check(name, mlc, cpu):
    problems = []
    for device, result in (("MLC", mlc), ("CPU", cpu)):
        if not result["accuracy"] >= MINIMUM_ACCURACY:
            problems.append(
                f"{name} on {device}: accuracy {result['accuracy']:.4f} < {MINIMUM_ACCURACY}"
            )
    mlc_loss, cpu_loss = mlc["losses"][-1], cpu["losses"][-1]
    if not abs(mlc_loss - cpu_loss) <= LOSS_TOLERANCE * abs(cpu_loss):
        problems.append(f"{name}: loss {mlc_loss:.5f} on MLC, {cpu_loss:.5f} on CPU")
    if not any("MLC" in device for device in mlc["devices"]):
        problems.append(f"{name}: there was no MLC device")
    elif not mlc["runs"] or not mlc["nodes"].get("MLC"):
        problems.append(f"{name}: nothing ran on MLC")
    if any("MLC" in device for device in cpu["devices"]) or cpu["runs"]:
        problems.append(f"{name}: the CPU's run had an MLC device")
    return problems


def main():
    problems = mlcompute_graph()
    results = {}
    print("== Keras on scikit-learn's digits, model.compile() with its defaults")
    for name in digits.MODELS:
        for device, disable in (("MLC", "0"), ("CPU", "1")):
            output = run("train.py", name, TF_DISABLE_MLC=disable)
            results[name, device] = json.loads(output.splitlines()[-1])
    first = next(iter(results.values()))
    print("devices:", ", ".join(first["devices"]))
    print("\nmodel  device  test accuracy  final loss  ms per step")
    for (name, device), result in results.items():
        print(
            f"{name:<7}{device:<8}{result['accuracy']:>13.4f}{result['losses'][-1]:>12.5f}"
            f"{result['ms_per_step']:>13.2f}"
        )
    print()
    for name in digits.MODELS:
        ops_report(name, results[name, "MLC"])
        problems += check(name, results[name, "MLC"], results[name, "CPU"])
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

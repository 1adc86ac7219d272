"""Workers of every configuration that measure in turn.

In each round all measure every case, one after the other, so a busy machine hits all alike.
"""

import os
import sys

from .worker import CONFIGURATIONS, Worker

CASES = ("train", "predict")
MLC_FLOAT32 = "MLC float32"  # a worker beside those of the configurations


def in_turn(names, rounds, start, questions):
    """`{question: {configuration: [value of each round]}}`, and what the workers are."""
    workers, times = {}, {question: {} for question in questions}
    try:
        for name in names:
            workers[name] = start(name)
        for turn in range(rounds + 1):
            for question in questions:
                for name, worker in workers.items():
                    value = worker.ask(question)
                    if turn > 0:  # the first builds graphs and fills caches
                        times[question].setdefault(name, []).append(value)
        descriptions = {name: worker.description for name, worker in workers.items()}
        costs = {n: w.ask("costs") for n, w in workers.items() if "keras" in w.description}
    finally:
        for worker in workers.values():
            worker.close()
    return times, costs, descriptions


def model(name, policy, configurations, rounds):
    """A row of results.json, and what its workers are.

    A row of another policy than float32 holds what MLC takes in float32 too, `mlc_float32` of each
    case: only measurements that took turns can be compared.
    """
    load = os.getloadavg()[0]

    def start(worker):
        configuration = CONFIGURATIONS["MLC" if worker == MLC_FLOAT32 else worker]
        used = "float32" if worker == MLC_FLOAT32 else policy
        return Worker(configuration, "model_worker.py", name, used, configuration.jit)

    workers = list(configurations)
    if policy != "float32" and "MLC" in workers:
        workers.insert(workers.index("MLC") + 1, MLC_FLOAT32)
    times, costs, descriptions = in_turn(workers, rounds, start, CASES)
    row = {"model": name, "policy": policy, "load": load, "times": times, "costs": costs}
    if MLC_FLOAT32 in workers:
        row["mlc_float32"] = {case: times[case].pop(MLC_FLOAT32) for case in CASES}
        del costs[MLC_FLOAT32]
    return row, descriptions.values()


def models(names, policies, configurations, rounds):
    rows, versions = [], {}
    for policy in policies:
        for name in names:
            print(f"{policy} {name}", file=sys.stderr, flush=True)
            row, descriptions = model(name, policy, configurations, rounds)
            rows.append(row)
            for description in descriptions:
                versions.update({k: v for k, v in description.items() if k != "devices"})
    return rows, versions


def ops(rounds):
    def start(configuration):
        return Worker(CONFIGURATIONS[configuration], "op_worker.py")

    return in_turn(["MLC", "TF"], rounds, start, ["eager", "function"])[0]


def graphs(rounds):
    """LeNet through mlcompute.training_graph and through Keras."""

    def start(name):
        if name == "training_graph":
            return Worker(CONFIGURATIONS["TF"], "graph_worker.py", "graph")
        return Worker(CONFIGURATIONS[name], "graph_worker.py", "keras")

    return in_turn(["training_graph", "MLC", "TF"], rounds, start, ["train"])[0]["train"]

"""Workers of every configuration that measure in turn.

In each round all measure every case, one after the other, so a busy machine hits all alike.
"""

import os
import sys

from .worker import CONFIGURATIONS, Worker

CASES = ("train", "predict")


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


def models(names, policies, configurations, rounds):
    rows, versions = [], {}
    for policy in policies:
        for name in names:
            print(f"{policy} {name}", file=sys.stderr, flush=True)
            load = os.getloadavg()[0]

            def start(configuration, name=name, policy=policy):
                chosen = CONFIGURATIONS[configuration]
                return Worker(chosen, "model_worker.py", name, policy, chosen.jit)

            times, costs, descriptions = in_turn(configurations, rounds, start, CASES)
            row = {"model": name, "policy": policy, "load": load, "times": times, "costs": costs}
            rows.append(row)
            for description in descriptions.values():
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

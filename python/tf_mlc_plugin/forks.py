"""Processes forked from one that has computed with TensorFlow.

Of a process's threads a forked one has only the one that forked. TensorFlow copies tensors to and
from every device but the CPU with the help of a thread of its own, so the first such copy would
never end. In a forked process the CPU becomes the device of the thread that goes on: what needs no
other threads works there as it does without MLC, such as loading a small model. Tensors that are
on MLC stay out of its reach.
"""

import os
import sys

_scopes = []  # kept entered until the process ends


def install() -> None:
    """Does nothing where the system has no fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_compute_on_the_cpu)


def _compute_on_the_cpu() -> None:
    # A process that has only imported TensorFlow starts its threads when it first computes.
    context = sys.modules.get("tensorflow.python.eager.context")
    current = context.context_safe() if context else None
    if current is None or getattr(current, "_context_handle", None) is None:
        return
    scope = sys.modules["tensorflow"].device("/CPU:0")
    scope.__enter__()
    _scopes.append(scope)

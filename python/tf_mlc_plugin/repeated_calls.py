"""Repeated calls of one tf.function, without finding its trace anew each time.

A tf.function makes a key of its arguments' types and of the context, and looks for a trace with
that key: a tenth to a fifth of a millisecond, which a step of a small model notices. A call like
the last one is sure to find the same trace.
"""

import threading
import weakref


class RepeatedCalls:
    """Calls `function`, a tf.function of one argument; calls like the last one go to its trace.

    The argument is a tf.data.Iterator, or tensors in lists, tuples and dicts. A call is like the
    last one if it has the same iterator, or the same structure of tensors of the same dtypes and
    shapes, and if nothing around it is different: thread, strategy, no graph being built,
    tf.functions not run eagerly. The second such call asks for the trace, later ones use it.
    """

    def __init__(self, function):
        self._function = function
        # Description of the last call and the trace for such calls, once there were two. One
        # attribute, as threads may change it at any time.
        self._last = (None, None)

    def __call__(self, argument):
        description = _describe(argument)
        last, trace = self._last
        if description is None or description != last:
            result = self._function(argument)
            self._last = (description, None)
            return result
        if trace is None:
            trace = self._function.get_concrete_function(argument)
            self._last = (description, trace)
        return _call(trace, argument)


def _call(trace, argument):
    call_flat = getattr(trace, "_call_flat", None)
    if call_flat is None:  # not public, so it may go
        return trace(argument)
    import tensorflow as tf

    return call_flat(tf.nest.flatten(argument, expand_composites=True), trace.captured_inputs)


def _describe(argument):
    """What decides on the trace, to be compared with ==; None if that is not known."""
    import tensorflow as tf

    if not tf.executing_eagerly() or tf.config.functions_run_eagerly():
        return None
    if isinstance(argument, tf.data.Iterator):
        types = weakref.ref(argument)  # equal to another if the iterator lives and is the same
    else:
        tensors = tf.nest.flatten(argument)
        if not all(isinstance(tensor, tf.Tensor) for tensor in tensors):
            return None
        types = tf.nest.pack_sequence_as(argument, [(t.dtype, t.shape) for t in tensors])
    strategy = weakref.ref(tf.distribute.get_strategy())
    return threading.get_ident(), strategy, tf.distribute.in_cross_replica_context(), types

"""Keras's functions for a step of fit(), evaluate() and predict(), with less around the step.

Keras wraps the results of a step into an Optional, which it needs where a call may run no step at
all (`steps_per_execution` above 1), and takes it off again with two eager ops. An Optional lives on
the CPU. On a device each step then ends with copies of the results to the CPU, of the Optional to
the device, as all results of a function, and back to the CPU for each of the two ops: half a
millisecond. With one step a call there is always a result.

All steps but the first of a kind are calls of the same trace, which is not looked for each time.
"""

import functools

from tf_mlc_plugin.repeated_calls import RepeatedCalls

_STEP = "one_step_on_data"  # what Keras's function calls for each batch


def without_optionals(original, device_is_used):
    """Wraps TensorFlowTrainer._make_function(self, step_function), the maker of both functions.

    The end of the data is told as before: iterator.get_next() raises OutOfRangeError.
    """

    @functools.wraps(original)
    def _make_function(self, step_function):
        function = original(self, step_function)
        step = _variables_of(function).get(_STEP)
        if step is None or self.run_eagerly or not device_is_used():
            return function
        import tensorflow as tf

        @tf.autograph.experimental.do_not_convert
        def one_step_on_iterator(iterator):
            return step(iterator.get_next())

        one_step_on_iterator = RepeatedCalls(
            tf.function(one_step_on_iterator, reduce_retracing=True)
        )

        @functools.wraps(function)
        def one_step(iterator):
            if self.steps_per_execution == 1 and isinstance(iterator, tf.data.Iterator):
                return one_step_on_iterator(iterator)
            return function(iterator)

        return one_step

    return _make_function


def with_repeated_calls(original, device_is_used):
    """Wraps TensorFlowTrainer.make_predict_function(self, force), which sets predict_function."""

    @functools.wraps(original)
    def make_predict_function(self, force=False):
        before = self.predict_function
        result = original(self, force)
        function = self.predict_function
        # Models may have a predict_function of their own, which is anything that can be called.
        if function is not before and hasattr(function, "get_concrete_function"):
            if device_is_used():
                repeated = RepeatedCalls(function)
                self.predict_function = functools.wraps(function)(lambda data: repeated(data))
        return result

    return make_predict_function


def _variables_of(function):
    """What a function uses of the functions around it, by name."""
    cells = getattr(function, "__closure__", None) or ()
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=False)}

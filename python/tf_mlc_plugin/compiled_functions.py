"""tf.function(jit_compile=True) on MLC.

TensorFlow hands such a function to XLA, which has no compiler for MLC and no interface to be given
one. On MLC the device's own compiler takes its place: the function is traced without XLA's mark,
and the graph optimizer joins its ops into clusters as it does in any function. Under
tf.device("/CPU:0") the function stays XLA's.
"""

import functools

_MARK = "_XlaMustCompile"
_TWIN = "_mlc_twin"


def install(device_type: str) -> None:
    """Changes tf.function, and the loading of saved functions. Harmless when called again."""
    from tensorflow.python.eager.polymorphic_function import polymorphic_function
    from tensorflow.python.saved_model import function_deserialization

    function = polymorphic_function.Function
    if hasattr(function.__call__, "_mlc_original"):
        return
    for name in ("__call__", "get_concrete_function", "_get_concrete_function_garbage_collected"):
        _redirect(function, name, device_type)
    for name in (
        "_list_all_concrete_functions",
        "_list_all_concrete_functions_for_serialization",
    ):
        _join(function, name, _without_repeats)
    _join(function, "experimental_get_tracing_count", lambda own, twins: own + twins)
    _unmark_loaded(function_deserialization, device_type)


def _redirect(function, name, device_type):
    """Calls to method `name` go to the function's twin where MLC would have to run it."""
    original = getattr(function, name)

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        if self._jit_compile and _mlc_would_run(device_type):
            return original(_twin(self), *args, **kwargs)
        return original(self, *args, **kwargs)

    method._mlc_original = original
    setattr(function, name, method)


def _join(function, name, join):
    original = getattr(function, name)

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        own = original(self, *args, **kwargs)
        twin = self.__dict__.get(_TWIN)
        return own if twin is None else join(own, original(twin, *args, **kwargs))

    setattr(function, name, method)


def _without_repeats(own, twins):
    return list({id(each): each for each in (*own, *twins)}.values())


def _twin(function):
    """The same function without XLA, with traces and variables of its own."""
    twin = function.__dict__.get(_TWIN)
    if twin is None:
        with function._lock:
            twin = function.__dict__.get(_TWIN)
            if twin is None:
                twin = function._clone(None)
                twin._jit_compile = None
                twin._omit_frequent_tracing_warning = function._omit_frequent_tracing_warning
                function.__dict__[_TWIN] = twin
    return twin


def _mlc_would_run(device_type):
    """Whether a function called here goes to MLC: no device was asked for, or this one."""
    return _scope() in ("", device_type)


def _scope():
    """The type of the device that the innermost tf.device asks for, in capitals, or ""."""
    from tensorflow.python.eager import context
    from tensorflow.python.framework import device, ops

    names = [context.context().device_name]
    if not context.executing_eagerly():
        # Functions that choose a device for each op have no name.
        stack = ops.get_default_graph()._device_function_stack.peek_objs()  # innermost first
        names = [getattr(entry, "display_name", "") for entry in stack] + names
    for name in names:
        try:
            found = device.DeviceSpec.from_string(name or "").device_type
        except ValueError:
            found = None
        if found:
            return found.upper()
    return ""


def _unmark_loaded(module, device_type):
    """Functions of a SavedModel carry XLA's mark in their definition."""
    original = module.load_function_def_library

    @functools.wraps(original)
    def load_function_def_library(library, *args, **kwargs):
        if _mlc_would_run(device_type):
            marked = [f for f in library.function if _is_marked(f)]
            if marked:
                library = type(library).FromString(library.SerializeToString())
                for definition in library.function:
                    definition.attr.pop(_MARK, None)
                    for node in definition.node_def:
                        node.attr.pop(_MARK, None)
        return original(library, *args, **kwargs)

    module.load_function_def_library = load_function_def_library


def _is_marked(definition):
    return _MARK in definition.attr or any(_MARK in node.attr for node in definition.node_def)

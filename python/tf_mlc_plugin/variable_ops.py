"""Eager ops that read or write a variable on MLC.

TensorFlow exports no interface for kernels that take a variable, and its own for ResourceGather,
ResourceScatterAdd, ResourceApplyAdam, ... serve the CPU alone. In functions the device's graph
optimizer replaces those ops (tf_mlc_plugin/graph/variable_ops.h). Eager ones are replaced here, in
the same way: gathering is a read and GatherV2 or GatherNd on MLC; any other op runs on the CPU, on
a variable that takes over the value and gives it back.

TensorFlow's wrapper of an op tries a fast call first. For these ops on variables of ours that call
declines, and the wrapper's general way, which knows inputs and attributes as tensors and values, is
led here.
"""

import importlib
import sys
import threading
import types

# Where TensorFlow's Python wrappers of the ops are.
_MODULES = (
    "gen_resource_variable_ops",
    "gen_state_ops",
    "gen_stateful_random_ops",
    "gen_training_ops",
)
_PREFIXES = ("Resource", "Rng", "Stateful")
# TensorFlow's mark of a variable without a name, which goes when its last handle does.
_ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347"
# No other of these ops may come between an op's reading of a variable and its writing.
_lock = threading.RLock()


def install(device_type: str) -> None:
    """Makes the eager wrappers of these ops work on variables of devices of that type."""
    mark = f"device:{device_type}:"
    for name in _MODULES:
        module = importlib.import_module(f"tensorflow.python.ops.{name}")
        if not isinstance(module.pywrap_tfe, _Changed):
            module.pywrap_tfe, module._execute = _changed(module, mark)
    _install_slice_assignment(mark)


class _Changed:
    """A module with one of its functions exchanged."""

    def __init__(self, module, **functions):
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(self._module, name)


def _changed(module, mark):
    """What the wrappers in `module` are to know as pywrap_tfe and _execute."""
    fast = module.pywrap_tfe.TFE_Py_FastPathExecute
    execute = module._execute.execute
    declined = module._core._FallbackException

    def changed_fast(ctx, op, name, *args):
        if op.startswith(_PREFIXES) and mark in (getattr(args[0], "device", None) or ""):
            raise declined(op)
        return fast(ctx, op, name, *args)

    def changed_execute(op, outputs, inputs, attrs, ctx, name=None):
        text = op.decode() if isinstance(op, bytes) else op
        if text.startswith(_PREFIXES) and mark in (inputs[0].device or ""):
            return _run(text, outputs, inputs, attrs, ctx, name, execute)
        return execute(op, outputs, inputs=inputs, attrs=attrs, ctx=ctx, name=name)

    return (
        _Changed(module.pywrap_tfe, TFE_Py_FastPathExecute=changed_fast),
        _Changed(module._execute, execute=changed_execute),
    )


def _install_slice_assignment(mark):
    """Changes one wrapper of a module whose many others are left as fast as they are."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gen_array_ops

    wrapper = gen_array_ops.resource_strided_slice_assign
    if hasattr(wrapper, "_mlc_original"):
        return
    names = dict(vars(gen_array_ops))
    names["pywrap_tfe"], names["_execute"] = _changed(gen_array_ops, mark)

    def rebuilt(function):
        return types.FunctionType(
            function.__code__,
            names,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )

    general = "resource_strided_slice_assign_eager_fallback"
    names[general] = rebuilt(getattr(gen_array_ops, general))
    changed = rebuilt(wrapper)
    changed._mlc_original = wrapper
    gen_array_ops.resource_strided_slice_assign = changed
    raw = ops.to_raw_op(changed)
    gen_array_ops.ResourceStridedSliceAssign = raw
    for name, module in list(sys.modules.items()):
        if name.startswith("tensorflow.") and name.endswith(".raw_ops"):
            vars(module).pop("ResourceStridedSliceAssign", None)
            module.ResourceStridedSliceAssign = raw


def _run(op, outputs, inputs, attrs, ctx, name, execute):
    """What `execute` would return, were there a kernel. Nothing is recorded for gradients."""
    from tensorflow.python.eager import record

    with record.stop_recording():
        attrs = attrs or ()
        values = dict(zip(attrs[::2], attrs[1::2], strict=True))
        if op in ("ResourceGather", "ResourceGatherNd"):
            return [_gather(op, inputs, values, name)]
        return _run_on_cpu(op, outputs, inputs, attrs, values, ctx, name, execute)


def _gather(op, inputs, values, name):
    from tensorflow.python.ops import gen_array_ops, gen_resource_variable_ops

    handle, indices = inputs
    value = gen_resource_variable_ops.read_variable_op(handle, values["dtype"])
    if op == "ResourceGatherNd":
        return gen_array_ops.gather_nd(value, indices, name=name)
    batch_dims = values["batch_dims"]
    return gen_array_ops.gather_v2(value, indices, batch_dims, batch_dims=batch_dims, name=name)


def _run_on_cpu(op, outputs, inputs, attrs, values, ctx, name, execute):
    from tensorflow.python.framework import dtypes, ops
    from tensorflow.python.ops import gen_array_ops as arrays
    from tensorflow.python.ops import gen_resource_variable_ops as variables

    if op.startswith("Resource"):
        dtype = values["dtype"] if "dtype" in values else values["T"]
    else:
        dtype = dtypes.int64  # the state of a random generator
    with _lock, ops.device("/device:CPU:0"):
        loans = {}
        handles = []
        for tensor in inputs:
            if tensor.dtype != dtypes.resource:
                break
            if id(tensor) not in loans:
                stand_in = variables.var_handle_op(dtype, [], shared_name=_ANONYMOUS)
                value = variables.read_variable_op(tensor, dtype)
                if op == "StatefulRandomBinomial":
                    # It writes into a buffer that it has just given up if there is another
                    # reference to it, as there is to one that came from the device.
                    value = arrays.deep_copy(value)
                variables.assign_variable_op(stand_in, value)
                del value
                loans[id(tensor)] = tensor, stand_in
            handles.append(loans[id(tensor)][1])
        rest = inputs[len(handles) :]
        results = execute(op, outputs, inputs=handles + rest, attrs=attrs, ctx=ctx, name=name)
        for variable, stand_in in loans.values():
            variables.assign_variable_op(variable, variables.read_variable_op(stand_in, dtype))
    return results

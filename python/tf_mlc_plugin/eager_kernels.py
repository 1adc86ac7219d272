"""Eager ops run as kernels, not as functions of one op.

TensorFlow wraps an eager op in a function. Where an input lies on another device than the op, as
int32 tensors do, which stay in host memory, that function has a part on each device, and the input
goes from one part to the other through a table that all eager ops of the process share, under a
name that two calls of the same op have in common. Threads that call it at once then read each
other's inputs (tensorflow/tensorflow#62523). Run as kernels, ops get their inputs directly, which
is faster too.
"""

import ctypes
import pathlib
import sys

_LIBRARY = "libtensorflow_cc.2.dylib" if sys.platform == "darwin" else "libtensorflow_cc.so.2"


def install() -> None:
    """Turns the wrapping off in each eager context that is made from now on."""
    from tensorflow.python import pywrap_tfe

    if hasattr(pywrap_tfe.TFE_NewContext, "_mlc_original"):
        return
    run_as_function, new_status, delete_status, code = _functions()
    new_context = pywrap_tfe.TFE_NewContext

    def changed(options):
        context = new_context(options)
        status = new_status()
        run_as_function(_pointer(context), False, status)
        failed = code(status)
        delete_status(status)
        if failed:
            raise RuntimeError(f"TFE_ContextSetRunEagerOpAsFunction failed with code {failed}")
        return context

    changed._mlc_original = new_context
    pywrap_tfe.TFE_NewContext = changed


def _functions():
    """TensorFlow's own C functions for this: no wrapper in Python exists."""
    import tensorflow

    library = ctypes.CDLL(str(pathlib.Path(tensorflow.__file__).parent / _LIBRARY))
    pointer = ctypes.c_void_p
    functions = []
    for name, result, arguments in (
        ("TFE_ContextSetRunEagerOpAsFunction", None, [pointer, ctypes.c_ubyte, pointer]),
        ("TF_NewStatus", pointer, []),
        ("TF_DeleteStatus", None, [pointer]),
        ("TF_GetCode", ctypes.c_int, [pointer]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
        functions.append(function)
    return functions


def _pointer(capsule):
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype = ctypes.c_char_p
    name.argtypes = [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return pointer(capsule, name(capsule))

"""The MLC device of TensorFlow, as far as it shows in Python.

Nothing here needs to be imported: TensorFlow finds the device by itself. Importing this package
imports neither TensorFlow nor Keras.
"""

import ctypes
import os
import pathlib
import sys

from tf_mlc_plugin._version import __version__

__all__ = [
    "__version__",
    "device_available",
    "device_type",
    "kernel_counts",
    "runtime_info",
    "set_mlc_device",
]

_DEVICE_NAMES = ("any", "cpu", "gpu", "ane")
_SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"
_DEVICE_LIBRARY = pathlib.Path(__file__).resolve().parent / "lib" / f"libtf_mlc_device{_SUFFIX}"


def device_type() -> str:
    """What the device is called in TensorFlow: "MLC", or "GPU" with TF_MLC_DEVICE_TYPE=GPU."""
    return "GPU" if os.environ.get("TF_MLC_DEVICE_TYPE") == "GPU" else "MLC"


def device_available() -> bool:
    """Whether TensorFlow, which this imports, has an MLC device."""
    import tensorflow  # noqa: F401  loads the device library if there is one

    return bool(runtime_info())


def kernel_counts() -> dict[str, int]:
    """How often each op has run on MLC in this process. Empty when the device is not loaded."""
    lines = (line.rsplit(" ", 1) for line in _device_text("MlcKernelCounts").splitlines())
    return {op: int(count) for op, count in lines}


def runtime_info() -> dict[str, str]:
    """What the device computes with (threads, ...). Empty when the device is not loaded."""
    return dict(line.split(" ", 1) for line in _device_text("MlcRuntimeInfo").splitlines())


def set_mlc_device(device_name: str = "any") -> None:
    """Chooses what MLCompute computes on: "cpu", "gpu", "any" (its own choice) or "ane", the neural
    engine. To be called before the first computation on MLC; TF_MLC_DEVICE_NAME does the same.

    Only the apple backend has a choice. With the others all four names mean the CPU. On Linux the
    apple backend computes on the CPU too, but keeps the rules of the device.

    Raises ValueError for another name, RuntimeError when something has been computed on another
    device.
    """
    if device_name not in _DEVICE_NAMES:
        names = ", ".join(_DEVICE_NAMES)
        raise ValueError(f"device_name is {device_name!r}; it must be one of {names}")
    if reason := _device_text("MlcChooseDevice", device_name.encode()):
        raise RuntimeError(f"set_mlc_device: {reason}")
    # For a device library that is loaded later, and for child processes.
    os.environ["TF_MLC_DEVICE_NAME"] = device_name


def _device_text(function: str, *arguments: bytes) -> str:
    """What `function` of the device library writes, if TensorFlow has loaded that library."""
    try:
        # Without loading it: a second set of kernels in the process would help nobody.
        library = ctypes.CDLL(str(_DEVICE_LIBRARY), mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return ""
    write = getattr(library, function)
    write.argtypes = [ctypes.c_char_p] * (len(arguments) + 1) + [ctypes.c_size_t]
    write.restype = ctypes.c_size_t
    size = 0
    buffer = ctypes.create_string_buffer(1)
    # Again while it does not fit: kernels may run meanwhile.
    while (needed := write(*arguments, buffer, size)) > size:
        size = needed
        buffer = ctypes.create_string_buffer(size)
    return buffer.value.decode()

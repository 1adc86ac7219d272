"""What the device changes in TensorFlow's and Keras's Python when it is loaded.

The device library calls install() while TensorFlow is imported, after TensorFlow's own Python. A
part that fails, on a version of TensorFlow that is built differently, says so in one line and the
others go on.
"""

import sys


def install(device_type: str) -> None:
    """`device_type` is what the device is registered as: "MLC" or "GPU"."""
    from tf_mlc_plugin import (
        compiled_functions,
        eager_exclusions,
        eager_kernels,
        forks,
        keras_integration,
        variable_ops,
    )

    for part, title in (
        (lambda: keras_integration.install(device_type), "Keras integration"),
        (lambda: variable_ops.install(device_type), "support of eager ops on variables"),
        (eager_exclusions.install, "TF_DISABLE_MLC_EAGER"),
        (eager_kernels.install, "running eager ops as kernels"),
        (forks.install, "computing on the CPU in forked processes"),
        (lambda: compiled_functions.install(device_type), "tf.function(jit_compile=True)"),
    ):
        try:
            part()
        except Exception as error:
            print(f"tf_mlc_plugin: {title} is off: {error!r}", file=sys.stderr)

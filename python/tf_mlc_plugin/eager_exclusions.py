"""TF_DISABLE_MLC_EAGER=";Op1;Op2": these ops run on the CPU when they are called eagerly.

In functions they stay on MLC. Nothing is changed in TensorFlow unless the variable names an op.
"""

import os


def install() -> None:
    ops = _named(os.environ.get("TF_DISABLE_MLC_EAGER", ""))
    if not ops:
        return
    from tensorflow.python import pywrap_tfe

    fast, general = pywrap_tfe.TFE_Py_FastPathExecute, pywrap_tfe.TFE_Py_Execute

    def fast_path(ctx, op, *arguments):
        if op not in ops:
            return fast(ctx, op, *arguments)
        with ctx.device("/device:CPU:0"):
            return fast(ctx, op, *arguments)

    def general_path(handle, device, op, *arguments):
        name = op.decode() if isinstance(op, bytes) else op
        return general(handle, "/device:CPU:0" if name in ops else device, op, *arguments)

    pywrap_tfe.TFE_Py_FastPathExecute, pywrap_tfe.TFE_Py_Execute = fast_path, general_path


def _named(value: str) -> frozenset[str]:
    """The ops of the variable; separators before, after and twice between them are harmless."""
    return frozenset(filter(None, (op.strip() for op in value.split(";"))))

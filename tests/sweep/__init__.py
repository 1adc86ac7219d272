"""The op sweep: every registered op and dtype on MLC against TensorFlow's CPU.

`python -m sweep` runs all of it and writes docs/op_sweep.md; `test_sweep.py` is the part of it that
every `make test` runs. The inputs are those of the cases in tests/kernels/cases_*.py and what
`variants.py` makes of them, so an op is in the sweep as soon as it has a case, and without one
`registry.py` finds it missing.
"""

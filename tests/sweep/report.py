"""docs/op_sweep.md, made of the records of a sweep."""


def text(records):
    return ""

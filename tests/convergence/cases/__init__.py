"""The table of cases: the rows of every module here, by name."""

import importlib
import pkgutil

CASES = {}
FAMILIES = {}  # the module of each

for _module in pkgutil.iter_modules(__path__):
    _family = importlib.import_module(f"{__name__}.{_module.name}")
    for _case in _family.CASES:
        assert _case.name not in CASES, _case.name
        CASES[_case.name] = _case
        FAMILIES[_case.name] = _family

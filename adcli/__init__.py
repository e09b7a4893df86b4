"""adcli, the differentiating calculator: functions as text, exact values and gradients.

>>> import adcli
>>> f = adcli.function("x1*x2 + sin(x1)")
>>> f.variables
('x1', 'x2')
>>> f.value_and_gradient({"x1": 0.0, "x2": 3.0})
(0.0, {'x1': 4.0, 'x2': 0.0})
"""

import sys

# As type checkers read it. This file imports next to nothing: until it is done and `__main__` has
# settled what Ctrl-C does, that shows Python's traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from adcli.comparison.replay import Replay as Replay
    from adcli.comparison.replay import replay as replay
    from adcli.descent.minimise import Result as Result
    from adcli.descent.run import descend as descend
    from adcli.engines.rows import Batch as Batch
    from adcli.errors import AdcliError as AdcliError
    from adcli.errors import DataError as DataError
    from adcli.errors import DomainError as DomainError
    from adcli.errors import KinkError as KinkError
    from adcli.errors import LanguageError as LanguageError
    from adcli.errors import UsageError as UsageError
    from adcli.fitting.fitted_model import FittedModel as FittedModel
    from adcli.fitting.fitted_model import load_model as load_model
    from adcli.fitting.group_fits import GroupFits as GroupFits
    from adcli.fitting.result import Fit as Fit
    from adcli.fitting.run import fit as fit
    from adcli.function import Function as Function
    from adcli.function import function as function
    from adcli.training.run import TrainingResult as TrainingResult
    from adcli.training.run import train as train
    from adcli.uncertainty.measured import Measured as Measured
    from adcli.uncertainty.propagation import Propagation as Propagation
    from adcli.uncertainty.run import propagate as propagate
    from adcli.uncertainty.run import propagate_rows as propagate_rows
    from adcli.uncertainty.uncertain_rows import UncertainRows as UncertainRows

else:
    ModuleType = type(sys)

__version__ = "0.1.0"

_HOMES = {
    "adcli.comparison.replay": ("Replay", "replay"),
    "adcli.descent.minimise": ("Result",),
    "adcli.descent.run": ("descend",),
    "adcli.errors": (
        *("AdcliError", "DataError", "DomainError", "KinkError", "LanguageError"),
        "UsageError",
    ),
    "adcli.engines.rows": ("Batch",),
    "adcli.fitting.fitted_model": ("FittedModel", "load_model"),
    "adcli.fitting.group_fits": ("GroupFits",),
    "adcli.fitting.result": ("Fit",),
    "adcli.fitting.run": ("fit",),
    "adcli.function": ("Function",),
    "adcli.training.run": ("TrainingResult", "train"),
    "adcli.uncertainty.measured": ("Measured",),
    "adcli.uncertainty.propagation": ("Propagation",),
    "adcli.uncertainty.uncertain_rows": ("UncertainRows",),
    "adcli.uncertainty.run": ("propagate", "propagate_rows"),
}


def __getattr__(name: str) -> "Any":
    """Import public names when they are first used: starting up must cost nothing."""
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'adcli' has no attribute '{name}'")


def __dir__() -> list[str]:
    """All public names, those that are not imported yet included."""
    return sorted({*globals(), "function", *(name for names in _HOMES.values() for name in names)})


class _Package(ModuleType):
    """This package. Importing the module adcli.function must not hide the function `function`."""

    @property
    def function(self) -> "Any":
        from adcli.function import function

        return function

    @function.setter
    def function(self, module: "ModuleType") -> None:
        """The import system puts the module here; it stays in sys.modules all the same."""


sys.modules[__name__].__class__ = _Package

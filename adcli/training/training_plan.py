"""How to train: batches, epochs, the update rule; checked when built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adcli.data.batches import DTYPES
from adcli.descent.rules import RULES
from adcli.descent.settings import METHODS, Settings
from adcli.errors import UsageError
from adcli.given import check_choice, check_numbers

METHOD = "adam"
"""The update rule where neither a method nor a rate is given."""


@dataclass(frozen=True)
class TrainingPlan:
    """How to train.

    batch_size   rows of a batch; the last one of an epoch may be smaller
    epochs       passes over all rows
    shuffle      each epoch has an order of its own, else the rows come as they are
    seed         what orders and the split are drawn with
    dtype        float64 or float32: what all is computed in
    patience     end after so many epochs without a better loss; None: never
    """

    batch_size: int = 64
    epochs: int = 10
    shuffle: bool = False
    seed: int = 0
    dtype: str = "float64"
    patience: int | None = None

    def __post_init__(self) -> None:
        check_numbers(self)
        for name, least in (("batch_size", 1), ("epochs", 1), ("seed", 0), ("patience", 1)):
            number = getattr(self, name)
            if number is not None and number < least:
                what = name.replace("_", " ")
                raise UsageError(f"{what} cannot be {number}", f"{least} or more is required")
        check_choice(self.dtype, DTYPES, "type")


def rule_settings(options: Mapping[str, Any]) -> Settings:
    """The settings of an update rule: adam where nothing is said, with a rate alone gd.

    Raises UsageError for a method that needs the whole loss in every step.
    """
    options = dict(options)
    method, search = options.get("method"), options.get("line_search")
    if method is None:
        options["method"] = method = METHOD if options.get("rate") is None else "gd"
    searching = method in METHODS and method not in RULES
    if searching or search not in (None, "none"):
        raise UsageError(
            f"{method if searching else 'a line search'} needs the whole loss in every step, not "
            "that of a batch",
            f"methods for batches are {', '.join(RULES)}; or leave --batch-size and --epochs out",
        )
    return Settings(**{**options, "line_search": "none" if method == "gd" else None})

"""What the options of `adcli descend` need beside them."""

from __future__ import annotations

import re

from adcli.cli.needs import Need, Parsed, has, has_none, is_one
from adcli.descent.schedules import USES


def is_one_start(parsed: Parsed) -> bool:
    return (parsed["starts"] or 1) == 1


def _is_one_descent(parsed: Parsed) -> bool:
    return is_one_start(parsed) and not parsed["rates"]


def _is_drawn(parsed: Parsed) -> bool:
    """Whether anything in a descent is left to the seed."""
    return (
        not is_one_start(parsed)
        or has("shuffle")(parsed)
        or any(_draws(text) for text in parsed["param"])
        or is_part(parsed["validation"])
    )


def _draws(text: str) -> bool:
    """Whether a --param has an array of random numbers."""
    return not {"zeros", "ones", "constant"}.issuperset(re.findall(r"=\s*(\w+)\s*\(", text))


def is_part(validation: str | None) -> bool:
    """Whether --validation gives a part of the rows, not a file."""
    try:
        float(validation or "")
    except ValueError:
        return False
    return True


def schedule_for(setting: str) -> Need:
    """One of the schedules that use a setting."""
    *others, last = USES[setting]
    either = f"{', '.join(others)} or {last}" if others else last
    return Need(f"needs --schedule {either}", is_one("schedule", *USES[setting]))


TRAINING = Need(
    "is for a training", has("batch_size", "epochs"), "--batch-size or --epochs asks for one"
)
WHOLE = Need(
    "is not for a training",
    has_none("batch_size", "epochs"),
    "leave --batch-size and --epochs out",
)
ONE_START = Need("shows one descent", _is_one_descent, "leave --starts and --rates out")
DRAWN = Need("needs --starts, a random --param, --shuffle, or a part for --validation", _is_drawn)
RANDOM_START = Need(
    "is for --start random:SEED",
    lambda parsed: any(text.startswith("random:") for text in parsed["start"]),
    "the values of an array give its shape",
)
CHECKPOINT = Need("needs --checkpoint", has("checkpoint"))

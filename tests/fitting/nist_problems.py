"""NIST's 27 nonlinear regression problems, and how digits are counted."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "nist"


@dataclass(frozen=True)
class Problem:
    """One of them. `certified` maps a parameter to (value, standard deviation)."""

    name: str
    difficulty: str
    model: str
    data: str
    start1: dict[str, float]
    start2: dict[str, float]
    certified: dict[str, tuple[float, float]]
    rss: float
    residual_standard_deviation: float
    degrees_of_freedom: int

    def columns(self) -> dict[str, list[float]]:
        """The data by column."""
        with open(FOLDER / self.data, newline="") as file:
            header, *rows = csv.reader(file)
        return {name: [float(row[k]) for row in rows] for k, name in enumerate(header)}

    def starts(self) -> dict[str, dict[str, float]]:
        """NIST's two starting points: far and near."""
        return {"start1": self.start1, "start2": self.start2}


@cache
def problems() -> tuple[Problem, ...]:
    """All of them."""
    records: list[dict[str, Any]] = json.loads((FOLDER / "nist.json").read_text())
    return tuple(Problem(**record) for record in records)


def digits(computed: float | None, certified: float) -> float:
    """The log relative error: how many digits of a number are right, at most 11 (as certified)."""
    if computed is None or not math.isfinite(computed):
        return 0.0
    error = abs(computed - certified) / abs(certified)
    return 11.0 if error < 1e-11 else -math.log10(error)

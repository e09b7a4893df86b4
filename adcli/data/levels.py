"""Columns of texts as codes: the levels of a column, numbered in sorted order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adcli.data.cells import is_missing, parse_number, shortened
from adcli.errors import DataError
from adcli.graph.coded import LevelNames, coded_column


def in_order(names: Iterable[str]) -> list[str]:
    """Levels in their order: by number where all are numbers, else by their characters."""
    names = list(names)
    numbers = {name: parse_number(name) for name in names}
    if all(x is not None and math.isfinite(x) for x in numbers.values()):
        return sorted(names, key=lambda name: (numbers[name], name))
    return sorted(names)


class TextLevels:
    """The levels of one column.

    Until they are known they are numbered as they come; `settle` puts them in order once all rows
    have been read. Known ones are all there are: another is a problem of its row.
    """

    def __init__(self, column: str, names: Sequence[str] | None = None) -> None:
        self.column = column
        self.names = list(names or ())
        self.is_known = names is not None
        self._numbers = {name: float(k) for k, name in enumerate(self.names)}

    def codes(self, cells: Iterable[str | None]) -> Iterator[float | str]:
        """The numbers of cells; of one that is missing or of no level the text."""
        numbers = self._numbers
        for cell in cells:
            text = (cell or "").strip()
            found = numbers.get(text)
            if found is not None:
                yield found
            elif self.is_known or is_missing(text):
                yield text
            else:
                numbers[text] = number = float(len(numbers))
                self.names.append(text)
                yield number

    def unknown(self, text: str) -> str:
        """What is wrong with a text that is none of the known levels."""
        listed = ", ".join(map(shortened, self.names[:8])) + ", ..." * (len(self.names) > 8)
        return f"'{shortened(text)}' is a new level; there are {listed}"

    def settle(self, codes: Any) -> Any:
        """The codes of all rows that count, in the order of the levels, which are known from now
        on: those that have a row."""
        import numpy as np

        if self.is_known:
            return codes
        used = np.unique(codes).astype(int)
        names = in_order(self.names[k] for k in used)
        numbers = {name: float(k) for k, name in enumerate(names)}
        turned = np.array([numbers.get(name, math.nan) for name in self.names])
        self.names, self._numbers, self.is_known = names, numbers, True
        return turned[codes.astype(int)]


def given_levels(names: LevelNames) -> dict[str, TextLevels]:
    """The levels of columns, by variable, of which all names are known."""
    return {name: TextLevels(coded_column(name) or name, x) for name, x in names.items()}


class CodedColumns(dict[str, Any]):
    """Arrays by name, and the names of the levels that the numbers of some stand for."""

    def __init__(
        self, arrays: Mapping[str, Any], levels: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(arrays)
        self.levels = {name: list(x) for name, x in (levels or levels_of(arrays)).items()}


def levels_of(data: Any) -> Mapping[str, Sequence[str]]:
    """The levels that columns know."""
    return data.levels if isinstance(data, CodedColumns) else {}


def has_column(data: Any, name: str) -> bool:
    """Whether columns by name have one, or that whose codes are asked for."""
    return name in data or (coded_column(name) or name) in data


def codes_of(values: Any, column: str, known: Sequence[str] | None) -> tuple[Any, list[str]]:
    """An array of texts as codes, and the levels. Raises DataError for a missing text, and for one
    that is none of the levels `known`."""
    import numpy as np

    levels = TextLevels(column, known)
    texts = [None if x is None else str(x) for x in np.asarray(values, dtype=object).reshape(-1)]
    found = list(levels.codes(texts))
    for row, code in enumerate(found, 1):
        if isinstance(code, str):
            what = "missing value" if is_missing(code) else levels.unknown(code)
            raise DataError(f"row {row}: column '{column}': {what}")
    return levels.settle(np.array(found, dtype=float)), levels.names

"""Blocks of rows that came as JSON objects."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import Block
from adcli.data.cells import text_frame
from adcli.data.json_values import (
    digits_of,
    json_of,
    number_of_json,
    shape_of_value,
    strict_texts,
    text_of_json,
)
from adcli.data.layout import Layout
from adcli.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from adcli.data.blocks import Numbers


class ObjectBlock(Block):
    """Rows that came as JSON objects."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        first_row: int,
        texts: list[str],
        objects: list[dict[str, Any]],
        lines: Sequence[int],
    ) -> None:
        super().__init__(name, layout, first_row, len(texts), lines)
        self._texts = texts
        self._objects = objects
        self._places = [
            (key, place if group.shape else None)
            for key, group in layout.groups.items()
            for place in range(len(group.indexes))
        ]
        self._flat: dict[str, list[list[Any]]] = {}
        self._exact: list[dict[str, Any]] | None = None

    def _cut(self, rows: int) -> None:
        self._texts, self._objects = self._texts[:rows], self._objects[:rows]
        self._flat, self._exact = {}, None

    def numbers_at(self, index: int) -> Numbers:
        values = self._values(self._objects, index)
        if set(map(type, values)) <= {int, float}:
            try:
                return list(map(float, values))
            except OverflowError:
                pass
        return [self._number(offset, index, value) for offset, value in enumerate(values)]

    def texts_at(self, index: int) -> list[str]:
        if self._exact is None:
            self._exact = [digits_of(text) for text in self._texts]
        return [
            text_of_json(value if isinstance(value, list | dict) else exact)
            for value, exact in zip(
                self._values(self._objects, index), self._values(self._exact, index), strict=True
            )
        ]

    def json_at(self, index: int) -> list[str]:
        return [json_of(value) for value in self._values(self._objects, index)]

    def frame(self) -> pl.DataFrame:
        return text_frame([self.texts_at(i) for i in range(len(self.layout.labels))])

    def json_points(self, used: frozenset[int]) -> list[str]:
        keys = {self._places[index][0] for index in used}
        return strict_texts(self._texts, self._objects, keys)

    def _values(self, rows: list[dict[str, Any]], index: int) -> list[Any]:
        key, place = self._places[index]
        if place is None:
            return [row[key] for row in rows]
        if rows is not self._objects:
            return [values[place] for values in self._flatten(rows, key)]
        if key not in self._flat:
            self._flat[key] = self._flatten(rows, key)
        return [values[place] for values in self._flat[key]]

    def _flatten(self, rows: list[dict[str, Any]], key: str) -> list[list[Any]]:
        """The elements of the arrays `key` in C order, one list a row."""
        shape, indexes = self.layout.groups[key]
        flat = []
        for offset, row in enumerate(rows):
            value = row[key]
            if value is None:
                flat.append([None] * len(indexes))
                continue
            if shape_of_value(value) != shape:
                raise self._misshapen(offset, key, value)
            for _ in shape[1:]:
                value = list(itertools.chain.from_iterable(value))
            flat.append(value)
        return flat

    def _number(self, offset: int, index: int, value: Any) -> float:
        if isinstance(value, list):
            raise self._misshapen(offset, self.layout.labels[index], value)
        number = number_of_json(value)
        if number is None:
            self.note(offset, index, text_of_json(value))
            return math.nan
        return number

    def _misshapen(self, offset: int, key: str, value: Any) -> DataError:
        group = self.layout.find(key)
        there = shape_of_value(value)
        return DataError(
            f"{self.place(offset)}: column '{key}' "
            f"has {_describe(there)}, but earlier rows have {_describe(group and group.shape)}",
            "a variable has one shape in the whole file",
        )


class NumberLinesBlock(Block):
    """Rows that came as JSON objects of numbers alone, which polars has read."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        first_row: int,
        texts: list[str],
        frame: pl.DataFrame,
        lines: Sequence[int],
    ) -> None:
        super().__init__(name, layout, first_row, len(texts), lines)
        self._texts = texts
        self._frame = frame
        self._exact: list[dict[str, str]] | None = None

    def _cut(self, rows: int) -> None:
        self._texts, self._frame = self._texts[:rows], self._frame.head(rows)
        self._exact = None

    def numbers_at(self, index: int) -> NDArray[np.float64]:
        import numpy  # noqa: F401  polars would import it where Ctrl-C is a panic, not an exception

        return self._frame.to_series(index).to_numpy()

    def texts_at(self, index: int) -> list[str]:
        if self._exact is None:
            self._exact = [digits_of(text.strip()) for text in self._texts]
        key = self.layout.labels[index]
        return [str(row[key]) for row in self._exact]

    def json_at(self, index: int) -> list[str]:
        return self.texts_at(index)

    def frame(self) -> pl.DataFrame:
        return text_frame([self.texts_at(i) for i in range(len(self.layout.labels))])

    def json_points(self, used: frozenset[int]) -> list[str]:
        return [text.strip() for text in self._texts]


def _describe(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "values of no one shape"
    return f"shape ({', '.join(map(str, shape))})" if shape else "a single value"

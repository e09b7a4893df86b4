"""Blocks of rows that came as JSON objects."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import Block, NotHeldError, Origin
from adcli.data.cells import text_column
from adcli.data.json_values import (
    digits_of,
    is_utf8,
    number_of_json,
    shape_of_value,
    text_of_json,
    with_numbers,
)
from adcli.data.kinds import ANY, Kinds, kinds_of_json, kinds_of_numbers, kinds_of_value, odd_one
from adcli.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from adcli.data.blocks import Numbers


class ObjectBlock(Block):
    """Rows that came as JSON objects."""

    def __init__(self, origin: Origin, texts: list[str], objects: list[dict[str, Any]]) -> None:
        super().__init__(origin, len(texts))
        self._texts = texts
        self._objects = objects
        self._flat: dict[tuple[str, bool], list[list[Any]]] = {}
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

    def cells_at(self, index: int) -> list[str | None]:
        with self.telling(self.layout.labels[index], "CSV"):
            return _checked(map(text_of_json, self._values(self._exactly(), index)))

    def kept_texts(self, column: str) -> tuple[pl.Series, Kinds]:
        exact = [row[column] for row in self._exactly()]
        kinds = kinds_of_json(exact)
        if kinds is None:
            raise NotHeldError(*odd_one(ANY, self.kinds_in(column)))
        return text_column(_checked(map(text_of_json, exact))), kinds

    def kinds_in(self, column: str) -> Iterator[Kinds | None]:
        return (kinds_of_value(row[column]) for row in self._exactly())

    def json_points(self, used: frozenset[int]) -> list[str]:
        keys = {self.layout.sources[index][0] for index in used}
        return with_numbers(self._texts, self._objects, keys)

    def _exactly(self) -> list[dict[str, Any]]:
        """The objects with their numbers digit for digit."""
        if self._exact is None:
            self._exact = [digits_of(text.strip()) for text in self._texts]
        return self._exact

    def _values(self, rows: list[dict[str, Any]], index: int) -> list[Any]:
        key, place = self.layout.sources[index]
        if place is None:
            return [row[key] for row in rows]
        known = key, rows is self._objects  # an array has as many columns as elements
        if known not in self._flat:
            self._flat[known] = self._flatten(rows, key)
        return [values[place] for values in self._flat[known]]

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
        if value == []:
            raise self.no_elements(offset, self.layout.labels[index])
        if isinstance(value, list):
            raise self._misshapen(offset, self.layout.labels[index], value)
        number = number_of_json(value)
        return self.note(offset, index, text_of_json(value) or "") if number is None else number

    def _misshapen(self, offset: int, key: str, value: Any) -> DataError:
        group = self.layout.find(key)
        there = shape_of_value(value)
        return DataError(
            f"{self.place(offset)}: column '{key}' "
            f"has {_describe(there)}, but earlier rows have {_describe(group and group.shape)}",
            "a variable has one shape in the whole file",
        )


class NumberLinesBlock(ObjectBlock):
    """Rows that came as JSON objects of numbers alone, which polars has read."""

    def __init__(self, origin: Origin, texts: list[str], frame: pl.DataFrame) -> None:
        super().__init__(origin, texts, [])
        self._frame = frame

    def _cut(self, rows: int) -> None:
        super()._cut(rows)
        self._frame = self._frame.head(rows)

    def numbers_at(self, index: int) -> NDArray[np.float64]:
        import numpy  # noqa: F401  polars would import it where Ctrl-C is a panic, not an exception

        return self._frame.to_series(index).to_numpy()

    def cells_at(self, index: int) -> list[str | None]:
        key = self.layout.labels[index]
        return [str(row[key]) for row in self._exactly()]

    def kept_texts(self, column: str) -> tuple[pl.Series, Kinds]:
        texts = self.series_at(self.layout.columns.index(column))
        kinds = kinds_of_numbers(texts)
        if not kinds:
            raise NotHeldError(*odd_one(ANY, self.kinds_in(column)))
        return texts, kinds

    def json_points(self, used: frozenset[int]) -> list[str]:
        return [text.strip() for text in self._texts]


def _checked(cells: Iterable[str | None]) -> list[str | None]:
    """The cells as a list. Raises NotHeldError for one that UTF-8 cannot encode."""
    found = list(cells)
    for offset, cell in enumerate(found):
        if cell is not None and not is_utf8(cell):
            raise NotHeldError(offset, "half a pair of surrogates")
    return found


def _describe(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "values of no one shape"
    return f"shape ({', '.join(map(str, shape))})" if shape else "a single value"

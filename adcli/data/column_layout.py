"""How the columns of a file make up variables."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from adcli.errors import DataError
from adcli.graph.axes import element_labels
from adcli.graph.coded import coded_column

_ELEMENT = re.compile(r"(.+)\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")


class Group(NamedTuple):
    """A variable: its shape and its flat columns in C order (one for a scalar)."""

    shape: tuple[int, ...]
    indexes: tuple[int, ...]


class ColumnLayout(NamedTuple):
    """How the columns of a file make up variables.

    `columns` are the names as they came; `labels` the flat columns, one number or text a row each
    (`v[0]`, `v[1]` for an array `v`); `groups` the variables over them, in order; `sources` says
    for each flat column in which column it is, and as which element of its arrays (None: as all).
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    groups: dict[str, Group]
    sources: tuple[tuple[str, int | None], ...]

    @property
    def names(self) -> Iterator[str]:
        """Every name by which `find` finds something."""
        return itertools.chain(self.groups, self.labels)

    def find(self, name: str) -> Group | None:
        """The variable, array element or (by its NFKC form, as in programs) column `name`; that of
        which `name` are the codes."""
        if name in self.groups:
            return self.groups[name]
        if name in self.labels:
            return Group((), (self.labels.index(name),))
        alike = [x for x in self.groups if unicodedata.normalize("NFKC", x) == name]
        if len(alike) == 1:
            return self.groups[alike[0]]
        column = coded_column(name)
        group = None if column is None else self.find(column)
        return group if group and not group.shape else None

    def require(self, name: str, file: str) -> Group:
        """What `find` finds. Raises DataError, which tells what columns the file has."""
        group = self.find(name)
        if group is None:
            raise DataError(f"{file} has no column '{name}'", self._what_there_is(name))
        return group

    def _what_there_is(self, name: str) -> str:
        elements = [label for label in self.labels if label.startswith(name + "[")]
        if elements:
            hint = f"the elements of an array must be complete, from {name}[0] on; there are "
            return hint + ", ".join(elements[:10])
        return listed(self.columns)


def listed(columns: Sequence[str]) -> str:
    """What columns there are, for messages."""
    shown = ", ".join(f"'{column}'" for column in columns[:10])
    if len(columns) == 1:
        return f"the only column is {shown}" + _other_separator(columns[0])
    if all(map(_NUMBER.fullmatch, columns)):
        return f"the first line names the columns; here they are {shown}"
    more = f" and {len(columns) - 10} more" if len(columns) > 10 else ""
    return f"the columns are {shown}{more}"


def _other_separator(header: str) -> str:
    """What to do about a header that other characters than the expected one divide."""
    for separator, what in (
        (";", "semicolons"),
        ("\t", "tabs"),
        (",", "commas"),
        ("|", "bars"),
    ):
        if separator in header:
            known = {"\t": ": --points-format tsv", ",": ": --points-format csv"}
            return f"; {what} divide it{known.get(separator, ', commas or tabs should')}"
    return "; commas or tabs divide columns, spaces do not" if " " in header else ""


def _group_elements(
    columns: Sequence[str], arrays: Mapping[int, tuple[str, Group]]
) -> dict[str, Group]:
    """The variables of flat columns: `v[0]`, `v[1]`, ... make an array if each is there once.

    `arrays` are those that came as one column, by their first flat column.
    """
    taken = {index for _, group in arrays.values() for index in group.indexes}
    elements: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    for index, column in enumerate(columns):
        match = None if index in taken else _ELEMENT.fullmatch(column)
        if match:
            place = tuple(int(i) for i in match[2].split(","))
            elements.setdefault(match[1], []).append((place, index))
    for name in elements.keys() & {*columns, *[name for name, _ in arrays.values()]}:
        del elements[name]
    firsts, members = dict(arrays), set(taken)
    for name, places in elements.items():
        shape = _shape_of_places([place for place, _ in places])
        if shape is not None:
            indexes = tuple(index for _, index in sorted(places))
            firsts[min(indexes)] = name, Group(shape, indexes)
            members.update(indexes)
    groups: dict[str, Group] = {}
    for index, column in enumerate(columns):
        if index in firsts:
            groups[firsts[index][0]] = firsts[index][1]
        elif index not in members:
            groups[column] = Group((), (index,))
    return groups


def _shape_of_places(places: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape whose every place occurs once, or None."""
    if len(set(places)) != len(places) or len({len(place) for place in places}) != 1:
        return None
    shape = tuple(max(axis) + 1 for axis in zip(*places, strict=True))
    return shape if math.prod(shape) == len(places) else None


def layout_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> ColumnLayout:
    """The layout of columns that hold a value (the shape ()), or an array, in every row.

    Raises DataError where two flat columns of the file `name` have one name.
    """
    labels: list[str] = []
    sources: list[tuple[str, int | None]] = []
    arrays: dict[int, tuple[str, Group]] = {}
    for column, shape in shapes.items():
        start = len(labels)
        labels += element_labels(column, shape)
        indexes = range(start, len(labels))
        if shape:
            arrays[start] = column, Group(shape, tuple(indexes))
        sources += [(column, i - start if shape else None) for i in indexes]
    check_names(name, labels)
    groups = _group_elements(labels, arrays)
    return ColumnLayout(tuple(shapes), tuple(labels), groups, tuple(sources))


def check_names(name: str, columns: Iterable[str]) -> None:
    """Raise DataError where two columns of the file `name` have one name."""
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"{name} has more than one column '{twice[0]}'", "rename one of them")


def at_row(name: str, row: int, line: int | None) -> str:
    """Where a row stands, for messages."""
    return f"{name}, row {row}" + ("" if line is None else f" (line {line})")

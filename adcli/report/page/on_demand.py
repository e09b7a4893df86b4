"""Texts of a large program's nodes: a page shows few of them, so the others are never made."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeVar

Made = TypeVar("Made")


class OnDemand(dict[int, Made]):
    """What `make` gives for each of the `known` nodes, made when it is first asked for."""

    def __init__(self, known: Container[int], make: Callable[[int], Made]) -> None:
        super().__init__()
        self._known = known
        self._make = make

    def __missing__(self, node: int) -> Made:
        self[node] = made = self._make(node)
        return made

    def __contains__(self, node: object) -> bool:
        return node in self._known

"""Points that stream in, results that stream out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adcli.data.blocks import Block
    from adcli.data.output import atomic_output
    from adcli.data.overlap import Ahead, in_order
    from adcli.data.point_files import Points, open_points
    from adcli.data.result_files import open_results
    from adcli.data.writer import Field, ResultWriter

__all__ = [
    "Ahead",
    "Block",
    "Field",
    "Points",
    "ResultWriter",
    "atomic_output",
    "in_order",
    "open_points",
    "open_results",
]

_HOMES = {
    "Ahead": "overlap",
    "Block": "blocks",
    "Field": "writer",
    "Points": "point_files",
    "ResultWriter": "writer",
    "atomic_output": "output",
    "in_order": "overlap",
    "open_points": "point_files",
    "open_results": "result_files",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: a command pays only for what it needs."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'adcli.data' has no attribute '{name}'")
    return getattr(importlib.import_module(f"adcli.data.{_HOMES[name]}"), name)

"""Imports point one way: cli to report, data and engines, these to ad, ad to graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "adcli"

BELOW = {
    "errors": set(),
    "suggestion": set(),
    "given": {"errors"},
    "graph": {"errors"},
    "language": {"errors", "graph", "suggestion"},
    "ad": {"errors", "given", "graph", "suggestion"},
    "data": {"errors", "given"},
    "engines": {"ad", "errors", "given", "graph", "suggestion"},
    "function": {"ad", "engines", "errors", "given", "graph", "language", "suggestion"},
}
BELOW["comparison"] = BELOW["descent"] = {"data", "function", *BELOW["function"]}
BELOW["training"] = BELOW["fitting"] = {"descent", *BELOW["descent"]}
BELOW["export"] = {"engines", "errors", "graph", "language"}
BELOW["report"] = {"comparison", "export", "fitting", "training", *BELOW["training"]}
BELOW["cli"] = {"report", *BELOW["report"]}
BELOW["__init__"] = set(BELOW)
BELOW["__main__"] = {"cli"}
"""What a part of the package may import, besides itself."""


def imports(path: Path) -> Iterator[str]:
    """The modules of adcli that a file imports, those for annotations alone left out."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            skipped |= {inner for statement in node.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("adcli."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("adcli."):
            yield node.module


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_point_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    found = {module.split(".")[1] for module in imports(path)}
    assert found - {part} <= BELOW[part]

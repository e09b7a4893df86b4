"""Imports point one way, whether they are for type checkers, inside functions, or by name.

Two rules, for files and for folders alike: in no folder do files and folders import each other in a
circle, and each part of the package imports only parts that stand below it in ORDER.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ORDER = (
    ("errors",),
    ("given",),
    ("graph",),
    ("ad", "language", "data"),
    ("algebras",),
    ("engines",),
    ("function", "explain", "export"),
    ("descent", "comparison"),
    ("training", "fitting"),
    ("uncertainty",),
    ("report",),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
"""The parts of the package, the lowest first: each imports those on lines above its own."""

Imports = Mapping[str, set[str]]
"""Module -> the modules that it imports. A folder's own module ends in `.__init__`."""


def modules(root: Path, package: str = "adcli") -> dict[str, Path]:
    """The modules of a package by name."""
    paths = sorted((root / package).rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts): path for path in paths}


def imported(tree: ast.AST, known: Iterable[str]) -> Iterator[str]:
    """The modules among `known` that a file imports, or names in a text for later.

    A text that is filled in, such as f"adcli.data.{home}", names the whole folder.
    """
    known = set(known)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            found = {f"{node.module}.{alias.name}" for alias in node.names}
            home = str(node.module)
            names = [n if n in known or f"{n}.__init__" in known else home for n in found]
        elif isinstance(node, ast.Constant) and "." in str(node.value):
            names = [str(node.value)]
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            start = str(node.values[0].value)
            names = [name for name in known if start.endswith(".") and name.startswith(start)]
        for name in names:
            yield from {name, f"{name}.__init__"} & known


def all_imports(root: Path, package: str = "adcli") -> Imports:
    """The imports of every module of a package."""
    paths = modules(root, package)
    return {
        name: set(imported(ast.parse(path.read_text("utf-8")), paths)) - {name}
        for name, path in paths.items()
    }


def inside(imports: Imports) -> dict[str, dict[str, set[str]]]:
    """Folder -> a file or folder in it -> the files and folders in it that it imports."""
    folders: dict[str, dict[str, set[str]]] = {}
    for name, found in imports.items():
        for other in found:
            parts, others = name.split("."), other.split(".")
            depth = next(k for k, (a, b) in enumerate(zip(parts, others, strict=False)) if a != b)
            folder = folders.setdefault(".".join(parts[:depth]), {})
            folder.setdefault(parts[depth], set()).add(others[depth])
    return folders


def circle(edges: Mapping[str, set[str]]) -> list[str]:
    """One circle of imports; empty where there is none."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


IMPORTS = all_imports(ROOT)
FOLDERS = inside(IMPORTS)


def test_no_files_import_each_other() -> None:
    assert circle(IMPORTS) == []


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_nothing_in_a_folder_imports_each_other(folder: str) -> None:
    assert circle(FOLDERS[folder]) == []


@pytest.mark.parametrize("part", sorted({name.split(".")[1] for name in IMPORTS}))
def test_parts_import_what_is_below_them(part: str) -> None:
    (level,) = [k for k, parts in enumerate(ORDER) if part in parts]
    below = {other for parts in ORDER[:level] for other in parts}
    assert FOLDERS["adcli"].get(part, set()) <= below


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("from a.two import y", "from a.one import x"),
        ("import a.two", "from a import one"),
        ("if TYPE_CHECKING:\n    from a.two import y", "def f():\n    from a.one import x"),
        ("def f():\n    import a.two", "HOMES = {'x': 'a.one'}"),
        ("home = import_module(f'a.{name}')", "from a.one import x"),
    ],
)
def test_a_circle_is_seen(first: str, second: str, tmp_path: Path) -> None:
    for name, text in (("one", first), ("two", second)):
        path = tmp_path / "a" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert set(circle(all_imports(tmp_path, "a"))) == {"a.one", "a.two"}


def test_a_circle_of_folders_is_seen() -> None:
    imports = {"a.b.one": {"a.c.two"}, "a.c.three": {"a.b.four"}}
    assert circle(imports) == []
    assert set(circle(inside(imports)["a"])) == {"b", "c"}

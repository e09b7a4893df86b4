"""One name for one thing: no class is defined twice, and no two modules are easily mistaken.

Modules of commands and of reports are named after what they are about, as the rest of the package
is. Elsewhere a module has a name of its own, unless SHARED says what its namesakes have in common.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from adcli.cli.app import COMMANDS
from tests.test_imports import ROOT, modules

SHARED = {
    "checkpoint": "the file of any run, and what a descent puts into it",
    "kinks": "the rows that have one, the nodes at one, and its sides",
    "pairs": "unevaluated sums of two numbers: the exact ones, and those of floats",
    "run": "from what people ask for to one descent, fit or training",
    "taylor": "series on the graph",
}
"""Modules of one name in several folders, and what it means in all of them."""

COMMAND_MODULES = {module for module, _ in COMMANDS.values()}
"""Modules that are named as people call them."""


def classes(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Class names, without the underscore of private ones -> where each is defined."""
    found = defaultdict(list)
    for path in paths:
        for name in re.findall(r"^class _*(\w+)", path.read_text("utf-8"), re.MULTILINE):
            found[name].append(str(path))
    return found


def aliases(paths: Iterable[Path]) -> dict[str, list[tuple[str, str]]]:
    """Names of types that are not classes -> where each is defined, and as what."""
    found = defaultdict(list)
    for path in paths:
        defined = r"^([A-Z][a-z]\w*)(?:: [\w. ]+)? = (.+)"
        for name, text in re.findall(defined, path.read_text("utf-8"), re.MULTILINE):
            found[name].append((str(path), text))
    return found


def repeated(found: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{name}: {', '.join(places)}" for name, places in found.items() if len(places) > 1]


def mistaken(names: Iterable[str]) -> list[str]:
    """Pairs of modules that are alike but for an s, or in all but their folders."""
    homes = defaultdict(list)
    for name in names:
        last = name.rpartition(".")[2]
        if last != "__init__" and name not in COMMAND_MODULES:
            homes[last].append(name)
    found = []
    for last, known in homes.items():
        own = [name for name in known if name.split(".")[1] not in ("cli", "report")]
        if len(own) > 1 and last not in SHARED:
            found.append(f"{last}: {', '.join(own)}")
        if last + "s" in homes:
            found.append(f"{', '.join([*known, *homes[last + 's']])} differ by an s")
    return found


def test_no_class_is_defined_twice() -> None:
    assert repeated(classes(modules(ROOT).values())) == []


def test_no_type_has_the_name_of_a_class() -> None:
    paths = modules(ROOT).values()
    known = classes(paths)
    for name, places in aliases(paths).items():
        assert not known.get(name), (places, known[name])


def test_no_two_modules_are_mistaken_for_each_other() -> None:
    assert mistaken(modules(ROOT)) == []


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["adcli.engines.row", "adcli.graph.rows"], 1),
        (["adcli.engines.layout", "adcli.data.layout"], 1),
        (["adcli.descent.run", "adcli.fitting.run"], 0),
        (["adcli.cli.jacobian", "adcli.ad.jacobians"], 0),
        (["adcli.explain.trace", "adcli.report.trace", "adcli.cli.trace"], 0),
    ],
)
def test_what_is_mistaken(names: list[str], count: int) -> None:
    assert len(mistaken(names)) == count


def test_a_class_that_is_defined_twice_is_seen(tmp_path: Path) -> None:
    for name, text in {"one": "class Loss: ...", "other": "class _Loss: ..."}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert len(repeated(classes(tmp_path.iterdir()))) == 1

"""What the steps of a program are called: by the program's own names, and else w1, w2, ..."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from adcli.graph.primitives import LEAF
from adcli.graph.program import Program
from adcli.language.labels import Labels

MACRON = "\u0304"
_LETTERS = "wvuszqpt"

Binding = tuple[str, int, int]
"""A name, the number of the value that it is bound to, from 1, and its node."""


class Spelling(NamedTuple):
    """How names are written: as text or in LaTeX.

    step     a generated name, from its letters and its number
    own      the program's names, no two alike
    version  a name of the program with the number of a value
    call     a call, from the function's name and its arguments
    leaf     a constant
    """

    step: str
    own: Callable[[Iterable[str]], Mapping[str, str]]
    version: Callable[[str, int], str]
    call: Callable[[str, Sequence[str]], str]
    leaf: Callable[[Program, int], str]


class StepNames(NamedTuple):
    """Names of the steps of a program.

    names    of each node
    aliases  what else the program calls a node: more names, and calls as `f(x)`
    letters  of generated names: "w", or others where the program has such names
    bars     how many macrons mark an adjoint, so that it is no name of the program
    result   what derivatives call the program's value: "f", or what the program calls it
    own      the nodes that go by names of the program
    """

    names: dict[int, str]
    aliases: dict[int, list[str]]
    letters: str
    bars: int
    result: str
    own: set[int]


def name_steps(
    f: Program, labels: Labels, nodes: Sequence[int], spelling: Spelling, own_inputs: bool
) -> StepNames:
    """The names of the steps `nodes` of a program that has `labels`.

    A step has the first name that the program binds it to: of `a = x + y; b = x + y`, which are one
    step, a is the name and b an alias. A name that is bound to several values is that of the first,
    which may be a variable's; the others are a₂, a₃. A call of a function is an alias of its
    result, and what the body computes are steps like others. What has no name is w1, w2, ... by its
    place. Inputs go by their own names with `own_inputs`, and where the program names a step.
    """
    steps = set(nodes)
    taken = {*f.graph.variables(), *labels.functions, *[name for name, _ in labels.bound]}
    letters = _free_letters(taken)
    names = {i: spelling.step.format(letters, n) for n, i in enumerate(nodes, 1)}
    aliases: dict[int, list[str]] = {}
    bound = [(name, i) for name, i in labels.bound if i in steps]
    calls = [call for call in labels.calls if call.node in steps]
    named: set[int] = set()
    if own_inputs or bound or calls:
        bindings = _numbered([*f.inputs.items(), *bound], taken)
        written = spelling.own([*f.graph.variables(), *[name for name, _, _ in bindings]])
        for name, number, i in bindings:
            text = written[name] if number == 1 else spelling.version(written[name], number)
            if i in named:
                aliases.setdefault(i, []).append(text)
            else:
                names[i] = text
                named.add(i)
    for call in calls:
        known = [names[a] if a in names else _other(f, a, spelling) for a in call.arguments]
        text, others = spelling.call(call.name, known), aliases.setdefault(call.node, [])
        if text not in others and call.node not in call.arguments:
            others.append(text)
    bars = 1 + max(map(_macrons, taken), default=0)
    result = _result(f, labels, names, taken, spelling)
    return StepNames(names, aliases, letters, bars, result, named)


def _numbered(bound: Iterable[tuple[str, int]], taken: Iterable[str]) -> list[Binding]:
    """Each name for each value that it is bound to, once; numbered so that no name with its number
    is a name of the program."""
    found: dict[tuple[str, int], int] = {}
    last: dict[str, int] = {}
    used = {name.replace("_", "") for name in taken}
    for name, node in bound:
        if (name, node) in found:
            continue
        number = 1
        if name in last:
            stem = name.replace("_", "")
            number = next(k for k in count(last[name] + 1) if f"{stem}{k}" not in used)
            used.add(f"{stem}{number}")
        found[name, node] = last[name] = number
    return [(name, number, node) for (name, node), number in found.items()]


def _other(f: Program, node: int, spelling: Spelling) -> str:
    """An argument that is no step: a constant, or what the function does not use."""
    return spelling.leaf(f, node) if f.graph.ops[node].kind == LEAF else "..."


def _free_letters(taken: Iterable[str]) -> str:
    """The letters of generated names: with or without a number they are no name of the program."""
    stems = {re.sub(r"_?\d*$", "", unicodedata.normalize("NFKC", name)) for name in taken}
    candidates = (letter * n for n in count(1) for letter in _LETTERS)
    return next(letters for letters in candidates if letters not in stems)


def _macrons(name: str) -> int:
    """The most macrons on one sign of a name."""
    if name.isascii():
        return 0
    return max(map(len, re.findall(f"{MACRON}+", unicodedata.normalize("NFD", name))), default=0)


def _result(
    f: Program, labels: Labels, names: Mapping[int, str], taken: set[str], spelling: Spelling
) -> str:
    """What derivatives call the program's value: f, the function of its variables that the program
    ends with, or the name of the step where the program has one."""
    node, inputs = f.outputs[0], tuple(f.inputs.values())
    called = [c.name for c in labels.calls if (c.node, c.arguments) == (node, inputs)]
    name = labels.name_of(node)
    if len(f.outputs) > 1 or not (called or name or "f" in taken):
        return "f"
    own = [name] if name and node in inputs else [] if name else called
    return spelling.own(own[:1])[own[0]] if own else names[node]

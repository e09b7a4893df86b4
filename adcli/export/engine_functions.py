"""The engine's own functions as text, for generated Python and NumPy.

A generated function gives the engine's numbers because it computes with the engine's functions:
their source is copied, with all that it uses, under names that begin with an underscore. A function
that an engine's module imports from `math` or `numpy` is called there.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Collection
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, count
from typing import NamedTuple

from adcli.graph.primitives import PRIMITIVES, Primitive

MODULES = {
    "python": "adcli.algebras.functions.float_functions",
    "numpy": "adcli.algebras.functions.array_functions",
}
"""The namespace of elementwise functions for each target."""
GAMMAS = "adcli.algebras.special.gammas"
"""What floats load when they first need it. Its functions take the namespace, `m`: they are copied
without it, and what they call in it is the target's."""
_ROOTS = {"math": "math", "numpy": "np", "scipy": ""}
"""How generated code calls the libraries that the sources import."""

FunctionHome = tuple[str, str]
"""A module of adcli, and a name defined there."""


class _Module(NamedTuple):
    """What the names at a module's top level stand for.

    defined   name -> the statement that defines it
    foreign   name -> what another library calls it, such as `math.fabs` or `np`
    imported  name -> where in adcli it is from
    """

    defined: dict[str, ast.stmt]
    foreign: dict[str, str]
    imported: dict[str, FunctionHome]


@cache
def _module(name: str) -> _Module:
    spec = find_spec(name)
    source = spec.loader.get_source(name) if spec and spec.loader else None  # type: ignore[attr-defined]
    if source is None:
        raise RuntimeError(f"the source of {name} is not installed")
    found = _Module({}, {}, {})
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef):
            found.defined[statement.name] = statement
        elif isinstance(statement, ast.Assign):
            if ast.unparse(statement.value).startswith("tuple("):  # a table: what is in it
                table = getattr(import_module(name), ast.unparse(statement.targets[0]))
                statement.value = ast.parse(repr(table), mode="eval").body
            for target in statement.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                found.defined.update({n.id: statement for n in names if isinstance(n, ast.Name)})
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                found.foreign[alias.asname or alias.name] = _ROOTS.get(alias.name, alias.name)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                local = alias.asname or alias.name
                root = statement.module.partition(".")[0]
                if root == "adcli":
                    found.imported[local] = (statement.module, alias.name)
                elif root in _ROOTS:
                    found.foreign[local] = f"{_ROOTS[root]}.{alias.name}".lstrip(".")
    return found


def _resolved(module: str, name: str) -> FunctionHome | str | None:
    """Where a global name is defined, what another library calls it, or None for a builtin."""
    while True:
        found = _module(module)
        if name in found.foreign:
            return found.foreign[name]
        if name in found.imported:
            module, name = found.imported[name]
            continue
        if name not in found.defined:
            return (GAMMAS, name) if name in _module(GAMMAS).defined else None
        statement = found.defined[name]
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
            name = statement.value.id  # abs = fabs
            continue
        return module, name


class EngineFunctions:
    """The functions of one target that are used, and then their definitions.

    `taken` are names of the generated code that none of them gets.
    """

    def __init__(self, target: str, taken: Collection[str] = ()) -> None:
        self.module = MODULES[target]
        self.names: dict[FunctionHome, str] = {}
        self.borrowed: dict[str, str] = {}
        self.target = target
        self.taken = set(taken)

    def call(self, name: str) -> str | None:
        """What generated code calls an elementwise function; None if the engine has none."""
        place = _resolved(self.module, name)
        if place is None:
            row = PRIMITIVES[name]
            library = row.libraries.get(self.target) or row.libraries.get("shared", "")
            home, _, own = library.rpartition(".")
            if not home.startswith("adcli."):
                return self._borrowed(row, home, own) if home else None
            place = home, own
        return self._name(place) if isinstance(place, tuple) else place

    def _borrowed(self, row: Primitive, home: str, function: str) -> str:
        """A function that the row says another library has: it is imported where it is called."""
        called = self._name((row.name, row.name))
        xs = ", ".join(row.inputs)
        self.borrowed[called] = (
            f"def {called}({xs}):\n    from {home} import {function}\n\n    return {function}({xs})"
        )
        return called

    def _name(self, place: FunctionHome) -> str:
        if place not in self.names:
            name = f"_{place[1].lstrip('_')}"
            others = (f"{name}_{k}" for k in count(2))
            self.names[place] = next(n for n in chain([name], others) if n not in self.taken)
            self.taken.add(self.names[place])
        return self.names[place]

    def definitions(self) -> list[str]:
        """The text of all that is used, definitions before what uses them."""
        done: dict[int, str] = {}
        begun: set[int] = set()
        written = [place for place, name in self.names.items() if name not in self.borrowed]
        waiting = [(place, False) for place in reversed(written)]
        while waiting:
            place, is_ready = waiting.pop()
            statement = _module(place[0]).defined[place[1]]
            if is_ready:
                done[id(statement)] = self._text(place[0], statement)
            elif id(statement) not in begun:
                begun.add(id(statement))
                waiting.append((place, True))
                waiting += [(used, False) for used in self._uses(place[0], statement)]
        return [*done.values(), *self.borrowed.values()]

    def _uses(self, module: str, statement: ast.stmt) -> list[FunctionHome]:
        found = [self._place(module, node.id) for node in _global_names(_plain(statement))]
        return [place for place in found if isinstance(place, tuple)]

    def _place(self, module: str, name: str) -> FunctionHome | str | None:
        """What a global name of a module stands for, also one that its namespace `m` has."""
        if name.startswith("m."):
            return _resolved(self.module, name[2:])
        return _resolved(module, name)

    def _text(self, module: str, statement: ast.stmt) -> str:
        """A definition without annotations, under the names of the generated code."""
        statement = _plain(statement)
        for node in _global_names(statement):
            place = self._place(module, node.id)
            if place is not None:
                node.id = place if isinstance(place, str) else self._name(place)
        if isinstance(statement, ast.FunctionDef):
            statement.name = self._name((module, statement.name))
            return ast.unparse(statement)
        text = ast.unparse(statement)
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
            return textwrap.fill(text, 96, subsequent_indent="    ", break_long_words=False)
        return text


def _global_names(statement: ast.stmt) -> list[ast.Name]:
    """The names in a definition that are not its own variables; the name that it defines, too."""
    nodes = list(ast.walk(statement))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    if not isinstance(statement, ast.FunctionDef):
        return names
    local = {node.arg for node in nodes if isinstance(node, ast.arg)}
    local |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return [node for node in names if node.id not in local]


def _plain(statement: ast.stmt) -> ast.stmt:
    """A copy without annotations and namespace, with the first line of its docstring."""
    statement = _WithoutNamespace().visit(copy.deepcopy(statement))
    for node in ast.walk(statement):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    if isinstance(statement, ast.FunctionDef):
        doc = ast.get_docstring(statement)
        if doc is not None:
            statement.body[0] = ast.Expr(ast.Constant(doc.partition("\n")[0]))
    return statement


class _WithoutNamespace(ast.NodeTransformer):
    """`m` as a parameter and an argument falls away, also where NumPy is the argument; `m.exp`
    becomes the name "m.exp"."""

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.args = [a for a in node.args if a.arg != "m"]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        namespaces = "m", "np"
        node.args = [a for a in node.args if not (isinstance(a, ast.Name) and a.id in namespaces)]
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "m":
            return ast.Name(f"m.{node.attr}", node.ctx)
        return self.generic_visit(node)

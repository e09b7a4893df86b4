"""What a program is: a graph, its results, its variables and its text; not how it is run."""

from __future__ import annotations

import reprlib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property

from adcli.errors import UsageError, closest, did_you_mean
from adcli.graph.constants import INSTEAD, MEANINGS
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE
from adcli.graph.shapes import is_scalar_program


def coded_column(name: str) -> str | None:
    """The column whose codes a variable has; None for other variables.

    >>> coded_column("codes(region)"), coded_column("region")
    ('region', None)
    """
    return name[6:-1] if name.startswith("codes(") and name.endswith(")") else None


class Program:
    """A graph with results: what a text means, or what follows from one.

    graph     the nodes of the results, and perhaps others
    outputs   the nodes of the results, in order
    text      what the graph's places refer to: the program as it was written, of a derivative the
              one that was differentiated
    """

    def __init__(
        self, graph: Graph, outputs: Sequence[int], text: str, variables: Iterable[int] = ()
    ) -> None:
        """`variables` are nodes of variables to keep although no result may depend on them."""
        self.graph = graph
        self.outputs = list(outputs)
        self.text = text
        self.kept = list(variables)

    @cached_property
    def order(self) -> list[int]:
        """The nodes that the results depend on, arguments first."""
        return self.graph.reach([*self.outputs, *self.kept])

    @cached_property
    def inputs(self) -> dict[str, int]:
        """The variables' nodes by name, in the order of their first appearance."""
        graph = self.graph
        found = [i for i in self.order if not graph.args[i] and graph.varying[i]]
        return {graph.attrs[i]: i for i in sorted(found, key=graph.span)}

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of their first appearance."""
        return tuple(self.inputs)

    @cached_property
    def is_scalar(self) -> bool:
        """Whether the program itself has no operation on vectors or matrices."""
        return is_scalar_program(self.graph, self.order)

    @cached_property
    def codes(self) -> list[str]:
        """The names of the variables that number the texts of a column, as codes(region)."""
        return [name for name in self.inputs if coded_column(name)]

    @cached_property
    def indices(self) -> frozenset[str]:
        """The names of the variables that are nothing but indices, as g in v[g], or conditions
        beside that, or codes: there is nothing to differentiate by them."""
        graph = self.graph
        takers = [i for i in self.order if graph.ops[i].flows is not None]
        if not takers:
            return frozenset(self.codes)
        places = graph.reach(a for i in takers for a in graph.args[i][graph.ops[i].flows :])
        taken = (a for i in takers for a in graph.args[i][: graph.ops[i].flows])
        moving = {*self.outputs, *self.kept, *taken}  # sort(v) takes v at places that v gives
        for i in reversed(self.order):
            if i in moving:
                op = graph.ops[i]
                is_rounded = op.kind == ELEMENTWISE and not any(op.partials) and not op.symbol
                moving.update(graph.args[i] if is_rounded else graph.moving(i))
        alone = set(places) - moving
        return frozenset([*self.codes, *(name for name, i in self.inputs.items() if i in alone)])

    def check_names(self, names: Iterable[str]) -> None:
        """Raise UsageError unless the names are the program's variables."""
        names = set(names)
        if names == self.inputs.keys():
            return
        self.refuse_constants(names)
        missing = [name for name in self.inputs if name not in names]
        unknown = sorted(str(name) for name in names - set(self.inputs))
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing[:5]) + ", ..." * (len(missing) > 5)
            span = self.graph.span(self.inputs[missing[0]])
            from adcli.graph.missing import meaning

            others = {*names, *self.inputs} - {missing[0]}
            hint = meaning(missing[0], others, self.text, span)
            meant = None if hint else closest(missing[0], unknown)
            if meant:
                hint = f"'{meant}' is given, but the program has no such variable"
            if missing[0] in self.codes:
                hint = "codes number the texts of a column of a file: --data FILE, --points FILE"
            plural = "s" * (len(missing) > 1)
            message = f"no value for the variable{plural} {listed}"
            raise UsageError(
                message, hint or f"give one: --at {missing[0]}=...", span=span, text=self.text
            )
        if unknown:
            raise self.no_variable(unknown[0])

    def refuse_constants(self, names: Iterable[str], column_of: str = "") -> None:
        """Raise UsageError for one of `names` by which the text means a constant.

        The names are those of the columns of `column_of`, else of variables. They are compared in
        their NFKC form, like those in programs.
        """
        constants = self.graph.constants
        for name in map(str, names if constants else ()):
            known = unicodedata.normalize("NFKC", name)
            if known not in constants or (name in self.inputs and not column_of):
                continue
            what = f"but {column_of} has a column of that name" if column_of else "not a variable"
            aim = "the column" if column_of else "a variable of that name"
            other = f", {INSTEAD[known]} for the constant" if known in INSTEAD else ""
            raise UsageError(
                f"'{known}' means the constant {MEANINGS[known]} here, {what}",
                f"write `{known}` in backticks for {aim}{other}",
                span=constants[known],
                text=self.text,
            )

    def no_variable(self, name: str) -> UsageError:
        """The error for a name that is not a variable. Raises that for the name of a constant."""
        self.refuse_constants([name])
        hint = did_you_mean(name, self.inputs) or self.listed()
        return UsageError(f"the program has no variable '{name}'", hint)

    def refuse_indices(self, names: Iterable[str], are_free: bool = False) -> None:
        """Raise UsageError for the first of `names` that is an index: there is no derivative by it.

        With `are_free` the names are those of what is to vary.
        """
        for name in names:
            if name in self.indices:
                hint = "it has no values between whole numbers"
                if are_free:
                    hint = f"it is a column, or held: --fix {name}=..."
                if name in self.codes:
                    hint = "it numbers the texts of a column that the data have"
                raise UsageError(
                    f"'{name}' is an index: there is no derivative by it",
                    hint,
                    span=self.graph.span(self.inputs[name]),
                    text=self.text,
                )

    def listed(self) -> str:
        """What variables there are, for messages."""
        names = list(self.inputs)
        return "its variables are " + ", ".join(names[:8]) if names else "it has none"

    def names(self, wrt: Iterable[str] | None) -> list[str]:
        """The variables to differentiate for: all but indices, or those given (checked)."""
        if wrt is None:
            return [name for name in self.inputs if name not in self.indices]
        if not isinstance(wrt, Iterable):
            raise UsageError(f"'wrt' is {reprlib.repr(wrt)}, not a list of names")
        names = [wrt] if isinstance(wrt, str) else list(wrt)
        self.nodes(names)
        self.refuse_indices(names)
        return names

    def nodes(self, names: Iterable[str]) -> list[int]:
        """The nodes of variables. Raises UsageError for a name that is not one."""
        nodes = []
        for name in names:
            if not isinstance(name, str) or name not in self.inputs:
                raise self.no_variable(name)
            nodes.append(self.inputs[name])
        return nodes

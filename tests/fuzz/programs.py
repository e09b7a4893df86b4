"""Random programs in the language, right in syntax and mostly in arity and shapes.

A program has the numbers x and y, the vector v and the matrix W as its variables, as far as it
names them.
"""

from __future__ import annotations

import re
from typing import Any

import adcli
from adcli.errors import AdcliError
from adcli.graph.library import ALIASES, LIBRARY
from adcli.graph.primitives import no_derivative
from tests.fuzz.choices import Choices

NUMBER, VECTOR, MATRIX = range(3)
"""What an expression gives: the number of its axes."""

NAMES = (["x", "y"], ["v", "u"], ["W"])
"""The names of variables, by kind. `u` is a column name in backticks, too."""

LITERALS = (
    *(
        "2",
        "1",
        "0",
        "0.5",
        "3",
        "-1",
        "1e3",
        "1_0",
        ".25",
        "pi",
        "e",
        "1e10",
        "-0.0",
        "tau",
        "inf",
    ),
    *("0.1", "1E-3", "2.", "1_000.5e-2", "1e-10", "1e-300", "0.1000000000000000000001", "1e16"),
)
EXPONENTS = (
    *("2", "3", "0.5", "-1", "0", "1", "-2", "1/3", "1.5", "10", "-0.5", "(1e16)", "(2^53 + 2)"),
    *("(-1e16)", "100", "(x)", "(-3)", "2.000001"),
)
REDUCTIONS = (
    *("sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp", "amax", "amin"),
    "median",
)
ALONG = ("softmax", "log_softmax", "cumsum", "cumprod", "sort")
"""Functions of an array that give one of its shape."""

STRUCTURAL = {
    *REDUCTIONS,
    *ALONG,
    *("size", "dot", "outer", "transpose", "trace", "diag", "tril", "reshape", "expand"),
    *("broadcast", "sum_to", "scatter", "on_diagonal", "concat", "stack", "einsum", "range"),
    *("linspace", "flip", "quantile", "recurrence", "reorder"),
    *("zeros", "full", "ones", "triu", "eye", "det", "logdet", "inv", "solve", "cholesky"),
    *("eigvalsh", "eigvecsh", "cofactors", "eigen_gaps", "eigen_part"),
    "multivariate_normal_logpdf",
}
NOT_DRAWN = {"slope"}
"""`slope` has a derivative that is not that of its value."""
ELEMENTWISE = [name for name in sorted(LIBRARY) if name not in NOT_DRAWN and name not in STRUCTURAL]
ALL = [name for name in sorted([*LIBRARY, *ALIASES]) if name not in NOT_DRAWN]
OPERATORS = ("+", "*", "-", "/", "^", "*", "+", "-", "**")
COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")
NOTATION = (
    *("|{0}|", "√({0})", "2√|{0}|", "∛({0})", "({0})²", "({0})⁻¹", "½({0})", "({0})!", "⅓*({0})"),
    *("sin²({0})", "({0}) ÷ ({1})", "({0}) ⋅ |{1}|", "if 0 < ({1}) < 2 then {0} else -({0})"),
    *("not ({0})", "({0}) and ({1})", "({0}) or not ({1}) > 1", "({1}) <= ({0}) < 3"),
)
"""Signs and words; 0 is an expression of the kind, 1 a number."""
AXES = ("", "", ", axis=0", ", axis=-1")
USER = ("f(p, q) = p*tanh(q) + x*0", "g(p) = f(p, 2) - p^2/4", "h(p, q) = where(p > q, p, q*p)")

# What gives a vector, a matrix or a number of others: (result, template), `s`, `v` and `m` stand
# for expressions.
FORMS: dict[int, tuple[str, ...]] = {
    NUMBER: (
        *("v[0]", "v[-1]", "dot(v, v)", "m[0, 1]", "trace(m)", "v@v", 'einsum("i,i->", v, v)'),
        *('einsum("ij->", m)', "sum(m@v)", "m[0, 0]*m[1, 1]", "size(v)", 'einsum("ij,ij->", m, m)'),
        *("det(m)", "logdet(m@transpose(m) + eye(3))", "v@solve(m + 4*eye(3), v)"),
        *("max(eigvalsh(m))", "multivariate_normal_logpdf(v, s, m@transpose(m) + eye(3))"),
        *("median(v)", "quantile(v, 0.3)", "quantile(m, s)", "cumprod(m)[4]", "sort(v)[1]"),
        *("(v@m)[1]", "v@m@v", 'einsum("ii->", m)', 'einsum("i,ij,j->", v, m, v)', "m[-1][0]"),
    ),
    VECTOR: (
        *("[s, s, s]", "m@v", "v@m", "v[::-1]", "m[0]", "m[:, 0]", "diag(m)", "reshape(m, 9)"),
        *("concat(v[:1], v[1:])", "stack(s, s, s)", "where(v > s, v, s)", "range(3)", "ones(3)"),
        *("sum(m, axis=0)", "max(m, axis=1)", "norm(m, axis=0)", 'einsum("ij,j->i", m, v)'),
        *("einsum('ij->j', m)", "softmax(v)", "cumsum(v)", "full(s, 3)", "v[1:]", "concat(v, v)"),
        *("sort(v)", "cumprod(v)", "reorder(v, m[0])", "linspace(s, s, 3)", "median(m, axis=0)"),
        *("v[[2, 0, 0]]", "v[floor(v)]", "m[[0, -1, 0], v]", "scatter(v, zeros(3)[[1, 1, 0]])"),
        *("solve(m, v)", "solve(m + 3*eye(3), v, lower=1)", "eigvalsh(m)", "diag(cholesky(m))"),
        *("m[-1, ::-1]", "concat(v[2:], v[:2])", "v[-2:]", "m[1:, 0]", 'einsum("ii->i", m)'),
        *(f"{name}(m, axis={axis})" for name in REDUCTIONS for axis in (0, 1, -1)),
    ),
    MATRIX: (
        *("[[s, s, s], [s, s, s], [s, s, s]]", "m@m", "outer(v, v)", "transpose(m)", "diag(v)"),
        *("tril(m)", "reshape(m, 3, 3)", "stack(v, v, v)", "m[::-1]", 'einsum("ij->ji", m)'),
        *("m[[1, 0, 1]]", "m[:, [2, 2, 0]]", "m[floor(v), :]"),
        *("cumprod(m, axis=0)", "sort(m, axis=0)", 'einsum("...i,i...->...i", m, v)', "flip(m)"),
        *("softmax(m, axis=0)", "cumsum(m, axis=1)", "tril(m, k=-1)", "where(m > v, m, v)"),
        *("zeros(3, 3)", "m + v", "v*m", 'einsum("i,j->ij", v, v)', "m[:, ::-1]"),
        *("inv(m + 4*eye(3))", "cholesky(m@transpose(m) + eye(3))", "solve(m, m)", "triu(m)"),
        *("eye(3)", "triu(m, k=1)", "cofactors(m)", "solve(m, m, lower=1, transposed=1)"),
        *("transpose(m)@m", "concat(m[:1], m[1:])", "expand(v, 1)*v", "full(s, 3, 3)", "m[:2, 1:]"),
        *('einsum("ij,jk->ik", m, m)', 'einsum("ij,kj->ki", m, m)', "m[::2]", "cumsum(m, axis=0)"),
    ),
}
_SLOT = re.compile(r"\b[svm]\b")


class Writer:
    """Writes one program.

    With `loose`, some of what it writes has the wrong arity, shape or place.
    """

    def __init__(self, c: Choices, *, arrays: bool = True, loose: bool = False) -> None:
        self.c = c
        self.arrays = arrays
        self.loose = loose
        self.statements: list[str] = []

    def program(self, kind: int = NUMBER) -> str:
        """A whole program, whose result is of a kind."""
        c = self.c
        if c.once_in(6):
            self.statements += USER
        for k in range(c.below(3)):
            self.statements.append(f"t{k} = {self.expression(self._kind(), 2)}")
        result = self.expression(kind, 1 + c.below(4))
        if c.once_in(12):
            result += ", " + self.expression(kind, 1)
        return c.of(("\n", "; ", ";\n# remark\n")).join([*self.statements, result])

    def expression(self, kind: int, depth: int) -> str:
        """An expression of a kind, so many operations deep at most."""
        c = self.c
        if self.loose and c.once_in(12):
            kind = self._kind()
        way = c.below(12) if depth > 0 else c.below(2)
        if way == 0:
            return c.of(NAMES[kind][: None if self.loose else 2])
        if way == 1:
            return c.of(LITERALS) if kind == NUMBER or c.once_in(3) else c.of(NAMES[kind])
        if way < 6:
            return self._call(kind, depth)
        if way < 9:
            operator = c.of(COMPARISONS if c.once_in(12) else OPERATORS)
            right = self.expression(c.of((kind, NUMBER)), depth - 1)
            return f"({self.expression(kind, depth - 1)}) {operator} ({right})"
        if way == 9 and kind == NUMBER and self.arrays:
            array = self.expression(c.of((VECTOR, MATRIX)), depth - 1)
            return f"{c.of(REDUCTIONS)}({array}{c.of(AXES) if self.loose else ''})"
        if way == 10:
            return self._special(kind, depth)
        return self._form(kind, depth)

    def _kind(self) -> int:
        return self.c.below(3) if self.arrays else NUMBER

    def _call(self, kind: int, depth: int) -> str:
        c = self.c
        name = c.of(ALL if self.loose and c.once_in(4) else ELEMENTWISE)
        count = len(LIBRARY[ALIASES.get(name, name)].inputs)
        if self.loose and c.once_in(12):
            count = c.below(4)
        kinds = [kind, *[c.of((kind, NUMBER)) for _ in range(count - 1)]][:count]
        arguments = [self.expression(k, depth - 1) for k in kinds]
        for k, rule in enumerate(LIBRARY[ALIASES.get(name, name)].partials[: len(arguments)]):
            if rule is no_derivative:  # an order, a count
                arguments[k] = c.of(("1", "2", "0"))
        return f"{name}({', '.join(arguments)})"

    def _special(self, kind: int, depth: int) -> str:
        c = self.c
        first = self.expression(kind, depth - 1)
        match c.below(7):
            case 6:
                return c.of(NOTATION).format(first, self.expression(NUMBER, 1))
            case 0:
                return f"2({first})"
            case 1:
                return f"-({first})"
            case 2:
                test = (
                    f"{self.expression(NUMBER, 1)} {c.of(COMPARISONS)} {self.expression(NUMBER, 1)}"
                )
                return f"where({test}, {first}, {self.expression(kind, depth - 1)})"
            case 3:
                return f"({first})^{c.of(EXPONENTS)}"
            case 4:
                if self.statements and self.statements[0] is USER[0]:
                    if c.once_in(3):
                        return f"g({first})"
                    return f"{c.of('fh')}({first}, {self.expression(kind, depth - 1)})"
                return f"max({first}, {self.expression(kind, depth - 1)})"
            case _:
                known = [s.partition(" = ")[0] for s in self.statements if s.startswith("t")]
                return c.of(known) if known and self.loose else f"abs({first})"

    def _form(self, kind: int, depth: int) -> str:
        if not self.arrays:
            return self.expression(kind, depth - 1)
        kinds = {"s": NUMBER, "v": VECTOR, "m": MATRIX}

        def fill(found: re.Match[str]) -> str:
            inner = self.expression(kinds[found[0]], depth - 2)
            return inner if inner.isalnum() or inner[0] == "[" else f"({inner})"

        return _SLOT.sub(fill, self.c.of(FORMS[kind]))


def loss(c: Choices) -> adcli.Function | None:
    """A random program of variables with one result, a number; None where what was written is
    refused, or is no such program."""
    try:
        f = adcli.function(Writer(c, arrays=c.once_in(3)).program(NUMBER))
    except AdcliError:
        return None
    return f if len(f.outputs) == 1 and f.variables else None


FLOATS = (
    *(0.5, 1.0, 2.0, -0.5, -1.0, 0.0, 3.0, 0.75, -2.25, 1.5, 0.25, -3.0, 0.125, 1.375, -0.875),
    *(10.0, 1e-3, -40.0, 1e-10, 1e10, 700.0, 1e-300, 1e150, -1e300, -0.0, 0.1, 1e-8, 1e16, 20.0),
    *(5e-324, 1.0000000001, 1.5707963267948966, 2.0**53 + 2, -0.9999999, 170.5, -1e-20, 1.7e308),
)


def number(c: Choices) -> float:
    """A float, mostly a tame one."""
    return FLOATS[c.below(15)] if c.below(4) < 3 else c.of(FLOATS)


def point(c: Choices, names: tuple[str, ...]) -> dict[str, Any]:
    """A value for each variable."""
    found: dict[str, Any] = {}
    for name in names:
        if name in NAMES[VECTOR]:
            found[name] = [number(c) for _ in range(3)]
        elif name in NAMES[MATRIX]:
            found[name] = [[number(c) for _ in range(3)] for _ in range(3)]
        else:
            found[name] = number(c)
    return found

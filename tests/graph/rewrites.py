"""What simplification does, by example: each row is a test, and a promise about the domain."""

from __future__ import annotations

from typing import NamedTuple


class Rewrite(NamedTuple):
    """A family of rewrites by example: programs before and after, and why it is exact."""

    before: str
    after: str
    exact: str


REWRITES = (
    Rewrite("x + 0", "x", "always"),
    Rewrite("1*x/1", "x", "always"),
    Rewrite("0*sin(x)", "0", "where the other factor is defined for all numbers"),
    Rewrite("0*log(x)", "0*log(x)", "else it stays, and with it the domain"),
    Rewrite("log(x) - log(x)", "0*log(x)", "a sum of 0 is kept in the same way"),
    Rewrite("x/x", "x/x", "not at 0: it stays"),
    Rewrite("log(x) + x/x", "log(x) + 1", "x > 0 is needed anyway, for log(x)"),
    Rewrite("pi*x/pi", "x", "pi, e and tau are never 0"),
    Rewrite("a/x*x", "a/x*x", "not at 0: it stays"),
    Rewrite("2 + x + 3*4", "14 + x", "arithmetic of exact numbers"),
    Rewrite("x + 1/3 + 1/3", "x + 2/3", "arithmetic of fractions"),
    Rewrite("0.1 + 0.2 + pi", "0.1 + 0.2 + pi", "these would round: they stay"),
    Rewrite("cos(0) + sqrt(9/4)*log(e) + 2^-1", "3", "functions with an exact value"),
    Rewrite("-(-x)", "x", "always"),
    Rewrite("a + -b", "a - b", "always"),
    Rewrite("-(a - b)", "b - a", "always"),
    Rewrite("a*-b", "-a*b", "always: the sign goes to the front"),
    Rewrite("x + x", "2*x", "always: like terms"),
    Rewrite("3*x*y - x*y + x/2", "2*x*y + 0.5*x", "always: like terms"),
    Rewrite("a - (sin(b) - cos(c))", "a - sin(b) + cos(c)", "always"),
    Rewrite("a + (b - 1)", "a + (b - 1)", "a bare difference may be exact: it stays"),
    Rewrite("(a + b) + (c - a)", "b + c", "where what cancels is defined for all numbers"),
    Rewrite("y*(x*2)*3", "6*y*x", "always: constants first"),
    Rewrite("a/(b/c)", "a/(b/c)", "not for c = 0: it stays"),
    Rewrite("2/(4*x)", "0.5/x", "always: constants first"),
    Rewrite("x*x", "x^2", "always"),
    Rewrite("x^2*(3*x^3)", "3*x^5", "exponents of one sign, whole: the same domain"),
    Rewrite("x^2*y*x^3", "x^2*y*x^3", "x^5 may leave float64's range where y makes up for it"),
    Rewrite("x*(y*z)", "x*(y*z)", "x*y may leave the range"),
    Rewrite("x^0.5*x^2", "x^2.5", "x >= 0 either way"),
    Rewrite("x^0.5*x^0.5", "x^0.5*x^0.5", "not for x < 0: it stays"),
    Rewrite("x^(1/3)*x^(1/3)", "x^(2/3)", "x >= 0 either way"),
    Rewrite("x/x^3", "1/x^2", "x != 0 either way"),
    Rewrite("x^3/x", "x^3/x", "not at 0: it stays"),
    Rewrite("1/x/x/y", "1/x^2/y", "x != 0 either way; x^2*y may leave the range"),
    Rewrite("x/y/y", "x/y/y", "y^2 may leave the range"),
    Rewrite("log(x)*y*x^3/x", "log(x)*y*x^2", "what is taken away leaves no range"),
    Rewrite("1/x*y", "y/x", "always"),
    Rewrite("(x^2)^3", "x^6", "whole exponents of one sign"),
    Rewrite("(x^2)^0.5", "(x^2)^0.5", "this is abs(x): it stays"),
    Rewrite("(-x)^2", "x^2", "even exponents"),
    Rewrite("x^1 + y^0", "x + 1", "where the base is defined for all numbers"),
    Rewrite("where(2 > 1, x, y)", "x", "the condition is an exact number"),
    Rewrite("where(x > 0, y, y)", "y", "the condition is defined for all numbers"),
)
"""What simplify does, by example. It also rewrites arrays: see adcli.graph.simplify_arrays."""

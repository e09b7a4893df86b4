"""Bessel functions of real order. Their derivatives in the order are not computed.

DLMF: https://dlmf.nist.gov. SciPy's (Amos 1986) are within 120 ulp and what rounding an argument
costs: measured for orders up to 100 and arguments up to 1e9. Next to 0 and farther out they are
ours (`adcli.algebras.special.far_bessels`).
"""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import Rule, elementwise, no_derivative

_DIGITS = "adcli.algebras.special.digit_bessels."


def _neighbours(name: str, below: float, above: float) -> Rule:
    """The derivative in x from the functions of the orders n - 1 and n + 1 (DLMF 10.6.1, 10.29.1):
    it holds for every order, divides by nothing, and is differentiated again as it is."""

    def partial(m: Any, n: Any, x: Any, out: Any) -> Any:
        function = getattr(m, name)
        return below * function(n - 1, x) + above * function(n + 1, x)

    return partial


_OURS = "adcli.algebras.special.far_bessels."
_FIRST = "x >= 0, or all x for whole n"
_FAR = "; n^2 <= abs(x) where abs(x) > 2^29"
for _name, _signs, _domain, _words in (
    ("besselj", (0.5, -0.5), _FIRST + _FAR, "of the first kind and order n"),
    ("bessely", (0.5, -0.5), "x > 0" + _FAR, "of the second kind and order n"),
    ("besseli", (0.5, 0.5), _FIRST, "of the first kind and order n, modified"),
    ("besselk", (-0.5, -0.5), "x > 0", "of the second kind and order n, modified"),
):
    elementwise(
        _name,
        no_derivative,
        _neighbours(_name, *_signs),
        inputs="n x",
        libraries={"numpy": _OURS + _name, "mpmath": _DIGITS + _name},
        domain=_domain,
        remedy=f"where(x > 0, {_name}(n, x), 0) gives 0 elsewhere",
        sample=((0.5, 4.0), (0.5, 10.0)),
        latex=f"{_name[-1].upper()}_{{#1}}\\left(#2\\right)",
        summary=f"Bessel function {_words} (DLMF 10)",
    )

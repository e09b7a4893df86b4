"""What a sign, a word or a function that means nothing here was probably meant to be.

A table for each, read when an error is explained and not before. What a variable without a value
may be is in adcli.graph.missing: that a value is missing is found below the language.
"""

from __future__ import annotations

from collections.abc import Iterable

from adcli.errors import did_you_mean
from adcli.graph.library import ALIASES, LIBRARY

DERIVATIVE = "commands differentiate: adcli diff gives the derivative, adcli grad its value"
INTEGRAL = "adcli differentiates; it does not integrate"
CHOICE = "a choice is written if c then a else b, or where(c, a, b)"
REMAINDER = "the remainder is mod(x, y)"
FUNCTION = "a function is written f(x) = x^2"
QUOTE = "a text in quotes ends on its line with the same quote"
PRIME = "'adcli grad' gives derivatives; a matrix is turned by transpose(x)"

SIGNS = {
    '"': QUOTE,
    "`": "a name in backticks ends on its line with a backtick",
    **dict.fromkeys("{}", "group with ( ), write vectors with [ ]"),
    "%": REMAINDER,
    **dict.fromkeys("&∧", "'and' is written as a word: a > 0 and b > 0"),
    "?": CHOICE,
    "\\": "this is not LaTeX: write sqrt(x), x/y, alpha or α",
    **dict.fromkeys("$€", "names are letters, digits and _; any other name goes in backticks"),
    "∑": "a sum over a vector is sum(v)",
    "∏": "a product over a vector is prod(v)",
    "∫": INTEGRAL,
    **dict.fromkeys("∂∇", DERIVATIVE),
    **dict.fromkeys("–—‐‑", "a difference is x - y"),
    **dict.fromkeys("•⨯∙⊗", "a product is x*y, of matrices A @ B"),
    "≈": "equality is ==",
    "‖": "the Euclidean norm is norm(v)",
    "→": FUNCTION,
    "∨": "'or' is written as a word: a > 0 or b > 0",
    "¬": "'not' is written as a word: not a > 0",
    "∜": "the fourth root is x^(1/4)",
    "°": "angles are in radians: x*pi/180",
    "~": "'~' belongs to adcli fit",
    **dict.fromkeys("“”‘’", "write straight quotes"),
}
"""What a character that is in no token was probably meant to be."""

WORDS = {
    "and": "'and' stands between two conditions: a > 0 and b > 0",
    "or": "'or' stands between two conditions: a > 0 or b > 0",
    "not": "'not' stands before a condition: not a > 0",
    **dict.fromkeys(("if", "then", "else"), CHOICE),
    **dict.fromkeys(("def", "lambda", "function"), FUNCTION),
    **dict.fromkeys(("let", "var", "const"), "a name is bound by name = value"),
    "return": "the last statement is the result; it needs no word before it",
    "for": "there are no loops: sum(v) and prod(v) run over a vector, range(n) is one",
    "mod": REMAINDER,
    "div": "a quotient is x/y, without its remainder floor(x/y)",
    "over": "a quotient is x/y",
    "times": "a product is x*y",
    "plus": "a sum is x + y",
    "minus": "a difference is x - y",
}
"""What a word of other languages was probably meant to be, where an operator is missing."""

FUNCTIONS = {
    "power": "a power is x^y",
    **dict.fromkeys(("factorial", "fact"), "a factorial is n!"),
    "tg": "the tangent is tan(x)",
    "ctg": "the cotangent is cot(x)",
    "cosec": "the cosecant is csc(x)",
    "sh": "the hyperbolic sine is sinh(x)",
    "ch": "the hyperbolic cosine is cosh(x)",
    "th": "the hyperbolic tangent is tanh(x)",
    "lg": "the logarithm to base 10 is log10(x)",
    **dict.fromkeys(("lb", "ld"), "the logarithm to base 2 is log2(x)"),
    "logb": "the logarithm to base b is log(x, b)",
    **dict.fromkeys(("root", "nthroot"), "the n-th root is x^(1/n)"),
    **dict.fromkeys(
        ("deg", "degrees", "rad2deg"), "angles are in radians; x of them are x*180/pi degrees"
    ),
    **dict.fromkeys(("deg2rad", "radians"), "x degrees are x*pi/180"),
    "det": "the language has no determinant",
    **dict.fromkeys(
        ("inv", "inverse", "pinv"),
        "the language has no inverse of a matrix; 1/x is that of each element",
    ),
    "solve": "the language solves no equations",
    **dict.fromkeys(("eye", "identity"), "the identity matrix is diag(ones(3))"),
    **dict.fromkeys(("cross", "kron"), "products of arrays are *, @, outer and einsum"),
    **dict.fromkeys(("choose", "binom", "comb", "ncr"), "it is n!/(k!*(n - k)!)"),
    "beta": "it is gamma(a)*gamma(b)/gamma(a + b)",
    **dict.fromkeys(("sqr", "square"), "a square is x^2"),
    "fabs": "the absolute value is abs(x)",
    **dict.fromkeys(("maximum", "fmax"), "the largest is max(x, y)"),
    **dict.fromkeys(("minimum", "fmin"), "the smallest is min(x, y)"),
    "int": "the whole part is trunc(x)",
    "frac": "the fractional part is mod(x, 1)",
    "fix": "the whole part is trunc(x)",
    "swish": "x*sigmoid(x) is silu(x)",
    "log_sigmoid": "the logarithm of the sigmoid is logsigmoid(x)",
    "logsoftmax": "the logarithm of softmax is log_softmax(v)",
    **dict.fromkeys(("average", "avg"), "the mean is mean(v)"),
    "len": "the number of elements is size(v)",
    "length": "the number of elements is size(v), the Euclidean length norm(v)",
    "matmul": "a matrix product is A @ B",
    **dict.fromkeys(("if", "ifelse", "iif"), CHOICE),
    "heaviside": "the step is where(x > 0, 1, 0)",
    **dict.fromkeys(("diff", "derivative", "grad", "gradient"), DERIVATIVE),
    "integrate": INTEGRAL,
    **dict.fromkeys(("vector", "array"), "a vector is written [1, 2, 3]"),
    "matrix": "a matrix is written [[1, 2], [3, 4]]",
    **{
        name + "d": f"angles are in radians: {name}(x*pi/180)"
        for name in ("sin", "cos", "tan", "cot", "sec", "csc")
    },
    **{name + "d": f"angles are in radians: {name}(x)*180/pi" for name in ("asin", "acos", "atan")},
}
"""What functions of other languages, and functions by other names, are here."""


def unknown_function_hint(written: str, functions: Iterable[str] = ()) -> str:
    """What a function that is not in the language, nor among a program's `functions`, may be."""
    if written.lower() in FUNCTIONS:
        return FUNCTIONS[written.lower()]
    if len(written) == 1:
        return f"write * to multiply: {written}*(...); define it by {written}(u) = ..."
    known = [*LIBRARY, *ALIASES, *functions]
    # A name that starts otherwise is mostly another function: frac is not trace.
    alike = [name for name in known if name[0].casefold() == written[0].casefold()]
    hint = did_you_mean(written, alike)
    if hint is None and written[1:] in known:
        hint = f"write * to multiply: {written[0]}*{written[1:]}(...)"
    return hint or "'adcli functions' lists all functions"

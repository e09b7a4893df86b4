"""What a sign, a word or a function that means nothing here was probably meant to be.

A table for each, read when an error is explained and not before. What a variable without a value
may be is in adcli.graph.missing: that a value is missing is found below the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from adcli.errors import did_you_mean
from adcli.graph.library import ALIASES, LIBRARY, is_function
from adcli.graph.missing import DERIVATIVE as DERIVATIVE
from adcli.language.density_hints import density_hint

INTEGRAL = "adcli differentiates; it does not integrate"
CHOICE = "a choice is written if c then a else b, or where(c, a, b)"
REMAINDER = "the remainder is mod(x, y)"
FUNCTION = "a function is written f(x) = x^2"
QUOTE = "a text in quotes ends on its line with the same quote"
PRIME = "'adcli grad' gives derivatives; a matrix is turned by transpose(x)"
PRODUCT = "a product is x*y, of matrices A @ B"
BETWEEN = "0 <= x <= 1 holds for x between 0 and 1"
MINIMUM = "adcli descend finds a minimum, with --maximize a maximum"
ROWS = "the rows of a matrix are vectors: [[1, 2], [3, 4]]"
EITHER_OR = "one of two conditions, and not both, is (a > 0) != (b > 0)"
ROOT = "the n-th root is x^(1/n), the third is ∛x"
UNEQUAL = "inequality is !="

SIGNS = {
    '"': QUOTE,
    "`": "a name in backticks ends on its line with a backtick",
    **dict.fromkeys("{}", "group with ( ), write vectors with [ ]"),
    **dict.fromkeys("&∧", "'and' is written as a word: a > 0 and b > 0"),
    "?": CHOICE,
    **dict.fromkeys("$€", "names are letters, digits and _; any other name goes in backticks"),
    "∑": "a sum over a vector is sum(v)",
    "∏": "a product over a vector is prod(v)",
    "∫": INTEGRAL,
    **dict.fromkeys("∂∇", DERIVATIVE),
    **dict.fromkeys("–—‐‑", "a difference is x - y"),
    **dict.fromkeys("•⨯∙⊗✕✖⋆", PRODUCT),
    "≈": "equality is ==",
    "‖": "the Euclidean norm is norm(v)",
    **dict.fromkeys("→↦⇒⟼", FUNCTION),
    **dict.fromkeys("′″", PRIME),
    **dict.fromkeys("⊤†", "a matrix is turned by transpose(A)"),
    "∈": BETWEEN,
    **dict.fromkeys("⌊⌋", "⌊x⌋ is floor(x)"),
    **dict.fromkeys("⌈⌉", "⌈x⌉ is ceil(x)"),
    **dict.fromkeys("⟨⟩", "the inner product is v @ w"),
    **dict.fromkeys("⊙∘", "x*y multiplies each element; a function of a function is f(g(x))"),
    **dict.fromkeys("±∓", "two results are written out: x + 1, x - 1"),
    "≪": "comparisons are < and <=",
    "≫": "comparisons are > and >=",
    "≡": "equality is ==",
    **dict.fromkeys("⊕⊻", EITHER_OR),
    **dict.fromkeys("⁻⁺", "a power is x^n, or x^(-n)"),
    "…": "elements are written out, or counted: range(1, 6)",
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
    "in": BETWEEN,
    "xor": EITHER_OR,
    **dict.fromkeys(("is", "equals"), "equality is =="),
    "squared": "a square is x^2",
    "cubed": "a cube is x^3",
    "at": "values are given by --at x=3, or bound before: x = 3; x^2",
    **dict.fromkeys(("minimize", "minimise", "maximize", "maximise"), MINIMUM),
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
    **dict.fromkeys(("gammaln", "loggamma", "lngamma"), "the logarithm of gamma is lgamma(x)"),
    **dict.fromkeys(
        ("acot", "arccot", "arcctg"), "the inverse cotangent is pi/2 - atan(x), or atan(1/x)"
    ),
    **dict.fromkeys(("asec", "arcsec"), "the inverse secant is acos(1/x)"),
    **dict.fromkeys(("acsc", "arccsc"), "the inverse cosecant is asin(1/x)"),
    **dict.fromkeys(("acoth", "arcoth", "arccoth"), "the inverse of coth is atanh(1/x)"),
    **dict.fromkeys(("asech", "arsech", "arcsech"), "the inverse of sech is acosh(1/x)"),
    **dict.fromkeys(("acsch", "arcsch", "arccsch"), "the inverse of csch is asinh(1/x)"),
    "logb": "the logarithm to base b is log(x, b)",
    **dict.fromkeys(("root", "nthroot"), "the n-th root is x^(1/n)"),
    **dict.fromkeys(
        ("deg", "degrees", "rad2deg"), "angles are in radians; x of them are x*180/pi degrees"
    ),
    **dict.fromkeys(("deg2rad", "radians"), "x degrees are x*pi/180"),
    "determinant": "the determinant is det(A)",
    "slogdet": "the logarithm of a determinant is logdet(A)",
    **dict.fromkeys(
        ("inverse", "matinv"), "the inverse of a matrix is inv(A); 1/x is that of each element"
    ),
    "pinv": "of a tall matrix with full rank it is solve(transpose(A) @ A, transpose(A))",
    **dict.fromkeys(("lstsq", "mldivide"), "the least squares are solve(A'A, A'b)"),
    **dict.fromkeys(("solve_triangular", "trsm"), "of a lower triangle it is solve(L, b, lower=1)"),
    **dict.fromkeys(("chol", "cholesky_factor"), "the lower triangle is cholesky(A)"),
    **dict.fromkeys(
        ("eig", "eigh", "eigvals", "eigenvalues"), "of a symmetric matrix they are eigvalsh(A)"
    ),
    **dict.fromkeys(
        ("mvn_logpdf", "multi_normal_lpdf"),
        "the log-density is multivariate_normal_logpdf(y, mu, Sigma)",
    ),
    **dict.fromkeys(("identity", "id"), "the identity matrix is eye(3)"),
    **dict.fromkeys(("cross", "kron"), "products of arrays are *, @, outer and einsum"),
    **dict.fromkeys(("choose", "binom", "comb", "ncr", "nchoosek"), "it is n!/(k!*(n - k)!)"),
    **dict.fromkeys(("betaln", "logbeta", "lnbeta"), "the logarithm of beta is lbeta(a, b)"),
    **dict.fromkeys(
        ("betai", "ibeta", "inc_beta", "beta_inc", "betaincreg", "betareg"),
        "it is betainc(a, b, x), regularised",
    ),
    **dict.fromkeys(
        ("igamma", "gammap", "gamma_p", "gammareg", "gamma_inc", "incgamma"),
        "it is gammainc(a, x), regularised",
    ),
    **dict.fromkeys(("igammac", "gammaq", "gamma_q"), "it is gammaincc(a, x), regularised"),
    **{
        f"{letter}{n}": f"it is bessel{letter}({n}, x); a product is {letter}{n}*(x)"
        for letter in "jyik"
        for n in (0, 1)
    },
    **{f"{letter}{n}": f"it is bessel{letter}(n, x)" for letter in "jyik" for n in "vn"},
    **dict.fromkeys(("ndtr", "phi"), "the normal distribution function is normcdf(x)"),
    "log_ndtr": "the logarithm of normcdf is lognormcdf(x)",
    **dict.fromkeys(("ndtri", "probit", "qnorm"), "the inverse of normcdf is norminv(p)"),
    "beta": "it is gamma(a)*gamma(b)/gamma(a + b)",
    **dict.fromkeys(("sqr", "square"), "a square is x^2"),
    "fabs": "the absolute value is abs(x)",
    **dict.fromkeys(("maximum", "fmax"), "the largest is max(x, y)"),
    **dict.fromkeys(("minimum", "fmin"), "the smallest is min(x, y)"),
    "int": f"the whole part is trunc(x); {INTEGRAL}",
    "frac": "the fractional part is mod(x, 1)",
    "fix": "the whole part is trunc(x)",
    "swish": "x*sigmoid(x) is silu(x)",
    "log_sigmoid": "the logarithm of the sigmoid is logsigmoid(x)",
    "logsoftmax": "the logarithm of softmax is log_softmax(v)",
    **dict.fromkeys(("average", "avg"), "the mean is mean(v)"),
    **dict.fromkeys(
        ("percentile", "prctile", "nanpercentile"), "50 per cent are a share: quantile(v, 0.5)"
    ),
    "iqr": "it is quantile(v, 0.75) - quantile(v, 0.25)",
    "mad": "it is median(abs(v - median(v)))",
    "ptp": "it is max(v) - min(v)",
    "topk": "the k largest are sort(v)[-3:]",
    **dict.fromkeys(("argsort", "order", "rank", "rankdata"), "elements in order are sort(v)"),
    **dict.fromkeys(("cummax", "cummin"), "the language has no running maximum or minimum"),
    "mode": "the language has no most frequent element; the middle one is median(v)",
    "len": "the number of elements is size(v)",
    "length": "the number of elements is size(v), the Euclidean length norm(v)",
    "matmul": "a matrix product is A @ B",
    **dict.fromkeys(("if", "ifelse", "iif"), CHOICE),
    "heaviside": "the step is where(x > 0, 1, 0)",
    **dict.fromkeys(("diff", "derivative", "grad", "gradient"), DERIVATIVE),
    **dict.fromkeys(("integrate", "integral", "quad"), INTEGRAL),
    **dict.fromkeys(("function", "fun"), FUNCTION),
    **dict.fromkeys(("minimize", "minimise", "maximize", "maximise", "argmin", "argmax"), MINIMUM),
    **dict.fromkeys(("vector", "array"), "a vector is written [1, 2, 3]"),
    "matrix": "a matrix is written [[1, 2], [3, 4]]",
    **{
        name + "d": f"angles are in radians: {name}(x*pi/180)"
        for name in ("sin", "cos", "tan", "cot", "sec", "csc")
    },
    **{name + "d": f"angles are in radians: {name}(x)*180/pi" for name in ("asin", "acos", "atan")},
}
"""What functions of other languages, and functions by other names, are here."""


INVERSES = {
    **{name: "a" + name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "exp": "log",
    "log": "exp",
}
"""Functions whose inverse has a name."""

SYMBOLS = {
    "Σ": "a sum over a vector is sum(v)",
    "Π": "a product over a vector is prod(v)",
    "σ": "the logistic function is sigmoid(x), the standard deviation std(v)",
    "Φ": "the normal distribution function is normcdf(x)",
    "φ": "the density of the normal distribution is normpdf(x)",
    "Γ": "the gamma function is gamma(x)",
    "ψ": "the digamma function is digamma(x)",
}
"""What letters mean as functions in books."""

LATEX = {
    "frac": "a quotient is x/y",
    "sqrt": "a root is sqrt(x), the n-th x^(1/n)",
    **dict.fromkeys(("cdot", "times", "ast"), "a product is x*y"),
    "div": "a quotient is x/y",
    **dict.fromkeys(("left", "right", "big", "bigl", "bigr"), "brackets are ( ), bars | |"),
    **dict.fromkeys(("operatorname", "mathrm", "text"), "a function is called by its name: sin(x)"),
    **dict.fromkeys(("le", "leq", "leqslant"), "write <="),
    **dict.fromkeys(("ge", "geq", "geqslant"), "write >="),
    **dict.fromkeys(("ne", "neq"), "write !="),
    "infty": "infinity is inf",
    "sum": "a sum over a vector is sum(v)",
    "prod": "a product over a vector is prod(v)",
    "int": INTEGRAL,
    **dict.fromkeys(("partial", "nabla"), DERIVATIVE),
    **dict.fromkeys(("lVert", "rVert", "Vert", "|"), "the Euclidean norm is norm(v)"),
    **dict.fromkeys(("lvert", "rvert", "vert"), "the absolute value is |x| or abs(x)"),
}
"""What a command of LaTeX is here; others are names of functions and letters."""


def backslash_hint(before: str, behind: str) -> str:
    """What a command of LaTeX, or a quotient by a matrix from the left, is here."""
    if re.search(r"[\w)\]]\s*\Z", before) and not re.match("[a-z]{2}", behind):
        return "x with A @ x = b is solve(A, b)"
    command = re.match(r"\w+|\|", behind)
    name = command[0] if command else ""
    if name in LATEX:
        return f"this is not LaTeX: {LATEX[name]}"
    if is_function(name):
        return f"this is not LaTeX: write {name}(x)"
    return "this is not LaTeX: write sqrt(x), x/y, alpha or α"


def percent_hint(behind: str) -> str:
    """What an operator of R that stands between two signs is here, or a number in per cent."""
    if behind.startswith("*%"):
        return "a matrix product is A @ B"
    if behind.startswith("o%"):
        return "the outer product is outer(x, y)"
    if behind.startswith("/%"):
        return "the whole part of a quotient is floor(x/y)"
    if re.match(r"\s*(?:[-+*/^),;\n]|\Z)", behind):
        return f"50 per cent are 0.5; {REMAINDER}"
    return REMAINDER


def unknown_function_hint(
    written: str, functions: Iterable[str] = (), arguments: int = 1, behind: str = ""
) -> str:
    """What a function that is not in the language, nor among a program's `functions`, may be.

    It is called with a number of arguments; the text goes on with `behind`.
    """
    if written in SYMBOLS:
        return SYMBOLS[written]
    if written.lower() in FUNCTIONS:
        return FUNCTIONS[written.lower()]
    density = density_hint(written)
    if density is not None:
        return density
    base = re.fullmatch(r"(?:log|ln|lg)_?(\d+|(?<=_)\w)", written)
    if base is not None and f"log{base[1]}" not in LIBRARY:
        return f"the logarithm to base {base[1]} is log(x, {base[1]})"
    if written == "d" and re.search(r"/\s*d\w", behind):
        return DERIVATIVE
    if re.match(r"\s*\(\s*\d+\s*\)", behind) and len(written) == 1:
        element = f"an element is {written}[0]"
        return f"write * to multiply: {written}*(...); {element}; define it by {written}(u) = ..."
    if len(written) == 1:
        return _of_one_letter(written, arguments)
    known = [*LIBRARY, *ALIASES, *functions]
    # A name that starts otherwise is mostly another function: frac is not trace.
    alike = [name for name in known if name[0].casefold() == written[0].casefold()]
    hint = did_you_mean(written, alike)
    if hint is None and written[1:] in known:
        hint = f"write * to multiply: {written[0]}*{written[1:]}(...)"
    return hint or "'adcli functions' lists all functions"


def _of_one_letter(written: str, arguments: int) -> str:
    """What f(...) may be where there is no function f."""
    if arguments == 1:
        return f"write * to multiply: {written}*(...); define it by {written}(u) = ..."
    if written == "D":
        return DERIVATIVE
    if written == "c":
        return "a vector is written [1, 2, 3]"
    return f"an element is {written}[0, 1]; define a function by {written}(u, v) = ..."


def equals_hint(before: str, behind: str) -> str:
    """What '=' was meant to be where it cannot stand, between two parts of a text."""
    if not before or before.endswith((";", "\n")):
        return "an expression stands without '=' before it"
    if behind.startswith(">"):
        return f"{FUNCTION}; 'at least' is >="
    if before.endswith(("!=", "!")) and not before.endswith("!=="):
        after_factorial = "a factorial is followed by a space: n! == 6"
        return (
            f"{UNEQUAL}; {after_factorial}" if before.endswith("!=") else "write != without a space"
        )
    last = before[-1]
    if last in "<>":
        return f"write {last}= without a space"
    if last == "=":
        return "equality is =="
    if last == ":":
        return "a name is bound by name = value"
    if last == "~":
        return UNEQUAL
    if last in "+-*/^":
        aside = f"; {UNEQUAL}" if last == "/" else ""
        return f"a new value gets a name of its own: y = x {last} 2{aside}"
    return "'x = ...' stands at the start of a statement; equality is =="

r"""LaTeX read back as a mathematician reads it, and evaluated: for tests of brackets.

Powers bind closer than products, products closer than sums; a minus stands in front of a whole
product and never after another sign; a name before brackets is a function; a case distinction has
no end on the right, so that nothing but a closing bracket may follow it.
"""

import operator
import re

from adcli.algebras.functions import float_functions

_TOKEN = re.compile(
    r"\\left(?:\\l\w+|.)|\\right(?:\\r\w+|.)|\\(?:begin|end)\{\w+\}|\\(?:operatorname|mathrm|text)\{[^{}]*\}"
    r"|\\\\|\\,|\\[A-Za-z]+|\d+(?:\.\d+)?|[A-Za-z]|[-+^_{}()&<>=\[\],]"
)
_WORDS = {
    r"\arcsin": "asin",
    r"\arccos": "acos",
    r"\arctan": "atan",
    r"\Gamma": "gamma",
    r"\psi": "digamma",
    r"\Phi": "normcdf",
    r"\varphi": "normpdf",
    r"\sigma": "sigmoid",
    r"\log_{2}": "log2",
    r"\log_{10}": "log10",
}
_RELATIONS = {
    "<": operator.lt,
    r"\le": operator.le,
    ">": operator.gt,
    r"\ge": operator.ge,
    "=": operator.eq,
    r"\ne": operator.ne,
}


def read(latex, point):
    """The value of a formula in which variables are single letters."""
    reader = _Reader([t for t in _TOKEN.findall(latex) if t], point)
    assert re.sub(r"\s", "", "".join(reader.tokens)) == re.sub(r"\s", "", latex), "tokens"
    value = reader.expression()
    assert reader.place == len(reader.tokens), f"{latex} ends early"
    return value


class _Reader:
    def __init__(self, tokens, point):
        self.tokens = tokens
        self.point = point
        self.place = 0

    def next(self):
        """The token that comes next, without taking it."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *expected):
        """Take the next token, one of those expected if any are."""
        token = self.next()
        assert not expected or token in expected, f"{expected} is due, not {token!r}"
        self.place += 1
        return token

    def expression(self):
        """A sum, or a case distinction with nothing after it."""
        if self.next() == r"\begin{cases}":
            value = self.cases()
            assert self.next()[:6] in ("", "}", ",", "&", r"\\", r"\right", r"\end{c"), self.next()
            return value
        value = self.product()
        while self.next() in ("+", "-"):
            sign = self.take()
            assert self.next() != "-", "a sign after a sign"
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self):
        """Factors; a minus in front."""
        if self.next() == "-":
            self.take()
            return -self.product()
        value = self.power()
        while self.next() in (r"\,", r"\cdot"):
            sign = self.take()
            assert sign == r"\cdot" or not self.next()[:1].isdecimal(), "digits after a space"
            value *= self.power()
        return value

    def power(self):
        """A factor with at most one exponent."""
        value = self.atom()
        if self.next() == "^":
            self.take()
            exponent = self.group()
            assert self.next() != "^", "a second exponent"
            return float_functions.power(value, exponent)
        return value

    def group(self):
        """{...}"""
        self.take("{")
        value = self.expression()
        self.take("}")
        return value

    def atom(self):
        """A number, a variable, a function of something, or something in brackets."""
        token = self.take()
        if token[0].isdecimal():
            return float(token)
        if token == r"\frac":
            above = self.group()
            return float_functions.divide(above, self.group())
        if token == r"\sqrt":
            if self.next() == "[":
                for expected in "[3]":
                    self.take(expected)
                return float_functions.cbrt(self.group())
            return float_functions.sqrt(self.group())
        if token == r"\left(":
            return self.closed(r"\right)")
        if token == r"\left|":
            return abs(self.closed(r"\right|"))
        if token in (r"\left\lfloor", r"\left\lceil"):
            name = token[6:]
            value = self.closed(r"\right\r" + name[1:])
            return float_functions.floor(value) if name == "lfloor" else float_functions.ceil(value)
        if token == r"\left[":
            value = self.relation()
            self.take(r"\right]")
            return float(value)
        if token in ("e", r"\pi"):
            return float_functions.e if token == "e" else float_functions.pi
        if token in self.point:
            return self.point[token]
        return self.function(token)

    def closed(self, end):
        """An expression and the bracket after it."""
        value = self.expression()
        self.take(end)
        return value

    def function(self, token):
        """A function's name, perhaps with an index or an order, and its arguments."""
        order = None
        if self.next() == "_":
            token += "".join(self.take() for _ in range(4))
        if token == r"\psi" and self.next() == "^":
            for expected in "^{(":
                self.take(expected)
            order = self.expression()
            for expected in ")}":
                self.take(expected)
        word = re.sub(r"^\\operatorname\{(\w+)\}$|^\\(\w+)$", r"\1\2", _WORDS.get(token, token))
        self.take(r"\left(")
        arguments = [self.expression()]
        while self.next() == ",":
            self.take()
            arguments.append(self.expression())
        self.take(r"\right)")
        if order is not None:
            word, arguments = "polygamma", [order, *arguments]
        return getattr(float_functions, {"max": "maximum", "min": "minimum"}.get(word, word))(
            *arguments
        )

    def relation(self):
        """Two sums and what is between them."""
        left = self.expression()
        holds = _RELATIONS[self.take()]
        return holds(left, self.expression())

    def cases(self):
        """A case distinction of two cases."""
        self.take(r"\begin{cases}")
        first = self.expression()
        self.take("&")
        self.take(r"\text{if }")
        condition = self.relation()
        self.take(r"\\")
        second = self.expression()
        self.take("&")
        self.take(r"\text{otherwise}")
        self.take(r"\end{cases}")
        return first if condition else second

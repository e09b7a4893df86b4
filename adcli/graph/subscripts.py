"""The subscripts of einsum: a text such as "...ij,...jk->...ik", read and spread over shapes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from adcli.graph.axes import Shape, ShapeError, broadcast_shapes, show_shape, show_shapes

ELLIPSIS = "…"
"""What `...` is in a term: one character, as a letter is. It stands for the axes without one."""


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class SubscriptError(ShapeError):
    """Subscripts of which `length` characters from `at` on are wrong."""

    def __init__(self, message: str, at: int, length: int = 1) -> None:
        super().__init__(message)
        self.place = (at, at + length)


class Subscripts(NamedTuple):
    """A term for each input and one for the output, which is explicit, and where they start.

    `places` has the place of each character of each input's term in the text.
    """

    terms: tuple[str, ...]
    output: str
    places: tuple[tuple[int, ...], ...]

    def spec(self) -> str:
        """The subscripts as text."""
        return f"{','.join(self.terms)}->{self.output}".replace(ELLIPSIS, "...")


class Plain(NamedTuple):
    """Subscripts of letters alone, with their sizes, for inputs that have the shapes `cores`: an
    axis that is broadcast is left out of the term and of the shape."""

    terms: tuple[str, ...]
    output: str
    cores: tuple[Shape, ...]
    sizes: dict[str, int]

    def spec(self) -> str:
        """The subscripts as text."""
        return f"{','.join(self.terms)}->{self.output}"


@lru_cache(maxsize=256)
def subscripts(spec: str, count: int) -> Subscripts:
    """The subscripts of `count` inputs. A missing output is what NumPy takes: what `...` stands
    for, then the letters that occur once, in order. Raises SubscriptError."""
    terms, places = [""], [[]]  # type: tuple[list[str], list[list[int]]]
    arrow = -1
    for found in re.finditer(r"\s*(->|\.\.\.|.)", spec.rstrip(), re.DOTALL):
        sign, at = found[1], found.start(1)
        if sign == "," and arrow < 0:
            terms, places = [*terms, ""], [*places, []]
        elif sign == "->" and arrow < 0:
            terms, places, arrow = [*terms, ""], [*places, []], at
        else:
            _refuse_sign(sign, at, terms, arrow)
            terms[-1] += ELLIPSIS if sign == "..." else sign
            places[-1].append(at)
    output = terms.pop() if arrow >= 0 else _implicit(terms)
    if len(terms) != count:
        arrays = "1 array" if len(terms) == 1 else f"{len(terms)} arrays"
        message = f"the subscripts name {arrays}, {count} given"
        raise SubscriptError(message, 0, len(spec))
    return Subscripts(tuple(terms), output, tuple(map(tuple, places)))


def _refuse_sign(sign: str, at: int, terms: list[str], arrow: int) -> None:
    """Raise SubscriptError for a character that cannot continue the last of `terms`."""
    if sign == ".":
        raise SubscriptError("the axes without a letter are '...', three dots", at)
    if sign == "...":
        if ELLIPSIS in terms[-1]:
            raise SubscriptError("'...' stands once for each array", at, 3)
    elif sign not in LETTERS:
        message = f"subscripts are letters, commas, '...' and one '->', not '{sign}'"
        raise SubscriptError(message, at, len(sign))
    elif arrow >= 0 and sign in terms[-1]:
        raise SubscriptError(f"the result has the axis '{sign}' twice", at)
    elif arrow >= 0 and not any(sign in term for term in terms[:-1]):
        raise SubscriptError(f"the result has the axis '{sign}', which no array has", at)


def _implicit(terms: list[str]) -> str:
    letters = "".join(terms)
    once = sorted(c for c in set(letters) - {ELLIPSIS} if letters.count(c) == 1)
    return ELLIPSIS * (ELLIPSIS in letters) + "".join(once)


@lru_cache(maxsize=256)
def plain_subscripts(spec: str, shapes: tuple[Shape, ...]) -> Plain:
    """The subscripts for inputs of these shapes, with letters for the axes that `...` stands for.

    These axes are aligned from the last one on and broadcast. Raises SubscriptError.
    """
    read = subscripts(spec, len(shapes))
    batches = [_batch(read, k, shape) for k, shape in enumerate(shapes)]
    batch: Shape = ()
    for k, own in enumerate(batches):
        try:
            batch = broadcast_shapes([batch, own])
        except ShapeError:
            message = f"'...' stands for axes that do not fit: {show_shapes([batch, own])}"
            raise SubscriptError(message, _place_of(read, k, ELLIPSIS), 3) from None
    if batch and ELLIPSIS not in read.output:
        message = f"the result has no '...' for the axes {show_shape(batch)} that it stands for"
        raise SubscriptError(message, spec.index("->"), len(spec) - spec.index("->"))
    spare = [c for c in LETTERS if c not in spec]
    if len(batch) > len(spare):
        raise ShapeError(f"einsum has {len(LETTERS)} letters for axes")
    letters = "".join(spare[: len(batch)])
    terms, cores, sizes = [], [], dict(zip(letters, batch, strict=True))
    for k, (shape, own) in enumerate(zip(shapes, batches, strict=True)):
        term = read.terms[k].replace(ELLIPSIS, letters[len(letters) - len(own) :])
        kept = [
            (c, size)
            for c, size in zip(term, shape, strict=True)
            if not (c in letters and size != sizes[c])
        ]
        for c, size in kept:
            if sizes.setdefault(c, size) != size:
                message = f"the axis '{c}' has the length {sizes[c]} before, and {size} here"
                raise SubscriptError(message, _place_of(read, k, c))
        terms.append("".join(c for c, _ in kept))
        cores.append(tuple(size for _, size in kept))
    return Plain(tuple(terms), read.output.replace(ELLIPSIS, letters), tuple(cores), sizes)


def _place_of(read: Subscripts, k: int, c: str) -> int:
    """Where a character last stands in the term of input k."""
    return read.places[k][read.terms[k].rindex(c)]


def _batch(read: Subscripts, k: int, shape: Shape) -> Shape:
    """The lengths of the axes that `...` stands for in input k. Raises SubscriptError where there
    are too few axes, or too many."""
    term, places = read.terms[k], read.places[k]
    head, ellipsis, tail = term.partition(ELLIPSIS)
    named = len(head) + len(tail)
    if len(shape) < named or (len(shape) > named and not ellipsis):
        shown = term.replace(ELLIPSIS, "...")
        message = f"'{shown}' is not the axes of an array of the shape {show_shape(shape)}"
        first, last = (places[0], places[-1]) if places else (0, 0)
        raise SubscriptError(message, first, last - first + (3 if term[-1:] == ELLIPSIS else 1))
    return shape[len(head) : len(shape) - len(tail)] if ellipsis else ()

"""What can go wrong, as data: what happened, where, and what would be right.

Nothing here prints. `adcli.language.messages` draws an error with its source line and caret.
"""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]
"""Start and end offset (in characters, end exclusive) of a place in a program's text."""


class AdcliError(Exception):
    """A failure that the user can mend.

    `message` is one sentence; `hint` says what would be right; `span` is the place in `text`, the
    program that the place belongs to (None where the error has no place in a text).
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        span: Span | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.span = span
        self.text = text

    def __str__(self) -> str:
        return self.message


class UsageError(AdcliError):
    """Wrong usage: an option, a name or a value that cannot be meant."""

    exit_code = 2


class LanguageError(UsageError):
    """A program that is not in the language: syntax, names, arity or shapes."""


class DataError(AdcliError):
    """Bad data or a file that cannot be read or written."""


class DomainError(AdcliError):
    """A value or a derivative that is not finite at a point, blamed on one operation.

    `row` is the point's row in a block of points, from 0; None for a single point. Of an operation
    on arrays, `shape` is that of its value, and `index` the first element that is not finite.
    """

    row: int | None = None
    shape: tuple[int, ...] = ()
    index: tuple[int, ...] = ()


class WrongIndexError(DomainError):
    """An element that is taken at a place that the data say, and that the array lacks."""


class KinkError(DomainError):
    """A derivative asked for at a kink, where `strict` forbids the convention.

    `taken` is the convention.
    """

    taken = "subgradient of least norm"


def closest(word: object, names: Iterable[str]) -> str | None:
    """The name nearest to `word` by edit distance, None if all are far (more than a third away),
    or if `word` is not text."""
    from difflib import SequenceMatcher

    if not isinstance(word, str):
        return None
    word_folded = word.casefold()
    best: tuple[float, str] | None = None
    for name in filter(lambda name: isinstance(name, str), names):
        folded = name.casefold()
        if folded == word_folded:
            return name
        ratio = SequenceMatcher(None, word_folded, folded).ratio()
        if len(word) > 2 and (folded.startswith(word_folded) or word_folded.startswith(folded)):
            ratio = max(ratio, 0.75)
        if best is None or ratio > best[0]:
            best = (ratio, name)
    return best[1] if best and best[0] >= 0.65 else None


def did_you_mean(word: object, names: Iterable[str]) -> str | None:
    """A hint for an unknown name, or None."""
    name = closest(word, names)
    return f"did you mean '{name}'?" if name else None

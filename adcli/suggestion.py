"""Which name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: object, names: Iterable[str]) -> str | None:
    """The name nearest to `word` by edit distance, None if all are far (more than a third away),
    or if `word` is no text."""
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

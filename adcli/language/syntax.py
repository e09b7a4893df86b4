"""What to say about a syntax error."""

from __future__ import annotations

from adcli.errors import LanguageError, Span
from adcli.language.grammar import Tables
from adcli.language.messages import safe

_OPENING = {"LPAR": "(", "LSQB": "["}
_CLOSING = {"RPAR": ")", "RSQB": "]"}
_CHARACTERS = {
    '"': "a text in quotes ends on its line with the same quote",
    "'": "a text in quotes ends on its line with the same quote",
    "`": "a name in backticks ends on its line with a backtick",
    "{": "group with ( ), write vectors with [ ]",
    "}": "group with ( ), write vectors with [ ]",
    "%": "the remainder is mod(x, y)",
    "!": "'not equal' is !=, a factorial is gamma(n + 1)",
    "&": "'and' of two comparisons is their product: (a > 0)*(b > 0)",
    "|": "the absolute value is abs(x); 'or' of two comparisons is max(a > 0, b > 0)",
    "?": "a choice is where(condition, a, b)",
    "\\": "names are written plainly: alpha, or α",
    "$": "names are letters, digits and _; any other name goes in backticks",
    ".": "a number needs a digit: 0.5 or .5",
    "²": "a power is written x^2",
    "³": "a power is written x^3",
}


def syntax_error(
    tables: Tables, text: str, states: list[int], terminal: int, span: Span
) -> LanguageError:
    """The error for a token that cannot stand where it stands.

    `states` is the parser's stack; `terminal` may be one above the last: a character of no token.
    """
    message, hint, place = _explain(tables, text, states, terminal, span)
    return LanguageError(message, hint, span=place, text=text)


def _explain(
    tables: Tables, text: str, states: list[int], terminal: int, span: Span
) -> tuple[str, str | None, Span]:
    if terminal >= len(tables.terminals):
        character = text[span[0]]
        return f"'{safe(character)}' has no meaning here", _CHARACTERS.get(character), span
    name = tables.terminals[terminal]
    written = safe(text[span[0] : span[1]])
    wanted = {t for t in range(len(tables.terminals)) if _accepts(tables, states, t)}
    names = {tables.terminals[t] for t in wanted}
    value_is_missing = "NUMBER" in names
    if name == "$END":
        return _at_the_end(tables, text, states, value_is_missing, names)
    if name == "SEPARATOR":
        return "the statement is not complete here", "a value is missing before", span
    if name in _CLOSING:
        opened = _open_brackets(tables, states)
        if not opened:
            return f"'{written}' closes nothing", "take it away, or open a bracket before", span
        if {"(": ")", "[": "]"}[opened[-1]] != written:
            return f"'{written}' cannot close '{opened[-1]}'", None, span
        return f"a value is missing before '{written}'", None, span
    if name == "COMPARISON" and not value_is_missing:
        return (
            "comparisons do not chain",
            "compare twice and multiply: (a < b)*(b < c)",
            span,
        )
    if name == "EQUAL":
        hint = "'x = ...' stands at the start of a statement; equality is =="
        return "'=' cannot stand here", hint, span
    if name == "TILDE":
        return "'~' stands once, between a response and its model", None, span
    if name == "STRING":
        return "text in quotes is for einsum only", 'as in einsum("ij,j->i", A, x)', span
    if name in ("NAME", "NUMBER", "LPAR", "LSQB") and not value_is_missing:
        hint = "write * between; only a number multiplies what follows it: 2x, 3(x + 1)"
        return f"an operator is missing before '{written}'", hint, span
    if value_is_missing:
        return f"a value is missing before '{written}'", None, span
    return f"'{written}' cannot stand here", None, span


def _at_the_end(
    tables: Tables, text: str, states: list[int], value_is_missing: bool, names: set[str]
) -> tuple[str, str | None, Span]:
    end = len(text.rstrip())
    place = (end, end + 1)
    opened = _open_brackets(tables, states)
    if "SEPARATOR" in names and not opened and len(states) == 1:
        return "there is no expression", "for example: adcli grad 'x^2' --at x=3", place
    if value_is_missing:
        what = "the text ends where a value is missing"
    else:
        what = "the text ends too early"
    if opened:
        closing = {"(": ")", "[": "]"}[opened[-1]]
        return f"{what}, and '{opened[-1]}' is not closed", f"add '{closing}'", place
    return what, None, place


def _open_brackets(tables: Tables, states: list[int]) -> list[str]:
    """The brackets on the stack that wait to be closed, outermost first."""
    entered: dict[int, str] = {}
    for row in tables.actions:
        for terminal, action in row.items():
            if action > 0 and tables.terminals[terminal] in _OPENING:
                entered[action - 1] = _OPENING[tables.terminals[terminal]]
    return [entered[state] for state in states if state in entered]


def _accepts(tables: Tables, states: list[int], terminal: int) -> bool:
    """Whether the parser could shift the terminal (or end) after its pending reductions."""
    kept = len(states)  # states[:kept] is the part of the stack that is still in use
    above: list[int] = []
    while True:
        state = above[-1] if above else states[kept - 1]
        action = tables.actions[state].get(terminal, 0)
        if action > 0:
            return True
        if action == 0:
            return terminal == 0 and state == tables.accept
        nonterminal, length, _ = tables.rules[-action - 1]
        for _ in range(length):
            if above:
                above.pop()
            else:
                kept -= 1
        state = above[-1] if above else states[kept - 1]
        above.append(tables.gotos[state][nonterminal])

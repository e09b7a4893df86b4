"""What to say about a syntax error."""

from __future__ import annotations

import re
import unicodedata

from adcli.errors import LanguageError, Span
from adcli.graph.constants import CONSTANTS
from adcli.graph.library import is_function
from adcli.language.density_hints import density_hint
from adcli.language.grammar import ParseTables
from adcli.language.hints import (
    CHOICE,
    DERIVATIVE,
    FUNCTION,
    PRIME,
    QUOTE,
    ROOT,
    ROWS,
    SIGNS,
    WORDS,
    backslash_hint,
    equals_hint,
    percent_hint,
    unknown_function_hint,
)
from adcli.language.messages import safe

_OPENING = {"LPAR": "(", "LSQB": "[", "BAR": "|"}
_PARTNERS = {"(": ")", "[": "]", "|": "|"}
_CLOSING = {"RPAR": ")", "RSQB": "]"}
_LAST_WORD = re.compile(r"([^\W\d][\w\u0300-\u036f]*|`[^`\n]*`)[^\S\n]*\Z")
_LAST_RAISED = re.compile(r"[⁺⁻]?[⁰¹²³⁴-⁹]+\Z")
_OPERANDS = ("NAME", "NUMBER", "LPAR", "LSQB", "ROOT", "NOT", "IF")
_MULTIPLY = "write * between; only a number multiplies what follows it: 2x, 3(x + 1)"
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def syntax_error(
    tables: ParseTables, text: str, states: list[int], terminal: int, span: Span
) -> LanguageError:
    """The error for a token that cannot stand where it stands.

    `states` is the parser's stack; `terminal` may be one above the last: a character of no token.
    """
    message, hint, place = _explain(tables, text, states, terminal, span)
    return LanguageError(message, hint, span=place, text=text)


Advice = tuple[str, str | None, Span]
"""What is wrong, what would be right, and the place."""


def _explain(
    tables: ParseTables, text: str, states: list[int], terminal: int, span: Span
) -> Advice:
    wanted = {t for t in range(len(tables.terminals)) if _accepts(tables, states, t)}
    names = {tables.terminals[t] for t in wanted}
    value_is_missing = "NUMBER" in names
    if terminal >= len(tables.terminals):
        character = text[span[0]]
        hint = _character_hint(text, span[0], value_is_missing)
        return f"'{safe(character)}' has no meaning here", hint, span
    name = tables.terminals[terminal]
    written = safe(text[span[0] : span[1]])
    before, opened = text[: span[0]].rstrip(), _open_brackets(tables, states)
    if name == "$END":
        return _at_the_end(opened, text, value_is_missing, names)
    if name == "SEPARATOR":
        if opened[-1:] == ["["]:
            return "';' cannot stand within brackets", ROWS, span
        hint = _after(before) or "a statement is complete before ';' or the end of its line"
        return "the statement is not complete here", hint, span
    if name in _CLOSING:
        return _wrong_closing(opened, before, written, span)
    if name == "EQUAL":
        return "'=' cannot stand here", equals_hint(before, text[span[1] :]), span
    if name == "TILDE":
        return "'~' stands once, between a response and its model", "as in y ~ a*x + b", span
    if name == "STRING":
        return _quoted(written, value_is_missing, span)
    if name == "BAR" and not value_is_missing:
        return _bar(before, text[span[1] :], span)
    if name == "RAISED_CALL" and not value_is_missing:
        place = span[1] + text[span[1] :].index("(")
        return "an operator is missing before '('", _MULTIPLY, (place, place + 1)
    if name in ("COLON", *_OPERANDS) and written not in WORDS and _is_choice_open(before):
        return f"'then' is missing before '{written}'", CHOICE, span
    if name in _OPERANDS and not value_is_missing:
        return _missing_operator(before, name, written, text, span)
    if written in WORDS:
        return f"'{written}' cannot stand here", _word_hint(written, before), span
    if value_is_missing:
        behind = text[span[1] :]
        hint = SIGNS["¬"] if name == "BANG" else _before_operator(before, name, written, behind)
        return f"a value is missing before '{written}'", hint, span
    return f"'{written}' cannot stand here", _misplaced(opened, before, written), span


def _is_choice_open(before: str) -> bool:
    """Whether the statement has an 'if' and its condition, and no 'then'."""
    statement = re.split(r"[;\n]", before[-200:])[-1]
    words = re.findall(r"\b(?:if|then)\b", statement)
    return words[-1:] == ["if"] and not statement.endswith("if")


def _character_hint(text: str, place: int, value_is_missing: bool) -> str | None:
    character, behind = text[place], text[place + 1 : place + 200]
    if character == "\\":
        return backslash_hint(text[:place], behind)
    if character == "%":
        return percent_hint(behind)
    if character in "{}" and _is_choice_open(text[:place]):
        return CHOICE
    if text[max(place - 1, 0) : place + 1] == "_{":
        return "an index is a part of the name, as in x_1, or counts elements: x[0]"
    if character == "'" and text[:place][-1:].isdigit() and re.match(r"\d{3}", behind):
        return "thousands go without a sign: 1000"
    if character == "!":
        return SIGNS["¬"]
    if character == "'":
        return QUOTE if value_is_missing else PRIME
    if character == ".":
        return _dot_hint(text, place)
    if character in SIGNS:
        return SIGNS[character]
    plain = unicodedata.normalize("NFKC", character)
    if plain in "()[]+-*/=<>,;|!^0123456789.":
        return f"write '{plain}'"
    if unicodedata.category(character) in _INVISIBLE:
        return "this character is invisible: delete it"
    return "names are letters, digits and _; operators are + - * / @ ^ and comparisons"


def _dot_hint(text: str, place: int) -> str:
    word = _LAST_WORD.search(text[max(0, place - 200) : place])
    if text[place + 1 : place + 2] == "'":
        return PRIME
    if text[place + 1 : place + 2] in ("*", "/", "^"):
        return f"operators work on every element: write {text[place + 1]} without a dot"
    if word is None or not text[place + 1 : place + 2].isidentifier():
        return "a number needs a digit: 0.5 or .5"
    rest = re.compile(r"(?:\.\w+)*").match(text, place)
    name = word.group(1) + (rest.group() if rest else "")
    owner, _, function = name.rpartition(".")
    behind = text[rest.end() :].lstrip() if rest else ""
    if is_function(function):
        if re.match(r"\(\s*\)", behind):
            return f"a function stands before its argument: {function}({safe(owner)})"
        return f"functions stand without a module: {function}"
    constant = "inf" if function.lower() == "infinity" else function.lower()
    if constant in CONSTANTS:
        return f"constants stand without a module: {constant}"
    if function == "T":
        return f"a matrix is turned by transpose({safe(owner)})"
    if behind.startswith("("):
        hint = density_hint(name) or unknown_function_hint(function)
        return f"functions stand without a module; {hint}"
    return f"names have no dots; in backticks they may: `{safe(name)}`"


def _wrong_closing(opened: list[str], before: str, written: str, span: Span) -> Advice:
    if not opened:
        return f"'{written}' closes nothing", "take it away, or open a bracket before", span
    if _PARTNERS[opened[-1]] != written:
        return f"'{written}' cannot close '{opened[-1]}'", f"write '{_PARTNERS[opened[-1]]}'", span
    hint = _after(before)
    if before.endswith("["):
        hint = "an index counts from 0: x[0]; an empty vector is zeros(0)"
    elif before.endswith("("):
        hint = "write a value between the brackets"
    return f"a value is missing before '{written}'", hint, span


def _quoted(written: str, value_is_missing: bool, span: Span) -> Advice:
    if value_is_missing or written.startswith('"'):
        return "text in quotes is for einsum only", 'as in einsum("ij,j->i", A, x)', span
    return f"'{written[0]}' has no meaning here", PRIME, (span[0], span[0] + 1)


def _missing_operator(before: str, name: str, written: str, text: str, span: Span) -> Advice:
    message = f"an operator is missing before '{written}'"
    raised = _LAST_RAISED.search(before[-200:])
    power = raised.group() if raised else ""
    word = _LAST_WORD.search(before.removesuffix(power)[-200:])
    last = safe(word.group(1)) if word else ""
    if re.search(r"(?<!\w)d(?:[²³]|[²³]?/d\w+[²³]?)\Z", before[-200:]):
        return message, DERIVATIVE, span
    if re.search(r"\b(?:function|fun)\s*\([^()]*\)\Z", before[-200:]):
        return message, FUNCTION, span
    for candidate in (written, last):
        if candidate.lower() in WORDS:
            return message, _word_hint(candidate.lower(), before), span
    if before.endswith(("√", "∛"), 0, -1) and before[-1].isdigit():
        root = before[-2:]
        return message, f"write {root[0]}({root[1]}{written}), or {root}*{written}", span
    if unicodedata.category(written[0]) == "No" and before[-1:].isdigit():
        return message, f"write a sum: {before[-1]} + {written}", span
    if is_function(last):
        start = len(before.removesuffix(power).rstrip()) - len(last)
        place = (start, start + len(last))
        behind = re.compile(r"[\w.]*").match(text, span[1])
        argument = written + (behind[0] if behind else "") if name in ("NAME", "NUMBER") else "x"
        hint = f"its argument goes in brackets: {last}{power}({argument})"
        return f"'{last}' is a function", hint, place
    if name == "NUMBER" and written.startswith(".") and before[-1:].isdigit():
        return message, "a number has one decimal point", span
    if name == "NUMBER" and written.startswith(".") and before.endswith("."):
        return message, "a slice is x[0:3], a list of numbers range(0, 3)", span
    if name == "LPAR" and re.search(r"sqrt\[[^\[\]]*\]\Z", before[-200:]):
        return message, ROOT, span
    if before.rfind("[") > max(before.rfind("]"), before.rfind("(")) and name != "LPAR":
        return message, "commas go between elements: [1, 2]", span
    if last and name in ("NAME", "NUMBER"):
        if is_function(written):
            written += "(...)"
        hint = f"a product is {last}{power}*{written}; only a number multiplies what follows"
        return message, hint, span
    return message, _MULTIPLY, span


def _word_hint(word: str, before: str) -> str:
    if word == "then" and re.search(r"\bif(\s*[-+−]|\()", before[-200:]):
        return "a space and brackets follow 'if' here: if (a > 0) then x else y"
    if re.search(r"[-+*/@^<>=·×−](\s*)(if|not)\Z", before[-200:]):
        return "behind an operator it goes in brackets: 2*(if c then a else b), 1 - (not c)"
    return WORDS[word]


def _bar(before: str, behind: str, span: Span) -> Advice:
    """A bar behind a value where none is open."""
    either = SIGNS["∨"]
    if re.match(r"[^|\n]*\w[^|\n]*\|(?!\|)", behind) and not behind.startswith("|"):
        return "an operator is missing before '|'", f"write * between: x*|y|; {either}", span
    if before.endswith("|") or behind.startswith("|"):
        return "'||' cannot stand here", either, span
    call = re.search(r"(\w+)\([^()|]*\Z", before[-200:])
    density = density_hint(call[1]) if call else None  # Stan writes normal_lpdf(y | mu, sigma)
    hint = density or f"bars are the absolute value, |x|; {either}"
    return "'|' closes nothing", hint, span


def _before_operator(before: str, name: str, written: str, behind: str) -> str | None:
    """What to do about an operator (or a comma) that has nothing on its left."""
    if before.endswith("=") and written in (">", "<"):
        return f"write {written}=" + f"; {FUNCTION}" * (written == ">")
    if before.endswith(("√", "∛")):
        return f"write brackets: {before[-1]}({written}x)" if written in "-+−" else None
    if name == "RAISED" and behind.startswith(("√", "∛")):
        return ROOT
    if before.endswith("<") and written == ">":
        return "write !="
    if before.endswith(("-", "−")) and written == ">":
        return FUNCTION
    if before.endswith("/") and written == "/":
        return "the whole part of a quotient is floor(x/y)"
    if written == "@" and not before:
        return FUNCTION
    return _after(before) or f"write a value on the left of '{written}'"


def _after(before: str) -> str | None:
    """A hint for a value that is missing after an operator or a comma."""
    last = re.search(r"(\*\*|[<>=!]=|[-+*/@^<>=,·×−≤≥≠:])\Z", before)
    if last is None:
        return None
    if last.group() == ",":
        return "take the comma away, or write a value after it"
    return f"write a value after '{last.group()}'"


def _misplaced(opened: list[str], before: str, written: str) -> str | None:
    if written == ":":
        if opened and opened[-1] == "[":
            return "a slice is start:stop or start:stop:step"
        if before[-1:].isdigit():
            return "range(1, 6) counts from 1 to before 6; x[1:3] is a slice"
        return "a name is bound by name = value, a function by f(x) = x^2; x[1:3] is a slice"
    if written == "!":
        return "what a factorial belongs to goes in brackets: (x^2)!"
    if written == ",":
        return "a vector is written [1, 2]"
    return None


def _at_the_end(opened: list[str], text: str, value_is_missing: bool, names: set[str]) -> Advice:
    end = len(text.rstrip())
    place = (end, end + 1)
    if _is_empty(text):
        return "there is no expression", "for example: adcli grad 'x^2' --at x=3", place
    if opened:
        closing = _PARTNERS[opened[-1]]
        if not value_is_missing:
            hint = SIGNS["∨"] if "||" in text else f"add '{closing}'"
            if opened[-1] == "|" and re.search("[<>≤≥≠]|[=!]=", text) and "||" not in text:
                hint += f"; {SIGNS['∨']}"
            return f"'{opened[-1]}' is not closed", hint, place
        message = f"the text ends where a value is missing, and '{opened[-1]}' is not closed"
        return message, f"write a value and '{closing}'", place
    if value_is_missing:
        return "the text ends where a value is missing", _after(text[:end]), place
    for word in ("THEN", "ELSE"):
        if word in names:
            return f"the text ends where '{word.lower()}' is missing", CHOICE, place
    return "the text ends too early", None, place


def _is_empty(text: str) -> bool:
    """Whether a text holds nothing but blanks, separators and comments."""
    return all(not line.partition("#")[0].strip("; \t\r\f\v") for line in text.split("\n"))


def _open_brackets(tables: ParseTables, states: list[int]) -> list[str]:
    """The brackets on the stack that wait to be closed, outermost first."""
    entered: dict[int, str] = {}
    for row in tables.actions:
        for terminal, action in row.items():
            if action > 0 and tables.terminals[terminal] in _OPENING:
                entered[action - 1] = _OPENING[tables.terminals[terminal]]
    return [entered[state] for state in states if state in entered]


def _accepts(tables: ParseTables, states: list[int], terminal: int) -> bool:
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

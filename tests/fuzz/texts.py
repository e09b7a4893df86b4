"""Texts that are programs or nearly so: tokens, damaged programs, letters of all scripts, bytes."""

from __future__ import annotations

import adcli
from adcli.errors import AdcliError
from adcli.language.messages import render
from tests.fuzz import given
from tests.fuzz.campaign import Finding
from tests.fuzz.choices import Choices
from tests.fuzz.outcomes import check_command
from tests.fuzz.programs import ALL, Writer
from tests.texts import is_shown

WORDS = """
x y v A pi e inf 2 0.5 1e3 1e-300 0 3 10 _ `a b` sin exp log sqrt sum max min norm abs
where clip dot outer einsum reshape range zeros ones softmax mod atan2 concat stack diag trace
f(x)= g(u,v)= f( g( ( ( ( ) ) ) ) [ [ ] ] , , , + - * / @ ^ ** < <= > >= == != = ~ : ;
# " ' ` . ! % | & ? axis=0 axis= "ij,j->i" "i->" π × − ≤ x₁ ² √ ½ ∞ ÷ ± and or not if then else
"""
TOKENS = (*WORDS.split(), "\n", "\t", " ", *ALL)
INSERTED = (*"()[],;:=+-*/^<>!'\"`#.~@% \n\t0e_x²́\x00\x1b\u202e\ud800|", "**", "sin", "inf", "[x]")
PLANES = (0x7F, 0x7F, 0x2FF, 0x2FFF, 0x10FFFF)
ASKS = (
    *(["eval"], ["grad"], ["diff"], ["graph"], ["jacobian"], ["hessian"], ["trace"]),
    *(["diff", "--as", "latex"], ["diff", "--as", "c"], ["eval", "--at", "x=1,y=2"]),
)


def texts(c: Choices) -> str:
    """A text as a program: an answer or one message."""
    text = c.of((tokens, damaged, damaged, letters))(c)
    if c.below(4):
        return _parsed(c, text)
    if c.once_in(4):
        return _as_bytes(c, text)
    arguments = [*c.of(ASKS), "--", text]
    c.case = str(arguments)
    return check_command(arguments, b"", given.prepare())


def _parsed(c: Choices, text: str) -> str:
    """The text through the Python API, and the message as it is shown."""
    c.case = f"adcli.function({text!r})"
    try:
        shown = str(adcli.function(text))
    except AdcliError as error:
        message = render(error)
        if not message.startswith("error: ") or not all(map(is_shown, message)):
            raise Finding("a message that cannot be shown", f"{c.case}\n  {message!r}") from None
        return "refused"
    if not all(is_shown(x) for x in shown if x not in text):
        raise Finding("a program that cannot be shown", f"{c.case}\n  {shown!r}")
    return "parsed"


def tokens(c: Choices) -> str:
    """Up to 12 tokens of the language, with and without blanks between."""
    return c.of(("", " ")).join(c.some(TOKENS, 12, 1))


def damaged(c: Choices) -> str:
    """A program with a few characters taken away, put in or doubled."""
    text = Writer(c, loose=True).program()
    for _ in range(1 + c.below(3)):
        place = c.below(len(text) + 1)
        piece = c.of(INSERTED) if c.below(3) else text[place : place + c.below(8)]
        text = text[:place] + piece + text[place + c.below(4) :]
    return text


def letters(c: Choices) -> str:
    """Up to 20 characters from anywhere, ASCII preferred."""
    return "".join(chr(c.below(limit + 1)) for limit in c.some(PLANES, 20, 1))


def _as_bytes(c: Choices, text: str) -> str:
    """Bytes on standard input as a program."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(c.below(3)):
        data.insert(c.below(len(data) + 1), c.below(256))
    c.case = f"eval - < {bytes(data)!r}"
    return check_command(["eval", "-"], bytes(data), given.prepare())

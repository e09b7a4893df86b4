"""Names with characters that steer a terminal: shown escaped, and read back as they are."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adcli
from adcli.ad.formulas import derivative_formulas
from adcli.language.latex import latex_name
from adcli.language.messages import quoted, unquoted
from adcli.language.text import name_text
from tests.terminal import run_here

STEERING = "a\x1b[31m\x9b\u202e\x07\x00\U000e0001b"
NAME = quoted(STEERING)
AT = f"{NAME}=1,y=2"


def steers(text):
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn") and c != "\n"]


@given(st.text(min_size=1))
def test_every_name_can_be_quoted(name):
    assert unquoted(quoted(name)) == name
    assert not steers(quoted(name))
    assert not steers(latex_name(name))
    f = adcli.function(f"2*{quoted(name)}")
    assert f.variables == (name,)
    assert adcli.function(str(f)).variables == (name,)


def test_other_backslashes_are_as_they_were():
    for name in ("\\", "a\\b", "\\x41", "C:\\users", "\\u12"):
        assert adcli.function(f"`{name}`").variables == (name,)
        assert quoted(name) == f"`{name}`"
    assert unquoted(r"`\u0041\u005cu0041`") == r"A\u0041"
    assert name_text(r"\u0041") == r"`\u005cu0041`"


def test_derivatives_read_back():
    f = adcli.function(f"sin({NAME})*y")
    found = derivative_formulas(f, list(f.inputs))
    assert len(found.nodes) == 2
    again = adcli.function(str(f.derivative("y")))
    assert again.value({STEERING: 0.5}) == f.value({STEERING: 0.5, "y": 1.0})


@pytest.mark.parametrize(
    "command",
    [
        ["diff", f"{NAME}^2*y"],
        ["diff", f"{NAME}^2*y", "--order", "2", "--share"],
        *(["diff", f"{NAME}^2*y", "--as", kind] for kind in ("latex", "python", "numpy", "c")),
        *(
            ["graph", f"{NAME}^2*y", "--at", AT, "--as", kind]
            for kind in ("tree", "dot", "mermaid")
        ),
        ["graph", f"{NAME}^2*y", "--at", AT, "--paths", NAME],
        ["trace", f"{NAME}^2*y", "--at", AT],
        ["trace", f"{NAME}^2*y", "--at", AT, "--format", "latex"],
        *([name, f"{NAME}^2*y", "--at", AT] for name in ("grad", "hessian", "jacobian", "eval")),
        ["compare", f"{NAME}^2*y", "--at", AT, "--no-times"],
        ["descend", f"{NAME}^2", "--start", f"{NAME}=1"],
        ["grad", f"log({NAME})", "--at", f"{NAME}=-1"],
        ["grad", f"{NAME}(2)", "--at", AT],
        ["grad", f"abs({NAME})", "--at", f"{NAME}=0", "--strict"],
        ["diff", NAME, "--wrt", "z"],
    ],
    ids=" ".join,
)
def test_commands_show_no_character_that_steers(command):
    _, out, error = run_here(command)
    assert out or error
    assert not steers(out + error)

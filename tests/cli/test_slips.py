"""What people type by mistake, and what they are told to type instead."""

from __future__ import annotations

import pytest

from tests.terminal import run_here, words

SLIPS = [
    ("adcli help kink", "did you mean 'kinks'?"),
    ("adcli grad x1*x2 --at x1=2 x2=3", "names and values, without spaces: --at x=2,y=3"),
    ("adcli grad x1*x2 --at x1 2 x2 3", "names and values, without spaces: --at x=2,y=3"),
    ("adcli descend x^2 --start x 2", "names and values, without spaces: --start x=2,y=3"),
    ("adcli grad x rows.csv", "a file goes after an option: --points rows.csv"),
    ("adcli fit 'y ~ a*x' rows.csv", "a file goes after an option: --data rows.csv"),
    ("adcli descend mean(a*x) rows.csv", "a file goes after an option: --data rows.csv"),
    ("adcli diff x^2 x", "the variable to differentiate for: --wrt x"),
    ("adcli diff x^2 + y", "put the whole expression in quotes: adcli diff 'x^2 + y'"),
    ("adcli functions a b", "see 'adcli functions --help'"),
    ("adcli descend x^2 --at x=1", "the start of a descent is --start"),
    ("adcli hessian x^2 --start x=1", "did you mean '--at'?"),
    ("adcli diff x^2 --at x=1", "adcli grad evaluates the derivative at a point"),
    ("adcli fit 'y ~ a*x' --points rows.csv", "did you mean '--data'?"),
    ("adcli descend x^2 --start x=1 --lr 0.1", "did you mean '--rate'?"),
    ("adcli fit 'y ~ a*x' --data rows.csv --start a=1 --plot", "as in --plot FILE"),
    ("adcli descend x^2 --start x=1 --checkpoint", "as in --checkpoint FILE"),
    ("adcli eval math.sin(x)", "functions stand without a module: sin"),
    ("adcli eval 2*np.pi", "constants stand without a module: pi"),
    ("adcli eval sum(v) --at 'v=[1 2 3]'", "commas go between elements: [1, 2]"),
    ("adcli eval x//2", "the whole part of a quotient is floor(x/y)"),
    ("adcli eval a.b", "names have no dots; in backticks they may: `a.b`"),
    ("adcli eval x --points spaces.csv", "the only column is 'x y'; commas or tabs divide columns"),
    ("adcli eval x --points dot.csv", "--on-error null goes on without such rows"),
    ("adcli eval x --points nan.csv", "--on-error null goes on without such rows"),
    ("adcli eval x --points rows.json", "--points-format jsonl, where each line is an object"),
    ("adcli descend x,y --start x=1,y=1", "make one of them, such as the sum of their squares"),
    ("adcli descend x^2 --start x=[1,2]", "a loss is one number, such as a mean or a sum"),
    ("adcli descend x^2 --start x=inf", "begin at a number"),
    ("adcli eval --model rows.csv --at x=1", "adcli fit --save FILE writes a model"),
    ("adcli eval --model rows.json --at x=1", "adcli fit --save FILE writes a model"),
    ("adcli descend x^2 --start x=1 --resume rows.csv", "--checkpoint FILE writes one"),
    ("adcli descend x^2 --start random", "write --start random:1"),
    ("adcli fit 'y ~ a*x' --data rows.csv --start auto", "as in --start a=auto,b=auto"),
    ("adcli descend sum(x^2) --start random:1 --shape W=2", "its variables are x"),
    ("adcli eval mean(x) --data rows.csv --where x>5", "change --where"),
    (
        "adcli eval x --points bare.csv",
        "the first line names the columns; here they are '3', '-4e1'",
    ),
]


@pytest.mark.parametrize(("line", "hint"), SLIPS)
def test_the_hint_says_what_was_meant(line, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n")
    (tmp_path / "spaces.csv").write_text("x y\n1 2\n")
    (tmp_path / "dot.csv").write_text('x\n"3,5"\n')
    (tmp_path / "nan.csv").write_text("x\nnan\n")
    (tmp_path / "rows.json").write_text('{"x": 1}\n')
    (tmp_path / "bare.csv").write_text("3,-4e1\n5,6\n")
    outcome = run_here(words(line))
    assert outcome.code in (1, 2)
    assert f"\n  hint: {hint}" in outcome.stderr

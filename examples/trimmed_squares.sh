#!/usr/bin/env bash
# Order in a loss: the international calls from Belgium, in tens of millions, from 1950 to 1973. From
# 1964 to 1969 minutes were written down instead of calls. A sum of the smallest squares leaves out
# the rest: least trimmed squares. Data: Rousseeuw & Leroy, Robust Regression and Outlier Detection (1987).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

line() { # least squares of the residuals that LOSS counts: a line from the start of the series
    adcli descend "r = calls - (a + b*(year - 50)); $1" --data phones.csv --start a=0,b=0 --format json |
        sed -E 's/.*"a": ([-0-9.]+), "b": ([-0-9.]+)\}, "gradient".*/\1 \2/' |
        awk '{ printf "calls = %.2f + %.2f (year - 50)\n", $1, $2 }'
}

say "All 24 squares, the smallest 18, the smallest 13"
line 'sum(r^2)'
line 'sum(sort(r^2)[:18])'
line 'sum(sort(r^2)[:13])'

say "What is left out has no part in the gradient; a quantile is moved by the two numbers beside it"
adcli grad 'sum(sort(r^2)[:3])' --at 'r=[1, -2, 40, 0.5]'
adcli grad 'quantile(v, q)' --at 'v=[3, 10, 4, 8],q=0.4'

say "Numbers that tie share, and a median of an even number of them is smooth where its two tie"
adcli grad 'sort(v)[-1]' --at 'v=[5, 7, 7]'
adcli grad 'median(v)' --at 'v=[1, 2, 2, 9]' --strict

say "The derivative as a formula"
adcli diff 'sum(w*sort(v))' --shape v=4,w=4

say "Growth year by year, its worst moment, and which year's rate matters how much: a 0 is a number"
adcli grad 'min(cumprod(1 + rate))' --at 'rate=[0.1, -0.3, 0.2, -0.1]'
adcli grad 'sum(cumprod(v))' --at 'v=[3, 0, 2, 0]'

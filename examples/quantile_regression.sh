#!/usr/bin/env bash
# Losses with kinks: quantile regression of Engel's data on food expenditure, and a lasso.
# The data are those of Koenker and Bassett (1982), as in the datasets of statsmodels.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
answer='import json, sys
r = json.load(sys.stdin)
print(r["status"], *(f"{name} = {x:.6g}" for name, x in r["point"].items()))'

say "The median of food expenditure, as a line of income: the pinball loss has a kink at each row"
adcli descend '
  r = foodexp - (a + b*income)
  mean(max(q*r, (q - 1)*r))' --data engel.csv --start a=0,b=0 --fix q=0.5 --every 1000

say "Other quantiles: the rich differ more. (statsmodels: 110.142 0.4018, 67.3509 0.6863)"
for q in 0.1 0.9; do
    adcli descend 'r = foodexp - (a + b*income); mean(r*(q - (r < 0)))' --data engel.csv \
        --start a=0,b=0 --fix q=$q --format json | python3 -c "$answer"
done

say "Lasso: a penalty on absolute values brings coefficients to exactly 0"
adcli descend '
  X = concat([reshape(income/1000, [235, 1]), reshape((income/1000)^2, [235, 1]),
    reshape((income/1000)^3, [235, 1])], axis=1)
  mean((foodexp - c - X@b)^2)/2 + 20sum(abs(b))' --data engel.csv --start 'c=0,b=[0,0,0]' --every 1000

say "The line with the least largest error: a minimax problem"
adcli descend 'x = range(11)/10; max(abs(exp(x) - (a + b*x)))' --start a=1,b=1 --every 1000

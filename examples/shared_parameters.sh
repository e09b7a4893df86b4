#!/usr/bin/env bash
# Fits that answer questions: one reaction A -> B seen in two concentrations at once, its half-life
# with an interval, and the same model over the runs of an experiment. The data are simulated.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

runs=$(mktemp -d)/runs.csv
trap 'rm -r "$(dirname "$runs")"' EXIT
python3 - >"$runs" <<'END'
from math import exp
from random import Random

of = Random(3)
print("run,t,A,B")
for run, (a, k) in enumerate([(2.0, 0.5), (1.5, 0.7), (1.8, 1.1)], 1):
    for t in range(9):
        left = a*exp(-k*t/2)
        print(f"{run},{t/2},{left + 0.02*of.gauss(0, 1):.4f},{a - left + 0.05*of.gauss(0, 1):.4f}")
END

say "Two responses share a and k; each has its standard deviation; the half-life follows from k"
adcli fit '[A, B] ~ [a*exp(-k*t), a*(1 - exp(-k*t))]' --data "$runs" --where 'run == 1' \
    --start a=auto,k=1 --sigma '[0.02, 0.05]' --absolute-sigma --derive 'half = log(2)/k'

say "A as a decay to a level that is tied to its height: intervals by profile likelihood"
adcli fit 'A ~ a*exp(-k*t) + c' --data "$runs" --where 'run == 1' --start a=auto,k=1 \
    --set 'c = a/50' --intervals profile

say "Each run by itself: a row for each"
adcli fit '[A, B] ~ [a*exp(-k*t), a*(1 - exp(-k*t))]' --data "$runs" --by run \
    --start a=auto,k=1 --sigma '[0.02, 0.05]' --absolute-sigma --derive 'half = log(2)/k'

say "All runs with one height, stacked: k is one for each run"
adcli fit 'A ~ a*exp(-k[codes(run)]*t)' --data "$runs" --start a=1,k=1 |
    sed -n 2,9p

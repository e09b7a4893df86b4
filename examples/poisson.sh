#!/usr/bin/env bash
# Poisson regression by maximum likelihood: a count that grows with time.
#
# aids.csv has the deaths from AIDS in Australia in each quarter from 1983 to June 1986 (Dobson &
# Barnett, An Introduction to Generalized Linear Models).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
found() { # the panel at the end: the value and the parameters
    sed -n -e 's/^│ \(value [^,]*\),.*/\1/p' -e 's/^│ \(.* = [^ ]*\) .*/\1/p'
}

likelihood='sum(poisson_logpmf(deaths, exp(a + b*quarter)))'

say "The largest log likelihood of a mean that grows exponentially"
adcli descend "$likelihood" --data aids.csv --start a=0,b=0 --maximize | found

say "A mean that grows as a power of time has a larger one"
adcli descend "${likelihood/quarter/log(quarter)}" --data aids.csv --start a=0,b=0 --maximize |
    found

say "What the two expect of the next quarter, and a year later"
for quarter in 15 18; do
    adcli eval 'exp(0.339634 + 0.256524*quarter), exp(-1.94417 + 2.17478*log(quarter))' \
        --at quarter=$quarter --format plain
done

#!/usr/bin/env bash
# Probit regression: at which temperature do O-rings fail? The data are those of logistic.sh.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
parameters() { sed -n 's/^│ \(.* = [^ ]*\) .*/\1/p'; } # of the panel at the end

# The probability of damage is normcdf(z); lognormcdf(z) is its logarithm for any z.
loss='z = a + b*temperature
-mean(damaged*lognormcdf(z) + (1 - damaged)*lognormcdf(-z))'

say "The most likely a + b*temperature"
adcli descend "$loss" --data orings.csv --start a=0,b=0 | parameters

say "The temperature at which one launch in ten is damaged, and how it depends on a and b"
adcli grad '(norminv(p) - a)/b' --at a=8.7749,b=-0.135096,p=0.1

say "The loss is exact where normcdf underflows: its slope is that of the parabola"
adcli grad 'lognormcdf(z)' --at z=-40

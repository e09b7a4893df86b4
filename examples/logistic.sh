#!/usr/bin/env bash
# Logistic regression: does cold damage the O-rings of a rocket?
#
# orings.csv has the 23 launches before Challenger's last one: temperature in degrees Fahrenheit,
# and whether O-rings were damaged (Dalal, Fowlkes & Hoadley, J. Am. Stat. Assoc. 84, 1989).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
parameters() { sed -n 's/^│ \(.* = [^ ]*\) .*/\1/p'; } # of the panel at the end

# The cross entropy of a launch: minus the logarithm of the probability that was given to what
# happened. For y = 1 that is softplus(-z), for y = 0 softplus(z), right for any z.
loss='z = a + b*temperature
mean(damaged*softplus(-z) + (1 - damaged)*softplus(z))'

say "The most likely log odds of damage, a + b*temperature"
adcli descend "$loss" --data orings.csv --start a=0,b=0 | parameters

say "The factor of the odds for each degree, and the probability at 31 degrees with its slope"
adcli eval 'exp(b)' --at b=-0.232163 --format plain
adcli grad 'sigmoid(a + b*t)' --at a=15.0429,b=-0.232163,t=31 --wrt t

say "Without the launch at 75 degrees the cold looks worse still"
adcli descend "$loss" --data orings.csv --start a=0,b=0 \
    --where '1 - (temperature == 75)*(damaged == 1)' | parameters

#!/usr/bin/env bash
# Five ways to a gradient: formula, differences, complex step, forward and reverse mode, compared.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

program='x*y/(1 + x*x)'
point='x=3,y=1.3'

say "1. A formula, differentiated by hand or by rule, and evaluated"
adcli grad "$program" --at "$point" --mode symbolic --format plain

say "2. Finite differences: no rule at all, and fewer digits"
adcli grad "$program" --at "$point" --mode finite --format plain

say "3. The complex step, Im f(x + ih)/h: nothing is subtracted, so h may be tiny (here in Python)"
python3 -c '
h = 1e-200
f = lambda x, y: x*y/(1 + x*x)
print(f(3, 1.3), f(3 + h*1j, 1.3).imag/h, f(3, 1.3 + h*1j).imag/h)'

say "4. Forward mode: a sweep for each variable"
adcli grad "$program" --at "$point" --mode forward --format plain

say "5. Reverse mode: one sweep for all variables"
adcli grad "$program" --at "$point" --mode reverse --format plain

say "All at once with errors and costs. Left of the best epsilon truncation, right of it rounding"
adcli compare "$program" --at "$point" --epsilons 1e-1:1e-16 --no-times

say "Where the differences are useless, AD is exact"
adcli compare '1e12 + x*x' --at x=1.5 --no-times --format csv | cut -d, -f1-3

say "A gradient that somebody worked out, checked: the exit code is for CI"
adcli compare 'x*x*y' --at x=3,y=2 --gradient x=12,y=9 --no-times | tail -n 6
adcli compare 'x*x*y' --at x=3,y=2 --gradient x=12,y=9.1 --no-times 2>&1 >/dev/null ||
    echo "exit code $?"

say "At a kink there is a left and a right derivative, and no alarm"
adcli compare 'abs(x) + max(y, 0)' --at x=0,y=0 --no-times | grep -A 2 kink:

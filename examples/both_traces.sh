#!/usr/bin/env bash
# How automatic differentiation gets there: the evaluation trace in both modes.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "x1*x2 + sin(x1) at (2, 3): each step with its tangents (forward) and its adjoint (reverse)"
adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3

say "The adjoint of w1 is the sum of two contributions, w3's and w4's; as data:"
adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3 --mode reverse --format json |
    python3 -c '
import json, sys
w1 = json.load(sys.stdin)["adjoints"][-1]
print(w1["name"], "=", w1["rule"], "=", w1["value"])
for c in w1["contributions"]:
    print("  from", c["from"], c["value"])'

say "The last digit is that of adcli grad"
adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3 --format plain

say "In words: why x1 moves the result by that much"
adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3 --explain | sed -n '/^What the numbers mean/,$p'

say "Vectors and matrices are steps like any other; tangents for the two components of x"
adcli trace 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x

say "A chain of 20 sines over 5 inputs with factors: 20*5 + 5 multiplications against 20 + 5"
chain='s = 2a + 3b + 4c + 5d + 6e_; f(x) = sin(sin(sin(sin(sin(x))))); f(f(f(f(s))))'
adcli trace "$chain" --at a=0.1,b=0.1,c=0.1,d=0.1,e_=0.1 | tail -n 12

say "Forward against reverse as inputs grow: multiplications of exp(sum(sin(v)*v)/100)"
for p in 1 10 100 1000; do
    adcli trace 'exp(sum(sin(v)*v)/100)' --at "v=range(1, $p + 1)/$p" |
        awk -v p="$p" '/^│ (forward|reverse)/ { printf "p = %4d  %s %12s\n", p, $2, $7 }'
done

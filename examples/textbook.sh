#!/usr/bin/env bash
# Derivatives as textbooks write them, and the code that keeps the digits which these forms lose.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "The list inside a calculus book's cover"
for f in 'x^n' 'sqrt(x)' 'sin(x)^2' 'tan(x)' 'x*log(x) - x' 'asin(x/a)' 'x/sqrt(x^2 + 1)' 'x^x'; do
  printf '%-18s' "$f"
  adcli diff "$f" --wrt x 2> /dev/null
done

say "Activations, first and second derivative"
for f in 'relu(x)' 'sigmoid(x)' 'tanh(x)' 'softplus(x)' 'silu(x)' 'gelu(x)'; do
  printf '%-14s' "$f"
  adcli diff "$f" 2> /dev/null
  printf '%14s' ''
  adcli diff "$f" --order 2 2> /dev/null
done

say "Losses over arrays"
adcli diff 'mean((y - X@w)^2)' --wrt w --shape X=100x3,w=3,y=100 2> /dev/null
adcli diff 'logsumexp(z) - z[2]' --wrt z --shape z=10 2> /dev/null
adcli diff 'norm(A@x - b) + λ*sum(x^2)' --wrt x --shape A=5x3,x=3,b=5 2> /dev/null

say "How a derivative comes about: the quotient rule, and what is left of it"
adcli diff 'x/(x^2 + 1)' --steps 2> /dev/null

say "By a vector in differentials"
adcli diff 'sum((A@x - b)^2)' --wrt x --shape A=5x3,x=3,b=5 --steps 2> /dev/null

say "What was simplified away is said"
adcli diff 'log(x/y)' 2>&1 | grep -v '^size'

say "To be read is not to be computed: at 20 the formula is 0, the code is not"
adcli eval "$(adcli diff 'tanh(x)' 2> /dev/null)" --at x=20 --format plain
adcli diff 'tanh(x)' --as python -o tanh.py 2> /dev/null
python3 -c 'from tanh import f; print(f(20.0)[1][0])'

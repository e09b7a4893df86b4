#!/usr/bin/env bash
# A chain of primitives f1(f2(f3(x))): the chain rule in symbols, in numbers, from either end.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

chain='f1(u) = exp(u); f2(u) = sin(u); f3(u) = u^2; f1(f2(f3(x)))'

say "The chain rule without a point, not multiplied out, and then in formulas"
adcli graph "$chain" --paths x

say "At a point: the product of the local partials along the one path"
adcli graph "$chain" --paths x --at x=0.5 | tail -n 10

say "Forward mode starts at x with 1 and multiplies on; reverse mode starts at the result with 1"
adcli trace "$chain" --at x=0.5 | head -n 18

say "Both have multiplied the same numbers, in opposite order: to rounding they agree"
adcli grad "$chain" --at x=0.5 --mode forward --format plain
adcli grad "$chain" --at x=0.5 --mode reverse --format plain

say "A node that is reached by two paths gets the sum of both: x*sin(x) through x and through sin"
adcli graph 'x*sin(x)' --paths x --at x=2

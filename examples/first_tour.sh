#!/usr/bin/env bash
# A first tour: values, gradients, the two modes, kinks, errors.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "The value of an expression at a point"
adcli eval 'x1*x2 + sin(x1)' --at x1=2,x2=3

say "Its value and exact gradient"
adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3

say "The same for a script: one JSON object, numbers that read back exactly"
adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3 --format json

say "3*(x1^2 + x2*x3) is 48 at (2, 3, 4), its gradient (12, 12, 9)"
adcli grad '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --format plain

say "Forward mode, symbolic differentiation and finite differences say the same, or nearly"
for mode in reverse forward symbolic finite; do
    printf '%-9s' "$mode"
    adcli grad '(x + y)*z' --at x=1,y=2,z=3 --mode "$mode" --format plain
done

say "A derivative along a direction takes one forward sweep, whatever the number of variables"
adcli grad 'x^2*y' --at x=1,y=2 --direction x=1,y=0 --format plain

say "Programs have names and functions of their own"
adcli grad '
    r(u, v) = sqrt(u^2 + v^2)     # a function
    a = x*y                       # a name for a value
    a + sin(r(x, y))' --at x=3,y=4

say "Second derivatives"
adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1

say "As many digits as you like"
adcli grad 'exp(x)/x' --at x=1/3 --precision 40 --format plain

say "At a kink the derivative is the subgradient of least norm; --strict refuses it"
adcli grad 'abs(x) + max(y, 0)' --at x=0,y=0 --format plain
adcli grad 'abs(x)' --at x=0 --strict 2>&1 || echo "exit code $?"

say "Errors name the operation to blame"
adcli grad '1 + log(x - 2)' --at x=1 2>&1 || echo "exit code $?"
adcli grad '3*sqrt(x)' --at x=0 2>&1 || echo "exit code $?"
adcli eval '2*sine(x)' --at x=0 2>&1 || echo "exit code $?"

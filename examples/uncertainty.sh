#!/usr/bin/env bash
# Uncertainty of measurement: g from a pendulum, a gauge block, a fit's parameter, rows of a file.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
rounded() { while read -r value u; do printf "$1 ± $1\n" "$value" "$u"; done; }

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

say "g from a pendulum: a ruler within limits, and ten timings (9 degrees of freedom)"
adcli propagate 'g = 4*pi^2*L/T^2; g' --at 'L=0.994±0.001 uniform, T=2.000±0.004 df=9'

say "The same, checked by draws from the distributions of L and T"
adcli propagate 'g = 4*pi^2*L/T^2; g' --at 'L=0.994±0.001 uniform, T=2.000±0.004 df=9' \
    --monte-carlo auto --format json |
    python3 -c 'import json, sys
found = json.load(sys.stdin)
print("GUM   %.3f to %.3f" % tuple(found["interval"]))
print("draws %.3f to %.3f" % tuple(found["monte_carlo"]["interval"]))'

say "Example H.1 of the GUM: an end gauge of 50 mm, in nm; U is 2.92 times 32 nm, 93 nm there"
adcli propagate 'l = ls + d0 + d1 + d2 - ls*(da*(t + delta) + as*dth); l' --level 0.99 --at '
    ls=50000623±25 df=18,
    d0=215±5.8 df=24, d1=0±3.9 df=5, d2=0±6.7 df=8,
    as=11.5e-6±2e-6 uniform, t=-0.1±0.2, delta=0±0.5 arcsine,
    da=0±1e-6 uniform df=50, dth=0±0.05 uniform df=2'

say "Its terms of second order: 34 nm rather than 32 nm"
adcli propagate 'ls + d - ls*(da*th + as*dth)' --order 2 --format plain --at '
    ls=50000623±25, d=215±9.7, as=11.5e-6±1.2e-6, th=-0.1±0.41, da=0±0.58e-6, dth=0±0.029' |
    rounded %.0f

say "Example H.2: resistance, reactance, impedance from five observations of V, I and the phase"
printf 'V,I,phi\n5.007,19.663,1.0456\n4.994,19.639,1.0438\n5.005,19.640,1.0468\n' >"$work/h2.csv"
printf '4.990,19.685,1.0428\n4.999,19.678,1.0433\n' >>"$work/h2.csv"
adcli propagate 'Z = 1000*V/I; R = Z*cos(phi); X = Z*sin(phi); R, X, Z' \
    --observations "$work/h2.csv" --format plain | rounded %.3f

say "The volume of a tree of 12 x 75, from a fit: its parameters vary together"
adcli fit 'volume ~ a*x[:,0]^2*x[:,1] + b' --data trees.csv --start a=auto,b=auto \
    --save "$work/fit.json" >"$work/fit.txt"
adcli propagate 'a*girth^2*height + b' --model "$work/fit.json" \
    --at 'girth=12.0±0.1, height=75(1)'

say "Row by row: columns x and u(x)"
printf 'L,u(L),T,u(T)\n0.25,0.001,1.004,0.004\n1.00,0.001,2.007,0.004\n' |
    adcli propagate '4*pi^2*L/T^2' --points - --points-format csv --format csv

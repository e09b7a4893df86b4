#!/usr/bin/env bash
# Minima under constraints: a can of least metal, what its constraint costs, and a portfolio.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "A closed can of 330 ml (radius and height in cm): the least metal has h = 2r"
adcli descend '2pi*r^2 + 2pi*r*h' --start r=3,h=10 --subject-to 'pi*r^2*h == 330' --every 100

say "Its multiplier is the price of volume: cm^2 of metal for one more ml"
for volume in 330 331; do
    adcli descend '2pi*r^2 + 2pi*r*h' --start r=3,h=10 --subject-to "pi*r^2*h == $volume" \
        --format json | python3 -c 'import json, sys; r = json.load(sys.stdin)
print(round(r["value"], 4), "cm^2, multiplier", *(round(x, 4) for x in r["multipliers"].values()))'
done

say "A hand holds a diameter of 6 cm, and a shelf a height of 20 cm: inequalities, one in a chain"
adcli descend '2pi*r^2 + 2pi*r*h' --start r=3,h=10 --every 100 \
    --subject-to 'pi*r^2*h == 330' --subject-to '0 <= 2r <= 6' --subject-to 'h <= 20'

say "Shares of a portfolio: the least variance for a return of 7 percent, none sold short"
adcli descend '
  V = [[4, 1, 0], [1, 9, 2], [0, 2, 16]]/100
  w@V@w' --start w=[1,0,0] --every 100 \
    --subject-to 'sum(w) == 1' --subject-to 'dot([4, 7, 10], w) >= 7' --subject-to 'w >= 0'

say "Constraints that contradict each other are no success: exit code 5 tells a script"
adcli descend 'x^2 + y^2' --start x=1,y=1 --subject-to 'x + y >= 3' --subject-to 'x^2 + y^2 <= 4' \
    --every 1000 || echo "exit code $?"

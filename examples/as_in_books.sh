#!/usr/bin/env bash
# Formulas as books print them: bars, roots, raised digits, factorials, conditions in words.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "A definition is a program: how far a ball flies, by its speed and angle, and its slopes"
adcli grad 'range_of(v, α) = v² sin(2α) / 9.81' --at v=10,α=π/6 2>&1 || echo "exit code $?"
say "Only numbers multiply what follows; names need a sign"
adcli grad 'range_of(v, α) = v²·sin(2α) / 9.81' --at v=10,α=π/6 --format plain

say "The larger root of a quadratic, and how it moves with the coefficients"
adcli grad '(-b + √(b² - 4a·c)) ÷ (2a)' --at a=1,b=-3,c=2 --format plain

say "Pythagoras in the notation of trigonometry"
adcli diff 'sin²(x) + cos²(x)' 2> /dev/null

say "A distance in bars, and a volume with a fraction"
adcli grad '|x - 3|' --at x=1 --format plain
adcli grad '⅓π·r²·h' --at r=2,h=3 --format plain

say "A factorial is smooth between the whole numbers"
adcli grad 'n!' --at n=4 --format plain

say "Conditions: Huber's loss, and a probability of an interval"
adcli grad 'if |r| < 1 then ½r² else |r| - ½' --at r=3 --format plain
adcli eval 'mean(0 < x < 1 and not x == 0.5)' --at 'x=[-1, 0.2, 0.5, 0.9]' --format plain

#!/usr/bin/env bash
# A first descent: baby steps down a cost of 48, and what is said of a cost without a bottom.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cost='3*(x1^2 + x2*x3)'

say "The cost at (2, 3, 4) is 48, and there the gradient is (12, 12, 9)"
adcli grad "$cost" --at x1=2,x2=3,x3=4 --format plain

say "Five baby steps against the gradient, each 0.01 of it long: the cost goes down"
adcli descend "$cost" --start x1=2,x2=3,x3=4 --rate 0.01 --max-iterations 5 --explain ||
    echo "exit code $? (the iteration limit)"

say "It goes down for ever: x2*x3 has no minimum. Exit code 4 tells a script"
adcli descend "$cost" --start x1=2,x2=3,x3=4 --rate 0.01 --every 100 || echo "exit code $?"

say "Within bounds there is one"
adcli descend "$cost" --start x1=2,x2=3,x3=4 --rate 0.01 --every 50 \
    --bounds x2=-1:5,x3=-1:5 --trace "$folder/steps.csv"

say "Every step is in the trace, with its gradient"
head -n 3 "$folder/steps.csv"

#!/usr/bin/env bash
# An L2 loss between predictions and targets, written as in the textbooks: |X w + b - y|^2 / 2.
#
# trees.csv has 31 black cherry trees: girth (inches) and height (feet) as the two columns of the
# matrix x, and their volume in cubic feet (Ryan, Joiner & Ryan, The Minitab Student Handbook, 1976).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
parameters() { sed -n 's/^│ \(.* = [^ ]*\) .*/\1/p'; } # of the panel at the end

loss='prediction = x@w + b
norm(prediction - volume)^2 / 2'

say "The weights of the least loss"
adcli descend "$loss" --data trees.csv --start 'w=[0,0],b=0' | parameters

say "The first step starts along the gradient, X^T (X w + b - y); for the first two trees it is"
adcli grad 'norm(x@w + b - y)^2 / 2' --wrt w,b --format plain \
    --at 'x=[[8.3,70],[8.6,65]],y=[10.3,10.3],w=[0,0],b=0'

say "Plain gradient descent needs a small rate, for heights are far from 0, and crawls"
adcli descend "$loss" --data trees.csv --start 'w=[0,0],b=0' --rate 1e-5 --every 2500 ||
    echo "exit code $? (the iteration limit)"

say "Centred and scaled columns make the bowl round"
adcli descend 'z = (x - mean(x, axis=0)) / std(x, axis=0)
norm(z@w + b - volume)^2 / 2' --data trees.csv --start 'w=[0,0],b=0' --rate 0.03 --every 25 --gradient-tolerance 1e-4

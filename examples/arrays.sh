#!/usr/bin/env bash
# Vectors and matrices: gradients of an array program, Jacobians of vector-valued functions.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "The gradient of a least-squares loss, by variable, in the shape of the variable"
adcli grad 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[0,1,2]' --wrt x,b

say "The same with --format json: nested lists"
adcli grad 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[0,1,2]' --format json

say "Several results, separated by commas: polar to Cartesian coordinates"
adcli jacobian 'r*cos(t), r*sin(t)' --at r=2,t=pi/6

say "The Jacobian of softmax: every row sums to 0"
adcli jacobian 'softmax(v)' --at 'v=[1,2,3]'

say "A small neural network: one hidden layer, cross entropy of class 1, gradient of all weights"
adcli grad '
    h = tanh(W@x + b)
    scores = V@h
    logsumexp(scores) - scores[1]' \
    --at 'x=[0.5,-1],W=[[0.1,0.2],[-0.3,0.4],[0.5,-0.6]],b=[0,0.1,-0.1],V=[[1,0,-1],[0.5,2,0.3]]' \
    --wrt W,b,V --digits 4

say "The Hessian of log-sum-exp is diag(p) - p p'"
adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]' --digits 4

say "Points with vectors: one JSON object a line, or columns v[0], v[1] in CSV"
printf '{"v": [3, 4], "k": 1}\n{"v": [5, 12], "k": 2}\n' |
    adcli grad 'k*norm(v)' --points - --points-format jsonl --format csv

say "Shapes that clash are shown in the source"
adcli eval 'A@x + [1,2,3]' --at 'A=[[1,2],[3,4]],x=[1,1]' 2>&1 || echo "exit code $?"

#!/usr/bin/env bash
# Functions of matrices: determinants and solutions, a multivariate normal, a Gaussian process.
#
# trees.csv has girth, height and volume of 31 black cherry trees (see least_squares.sh).
# ultrasound.csv has 214 responses of an ultrasonic gauge at distances from metal: the data
# Chwirut1 of NIST's Statistical Reference Datasets, in the public domain.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
found() { # the panel at the end: the value and the parameters
    sed -n -e 's/^│ \(value [^,]*\),.*/\1/p' -e 's/^│ \(.* = [^ ]*\) .*/\1/p'
}

say "The gradient of log(det(A)) is the transposed inverse"
adcli diff 'logdet(A)' --shape A=2x2 2>/dev/null
adcli grad 'logdet(A)' --at 'A=[[2,1],[1,3]]' --format json

say "The gradient of a determinant is right at a singular matrix: the cofactors"
adcli grad 'det(A)' --at 'A=[[1,2],[2,4]]' --format json

say "What cannot be factored is named, with the pivot that fails"
adcli eval 'sum(cholesky(A))' --at 'A=[[1,2],[2,1]]' 2>&1 || echo "exit code $?"

say "A multivariate normal by maximum likelihood: its factor L has exp(C) on the diagonal"
adcli descend '
    L = tril(C, k=-1) + diag(exp(diag(C)))
    Y = log(concat(x, expand(volume, 1), axis=1))
    sum(multivariate_normal_logpdf(Y, mu, L @ transpose(L)))' \
    --data trees.csv --start 'mu=[2,4,3],C=-eye(3)' --maximize --digits 5 | found

say "A Gaussian process: its scale, length and noise by marginal likelihood (logarithms)"
adcli descend '
    d = expand(distance, 1) - expand(distance, 0)
    K = exp(2scale - d^2/(2exp(2length))) + exp(2noise)*eye(214)
    multivariate_normal_logpdf(response - mean(response), 0, K)' \
    --data ultrasound.csv --start scale=4,length=0.5,noise=1 --gradient-tolerance 1e-3 \
    --maximize --digits 4 | found

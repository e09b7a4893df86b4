#!/usr/bin/env bash
# Pages for a lecture: each is one file that a browser shows without a network, step by step.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
kept() { # the title of a page, and how many steps it plays
    printf '%s: %s, %d steps\n' "$1" "$(sed -n 's|.*<title>\(.*\)</title>.*|\1|p' "$1")" \
        "$(grep -o 'data-step=' "$1" | wc -l)"
}

say "Rosenbrock's valley: gradient descent crawls along it, L-BFGS takes 38 iterations"
valley='(1 - x)^2 + 100(y - x^2)^2'
adcli descend "$valley" --start x=-1.2,y=1 --rate 0.001 --max-iterations 100 -o crawl.html || echo "exit code $?"
adcli descend "$valley" --start x=-1.2,y=1 -o lbfgs.html
kept crawl.html
kept lbfgs.html

say "One variable: the curve, the steps and the tangent at each; a rate that is too large"
adcli descend 'x^4 - 3x^2 + x' --start x=2 --rate 0.03 -o curve.html
adcli descend 'x^2' --start x=1 --rate 1.1 -o diverged.html || echo "exit code $?"
kept curve.html
kept diverged.html

say "A training: the loss over the epochs"
adcli descend 'mean((volume - (a*x[:,0]^2*x[:,1]/1000 + b))^2)' --data trees.csv --start a=0,b=0 \
    --epochs 60 --batch-size 8 --shuffle --method adam --rate 0.05 -o training.html
kept training.html

say "A fit, by group: data and fitted values, residuals, the report"
adcli fit 'sqrt(count) ~ a[codes(spray)]' --data sprays.csv --start a=auto -o sprays.html
sed -n 's|.*<title>\(.*\)</title>.*|\1|p' sprays.html
grep -o '<dt>R²</dt><dd>[^<]*' sprays.html | sed 's/<[^>]*>/ /g'

#!/usr/bin/env bash
# Rosenbrock's banana by five methods side by side, from JSON.
set -euo pipefail

banana='(1 - x)^2 + 100(y - x^2)^2'

field() { sed -E "s/.*\"$1\": \"?([^,\"}]+).*/\1/"; }

compare() { # a name, then options
    local name=$1 code=0 result
    shift
    result=$(adcli descend "$banana" --start x=-1.2,y=1 --format json "$@") || code=$?
    printf '%-10s %-15s exit %d %6d iterations %6d evaluations   value %.1e\n' "$name" \
        "$(field status <<< "$result")" "$code" "$(field iterations <<< "$result")" \
        "$(field evaluations <<< "$result")" "$(field value <<< "$result")"
}

compare gd --rate 0.001
compare momentum --method momentum --rate 0.001
compare adam --method adam --rate 0.01
compare cg --method cg
compare lbfgs

echo
echo "and the path of Adam:"
adcli descend "$banana" --start x=-1.2,y=1 --method adam --rate 0.01 --every 1000 --plot

#!/usr/bin/env bash
# A study of the learning rate on a bowl whose largest curvature is L = 20: from 2/L = 0.1 on
# gradient descent diverges. The exit code says how each run ended.
set -euo pipefail

bowl='x^2 + 10y^2'

echo "rate,exit,status,iterations,value"
for rate in 0.001 0.01 0.05 0.09 0.099 0.101 0.2; do
    code=0
    result=$(adcli descend "$bowl" --start x=5,y=1 --rate "$rate" --format json \
        --max-iterations 2000) || code=$?
    sed -E "s/.*\"status\": \"([a-z_]+)\".*\"iterations\": ([0-9]+).*\"value\": ([^,]+),.*/$rate,$code,\1,\2,\3/" \
        <<< "$result"
done

echo
echo "what is said of the rate 0.2:"
adcli descend "$bowl" --start x=5,y=1 --rate 0.2 --format json |
    sed -E 's/.*"reason": "([^"]+)".*/\1/' || true

echo
echo "a sweep of rates, by gradient descent and by adam:"
adcli descend "$bowl" --start x=5,y=1 --rates 0.001:1:7 --max-iterations 2000
adcli descend "$bowl" --start x=5,y=1 --method adam --rates 0.001:1:7 --format csv

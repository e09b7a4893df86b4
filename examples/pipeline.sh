#!/usr/bin/env bash
# A pipeline: a CSV file of a few thousand rows -> gradients -> another tool.
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

# 3,000 measurements of a gas: temperature (K), volume (m^3) and a name that is passed through.
awk 'BEGIN {
    print "sample,T,V"
    for (i = 0; i < 3000; i++) printf "s%04d,%.2f,%.5f\n", i, 250 + (i*7919 % 1000)/10, 0.01 + (i*104729 % 997)/50000
}' > "$here/gas.csv"

# The pressure of one mole by van der Waals' equation, for nitrogen (a, b: SI units).
cat > "$here/pressure.txt" <<'PROGRAM'
R = 8.314462618
a = 0.1370
b = 3.87e-5
R*T/(V - b) - a/V^2
PROGRAM

echo "# Sensitivities as new columns; the columns that came in stay as they were"
adcli grad -f "$here/pressure.txt" --points "$here/gas.csv" --format csv -o "$here/out.csv"
head -n 4 "$here/out.csv"
echo "rows: $(($(wc -l < "$here/out.csv") - 1))"

echo
echo "# The same as JSON Lines into a JSON tool: the error of p if T is off by 0.5 K and V by 0.1 %"
adcli grad -f "$here/pressure.txt" --points "$here/gas.csv" --format json |
    python3 -c '
import json, math, sys

worst = max(
    (math.hypot(0.5*r["gradient"]["T"], 0.001*r["point"]["V"]*r["gradient"]["V"]) / r["value"], r["point"]["sample"])
    for r in map(json.loads, sys.stdin)
)
print(f"largest relative error: {worst[0]:.5f} in {worst[1]}")
'

echo
echo "# Rows that fail: stop at the first (the default), or go on and count them"
printf 'x\n4\n-1\nnone\n9\n' > "$here/bad.csv"
adcli grad 'sqrt(x)' --points "$here/bad.csv" --format csv 2>&1 | sed "s|$here/||" || true
adcli grad 'sqrt(x)' --points "$here/bad.csv" --format csv --on-error null 2>&1 || echo "exit code $?"

echo
echo "# A pipe at both ends"
printf 'x\ty\n1\t2\n3\t4\n' | adcli grad 'x^y' --points - --points-format tsv --format json

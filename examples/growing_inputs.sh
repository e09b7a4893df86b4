#!/usr/bin/env bash
# Forward against reverse mode as the number p of inputs grows: multiplications and measured time.
# Forward mode takes p sweeps, reverse mode one. Times go to standard error, as they differ by run.
set -euo pipefail

program='exp(-sum(x*sin(x)))'

# The cell of a method (row) and a column in the CSV on standard input.
cell() {
    awk -F, -v method="$1" -v column="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) place[$i] = i; next }
        $1 == method { print $place[column] }'
}

echo "multiplications for the gradient of $program with p inputs"
printf '%6s %12s %12s %8s\n' p forward reverse ratio
printf '%6s %12s %12s %8s  (seconds)\n' p forward reverse ratio >&2
for p in 1 10 100 1000; do
    row=$(adcli compare "$program" --at "x=(range($p) + 1)/1e4" --format csv)
    forward=$(cell 'forward AD' multiplications <<<"$row")
    reverse=$(cell 'reverse AD' multiplications <<<"$row")
    awk -v p="$p" -v f="$forward" -v r="$reverse" \
        'BEGIN { printf "%6d %12d %12d %8.1f\n", p, f, r, f / r }'
    forward=$(cell 'forward AD' seconds <<<"$row")
    reverse=$(cell 'reverse AD' seconds <<<"$row")
    awk -v p="$p" -v f="$forward" -v r="$reverse" \
        'BEGIN { printf "%6d %12.2g %12.2g %8.1f\n", p, f, r, f / r }' >&2
done

#!/usr/bin/env bash
# A line through data of which two in ten are wrong. Least squares believes them all; a loss that
# grows less than the square for large residuals does not. The truth is 1 + 2x.
set -euo pipefail

cat > line.csv <<'END'
x,y
0,1.08
1,2.91
2,5.12
3,14.5
4,9.03
5,10.85
6,13.11
7,14.94
8,3.2
9,19.07
END

echo "loss,a,error of a,b,error of b"
for loss in linear huber soft_l1 cauchy; do
    scale=(--loss-scale 0.2)
    if [ "$loss" = linear ]; then scale=(); fi
    adcli fit 'y ~ a + b*x' --data line.csv --start a=0,b=0 --loss "$loss" "${scale[@]}" --format csv |
        awk -F, -v loss="$loss" 'NR > 1 { row = row sprintf(",%.3f,%.3f", $2, $3) } END { print loss row }'
done

echo
adcli fit 'y ~ a + b*x' --data line.csv --start a=0,b=0 --loss cauchy --loss-scale 0.2

echo
echo "the same by a method of descend:"
adcli fit 'y ~ a + b*x' --data line.csv --start a=0,b=0 --loss cauchy --loss-scale 0.2 \
    --method newton --format csv | awk -F, 'NR > 1 { printf "%s = %.4f\n", $1, $2 }'

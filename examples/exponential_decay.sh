#!/usr/bin/env bash
# An exponential decay: its parameters with standard errors, a picture with the confidence band, and
# predictions with theirs. Only k needs a start: the model is linear in a and c.
set -euo pipefail

cat > decay.csv <<'END'
t,y
0,2.79
0.25,2.36
0.5,2.01
0.75,1.66
1,1.41
1.5,1.09
2,0.76
2.5,0.67
3,0.50
3.5,0.47
4,0.42
4.5,0.36
5,0.33
END
adcli fit 'y ~ a*exp(-k*t) + c' --data decay.csv --start k=1,a=auto,c=auto --plot decay.png --save decay.json
test -s decay.png

echo
echo "what the model says of other times, and how well it knows:"
printf 't\n0.1\n2.2\n10\n' > times.csv
adcli fit --model decay.json --predict times.csv --digits 4

echo
echo "the slope at t = 1, of the fitted model:"
adcli grad --model decay.json --at t=1 --digits 4

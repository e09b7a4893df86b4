#!/usr/bin/env bash
# A spectral line: atoms that live for a short time (a Cauchy density) and move (a normal one) emit
# light of a Voigt profile. What is measured here is simulated: 50,000 photons, sorted into bins,
# with a half width of 0.3 and a deviation of 0.8 about 5.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

line=$(mktemp -d)/line.csv
trap 'rm -r "$(dirname "$line")"' EXIT
python3 - >"$line" <<'END'
from collections import Counter
from math import floor, pi, tan
from random import Random

of = Random(1)
photons = (5 + 0.8*of.gauss(0, 1) + 0.3*tan(pi*(of.random() - 0.5)) for _ in range(50000))
bins = Counter(floor(10*x) for x in photons)
print("x,counts")
for k in range(100):
    print(f"{(k + 0.5)/10},{bins[k]}")
END

say "Both widths, each with its standard error; counts have the variance of their mean"
model='counts ~ 0.1*photons*voigt(x - center, sigma, width)'
adcli fit "$model" --data "$line" --start photons=auto,center=4.5,sigma=1,width=1 \
    --weights '1/max(counts, 1)' --format json |
    python3 -c 'import json, sys
for name, found in json.load(sys.stdin)["parameters"].items():
    print("%-8s %10.4g +- %.2g" % (name, found["value"], found["standard_error"]))'

say "A normal line alone misses the tails: the chance of so large a sum of squares"
adcli fit 'counts ~ 0.1*photons*normpdf((x - center)/sigma)/sigma' --data "$line" \
    --start photons=auto,center=4.5,sigma=1 --weights '1/max(counts, 1)' --format json |
    python3 -c 'import json, sys
fit = json.load(sys.stdin)
print(fit["rss"]/2, fit["degrees_of_freedom"]/2)' | {
    read -r half degrees
    printf '%.1e\n' "$(adcli eval "gammaincc($degrees, $half)" --format plain)"
}

say "The derivatives of the profile"
adcli diff 'voigt(x, sigma, width)' 2>/dev/null

#!/usr/bin/env bash
# A robust regression: errors that have Student's t distribution, whose scale is estimated with the line.
#
# phones.csv has the international calls from Belgium in each year from 1950 to 1973, in millions; from
# 1964 to 1969 it was their minutes that were counted (Rousseeuw & Leroy, Robust Regression and Outlier
# Detection, 1987).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
fitted() { # log density of a year's calls, other parameters: the line of the largest likelihood
    adcli descend "sum($1)" --data phones.csv --start "a=10,b=1,sigma=5$2" --bounds sigma=0.001:1000 \
        --maximize --format json |
        python3 -c 'import json, sys; r = json.load(sys.stdin)
print("log likelihood %.3f:" % r["value"], *("%s = %.4g" % x for x in r["point"].items()))'
}

say "Normal errors: six years of minutes turn the line"
fitted 'normal_logpdf(calls, a + b*(year - 50), sigma)' ''

say "Errors with the tails of Student's t with 2 degrees of freedom"
fitted 'student_t_logpdf(calls, 2, a + b*(year - 50), sigma)' ''

say "The degrees of freedom estimated, too"
fitted 'student_t_logpdf(calls, df, a + b*(year - 50), sigma)' ',df=2'

say "How much the calls of 1963, 1969 and 1970 pull at the line: the derivative by their mean"
adcli diff 'student_t_logpdf(y, df, mu, sigma)' --wrt mu 2>/dev/null
for year in 63 69 70; do
    calls=$(awk -F, -v year=$year '$1 == year { print $2 }' phones.csv)
    adcli grad 'student_t_logpdf(y, 2, mu, sigma)' --wrt mu --format csv \
        --at "y=$calls,sigma=3.3,mu=2.49 + 1.13*($year - 50)" | tail -n 1
done

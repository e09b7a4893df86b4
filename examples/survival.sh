#!/usr/bin/env bash
# Survival: regressions of Cox and Weibull by maximum likelihood, with standard errors.
#
# remission.csv has the weeks that 42 patients with leukaemia were in remission, whether it ended
# within the study (event 1) or not (0), and who was treated with 6-mercaptopurine (Freireich et
# al., Blood 21, 1963).
set -euo pipefail

found() { # parameter, estimate, standard error, 95% interval, z
    awk -F, 'NR > 1 { printf "%-8s %9.5f  ± %.5f   from %8.5f to %8.5f   z %6.2f\n", $1, $2, $3, $4, $5, $6 }'
}
say() { printf '\n# %s\n' "$*"; }

cox='
    risk = b*treated
    at_risk = expand(weeks, 0) >= expand(weeks, 1)        # row i: who is in remission at weeks[i]
    sum(event*(logsumexp(where(at_risk, expand(risk, 0), -inf), axis=1) - risk))
'

say "Cox: the negative partial likelihood (ties as Breslow); treatment lowers the risk"
adcli descend "$cox" --data remission.csv --start b=0 --errors --format csv | found

weibull='
    z = (log(weeks) - a - b*treated)/exp(s)               # s is the log of the scale
    sum(exp(z) - event*(z - s - log(weeks)))              # who is in remission still adds exp(z)
'

say "Weibull, with censoring: log(weeks) = a + b*treated + exp(s)*W"
adcli descend "$weibull" --data remission.csv --start a=2,b=0,s=0 --errors --format csv | found

say "The same with robust standard errors, which do not trust the model"
adcli descend "$weibull" --data remission.csv --start a=2,b=0,s=0 --errors robust --format csv |
    found

say "All that is known of it, kept in a file that other commands take as a point"
adcli descend "$weibull" --data remission.csv --start a=2,b=0,s=0 --errors --save weibull.json \
    --every 100
adcli eval 'exp(a)*log(2)^exp(s), exp(a + b)*log(2)^exp(s)' --at weibull.json # median weeks

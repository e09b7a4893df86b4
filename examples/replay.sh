#!/usr/bin/env bash
# A run that replays: what was run, on what, by what, and whether it comes out the same again.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
cp orings.csv flights.csv
found() { awk -F, 'NR > 1 { printf "%s = %.5f ± %.5f\n", $1, $2, $3 }'; }
likelihood='sum(-bernoulli_logit_logpmf(damaged, a + b*temperature))'

say "A regression whose record is kept"
adcli descend "$likelihood" --data flights.csv --start a=0,b=0 --errors --format csv \
    --record run.json | found

say "Run again: the same bit for bit (--format plain is the verdict alone)"
adcli replay run.json --format plain

say "One number of the data is another: different, exit code 1, and the reason"
sed '2s/66/67/' orings.csv >flights.csv
adcli replay run.json --format json >again.json || echo "exit code $?"
python3 - <<'END'
import json

found = json.load(open("again.json"))
print(f"{found['verdict']}: {found['because']}")
for change in found["changes"]:
    print(change["kind"], change["name"], change["then"][:8], "->", change["now"][:8])
END

say "Two runs side by side: from another start the minimum is the same to rounding"
cp orings.csv flights.csv
adcli descend "$likelihood" --data flights.csv --start a=1,b=0 --errors -o other.json --format json \
    --record other-run.json
adcli replay run.json --against other-run.json --format plain

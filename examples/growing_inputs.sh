#!/usr/bin/env bash
# What a gradient costs as the number of inputs grows: by differences, forward mode, reverse mode.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "Multiplications: forward mode and differences take k·p, reverse mode k + p"
adcli compare 'exp(-sum(x*sin(x)))' --growth n=1,10,100,1000 --shape x=n --no-times

say "Of a chain of sines over one sum; values may use n, too"
adcli compare 'f(s) = sin(sin(sin(s))); exp(f(f(sum(x)/n)))' --growth n=1,10,100,1000 \
    --at 'x=range(1, n + 1)' --no-times

say "A matrix has n^2 inputs: reverse mode's cost is that of an evaluation all the same"
adcli compare 'sum(tanh(W@v)^2)' --growth n=2,8,32 --shape W=nxn,v=n --no-times --format json |
    python3 -c '
import json, sys
record = json.load(sys.stdin)
print("inputs", record["inputs"])
for name in ("evaluation", "forward AD", "reverse AD"):
    print(name, record["multiplications"][name])'

say "With 100,000 inputs a sample is measured, and what would take minutes is said"
adcli compare 'sum(x^2)' --at 'x=(range(100000) + 1)/1e5' --no-times | tail -n 16

say "Times differ by machine and run: they go to standard error here"
adcli compare 'exp(-sum(x*sin(x)))' --growth n=1,10,100,1000 --shape x=n >&2

#!/usr/bin/env bash
# Minima of thousands of variables: a valley of 1,000 bends, and a membrane over an obstacle.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
brief() { python3 -c 'import json, sys; r = json.load(sys.stdin)
print(r["status"], "after", r["iterations"], "iterations at", float("%.6g" % r["value"]))'; }

say "The chained Rosenbrock function of 1,000 variables: Newton steps by conjugate gradients"
cat > chain.txt <<'EOF'
sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)
EOF
adcli descend -f chain.txt --start 'x=zeros(1000)' --method newton-cg --format json | brief

say "Its Hessian has 2,998 elements that may not be 0, of 1,000,000; the first of them"
adcli hessian -f chain.txt --at 'x=ones(1000)' --sparse --format csv | head -n 4

say "A membrane of 50 x 50 points, its edge at height 0, pressed down onto a table at height -0.05"
cat > membrane.txt <<'EOF'
edge = zeros(1, 50)
side = zeros(52, 1)
V = concat(side, concat(edge, U, edge, axis=0), side, axis=1)
tension = (sum((V[1:,:] - V[:-1,:])^2) + sum((V[:,1:] - V[:,:-1])^2))/2
tension + sum(U)/51^2
EOF
for method in lbfgs newton-cg; do
    echo "$method:"
    adcli descend -f membrane.txt --start 'U=zeros(50,50)' --bounds U=-0.05: --method "$method" \
        --format json > "$method.json"
    brief < "$method.json"
done
python3 -c 'import json
U = json.load(open("newton-cg.json"))["point"]["U"]
print(sum(x == -0.05 for row in U for x in row), "of 2500 points touch the table")'

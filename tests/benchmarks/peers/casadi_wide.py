"""The wide function in CasADi: scalar symbols, reverse gradient, JSON."""

import json
import sys

import casadi

with open(sys.argv[1]) as file:
    point = json.loads(file.readline())
variables = [casadi.SX.sym(name) for name in point]
total = casadi.SX(0)
for x in variables:
    total = total + x**2 * casadi.sin(x)
column = casadi.vertcat(*variables)
function = casadi.Function("f", [column], [total, casadi.gradient(total, column)])
value, gradient = function(list(point.values()))
slopes = dict(zip(point, gradient.full().ravel().tolist(), strict=True))
print(json.dumps({"value": float(value), "gradient": slopes}))

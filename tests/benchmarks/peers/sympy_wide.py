"""The wide function in SymPy: differentiated by every symbol, evaluated at the point, JSON."""

import json
import sys

import sympy

with open(sys.argv[1]) as file:
    point = json.loads(file.readline())
variables = sympy.symbols(list(point))
total = sympy.Add(*[x**2 * sympy.sin(x) for x in variables])
slopes = [total.diff(x) for x in variables]
value, *gradient = sympy.lambdify(variables, [total, *slopes], modules="math")(*point.values())
print(json.dumps({"value": value, "gradient": dict(zip(point, gradient, strict=True))}))

"""The derivative of a sum of n terms in SymPy, printed; the sum is built without parsing."""

import sys

import sympy

x = sympy.Symbol("x")
terms = range(1, int(sys.argv[1]) + 1)
total = sympy.Add(*[k * x ** (k % 7 + 1) * sympy.sin(k * x) for k in terms])
print(sympy.diff(total, x))

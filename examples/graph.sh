#!/usr/bin/env bash
# The computational graph, its local partials, and the paths whose products sum to the gradient.
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }

say "(x + y)*z: operations with their inputs below them, partial derivatives as formulas"
adcli graph '(x + y)*z'

say "At a point every node has a value and every edge a number"
adcli graph '(x + y)*z' --at x=2,y=3,z=4

say "The derivative is the sum over all paths of the product along each"
for variable in x y z; do
    adcli graph '(x + y)*z' --at x=2,y=3,z=4 --paths "$variable"
done

say "3*(x1^2 + x2*x3) at (2, 3, 4)"
adcli graph '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4
for variable in x1 x2 x3; do
    adcli graph '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --paths "$variable"
done
adcli grad '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --format plain

say "A shared sub-expression is one node, so there are more paths than nodes: 2^40 of them here"
adcli graph '
    f(x) = 0.5x + sin(x)
    g(x) = f(f(f(f(x))))
    h(x) = g(g(g(g(g(x)))))
    h(h(y))' --at y=0.1 --paths y --as json |
    python3 -c '
import json, sys
found = json.load(sys.stdin)
print("{:,} paths, {} listed, sum {:.6g}".format(found["count"], len(found["paths"]), found["sum"]))'

say "Pictures: SVG without Graphviz (or .png, .pdf), or the languages of Graphviz and Mermaid"
adcli graph '(x + y)*z' --at x=2,y=3,z=4 --as svg -o graph.svg && head -c 40 graph.svg && echo ...
adcli graph '(x + y)*z' --at x=2,y=3,z=4 --as mermaid

say "From left to right, a sum of several terms is one node, of partials 1 and -1"
adcli graph 'x1 + x2 + x3 - x4' --flow right --as dot

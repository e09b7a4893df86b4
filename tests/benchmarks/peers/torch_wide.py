"""The wide function in PyTorch: one scalar tensor a variable, backward, JSON."""

import json
import sys

import torch

with open(sys.argv[1]) as file:
    point = json.loads(file.readline())
variables = {
    name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
    for name, value in point.items()
}
total = torch.zeros((), dtype=torch.float64)
for x in variables.values():
    total = total + x**2 * torch.sin(x)
total.backward()
gradient = {name: x.grad.item() for name, x in variables.items()}
print(json.dumps({"value": total.item(), "gradient": gradient}))

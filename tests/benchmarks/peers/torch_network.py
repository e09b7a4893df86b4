"""Training steps of the network in PyTorch: `float64 WIDTH FUSED`, turns on standard input."""

import sys

import torch

from tests.benchmarks.turns import network, take_turns

dtype, width, fused = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "fused"
arrays, labels = network(dtype, width)
x, targets = torch.tensor(arrays.pop("x")), torch.tensor(labels)
arrays.pop("y")
p = {name: torch.tensor(value, requires_grad=True) for name, value in arrays.items()}
optimizer = torch.optim.Adam(p.values(), lr=1e-3, **({"fused": True} if fused else {}))


def step() -> float:
    """One step of Adam; the loss before it."""
    optimizer.zero_grad()
    hidden = torch.relu(torch.addmm(p["b1"], x, p["W1"]))
    hidden = torch.relu(torch.addmm(p["b2"], hidden, p["W2"]))
    z = torch.addmm(p["b3"], hidden, p["W3"])
    loss = torch.nn.functional.cross_entropy(z, targets)
    loss.backward()
    optimizer.step()
    return loss.item()


take_turns(step)

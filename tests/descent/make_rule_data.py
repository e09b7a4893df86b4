"""Writes rule_data.json: 100 steps of PyTorch's and optax's optimizers, to compare ours with.

Run once, by hand, where torch, jax and optax are installed: python tests/descent/make_rule_data.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
import torch

START = [-1.2, 1.0, 0.7]
STEPS = 100
TORCH = {
    "gd": (torch.optim.SGD, 1e-3, {}),
    "momentum": (torch.optim.SGD, 1e-3, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, 1e-3, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, 0.1, {}),
    "rmsprop": (torch.optim.RMSprop, 0.01, {}),
    "adadelta": (torch.optim.Adadelta, 1.0, {}),
    "adam": (torch.optim.Adam, 0.01, {}),
    "adamw": (torch.optim.AdamW, 0.01, {"weight_decay": 0.05}),
    "nadam": (torch.optim.NAdam, 0.01, {}),
    "amsgrad": (torch.optim.Adam, 0.01, {"amsgrad": True}),
    "gd with decay": (torch.optim.SGD, 1e-3, {"weight_decay": 0.05}),
}


def objective(x: Any, y: Any, z: Any) -> Any:
    """The function of test_rules.py: Rosenbrock's in three variables."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2 + (1 - y) ** 2 + 100 * (z - y**2) ** 2


def torch_path(name: str) -> list[list[float]]:
    """The points after each step."""
    make, rate, settings = TORCH[name]
    point = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([point], lr=rate, foreach=False, **settings)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        objective(*point).backward()
        optimizer.step()
        path.append(point.detach().tolist())
    return path


def lion_path(rate: float) -> list[list[float]]:
    """The points after each step of optax's Lion."""
    optimizer = optax.lion(rate, b1=0.9, b2=0.99, weight_decay=0.0)
    point = jnp.array(START)
    state = optimizer.init(point)
    path = []
    for _ in range(STEPS):
        gradient = jax.grad(lambda p: objective(*p))(point)
        changes, state = optimizer.update(gradient, state, point)
        point = optax.apply_updates(point, changes)
        path.append(point.tolist())
    return path


def main() -> None:
    """Write the file beside this one."""
    jax.config.update("jax_enable_x64", True)
    torch.set_default_dtype(torch.float64)  # NAdam keeps a product in the default type
    data = {
        name: {"rate": TORCH[name][1], "settings": TORCH[name][2], "path": torch_path(name)}
        for name in TORCH
    }
    data["lion"] = {"rate": 0.001, "settings": {}, "path": lion_path(0.001)}
    for entry in data.values():
        entry["path"] = entry["path"][4::5]  # every fifth is enough
    versions = {"torch": torch.__version__, "optax": optax.__version__, "jax": jax.__version__}
    text = json.dumps({"start": START, "versions": versions, "rules": data})
    Path(__file__).with_name("rule_data.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

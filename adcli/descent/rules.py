"""Update rules: how the gradient, and a memory of earlier ones, become a change of the point.

A rule is two pure functions, `init(point) -> state` and `step(gradient, state, rate) -> (change,
state)`. A state is a tuple of vectors like the point, and of numbers. Rules are written for a
namespace `m` of elementwise functions: NumPy itself, or vectors of graph nodes, whose steps become
compiled code (adcli.descent.fused).

>>> import numpy as np
>>> rule = momentum(np)
>>> state = rule.init(np.zeros(1))
>>> change, state = rule.step(np.array([2.0]), state, 0.5)
>>> change, state = rule.step(np.array([2.0]), state, 0.5)
>>> float(change[0])
-1.9
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Vector = Any
State = tuple[Any, ...]


class UpdateRule(NamedTuple):
    """An update rule. `rate` is the learning rate where none is given.

    With `decoupled` weight decay shrinks the point itself and does not enter the gradient: there is
    no function that the rule minimises then. `decay` is the weight decay where none is given.
    """

    init: Callable[[Vector], State]
    step: Callable[[Vector, State, Any], tuple[Vector, State]]
    rate: float = 0.01
    decoupled: bool = False
    decay: float = 0.0


def gd(m: Any) -> UpdateRule:
    """Gradient descent: change = -rate g."""
    return UpdateRule(lambda point: (), lambda g, state, rate: (-(rate * g), state))


def momentum(m: Any, decay: float = 0.9) -> UpdateRule:
    """Heavy ball: b = decay b + g; change = -rate b. Source: Polyak 1964."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        b = decay * state[0] + g
        return -(rate * b), (b,)

    return UpdateRule(lambda point: (0.0 * point,), step)


def nesterov(m: Any, decay: float = 0.9) -> UpdateRule:
    """Nesterov: b = decay b + g; change = -rate (g + decay b). Source: Sutskever et al. 2013."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        b = decay * state[0] + g
        return -(rate * (g + decay * b)), (b,)

    return UpdateRule(lambda point: (0.0 * point,), step)


def adagrad(m: Any, epsilon: float = 1e-10) -> UpdateRule:
    """AdaGrad: s = s + g^2; change = -rate g/(sqrt(s) + epsilon). Source: Duchi et al. 2011."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        s = state[0] + g * g
        return -(rate * m.divide(g, m.sqrt(s) + epsilon)), (s,)

    return UpdateRule(lambda point: (0.0 * point,), step, rate=0.1)


def rmsprop(m: Any, decay: float = 0.99, epsilon: float = 1e-8) -> UpdateRule:
    """RMSProp: s = decay s + (1 - decay) g^2; change = -rate g/(sqrt(s) + epsilon)."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        s = decay * state[0] + (1 - decay) * (g * g)
        return -(rate * m.divide(g, m.sqrt(s) + epsilon)), (s,)

    return UpdateRule(lambda point: (0.0 * point,), step)


def adadelta(m: Any, decay: float = 0.9, epsilon: float = 1e-6) -> UpdateRule:
    """AdaDelta: the step is the gradient times RMS(changes)/RMS(gradients). Source: Zeiler 2012."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        s = decay * state[0] + (1 - decay) * (g * g)
        d = m.divide(m.sqrt(state[1] + epsilon), m.sqrt(s + epsilon)) * g
        return -(rate * d), (s, decay * state[1] + (1 - decay) * (d * d))

    return UpdateRule(lambda point: (0.0 * point, 0.0 * point), step, rate=1.0)


def adam(m: Any, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> UpdateRule:
    """Adam: bias-corrected means of g and g^2. Source: Kingma & Ba 2015, algorithm 1."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        a, s, power1, power2 = _means(g, state, beta1, beta2)
        below = m.divide(m.sqrt(s), m.sqrt(1 - power2)) + epsilon
        return -(m.divide(rate, 1 - power1) * m.divide(a, below)), (a, s, power1, power2)

    return UpdateRule(_two_means, step)


def adamw(m: Any, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> UpdateRule:
    """Adam whose weight decay, 0.01 as in PyTorch, shrinks the point itself.

    Source: Loshchilov & Hutter 2019.
    """
    return adam(m, beta1, beta2, epsilon)._replace(decoupled=True, decay=0.01)


def amsgrad(m: Any, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> UpdateRule:
    """Adam with the largest mean of g^2 so far. Source: Reddi, Kale & Kumar 2018."""

    def init(point: Vector) -> State:
        return (*_two_means(point), 0.0 * point)

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        a, s, power1, power2 = _means(g, state, beta1, beta2)
        largest = m.maximum(state[4], s)
        below = m.divide(m.sqrt(largest), m.sqrt(1 - power2)) + epsilon
        change = -(m.divide(rate, 1 - power1) * m.divide(a, below))
        return change, (a, s, power1, power2, largest)

    return UpdateRule(init, step)


def nadam(
    m: Any,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    momentum_decay: float = 0.004,
) -> UpdateRule:
    """Adam with Nesterov's look ahead. Source: Dozat 2016, the form of PyTorch's NAdam."""
    fade = 0.96**momentum_decay

    def init(point: Vector) -> State:
        return (*_two_means(point), fade, 1.0)

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        a, s, power1, power2 = _means(g, state, beta1, beta2)
        now = beta1 * (1 - 0.5 * state[4])
        ahead = beta1 * (1 - 0.5 * (fade * state[4]))
        product = state[5] * now
        below = m.sqrt(m.divide(s, 1 - power2)) + epsilon
        weighted = m.divide(1 - now, 1 - product) * g + m.divide(ahead, 1 - product * ahead) * a
        change = -(rate * m.divide(weighted, below))
        return change, (a, s, power1, power2, fade * state[4], product)

    return UpdateRule(init, step)


def lion(m: Any, beta1: float = 0.9, beta2: float = 0.99) -> UpdateRule:
    """Lion: change = -rate sign(beta1 a + (1 - beta1) g). Source: Chen et al. 2023."""

    def step(g: Vector, state: State, rate: Any) -> tuple[Vector, State]:
        (a,) = state
        change = -(rate * m.sign(beta1 * a + (1 - beta1) * g))
        return change, (beta2 * a + (1 - beta2) * g,)

    return UpdateRule(lambda point: (0.0 * point,), step, rate=0.001, decoupled=True)


def _two_means(point: Vector) -> State:
    return (0.0 * point, 0.0 * point, 1.0, 1.0)


def _means(g: Vector, state: State, beta1: float, beta2: float) -> State:
    """The means of g and of g^2, and the powers of the betas that correct their bias."""
    a, s, power1, power2 = state[:4]
    return (
        beta1 * a + (1 - beta1) * g,
        beta2 * s + (1 - beta2) * (g * g),
        beta1 * power1,
        beta2 * power2,
    )


RULES: dict[str, Callable[..., UpdateRule]] = {
    rule.__name__: rule
    for rule in (
        *(gd, momentum, nesterov, adagrad, rmsprop, adadelta),
        *(adam, adamw, nadam, amsgrad, lion),
    )
}
"""The update rules by name; each makes an UpdateRule for a namespace and its settings."""

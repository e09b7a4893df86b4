"""Sums in one walk of the simplification: like terms joined, where each stands first."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from adcli.graph import exact
from adcli.graph.chains import SUMS, walk_chain
from adcli.graph.exact import Number, reduced
from adcli.graph.primitives import ADD, NEGATIVE, SUBTRACT
from adcli.graph.simplify_cases import Cases
from adcli.graph.simplify_nodes import Factors, like

Terms = list[tuple[int, int]]
"""Signs and nodes."""

_MAX_SHORT_SUM = 4
_GONE = -1
"""Stands for a leaf of a sum that has joined another."""


class _SignedTerms(NamedTuple):
    """A part of a sum: terms that are added from left to right, and a sign over all.

    `mixed` if the terms have different signs, `bare` if a term is a number or a variable.
    """

    sign: int
    terms: deque[tuple[int, int]]
    mixed: bool = False
    bare: bool = False


def _negated(group: _SignedTerms | None) -> _SignedTerms | None:
    return None if group is None else group._replace(sign=-group.sign)


class Sums(Cases):
    """Sums of new nodes."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._sums: dict[int, list[tuple[Number, Any, Factors]]] = {}  # the terms of short ones

    def sum_at(self, top: int) -> int:
        """A sum with like terms joined, where each stands first."""
        walk = walk_chain(self.graph, self.chain, top, SUMS)
        leaves = [
            (self.bare(self.new[i]), s, self.uses[i] == 1) for i, s, inner in walk if not inner
        ]
        table = self._table_of_sum(leaves)
        if table is not None:
            return table
        terms = self._terms(leaves)
        groups: list[_SignedTerms | None] = []
        position = 0
        for i, _, inner in walk:
            if not inner:
                found = terms[position]
                position += 1
                mixed = len({t for t, _ in found}) > 1
                bare = not all(self.graph.args[n] for _, n in found)
                groups.append(_SignedTerms(1, deque(found), mixed, bare) if found else None)
            elif self.graph.ops[i] is NEGATIVE:
                groups.append(_negated(groups.pop()))
            else:
                right, left = groups.pop(), groups.pop()
                right = _negated(right) if self.graph.ops[i] is SUBTRACT else right
                groups.append(self._joined(left, right))
        (whole,) = groups
        return self.product(0, ()) if whole is None else self._chained(whole)

    def _table_of_sum(self, leaves: list[tuple[int, int, bool]]) -> int | None:
        """A sum of masks of one pair and numbers is a table of numbers."""
        pair = next((self.cases[n][0] for n, _, _ in leaves if n in self.cases), None)
        if pair is None:
            return None
        totals: list[Number] = [0, 0, 0, 0]
        for n, s, _ in leaves:
            number, found = self.number(n), self.mask_numbers(n, pair)
            if number is None and found is None:
                return None
            column = [number or 0] * 4 if found is None else found[1]
            totals = [t + s * v for t, v in zip(totals, column, strict=True)]
        return self.by_numbers(pair, totals)

    def _terms(self, leaves: list[tuple[int, int, bool]]) -> list[Terms]:
        """What each leaf of a sum becomes: signed terms, without what joined an earlier one."""
        split = self._split_terms(leaves)
        totals: dict[Any, Number] = {}
        for (_, s, _), terms in zip(leaves, split, strict=True):
            for c, key, _ in terms:
                totals[key] = reduced(totals.get(key, 0) + c * s)
        done: set[Any] = set()
        result: list[Terms] = []
        for (n, s, _), terms in zip(leaves, split, strict=True):
            kept: Terms = []
            for c, key, factors in terms:
                if key in done:
                    continue
                done.add(key)
                total = totals[key] * s
                if total == 0 and self.vanishes(factors):
                    continue
                same = len(terms) == 1 and total == c and c > 0
                node = n if same else self.product(exact.magnitude(total), factors)
                kept.append((-1 if total < 0 else 1, node))
            result.append(kept)
        return result

    def _split_terms(
        self, leaves: list[tuple[int, int, bool]]
    ) -> list[list[tuple[Number, Any, Factors]]]:
        """Each leaf as terms (coefficient, key, factors); equal keys are like terms.

        A leaf is one term, but for a short sum that others use as well and that has a like term
        elsewhere in this sum.
        """
        leaves = self._complete_cases(leaves)
        result: list[list[tuple[Number, Any, Factors]]] = []
        counts: dict[Any, int] = {}
        for n, _, own in leaves:
            if n == _GONE:
                result.append([])
                continue
            c, factors = self.split(n)
            if len(factors) > 1 and not own:
                c, factors = 1, ((n, (1,)),)
                self.whole.add(n)
            key = like(self.products, factors)
            result.append([(c, key, factors)])
            for k in [key, *(key for _, key, _ in self._sums.get(n, ()))]:
                counts[k] = counts.get(k, 0) + 1
        for k, (n, _, _) in enumerate(leaves):
            inside = self._sums.get(n)
            if inside and any(counts[key] > 1 for _, key, _ in inside):
                result[k] = list(inside)
        return result

    def _complete_cases(self, leaves: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
        """where(c, a, 0) + where(not c, b, 0) is where(c, a, b)."""
        if sum(n in self.cases for n, _, _ in leaves) < 2:
            return leaves
        first: dict[tuple[Any, int], int] = {}
        for k, (n, s, own) in enumerate(leaves):
            if n not in self.cases or not own:
                continue
            pair, table = self.cases[n]
            j = first.setdefault((pair, s), k)
            if j == k:
                continue
            both = self.completed((self.cases[leaves[j][0]][1], table))
            node = None if both is None else self.by_cases(pair, both)
            if node is not None:
                leaves[j] = (node, s, True)
                leaves[k] = (_GONE, s, True)
        return leaves

    def _joined(self, a: _SignedTerms | None, b: _SignedTerms | None) -> _SignedTerms | None:
        """Two parts of a sum. Brackets go, but not those around a difference with numbers or
        variables: (n - 1) may have digits that s + n has lost."""
        if a is None or b is None:
            return b if a is None else a
        if b.mixed and b.bare:
            b = _SignedTerms(b.sign, deque([(1, self._chained(b._replace(sign=1)))]))
        relation = a.sign * b.sign
        mixed = a.mixed or b.mixed or a.terms[0][0] != b.terms[0][0] * relation
        bare = a.bare or b.bare
        if len(a.terms) >= len(b.terms):
            a.terms.extend((t * relation, n) for t, n in b.terms)
            return _SignedTerms(a.sign, a.terms, mixed, bare)
        b.terms.extendleft((t * relation, n) for t, n in reversed(a.terms))
        return _SignedTerms(b.sign, b.terms, mixed, bare)

    def _chained(self, group: _SignedTerms) -> int:
        """The node of a sum; a term with a plus comes first if there is one."""
        terms = [(t * group.sign, n) for t, n in group.terms]
        first = next((k for k, (t, _) in enumerate(terms) if t > 0), None)
        if first:
            terms.insert(0, terms.pop(first))
        t, node = terms[0]
        if t < 0:
            c, factors = self.split(node)
            whole = (node in self.kept or node in self.whole) and len(factors) > 1
            node = self.product(-1, ((node, (1,)),)) if whole else self.product(-c, factors)
        for t, n in terms[1:]:
            node = self.node(ADD if t > 0 else SUBTRACT, node, n)
        if 1 < len(terms) <= _MAX_SHORT_SUM:
            self._sums[node] = [self._as_term(t, n) for t, n in terms]
        return node

    def _as_term(self, t: int, n: int) -> tuple[Number, Any, Factors]:
        c, factors = self.split(n)
        return c * t, like(self.products, factors), factors

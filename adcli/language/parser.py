"""The parser: one loop over tokens and LALR(1) tables that calls a builder as it reduces.

No recursion, so nesting is bounded by memory alone. Every grammar level that passes its only child
on would cost a reduction for every atom; `_skip` remembers where such a chain ends.
"""

from __future__ import annotations

import re
from typing import Any

from adcli.language.grammar import ParseTables

END = 0
_COMMENT = r"#[^\n]*"
"""Compiled for the first line break within a statement, not at every start."""


class Parser:
    """A parser for one grammar; reusable, and free of state between texts."""

    def __init__(self, tables: ParseTables) -> None:
        self.tables = tables
        self.separator = tables.terminals.index("SEPARATOR")
        nesting = {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}
        self.nesting = [nesting.get(name, 0) for name in tables.terminals]
        self.bar, self.bar_end = map(tables.terminals.index, ("BAR", "BAR_END"))
        self.name = tables.terminals.index("NAME")
        words = ("AND", "OR", "NOT", "IF", "THEN", "ELSE")
        self.words = {tables.terminals.index(word) for word in words}
        self.ambiguous = {self.separator, self.bar_end, *self.words}
        # Where a chain of passing reductions ends: (state below, state, terminal) -> state.
        self._ends: dict[tuple[int, int, int], int] = {}

    def parse(self, text: str, builder: Any) -> Any:
        """Parse `text`, calling `builder.METHOD(*children)` at each reduction of a named rule.

        A token's value is its span; a rule's value is what its method returned. Returns the value
        of the whole text. Raises LanguageError with the place of a syntax error.
        """
        tables, ends = self.tables, self._ends
        actions, gotos, nesting = tables.actions, tables.gotos, self.nesting
        rules = [
            (nonterminal, length, getattr(builder, method) if method else None)
            for nonterminal, length, method in tables.rules
        ]
        state = tables.start
        states = [state]
        values: list[Any] = []
        depth = 0
        bars: list[int] = []  # the depths at which bars were opened
        pattern = tables.ascii_pattern if text.isascii() else tables.pattern
        for match in re.compile(pattern, re.DOTALL).finditer(text):
            terminal = match.lastindex or END
            span = match.span(terminal) if terminal else (len(text), len(text))
            if terminal in self.ambiguous:
                # A line break ends a statement only where a statement can end: neither within
                # brackets nor after `x +`.
                if (
                    terminal == self.separator
                    and (depth > 0 or bars or terminal not in actions[state])
                    and ";" not in re.sub(_COMMENT, "", text[span[0] : span[1]])
                ):
                    continue
                if terminal == self.bar_end:
                    if terminal in actions[state] and bars and bars[-1] == depth:
                        bars.pop()
                    else:
                        terminal = self.bar
                        bars.append(depth)
                elif terminal in self.words and terminal not in actions[state]:
                    terminal = self.name
            while True:
                action = actions[state].get(terminal, 0)
                if action > 0:
                    depth += nesting[terminal]
                    state = action - 1
                    states.append(state)
                    values.append(span)
                    break
                if action == 0:
                    if state == tables.accept:
                        return values[-1]
                    from adcli.language.syntax import syntax_error

                    raise syntax_error(tables, text, states, terminal, span)
                nonterminal, length, method = rules[-action - 1]
                if method is None:
                    key = (states[-2], state, terminal)
                    end = ends.get(key)
                    if end is None:
                        end = ends[key] = self._skip(*key)
                    states[-1] = state = end
                    continue
                if length == 0:
                    values.append(method())
                else:
                    values[-length:] = (method(*values[-length:]),)
                    del states[-length:]
                state = gotos[states[-1]][nonterminal]
                states.append(state)
        raise AssertionError("the pattern matches the end of every text")

    def _skip(self, below: int, state: int, terminal: int) -> int:
        """The state above `below` after every passing reduction that `terminal` asks for."""
        tables = self.tables
        action = tables.actions[state].get(terminal, 0)
        while action < 0 and not tables.rules[-action - 1][2]:
            state = tables.gotos[below][tables.rules[-action - 1][0]]
            action = tables.actions[state].get(terminal, 0)
        return state

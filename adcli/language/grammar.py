"""The grammar's LALR(1) tables: compiled by Lark once, read from a JSON file ever after.

Importing Lark and building the tables takes longer than everything else that `adcli grad` does at
one point, so the tables are kept beside the grammar with the grammar's checksum. A changed grammar
is compiled again on the spot; `python -m adcli.language.grammar` rewrites the file. JSON holds
plain data only: nothing that is read here can run.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from typing import Any, cast

TABLES_VERSION = 2
"""Version of the table file; raise it when `compile_grammar` changes what it writes."""


class ParseTables:
    """What the parser runs on.

    Terminals and nonterminals are numbered; `terminals[t]` is a terminal's name and terminal 0 is
    the end of the text. `pattern` matches one token and the blanks before it; its group t is
    terminal t, one group more is a character of no terminal, and no group is the end of the text.
    `ascii_pattern` does so in texts of ASCII, and takes a third of the time to compile.
    `actions[s][t]` is s' + 1 for "shift and go to s'" and -r - 1 for "reduce by rule r".
    `gotos[s][n]` is the state after nonterminal n. `rules[r]` is (nonterminal, length, method name
    or "" for a rule that passes its only child on).
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.terminals: list[str] = data["terminals"]
        self.pattern: str = data["pattern"]
        self.ascii_pattern: str = data["ascii_pattern"]
        self.rules: list[tuple[int, int, str]] = [tuple(rule) for rule in data["rules"]]
        self.actions: list[dict[int, int]] = [dict(row) for row in data["actions"]]
        self.gotos: list[dict[int, int]] = [dict(row) for row in data["gotos"]]
        self.start: int = data["start"]
        self.accept: int = data["accept"]


def grammar_path(name: str) -> str:
    """The path of grammars/NAME.lark, in a checkout (editable install) or in an installed wheel."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "grammars", name + ".lark")
    if os.path.exists(installed):
        return installed
    return os.path.join(os.path.dirname(package), "grammars", name + ".lark")


def load_tables(name: str = "expression") -> ParseTables:
    """The tables of grammars/NAME.lark, compiled only if the kept ones are not of this grammar."""
    path = grammar_path(name)
    with open(path, "rb") as file:
        source = file.read()
    try:
        with open(path[: -len(".lark")] + ".json", encoding="utf-8") as file:
            data = json.load(file)
    except (FileNotFoundError, ValueError):  # missing or broken: compile it
        data = {}
    if data.get("checksum") != zlib.crc32(source) or data.get("format") != TABLES_VERSION:
        data = compile_grammar(source)
    return ParseTables(data)


def compile_grammar(source: bytes) -> dict[str, Any]:
    """Tables of a Lark grammar, as plain data (see `ParseTables`); the same for every run.

    Raises lark.exceptions.GrammarError for a grammar with conflicts.
    """
    from lark import Lark

    lark = Lark(source.decode(), parser="lalr", keep_all_tokens=True, maybe_placeholders=False)
    terminals, pattern = _lexicon(lark)
    nonterminals: dict[str, int] = {}
    rules = []
    for rule in lark.rules:
        if not rule.alias and len(rule.expansion) != 1:
            raise ValueError(f"rule {rule.origin.name} has several children and no alias")
        nonterminal = nonterminals.setdefault(str(rule.origin.name), len(nonterminals))
        rules.append((nonterminal, len(rule.expansion), str(rule.alias or "")))
    table = cast(Any, lark.parser).parser._parse_table
    return {
        "format": TABLES_VERSION,
        "checksum": zlib.crc32(source),
        "terminals": terminals,
        "pattern": pattern,
        "ascii_pattern": _of_ascii(pattern),
        "rules": rules,
        **_states(table, {name: i for i, name in enumerate(terminals)}, nonterminals, lark.rules),
    }


def _lexicon(lark: Any) -> tuple[list[str], str]:
    """The terminals in the order of their groups, and the pattern of one token."""
    ignored = set(lark.ignore_tokens)
    # Longer literals first, so that `**` is not read as `*` twice.
    ordered = sorted(
        lark.terminals,
        key=lambda t: (-t.priority, t.pattern.type != "re", -t.pattern.max_width, t.name),
    )
    blank = "|".join(t.pattern.to_regexp() for t in ordered if t.name in ignored)
    kept = [t for t in ordered if t.name not in ignored]
    alternatives = "|".join(f"({t.pattern.to_regexp()})" for t in kept)
    return ["$END", *[t.name for t in kept]], f"(?:{blank})*(?:{alternatives}|(.)|\\Z)"


def _of_ascii(pattern: str) -> str:
    """A pattern that matches texts of ASCII as `pattern` does: other characters are left out of its
    classes and alternatives, as far as some remain."""

    def shortened(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]  # a character behind a backslash
        rest = re.sub(r"[^\x00-\x7f](?:-[^\x00-\x7f])?", "", found[2])
        return f"[{found[1]}{rest or found[2][0]}]"

    pattern = re.sub(r"\\.|\[(\^?)((?:\\.|[^\]\\])+)\]", shortened, pattern)
    return re.sub(r"\|[^\x00-\x7f](?=[|)])", "", pattern)


def _states(
    table: Any, terminals: dict[str, int], nonterminals: dict[str, int], rules: list[Any]
) -> dict[str, Any]:
    """Actions and gotos. Lark numbers states by walking sets; here a walk from the start does."""
    from lark.parsers.lalr_analysis import Shift

    rule_number = {rule: i for i, rule in enumerate(rules)}
    start = table.start_states["start"]
    numbers = {start: 0}
    queue = [start]
    actions, gotos = [], []
    for state in queue:
        row: dict[str, list[tuple[int, int]]] = {"actions": [], "gotos": []}
        for symbol, (action, target) in sorted(table.states[state].items()):
            if action is Shift and target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
            if symbol not in terminals:
                row["gotos"].append((nonterminals[symbol], numbers[target]))
            elif action is Shift:
                row["actions"].append((terminals[symbol], numbers[target] + 1))
            else:
                row["actions"].append((terminals[symbol], -rule_number[target] - 1))
        actions.append(row["actions"])
        gotos.append(row["gotos"])
    accept = numbers[table.end_states["start"]]
    return {"actions": actions, "gotos": gotos, "start": 0, "accept": accept}


def write_tables(name: str = "expression") -> str:
    """Compile grammars/NAME.lark, write the tables beside it and return their path."""
    path = grammar_path(name)
    with open(path, "rb") as file:
        data = compile_grammar(file.read())
    target = path[: -len(".lark")] + ".json"
    with open(target, "w", encoding="utf-8") as file:
        file.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    return target


if __name__ == "__main__":
    print(write_tables())

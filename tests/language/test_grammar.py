"""The compiled tables are those of the grammar, whatever the order Lark numbers states in."""

import json
import random
import re
import string
import zlib
from pathlib import Path

import pytest

from adcli.language.grammar import (
    TABLES_VERSION,
    ParseTables,
    compile_grammar,
    grammar_path,
    load_tables,
)

GRAMMAR = Path(grammar_path("expression"))
KEPT = GRAMMAR.with_suffix(".json")
REMEDY = "run `python -m adcli.language.grammar`"


def in_reading_order(tables):
    """The tables with states numbered as a walk from the start state meets them.

    Lark numbers states by walking sets, so their numbers differ from run to run.
    """
    found = {tables.start: 0}
    queue = [tables.start]
    for state in queue:
        shifts = [code - 1 for _, code in sorted(tables.actions[state].items()) if code > 0]
        for target in shifts + [target for _, target in sorted(tables.gotos[state].items())]:
            if target not in found:
                found[target] = len(found)
                queue.append(target)
    actions = [
        {t: found[code - 1] + 1 if code > 0 else code for t, code in tables.actions[state].items()}
        for state in queue
    ]
    gotos = [{n: found[target] for n, target in tables.gotos[state].items()} for state in queue]
    return {
        "states": len(tables.actions),
        "accept": found[tables.accept],
        "actions": actions,
        "gotos": gotos,
        "rules": tables.rules,
        "terminals": tables.terminals,
        "patterns": (tables.pattern, tables.ascii_pattern),
    }


def test_kept_tables_are_in_step_with_the_grammar():
    source = GRAMMAR.read_bytes()
    kept = json.loads(KEPT.read_text("utf-8"))
    assert (kept["format"], kept["checksum"]) == (TABLES_VERSION, zlib.crc32(source)), REMEDY
    compiled = ParseTables(compile_grammar(source))
    assert in_reading_order(ParseTables(kept)) == in_reading_order(compiled), REMEDY


def test_a_walk_reaches_every_state():
    ordered = in_reading_order(load_tables())
    assert len(ordered["actions"]) == ordered["states"]


@pytest.fixture
def grammar_copy(tmp_path, monkeypatch):
    """A copy of the grammar and its tables, in the place where they are looked for."""
    copy = tmp_path / GRAMMAR.name
    copy.write_bytes(GRAMMAR.read_bytes())
    copy.with_suffix(".json").write_bytes(KEPT.read_bytes())
    monkeypatch.setattr("adcli.language.grammar.grammar_path", lambda name: str(copy))
    return copy


def test_kept_tables_are_read_without_lark(grammar_copy, monkeypatch):
    monkeypatch.setattr("adcli.language.grammar.compile_grammar", None)
    assert load_tables().terminals[0] == "$END"


@pytest.mark.parametrize("change", ["edited", "missing", "older format"])
def test_tables_of_another_grammar_are_not_used(grammar_copy, change):
    kept = grammar_copy.with_suffix(".json")
    if change == "edited":
        grammar_copy.write_text(grammar_copy.read_text("utf-8") + '\nLATER: "§"\n', "utf-8")
    elif change == "missing":
        kept.unlink()
    else:
        kept.write_text(json.dumps(json.loads(kept.read_text("utf-8")) | {"format": 0}), "utf-8")
    if kept.exists():
        poisoned = json.loads(kept.read_text("utf-8")) | {"pattern": "never used"}
        kept.write_text(json.dumps(poisoned), "utf-8")
    assert load_tables().pattern != "never used"


def test_both_patterns_part_a_text_of_ascii_alike():
    tables, generator = load_tables(), random.Random(1)
    patterns = [re.compile(p, re.DOTALL) for p in (tables.pattern, tables.ascii_pattern)]
    pieces = [*string.printable, "not x", "if (", "and", "1e-3", "x_1", "`a b`", "**", "!=", "||"]
    for _ in range(2000):
        text = "".join(generator.choices(pieces, k=12))
        tokens = [[(m.lastindex, m.span()) for m in p.finditer(text)] for p in patterns]
        assert tokens[0] == tokens[1], text

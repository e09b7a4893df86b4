"""From the options of `adcli propagate` to a program and what is known of its variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adcli.cli.inputs import (
    about,
    constant,
    file_values,
    is_whole_point,
    name_of,
    split_commas,
    values_of,
)
from adcli.cli.propagate_options import PropagateOptions
from adcli.cli.table_options import columns_in
from adcli.cli.terminal import stdin_bytes
from adcli.data.point_files import naming
from adcli.data.table import open_table
from adcli.data.table_columns import read_columns
from adcli.errors import UsageError
from adcli.fitting.fitted_model import FittedModel, load_model
from adcli.function import Function, function
from adcli.language.messages import safe
from adcli.uncertainty.from_fit import with_parameters
from adcli.uncertainty.measured import WRITTEN, read_measured

_BEHIND = re.compile(r"(?<=[^\s,;])(\s+)(k|df)\s*=\s*(?=[0-9.])")
"""A word behind an uncertainty, which is no further assignment."""


def measured_at(options: PropagateOptions, f: Function) -> dict[str, Any]:
    """The values that --at gives, Measured ones and those of files of parameters."""
    files = [text for text in options.at if is_whole_point(text)]
    found = {name: x for file in files for name, x in file_values(file, f).items()}
    texts = [_BEHIND.sub(r"\1\2 ", text) for text in options.at if text not in files]

    def read(name: str, text: str) -> Any:
        return read_measured(text, lambda part: constant(part, None))

    return {**found, **values_of(texts, "--at", read)}


def observations(options: PropagateOptions, f: Function) -> Mapping[str, Any] | None:
    """The columns of --observations that the program names; None without the option."""
    if options.observations is None:
        return None
    stdin = stdin_bytes() if options.observations == "-" else None
    with naming("--observations"), open_table([options.observations], stdin=stdin) as table:
        f.refuse_constants(table.layout.names, table.name)
        names = columns_in(f, table)
        if not names:
            raise UsageError(f"the program names no column of {safe(table.name)}", table.listed())
        return read_columns(table, names)


def correlations(texts: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """The correlations by pairs of names. Raises UsageError for a text that is none."""
    found: dict[tuple[str, str], float] = {}
    for text in texts:
        names, _, value = text.rpartition("=")
        pair = [_label(part.strip()) for part in split_commas(names)]
        if len(pair) != 2 or not all(pair):
            raise UsageError(
                f"--correlation: '{safe(text)}' is not two names and a number",
                "write --correlation x,y=0.3",
            )
        with about("--correlation"):
            r = constant(value.strip(), None)
        if not isinstance(r, float):
            raise UsageError(f"--correlation: '{safe(value)}' is not a number", WRITTEN)
        first, second = pair
        if (first, second) in found or (second, first) in found:
            what = f"'{safe(first)}' and '{safe(second)}'"
            raise UsageError(f"--correlation gives {what} twice", "take one away")
        found[first, second] = r
    return found


def _label(text: str) -> str:
    """The label of a number: `v[0,1]` without spaces, a name as `name_of`."""
    name, bracket, rest = text.partition("[") if not text.startswith("`") else (text, "", "")
    return name_of(name.strip()) + bracket + rest.replace(" ", "")


def program_of(options: PropagateOptions) -> tuple[Function, FittedModel | None]:
    """The program, and the model that gives its parameters; without EXPR the model's prediction."""
    if options.model is None:
        return function(options.text), None
    model = load_model(options.model)
    has_text = options.expression is not None or options.source is not None
    return with_parameters(model, function(options.text) if has_text else None), model

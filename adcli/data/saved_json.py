"""Files of JSON that adcli writes and reads again: models of fits, and records of runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from adcli.data.output import atomic_output
from adcli.data.source import read_file
from adcli.errors import DataError
from adcli.given import check_kinds

MOST_BYTES = 1 << 28
"""No document is larger."""


def write_document(path: str | os.PathLike[str], body: Mapping[str, Any]) -> None:
    """Write a document; the file appears when it is complete. Raises DataError."""
    with atomic_output(path) as stream:
        stream.write(json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n")


def read_document(
    path: str | os.PathLike[str], form: str, kind: str, meant: str, hint: str
) -> dict[str, Any]:
    """The object in a file, whose "format" is `form`; its other parts are not checked.

    Messages call the file what it is not: a `kind` where it is no JSON, `meant` where it is another
    document; `hint` says what writes one. Raises UsageError for a file that is not there, DataError
    for one that is not such a document.
    """
    check_kinds(path=path)
    name = os.fspath(path)
    data = read_file(name, hint, MOST_BYTES)
    try:
        body = json.loads(data) if len(data) < MOST_BYTES else None
    except (ValueError, RecursionError):
        raise DataError(f"{name} is not a {kind}: it is not JSON", hint) from None
    if not isinstance(body, dict) or body.get("format") != form:
        raise DataError(f"{name} is not {meant}", hint)
    return body

"""Text files cut into chunks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adcli.data.source import Source
from adcli.errors import DataError

_SIGNATURES = [
    (b"PAR1", "this looks like Parquet: --points-format parquet"),
    (b"\x1f\x8b", "this is compressed: unpack it, or name the file with .gz at the end"),
    (b"PK\x03\x04", "this is a spreadsheet or a zip archive: export it as CSV"),
    (b"\xff\xfe", "this looks like UTF-16: save it with the encoding UTF-8"),
    (b"\xfe\xff", "this looks like UTF-16: save it with the encoding UTF-8"),
]
BOM = b"\xef\xbb\xbf"
SMALL_BYTES = 1 << 16
"""A file up to this size meets neither NumPy nor polars: importing them takes longer."""


class Chunk(NamedTuple):
    """Whole lines of a file: the bytes, the 1-based line they start on, their byte offset, whether
    they are the last ones, how many line ends there are."""

    data: bytes
    line: int
    offset: int
    last: bool
    ends: int

    @property
    def lines(self) -> int:
        """How many lines there are; the last one may lack its end."""
        return self.ends + (not self.data.endswith(b"\n"))

    def text(self, name: str) -> str:
        """The lines as text; DataError, which names the byte, if they are not UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            line = self.line + self.data.count(b"\n", 0, error.start)
            raise DataError(
                f"{name} is not UTF-8 text: byte {self.offset + error.start + 1}, line {line}",
                "save it with the encoding UTF-8",
            ) from None


def read_chunks(
    source: Source, block_bytes: int, first_bytes: int | None = None
) -> Iterator[Chunk]:
    """The file cut after line ends into chunks of about `block_bytes`, checked to be text.

    The first chunk has about `first_bytes`, if there is a number.
    """
    for signature, hint in _SIGNATURES:
        if source.peek(4).startswith(signature):
            raise DataError(f"{source.name} is not a text file", hint)
    offset, line, rest, size = 0, 1, b"", first_bytes or block_bytes
    if source.peek(3) == BOM:
        source.read(3)
        offset = 3
    while True:
        pieces: list[bytes | memoryview] = [rest]
        last = False
        while not last:
            piece = source.read(size)
            size = block_bytes
            last = source.ended
            if b"\0" in piece:
                place = offset + sum(map(len, pieces)) + piece.index(b"\0") + 1
                raise DataError(
                    f"{source.name} has a NUL byte at byte {place}", "is it a text file in UTF-8?"
                )
            cut = piece.rfind(b"\n") + 1
            if cut and not last:
                pieces.append(memoryview(piece)[:cut])
                rest = piece[cut:]
                break
            pieces.append(piece)
        data = b"".join(pieces)
        ends = data.count(b"\n")
        if data:
            yield Chunk(data, line, offset, last, ends)
        if last:
            return
        offset += len(data)
        line += ends

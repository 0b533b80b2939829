"""A CSV file's lines, or the reason why it isn't whole."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from noxline.errors import NoxlineError, nearest


@dataclass(frozen=True)
class Rows:
    """The lines of a CSV file below its header, all of one width.

    Attributes:
        source: The file's name, for messages.
        header: The columns' names.
        values: One tuple of strings a row. Row i stands on line i + 2 of the file.
    """

    source: str
    header: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        """One column's values, as they are written.

        Raises:
            NoxlineError: There is no such column.
        """
        if name not in self.header:
            near = nearest(name, self.header)
            raise NoxlineError(
                f"{self.source}: column {name} is missing",
                found=", ".join(self.header),
                expected=f"a column {name}",
                fix=f"rename {near} to {name}" if near else f"add the column {name}",
            )
        index = self.header.index(name)
        return tuple(row[index] for row in self.values)


def read_rows(path: Path) -> Rows:
    """Read a CSV file; see `parse_rows`."""
    try:
        return parse_rows(path.read_bytes(), str(path))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoxlineError(f"{path}: no such file", fix="make it, or correct its path") from error


def parse_rows(data: bytes, source: str) -> Rows:
    """Read CSV: UTF-8, a header, every line of its width, the last one ended too.

    A last line without its end is refused because nothing tells it from one that was cut off
    inside a number.

    Raises:
        NoxlineError: Not UTF-8, truncated, a line of another width, a column twice, no rows.
    """
    text = decode(data, source)
    if not text.strip():
        raise NoxlineError(
            f"{source}: the file is empty", expected="a header and cases", fix="write the cases"
        )
    last = text.count("\n") + 1
    if not text.endswith("\n"):
        raise NoxlineError(
            f"{source}: line {last}: the file is truncated",
            found=f"the last line has no end: {text.rsplit(chr(10), 1)[-1][-40:]!r}",
            expected="every line ended by a line feed",
            fix=f"fetch the file again; if it is whole: echo >> {source}",
        )
    try:
        header, *lines = [tuple(row) for row in csv.reader(io.StringIO(text), strict=True)]
    except csv.Error as error:
        fix = "close the quotation marks, or fetch the file again"
        raise NoxlineError(f"{source}: not CSV", found=str(error), fix=fix) from error
    _check(source, header, lines)
    return Rows(source, header, tuple(lines))


def decode(data: bytes, source: str) -> str:
    """The text of a file's bytes, its lines ended by line feeds.

    Raises:
        NoxlineError: Not UTF-8.
    """
    try:
        # The mark that spreadsheets put at the start is no part of the first column's name.
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NoxlineError(
            f"{source}: line {line}: not UTF-8",
            found=f"byte 0x{data[error.start]:02x} at offset {error.start}",
            expected="UTF-8",
            fix=f"iconv -f WINDOWS-1252 -t UTF-8 {source}",
        ) from error


def _check(source: str, header: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        fix = f"rename or remove one {twice[0]}"
        raise NoxlineError(f"{source}: column {twice[0]} stands twice in the header", fix=fix)
    if not lines:
        raise NoxlineError(
            f"{source}: zero rows",
            found="a header and nothing below it",
            expected="at least one case",
            fix="write the cases, or fetch the file again",
        )
    for number, values in enumerate(lines, start=2):
        if len(values) != len(header):
            raise NoxlineError(
                f"{source}: line {number}: wrong number of values",
                found=f"{len(values)}: {','.join(values)[:60]}",
                expected=f"{len(header)}, as in the header",
                fix="complete the line; if the file was cut off there, fetch it again",
            )

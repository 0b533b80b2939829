"""A CSV file's lines, or the reason why it isn't whole."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from collections.abc import Iterator
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


@contextlib.contextmanager
def mended_by(fix: str | None) -> Iterator[None]:
    """Whatever is found wrong inside, `fix` is what mends it; None leaves each error its own.

    The readers tell how to correct a line. That is right for a file that a person wrote, and wrong
    for one that a stage made.
    """
    try:
        yield
    except NoxlineError as error:
        raise NoxlineError(
            error.what,
            found=error.found,
            expected=error.expected,
            fix=fix or error.fix,
            code=error.code,
        ) from error


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
        NoxlineError: Not UTF-8 text, truncated, a line of another width, a column twice, no rows.
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
            fix="fetch the file again; if it is whole, end its last line with a line feed",
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
        NoxlineError: Not UTF-8, or with a NUL byte, which no text has.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NoxlineError(
            f"{source}: this is UTF-16",
            found=f"its byte order mark: 0x{data[:2].hex()}",
            expected="UTF-8",
            fix="save it as UTF-8, or pass it through: iconv -f UTF-16 -t UTF-8",
        )
    try:
        # The mark that spreadsheets put at the start is no part of the first column's name.
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NoxlineError(
            f"{source}: line {line}: not UTF-8",
            found=f"byte 0x{data[error.start]:02x} at offset {error.start}",
            expected="UTF-8",
            fix="save it as UTF-8, or pass it through: iconv -f WINDOWS-1252 -t UTF-8",
        ) from error
    if "\0" in text:
        raise NoxlineError(
            f"{source}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: a NUL byte",
            found=f"{text.count(chr(0))} of them in all",
            expected="text",
            fix="fetch the file again; if it is UTF-16, pass it through:"
            " iconv -f UTF-16LE -t UTF-8",
        )
    return text


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

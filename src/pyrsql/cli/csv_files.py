"""CSV as it is found: its encoding, delimiter and names, and the types that all values of a column have.

The first line names the columns, and every other line has as many fields. A file of another form is refused with the
line that is wrong: a guess could lose rows.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import gzip
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Text, Time
from sqlalchemy.types import TypeEngine

from pyrsql.errors import ConfigurationError

BATCH = 5_000
"""Rows that are in memory at a time."""

_LONGEST_FIELD = 16 * 1024 * 1024
_DELIMITERS = ",;\t|"
_TOLD = re.compile(r"""(?i)"?sep=([^\w\s"]|\t)"?""")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks and their encodings; that of UTF-32 begins with that of UTF-16."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    Args:
        name: in the first line, made unique.
        type: of all its values.
        convert: a text -> its value.
    """

    name: str
    type: TypeEngine[Any]
    convert: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of values that a text can have: its pattern, and how a text that matches becomes a value."""

    type: type[TypeEngine[Any]]
    pattern: re.Pattern[str]
    convert: Callable[[str], Any]

    def fits(self, text: str) -> bool:
        """Whether a text is a value of the type."""
        if self.pattern.fullmatch(text) is None:
            return False
        try:
            self.convert(text)
        except (ValueError, OverflowError):
            return False
        return True


def columns_of(source: Path, progress: Callable[[int], None]) -> tuple[list[Column], int]:
    """The columns of a file and the number of its rows. All rows are read: a type is that of all values.

    Args:
        source: a CSV or TSV file, compressed where its name ends in `.gz`.
        progress: is told of the rows so far.

    Raises:
        ConfigurationError: the file cannot be read as CSV.
    """
    with _opened(source) as (names, rows):
        kinds: list[list[_Kind]] = [list(_KINDS) for _ in names]
        seen = [False] * len(names)
        done = 0
        while batch := list(islice(rows, BATCH)):
            for place, column in enumerate(zip(*batch, strict=True)):
                values = set(column) - {""}
                seen[place] = seen[place] or bool(values)
                if kinds[place]:
                    kinds[place] = [kind for kind in kinds[place] if all(map(kind.fits, values))]
            done += len(batch)
            progress(done)
    found = [
        Column(name, of[0].type(), of[0].convert) if of and any_value else Column(name, Text(), str)
        for name, of, any_value in zip(names, kinds, seen, strict=True)
    ]
    return found, done


def rows_of(source: Path, columns: Sequence[Column]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a file in batches. An empty field is NULL.

    Args:
        source: the file.
        columns: those of `columns_of`.
    """
    with _opened(source) as (_, rows):
        while batch := list(islice(rows, BATCH)):
            by_column = [
                [None if text == "" else column.convert(text) for text in texts]
                for column, texts in zip(columns, zip(*batch, strict=True), strict=True)
            ]
            yield list(zip(*by_column, strict=True))


@contextmanager
def _opened(source: Path) -> Generator[tuple[list[str], Iterator[list[str]]]]:
    """The names in the first line of a file, and its other lines."""
    csv.field_size_limit(_LONGEST_FIELD)
    with _text_file(source) as file:
        try:
            reader = _reader(source, file)
            names = _unique(next(reader, ()))
            if not names or "\0" in "".join(names):
                raise ConfigurationError(f"{source}: the first line has to name the columns, in UTF-8 or UTF-16")
            yield names, _checked(source, reader, len(names))
        except UnicodeError as error:
            raise ConfigurationError(
                f"{source}: the text is not {file.encoding.upper()}. Convert it: iconv -f CP1252 -t UTF-8"
            ) from error
        except (csv.Error, OSError, EOFError) as error:
            raise ConfigurationError(f"{source}: {error}") from error


def _text_file(source: Path) -> TextIO:
    opened: Any = gzip.open if source.suffix == ".gz" else open
    try:
        with opened(source, "rb") as file:
            start = file.read(4)
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{source}: {getattr(error, 'strerror', None) or error}") from error
    encoding = next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), "utf-8")
    return cast("TextIO", opened(source, "rt", encoding=encoding, newline=""))


def _reader(source: Path, file: TextIO) -> Any:
    """Reads the rows of a file, from the names on. Excel may tell the delimiter in a line above them, as `sep=;`."""
    told = _TOLD.fullmatch(file.readline().rstrip("\r\n"))
    if told is not None:
        return csv.reader(file, delimiter=told[1], strict=True)
    delimiters = "\t" if ".tsv" in source.name.lower() else _DELIMITERS
    delimiter = max(delimiters, key=lambda delimiter: _width(file, delimiter))
    file.seek(0)
    return csv.reader(file, delimiter=delimiter, strict=True)


def _width(file: TextIO, delimiter: str) -> int:
    """The number of columns that a delimiter makes of the names, which may have line breaks in quotes."""
    file.seek(0)
    try:
        return len(next(csv.reader(file, delimiter=delimiter, strict=True), ()))
    except csv.Error:
        return 0


def _unique(names: Iterable[str]) -> list[str]:
    """Names that differ in more than the case of letters, as those of SQLite have to. A dot would be a path."""
    taken: set[str] = set()
    found: list[str] = []
    for place, given in enumerate(names, 1):
        name = base = given.strip().replace(".", "_") or f"column_{place}"
        number = 2
        while name.lower() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.lower())
        found.append(name)
    return found


def _checked(source: Path, reader: Any, width: int) -> Iterator[list[str]]:
    """The rows, each as long as the first line; blank lines are left out."""
    try:
        for row in reader:
            if len(row) == width:
                yield row
            elif row:
                raise ConfigurationError(
                    f"{source}: line {reader.line_num} has {len(row)} fields, but the first line names {width} columns"
                )
    except csv.Error as error:
        raise ConfigurationError(f"{source}: line {reader.line_num}: {error}") from error


def _whole(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError(text)
    return value


def _number(text: str) -> float:
    value, written = float(text), Decimal(text)
    digits = len(written.as_tuple().digits)
    # More digits than a float keeps stay a text: with as many digits as the text has, the float is not the same number.
    if digits > 17 or Decimal(f"{value:.{digits - 1}e}") != written:
        raise ValueError(text)
    return value


def _in_utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).replace(tzinfo=None)


_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_KINDS = (
    _Kind(Boolean, re.compile("(?i)true|false"), lambda text: text.lower() == "true"),
    # A zero in front is part of a code, such as a postcode.
    _Kind(BigInteger, re.compile("-?(?:0|[1-9][0-9]{0,18})"), _whole),
    _Kind(Double, re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?"), _number),
    _Kind(Date, re.compile(_DATE), dt.date.fromisoformat),
    _Kind(DateTime, re.compile(f"{_DATE}[T ]{_TIME}"), dt.datetime.fromisoformat),
    _Kind(DateTime, re.compile(f"{_DATE}[T ]{_TIME}(?:Z|[-+][0-9]{{2}}:?[0-9]{{2}})"), _in_utc),
    _Kind(Time, re.compile(_TIME), dt.time.fromisoformat),
)
"""The types of columns, the narrowest first; a column that has none of them is text."""

"""Text in CSV that a spreadsheet would run as a formula."""

from __future__ import annotations

import re

_BLANK = r"[\s\0\u200b\u2060\ufeff]"
_FORMULA = (
    r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
    r"(?!(?<=[+-])[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?(?:[;\t\r\n]|\Z))"
)
_BEGINNING = re.compile(
    rf"\A(?=[\t\r\n]|{_BLANK}*{_FORMULA})"
    rf"|(?<=[;\t\r\n])(?=(?:(?![\t\r\n]){_BLANK})*{_FORMULA})"
)


def without_formulas(text: str) -> str:
    """A text with an apostrophe where a formula begins, behind blanks and in wide forms too; a number is none.

    Some spreadsheets split a cell at semicolons, tabs and line breaks: a formula may begin behind each.

    >>> without_formulas("=1"), without_formulas("-1+1"), without_formulas("-1.5"), without_formulas("a; =1")
    ("'=1", "'-1+1", '-1.5', "a;' =1")
    """
    return _BEGINNING.sub("'", text)

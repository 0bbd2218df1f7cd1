"""Whole numbers, decimals and floats. Digits are those of ASCII, and no conversion takes more than linear time."""

from __future__ import annotations

import decimal
import math
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from pyrsql.validation.convert.refusal import BLANKS, Refusal


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(one, one)) for one in text)


def _changed(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


class _Advice(NamedTuple):
    """The form of a text that is no number, the advice on it, and the number that it seems to mean."""

    pattern: str
    hint: str
    meant: Callable[[str], str] | None = None

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text, re.DOTALL) is not None


_A_POINT = "Write a point, not a comma."

_ADVICE = (
    _Advice(r".*[^\D0-9].*", "Write the digits 0 to 9.", _ascii_digits),
    _Advice(r" [0-9].*", "Leave out the '+': in a URL it means a blank.", str.strip),
    _Advice(*BLANKS, str.strip),
    _Advice(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?", "Leave out the commas.", _changed(",", "")),
    _Advice(r"[+-]?[0-9]+,[0-9]+", _A_POINT, _changed(",", ".")),
    _Advice(r"[+-]?[0-9]+_[0-9_.]*", "Leave out the underscores.", _changed("_", "")),
    _Advice(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}", "Leave out the points.", _changed(".", "")),
    _Advice(
        r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+",
        "Write a point, and no other sign between the digits.",
        _with_point,
    ),
    _Advice(r"[+-]?0[xXoObB].*", "Write decimal digits."),
    _Advice(r"(?i:[+-]?(?:nan|inf|infinity))", "Only finite numbers can be compared."),
    _Advice(
        r"(?:[$€£¥:#]|[A-Za-z]{1,3}) ?[0-9][0-9.,]*|[+-]?[0-9][0-9.,]* ?(?:[%$€£¥]|[A-Za-z]{1,3})",
        "Write the number alone.",
    ),
)


def _no_number(text: str, expected: str, convert: Callable[[str], object]) -> Refusal:
    """The refusal of a text that is no number, with the number that it seems to mean if `convert` takes that."""
    advice = next((one for one in _ADVICE if one.fits(text)), None)
    if advice is None:
        return Refusal(expected)
    number = text if advice.meant is None else advice.meant(text)
    right = number != text and not isinstance(convert(number), Refusal)
    return Refusal(expected, advice.hint, number if right else None)


_INTEGER = re.compile(r"([+-]?)([0-9]+)")
_NUMBER = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?")

_LONGEST_EXPONENT = 6
"""Digits of an exponent that are worth reading: no kind holds a number with a longer one."""


def _no_integer(text: str, convert: Callable[[str], object]) -> Refusal:
    """The refusal of a text that is no whole number."""
    expected = "a whole number"
    match = _NUMBER.fullmatch(text)
    if match is not None:
        return Refusal(
            expected, "Leave out the fraction." if match[5] is None else "Write all digits, without an exponent."
        )
    refusal = _no_number(text, expected, convert)
    return Refusal(expected, "Leave out the fraction.") if refusal.hint == _A_POINT else refusal


def to_integer(minimum: int, maximum: int) -> Callable[[str], object]:
    """Conversion to whole numbers of a range."""
    expected = f"a whole number from {minimum} to {maximum}"
    digits = max(len(str(abs(minimum))), len(str(abs(maximum))))

    def integer(text: str) -> int | Refusal:
        match = _INTEGER.fullmatch(text)
        if match is None:
            return _no_integer(text, integer)
        # The length is checked first: `int` of a giant takes quadratic time, or is refused by Python itself.
        significant = match[2].lstrip("0")
        if len(significant) > digits:
            return Refusal(expected)
        value = int(f"{match[1]}{significant or 0}")
        return value if minimum <= value <= maximum else Refusal(expected)

    return integer


def plain_decimal(text: str, digits: int, fraction_digits: int) -> decimal.Decimal | None:
    """The exact value of a number, without exponent and without zeros that mean nothing.

    Args:
        text: what `_NUMBER` takes.
        digits: the most digits it may need, zeros beside the point included.
        fraction_digits: the most digits it may need after the point.

    Returns: None when it needs more.
    """
    match = _NUMBER.fullmatch(text)
    assert match is not None
    sign, whole, fraction, exponent_sign, exponent_digits = (group or "" for group in match.groups())
    significant = (whole + fraction).lstrip("0")
    coefficient = significant.rstrip("0")
    if not coefficient:
        return decimal.Decimal(0)
    exponent_digits = exponent_digits.lstrip("0")
    if len(exponent_digits) > _LONGEST_EXPONENT:
        return None
    exponent = int(f"{exponent_sign}{exponent_digits or 0}") - len(fraction) + len(significant) - len(coefficient)
    if max(len(coefficient) + exponent, len(coefficient), -exponent) > digits or -exponent > fraction_digits:
        return None
    # Zeros are written out: PyMySQL sends a Decimal as a literal, and MariaDB reads one with an exponent as a float.
    return decimal.Decimal(f"{sign}{coefficient}{'0' * exponent}e{min(exponent, 0)}")


_MOST_DIGITS = 65
_MOST_FRACTION_DIGITS = 30
"""The limits of an exact literal in MySQL and MariaDB; PostgreSQL takes far more."""

_FLOAT_DIGITS = 15
"""Decimal digits that a 64-bit float keeps: SQLite compares its decimals as floats."""


def to_decimal(precision: int | None, scale: int | None) -> Callable[[str], object]:
    """Conversion to decimals that compare exactly with a column of this precision and scale.

    A value may have more fraction digits than the column, `price>1.005` means something where prices have two; it may
    have as many digits as the column, or as a float keeps, so that also SQLite tells it from its neighbours. A number
    too large for the column is refused, as it is for integers.
    """
    whole_digits = _MOST_DIGITS if precision is None else max(precision - (scale or 0), 0)
    digits = _MOST_DIGITS if precision is None else max(precision, _FLOAT_DIGITS)
    fraction_digits = max(scale or 0, _MOST_FRACTION_DIGITS)
    expected = (
        f"a decimal number of at most {digits} digits, {fraction_digits} of them after the point"
        if precision is None
        else f"a decimal number of at most {whole_digits} digits before the point and {digits} in all"
    )
    largest = decimal.Decimal(f"1e{whole_digits}")

    def number(text: str) -> decimal.Decimal | Refusal:
        if not _NUMBER.fullmatch(text):
            return _no_number(text, expected, number)
        value = plain_decimal(text, digits, fraction_digits)
        if value is None or value >= largest or value <= -largest:
            return Refusal(expected)
        return value

    return number


def to_float(text: str) -> float | Refusal:
    """A finite 64-bit float. A number other than 0 that would become 0 is refused."""
    expected = "a finite number that 64 bits can hold"
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _no_number(text, expected, to_float)
    value = float(text)
    if math.isinf(value):
        return Refusal(expected)
    if value == 0 and (match[2] + (match[3] or "")).strip("0"):
        return Refusal(expected, "This number is too close to 0.")
    return value

import datetime as dt
import decimal

import pytest

from pyrsql.options import DEFAULT_JSON_OPTIONS, JSONOptions
from pyrsql.validation.convert import Refusal, json_value, temporal

D = decimal.Decimal
UTC = dt.UTC


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("1.50", D("1.5")),
        ("1e2", D(100)),
        ("1E2", D(100)),
        ("-12.5e-3", D("-0.0125")),
        ("5e-324", D("5e-324")),
        ("1.5e308", D("1.5e308")),
        ("0.30000000000000004", D("0.30000000000000004")),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("true", True),
        ("false", False),
        ("TRUE", "TRUE"),
        ("acme", "acme"),
        ('"1"', "1"),
        ('""', ""),
        ('"null"', "null"),
        ("007", "007"),
        ("+1", "+1"),
        ("١", "١"),
        ("NaN", "NaN"),
        (" 1", " 1"),
        ("", ""),
        ('"', '"'),
        ('"a"b"', '"a"b"'),
        ('"\\ud83d\\ude00"', "😀"),
        ("[1, null, 2.5]", [1, None, D("2.5")]),
        ('{"a": {"b": ["x"]}}', {"a": {"b": ["x"]}}),
        ("[draft]", "[draft]"),
        ("01.5", "01.5"),
        ("1.", "1."),
        ("1e", "1e"),
        ("[1", "[1"),
        ("1]", "1]"),
        ("{1]", "{1]"),
        ("{a}", "{a}"),
        ('"a', '"a'),
        ("[NaN", "[NaN"),
        ('"\\ud83d"x"', '"\\ud83d"x"'),
        ("[true, {}, -1]", [True, {}, -1]),
        ("[" * 64 + "]" * 64, eval("[" * 64 + "]" * 64)),
        ("[" + "[]," * 100 + "{}]", [*([[]] * 100), {}]),
        ("[[]," + "[" * 63 + "]" * 64, [[], eval("[" * 63 + "]" * 63)]),
        ('["' + "[" * 100 + '"]', ["[" * 100]),
        ('["\\"' + "[" * 100 + '"]', ['"' + "[" * 100]),
        ('["]' + "{" * 100 + '"]', ["]" + "{" * 100]),
        ("2024-01-01", "2024-01-01"),
    ],
)
def test_what_is_compared_with_json(text: str, value: object) -> None:
    found = json_value(text, DEFAULT_JSON_OPTIONS)
    assert found == value
    assert type(found) is type(value)


TOO_LARGE = "a whole number from -9223372036854775808 to 9223372036854775807, or text in quotes"
INEXACT = "a number that a 64-bit float writes back with the same digits, or text in quotes"
UNBINDABLE = "text without NUL and lone surrogates"
AS_TEXT = 'For the same as text, write it in double quotes: "…".'


@pytest.mark.parametrize(
    ("text", "expected", "hint"),
    [
        ("null", "a value: nothing equals null", f"'=na=' finds null. {AS_TEXT}"),
        ("9223372036854775808", TOO_LARGE, None),
        ("-9223372036854775809", TOO_LARGE, None),
        ("[9223372036854775808]", TOO_LARGE, None),
        ("1e400", INEXACT, None),
        ("1E400", INEXACT, None),
        ("1e-400", INEXACT, None),
        ("1e99999999999999999999", INEXACT, None),
        ("0.10000000000000001", INEXACT, None),
        ("[1e400]", INEXACT, None),
        ("[NaN]", "a JSON value without NaN and Infinity", AS_TEXT),
        ('{"a":-Infinity}', "a JSON value without NaN and Infinity", AS_TEXT),
        ('{"a":1,"a":2}', "a JSON object that has each key once", AS_TEXT),
        ("[" * 65 + "]" * 65, "a JSON value with at most 64 levels", AS_TEXT),
        ("[" * 40 + "]," + "[" * 26 + "]" * 65, "a JSON value with at most 64 levels", AS_TEXT),
        ('{"a":' * 65 + "1" + "}" * 65, "a JSON value with at most 64 levels", AS_TEXT),
        ('["\\\\",' + "[" * 64 + "]" * 65, "a JSON value with at most 64 levels", AS_TEXT),
        ('[[],"{",' + "[" * 64 + "]" * 65, "a JSON value with at most 64 levels", AS_TEXT),
        ("[" * 100_000 + "]", "a JSON value with at most 64 levels", AS_TEXT),
        ('"\\ud800"', UNBINDABLE, None),
        ('["\\u0000"]', UNBINDABLE, None),
        ('[1, {"a": "\\u0000"}]', UNBINDABLE, None),
        ('{"\\u0000": 1}', UNBINDABLE, None),
        ("\0", UNBINDABLE, None),
        ("\udfff", UNBINDABLE, None),
        ('"\0"', UNBINDABLE, None),
    ],
)
def test_what_no_json_value_equals_on_every_database(text: str, expected: str, hint: str | None) -> None:
    assert json_value(text, DEFAULT_JSON_OPTIONS) == Refusal(expected, hint)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-01", dt.date(2024, 1, 1)),
        ("10:30", dt.time(10, 30)),
        ("10:30+01:00", dt.time(9, 30, tzinfo=UTC)),
        ("2024-01-01T10:30", dt.datetime(2024, 1, 1, 10, 30)),
        ("2024-01-01 10:30Z", dt.datetime(2024, 1, 1, 10, 30, tzinfo=UTC)),
        ("2024-01-01T10:30+02:00", dt.datetime(2024, 1, 1, 8, 30, tzinfo=UTC)),
        ("1", 1),
        ("acme", "acme"),
        ('"2024-01-01"', "2024-01-01"),
        ("99:00", "99:00"),
        ("2024-01-01x", "2024-01-01x"),
    ],
)
def test_dates_and_times_in_json(text: str, value: object) -> None:
    found = json_value(text, JSONOptions(use_datetime=True))
    assert found == value
    assert type(found) is type(value)


def test_a_time_in_json_with_an_offset_is_aware() -> None:
    aware = [temporal(text) for text in ("10:30Z", "2024-01-01T10:30Z", "10:30", "2024-01-01T10:30")]
    assert [isinstance(value, dt.time | dt.datetime) and value.tzinfo for value in aware] == [UTC, UTC, None, None]


def test_a_day_that_no_calendar_has_is_refused_in_json_too() -> None:
    refusal = json_value("2024-02-30", JSONOptions(use_datetime=True))
    assert refusal == Refusal("a date, YYYY-MM-DD", f"No calendar has this date. {AS_TEXT}")
    assert isinstance(temporal("0001-01-01T00:00+14:00"), Refusal)

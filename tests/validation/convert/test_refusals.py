"""What a client is told of a text that a kind cannot hold: what the kind can hold, and what would help."""

import pytest

from pyrsql.models import kinds
from pyrsql.validation.convert import Refusal, convert, with_converter

PRICE = kinds.Decimal(10, 2)
NO_TEXT_FORM = "Only '=na=' and '=nn=' apply."


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (kinds.Boolean(), "?", "true or false"),
        (kinds.Integer(0, 255), "256", "a whole number from 0 to 255"),
        (kinds.Integer(0, 255), "?", "a whole number"),
        (kinds.Integer(0, 255), "9" * 400, "a whole number from 0 to 255"),
        (PRICE, "?", "a decimal number of at most 8 digits before the point and 15 in all"),
        (PRICE, "1e8", "a decimal number of at most 8 digits before the point and 15 in all"),
        (kinds.Decimal(20, 2), "?", "a decimal number of at most 18 digits before the point and 20 in all"),
        (kinds.Decimal(), "?", "a decimal number of at most 65 digits, 30 of them after the point"),
        (kinds.Float(), "?", "a finite number that 64 bits can hold"),
        (kinds.Float(), "1e400", "a finite number that 64 bits can hold"),
        (kinds.Float(), "1e-400", "a finite number that 64 bits can hold"),
        (kinds.Text(), "\0", "text without NUL and lone surrogates"),
        (kinds.Date(), "?", "a date, YYYY-MM-DD"),
        (kinds.Date(), "2023-02-29", "a date, YYYY-MM-DD"),
        (kinds.Date(), "2023-02-28T00:00", "a date, YYYY-MM-DD"),
        (kinds.DateTime(), "?", "a date and time, YYYY-MM-DDThh:mm:ss with or without an offset"),
        (kinds.DateTime(), "2023-02-29", "a date and time, YYYY-MM-DDThh:mm:ss with or without an offset"),
        (
            kinds.DateTime(),
            "0001-01-01T00:00+14:00",
            "a date and time, YYYY-MM-DDThh:mm:ss with or without an offset",
        ),
        (kinds.Time(), "?", "a time, hh:mm:ss with or without an offset"),
        (
            kinds.Duration(),
            "?",
            "a duration, such as P1DT2H30M or 26:30:00, of at most 719162 days; a month or a year has no fixed length",
        ),
        (
            kinds.Duration(),
            "P719163D",
            "a duration, such as P1DT2H30M or 26:30:00, of at most 719162 days; a month or a year has no fixed length",
        ),
        (
            kinds.Duration(),
            "PT999999999999H",
            "a duration, such as P1DT2H30M or 26:30:00, of at most 719162 days; a month or a year has no fixed length",
        ),
        (kinds.Uuid(), "?", "a UUID, 32 hexadecimal digits with or without hyphens"),
        (kinds.Uuid(as_text=True), "?", "a UUID, 32 hexadecimal digits with or without hyphens"),
        (kinds.Enumeration((("a", 1), ("b", 2))), "?", "one of a, b"),
        (kinds.Array(kinds.Boolean()), "?", "true or false"),
        (kinds.Binary(), "00", "no value: binary data has no text form"),
        (kinds.Opaque("POINT"), "1", "no value: POINT has no text form here"),
    ],
)
def test_what_a_kind_can_hold(kind: kinds.Kind, text: str, expected: str) -> None:
    refusal = convert(kind, text)
    assert isinstance(refusal, Refusal)
    assert refusal.expected == expected


def test_what_a_converter_takes() -> None:
    assert with_converter(int)("a") == Refusal("a value that the converter of this field takes")
    assert with_converter(lambda text: None, "a count")("a") == Refusal("a count")


NUMBERS = (kinds.Integer(), PRICE, kinds.Float())
DATES = (kinds.Date(), kinds.DateTime())
CLOCKS = (kinds.DateTime(), kinds.Time())

HINTS: list[tuple[tuple[kinds.Kind, ...], str | None, list[str]]] = [
    ((kinds.Boolean(),), "Write 'true'.", ["yes", "Yes", "y", "1", "on", "t"]),
    ((kinds.Boolean(),), "Write 'false'.", ["no", "NO", "n", "0", "off", "f"]),
    (NUMBERS, "Leave out the '+': in a URL it means a blank.", [" 5", " 0.5", " 95 ", " 5\n"]),
    (NUMBERS, "Leave out the blanks.", ["5 ", "  5", " ", " -5", "5\n "]),
    (NUMBERS[1:], "Write a point, not a comma.", ["1,5", "-0,25", "+90,0", "9,9"]),
    (NUMBERS[:1], "Leave out the fraction.", ["1,5", "-0,25", "+90,0", "9,9"]),
    (NUMBERS, "Leave out the commas.", ["1,000", "-12,345,678", "999,000.5", "1,000."]),
    (NUMBERS, "Leave out the underscores.", ["1_000", "-9_9", "0_0.5", "+1_000_000"]),
    (NUMBERS, "Write decimal digits.", ["0x1F", "0XFF", "0o17", "0O17", "0b1", "0B1", "-0x1", "+0x1"]),
    (NUMBERS, "Only finite numbers can be compared.", ["nan", "NaN", "-inf", "+INF", "Infinity"]),
    (NUMBERS, "Write the digits 0 to 9.", ["١", "1٢", "१.५", "٣é"]),
    (NUMBERS, None, ["", "1 5", "1,", ",5", "1,5,0", "_1", "10x1", "infinite", "é", "5é", "²", "--5", "5-"]),
    ((kinds.Integer(),), "Leave out the fraction.", ["1.0", "-1.5", "5.", ".5"]),
    ((kinds.Integer(),), "Write all digits, without an exponent.", ["1e3", "1.5E+3", "-1e-09"]),
    (
        DATES,
        "Write year, month and day in this order: '2024-12-31'.",
        ["31.12.2024", "1/5/2024", "10-09-2024", "30.09.1990 10:30", "9/10/2024T10:30"],
    ),
    (
        DATES,
        "Write '-' between year, month and day.",
        ["20241231", "20190909T0930", "2024.12.31", "2019/9/9", "2024/10/30 10:30", "2024.09.09T10:30"],
    ),
    (DATES, "Write month and day with two digits each.", ["2024-1-5", "2024-12-5", "2024-9-30", "1999-10-9"]),
    (DATES, "Write year, month and day: '2024-12-31'.", ["2024", "2024-12", "1999-09"]),
    (DATES, "Write a date, not a number of seconds.", ["1704067200", "9", "1704067200.905"]),
    (DATES, "Leave out the blanks.", [" 2024-01-01", "2024-01-01 ", "2024-01-01\n "]),
    (DATES, "No calendar has this date.", ["2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "0000-01-01"]),
    (
        DATES,
        None,
        ["", "2024-1", "310.12.2024", "31.120.2024", "31.12.24", "2024/120/1", "2024/1/120", "2024-120-1"],
    ),
    (DATES, None, ["2024-1-120", "24-12-31", "2024-W01-1", "2024-001", "31 12 2024", "2024-12-31x"]),
    ((kinds.Date(),), "Leave out the time.", ["2024-01-01T00:00", "2024-01-01 23:59:59.5Z"]),
    (
        CLOCKS,
        "Write '%2B' for the '+' of an offset: in a URL '+' means a blank.",
        ["10:30 02:00", "10:30:59 00:30", "10:30:59.123456 09:09", "23:59 15:49"],
    ),
    (
        CLOCKS,
        "Write at most six digits after the second.",
        ["10:30:00.1234567", "10:30:59.0000001", "10:39:09.999999999Z", "10:30:00.1234567+02:00"],
    ),
    (CLOCKS, "Write 'T' and 'Z' in capitals.", ["10:30z", "23:59:59z", "10:30:00.123456z"]),
    (CLOCKS, "Write the hours from 00 to 23.", ["24:00", "25:00", "10:30 PM", "9:30am", "10:30:00 a.m.", "9:30 P.M"]),
    (
        (kinds.DateTime(),),
        "Write 'T' and 'Z' in capitals.",
        ["2024-01-01t10:30", "2024-01-01t10:30z", "2024-01-01t10:30Z", "1999-09-30 10:30z"],
    ),
    ((kinds.Time(),), "Leave out the blanks.", [" 10:30", "10:30 ", "10:30\n "]),
    (CLOCKS, None, ["", "10:60", "10:30:60", "10:30:00.", "10:3", "10:30x", "am", "pm"]),
    ((kinds.Time(),), "Write the hours with two digits.", ["1:30", "9:00:30", "9:00 +02:00"]),
    ((kinds.DateTime(),), "Write the hours with two digits.", ["2024-01-01T1:30", "2024-01-01 9:00:30"]),
    ((kinds.DateTime(),), "Write the date too: '2024-12-31T10:00'.", ["1:30"]),
    (
        (kinds.Date(), kinds.DateTime()),
        "Write the date: nothing is computed.",
        ["now", "today", "NOW()", "yesterday+1d"],
    ),
    (CLOCKS, None, ["10:30+16:00", "10:30+20:00", "10:30+01:60", "10:30 200:00", "10:30+02000"]),
    (
        (kinds.DateTime(),),
        "In UTC this is before the year 1 or after 9999.",
        ["0001-01-01T00:00+00:01", "9999-12-31T23:59-00:01"],
    ),
    ((kinds.Duration(),), "Leave out the blanks.", [" P1D", "P1D ", "10:30:00\n "]),
    (
        (kinds.Duration(),),
        "Write weeks or days: months and years have no fixed length.",
        ["P1M", "P1Y", "-P1Y2M", "+P9Y", "P1Y2DT3H"],
    ),
    ((kinds.Duration(),), "Write the unit: 'PT90S' is 90 seconds.", ["90", "-90", "+90", "9", "0.5", "90.095"]),
    ((kinds.Duration(),), "Write the seconds too: 'hh:mm:ss'.", ["10:30", "100:00", "9:09"]),
    (
        (kinds.Duration(),),
        "Write capitals, whole numbers, and 'T' before hours, minutes and seconds.",
        ["p1d", "-pT1h", "+p1W", "P1.5D", "P1H", "P", "PT", "P1DT", "PT1.5H", "P1D1W", "PT.5S"],
    ),
    (
        (kinds.Duration(),),
        "Write at most six digits after the second.",
        ["PT1.1234567S", "-P1DT2.0000001S", "PT0.1234567890123S"],
    ),
    ((kinds.Duration(),), "Write a shorter duration.", ["P1234567890D", "-P9999999999W", "PT1234567890123S"]),
    ((kinds.Duration(),), None, ["", "D", "1D", "10:30:60", "10:60:00", "10:30:0", "10:30:00.1234567", "1::00"]),
    ((kinds.Uuid(),), "Leave out the braces.", ["{12345678-1234-5678-1234-567812345678}", "{}"]),
    ((kinds.Uuid(),), "Leave out 'urn:uuid:'.", ["urn:uuid:12345678-1234-5678-1234-567812345678", "URN:UUID:"]),
    ((kinds.Uuid(),), "Leave out the blanks.", [" 12345678-1234-5678-1234-567812345678", "{} "]),
    ((kinds.Uuid(),), None, ["", "1" * 31, "1" * 33, "g" * 32, "12345678-1234-5678-1234-5678123456789"]),
    ((kinds.Uuid(),), None, ["1234567-1234-5678-1234-567812345678", "12345678-1234-5678-567812345678"]),
    ((kinds.Binary(), kinds.Opaque("POINT")), NO_TEXT_FORM, ["", "1"]),
]


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [(kind, text, hint) for several, hint, texts in HINTS for kind in several for text in texts],
)
def test_what_would_help(kind: kinds.Kind, text: str, hint: str | None) -> None:
    refusal = convert(kind, text)
    assert isinstance(refusal, Refusal)
    assert refusal.hint == hint


@pytest.mark.parametrize(
    ("kind", "text", "replacement"),
    [
        (kinds.Integer(), "1,000", "1000"),
        (kinds.Integer(), "1_000", "1000"),
        (kinds.Integer(), " 5", "5"),
        (kinds.Integer(), "٤٢", "42"),
        (kinds.Integer(), "1,5", None),
        (kinds.Integer(), "9,999,999,999,999,999,999", None),
        (kinds.Integer(), "1_000.5", None),
        (kinds.Float(), "1,5", "1.5"),
        (PRICE, "1,5", "1.5"),
        (PRICE, "0x1F", None),
        (kinds.Boolean(), "yes", "true"),
        (kinds.Boolean(), "0", "false"),
        (kinds.Boolean(), "maybe", None),
        (kinds.Enumeration((("RED", 1), ("BLUE", 2))), "Red", "RED"),
    ],
)
def test_a_replacement_is_acceptable(kind: kinds.Kind, text: str, replacement: str | None) -> None:
    refusal = convert(kind, text)
    assert isinstance(refusal, Refusal)
    assert refusal.replacement == replacement
    if replacement is not None:
        assert not isinstance(convert(kind, replacement), Refusal)

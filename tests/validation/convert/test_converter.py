import datetime as dt
import decimal
import enum
import time
import uuid
from collections.abc import Callable

import pytest

from pyrsql.models import kinds
from pyrsql.validation.convert import Refusal, convert, with_converter

D = decimal.Decimal
UTC = dt.UTC
BIG = kinds.Integer(-(2**63), 2**63 - 1)
PRICE = kinds.Decimal(10, 2)
SOME_UUID = uuid.UUID("12345678-1234-5678-1234-56781234abcd")


class Color(enum.Enum):
    RED = "red"
    DARK_GREEN = "green"
    BLUE = 3


class Loud(enum.StrEnum):
    A = "a"


class Quiet(enum.StrEnum):
    A = "a"


COLOR = kinds.Enumeration.of(Color)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.Boolean(), "true", True),
        (kinds.Boolean(), "FaLsE", False),
        (kinds.Integer(), "42", 42),
        (kinds.Integer(), "-0", 0),
        (kinds.Integer(), "+5", 5),
        (kinds.Integer(), "007", 7),
        (kinds.Integer(), "-2147483648", -(2**31)),
        (kinds.Integer(), "0" * 5_000 + "7", 7),
        (BIG, "9223372036854775807", 2**63 - 1),
        (PRICE, "12.34", D("12.34")),
        (PRICE, "1.005", D("1.005")),
        (PRICE, "+.5", D("0.5")),
        (PRICE, "5.", D(5)),
        (PRICE, "99999999.99", D("99999999.99")),
        (PRICE, "0e99999999999", D(0)),
        (PRICE, "-0", D(0)),
        (PRICE, "-99999999.99", D("-99999999.99")),
        (PRICE, "1.23456789012345", D("1.23456789012345")),
        (PRICE, "1e-15", D("1e-15")),
        (PRICE, "1E+7", D(10) ** 7),
        (PRICE, "12.5e0000000002", D(1250)),
        (PRICE, "1200e-2", D(12)),
        (PRICE, "0" * 100 + "1.5" + "0" * 100, D("1.5")),
        (kinds.Decimal(3), "999", D(999)),
        (kinds.Decimal(3, 3), "0.999", D("0.999")),
        (kinds.Decimal(40, 35), "1e-35", D("1e-35")),
        (kinds.Decimal(), "1e64", D(10) ** 64),
        (kinds.Decimal(), "1e-30", D("1e-30")),
        (kinds.Float(), "1.5e3", 1500.0),
        (kinds.Float(), "0e-400", 0.0),
        (kinds.Float(), "0.0e-400", 0.0),
        (kinds.Float(), ".25", 0.25),
        (kinds.Text(), "", ""),
        (kinds.Text(), " größe\t😀 ", " größe\t😀 "),
        (kinds.Date(), "2024-02-29", dt.date(2024, 2, 29)),
        (kinds.Date(), "0001-01-01", dt.date.min),
        (kinds.DateTime(), "2024-01-01", dt.datetime(2024, 1, 1)),
        (kinds.DateTime(), "2024-01-01T10:30", dt.datetime(2024, 1, 1, 10, 30)),
        (kinds.DateTime(), "2024-01-01 10:30:05.25", dt.datetime(2024, 1, 1, 10, 30, 5, 250_000)),
        (kinds.DateTime(), "2024-01-01T00:30:00+02:00", dt.datetime(2023, 12, 31, 22, 30)),
        (kinds.DateTime(), "2024-01-01T00:30:00+0200", dt.datetime(2023, 12, 31, 22, 30)),
        (kinds.DateTime(), "2024-01-01 00:30+02", dt.datetime(2023, 12, 31, 22, 30)),
        (kinds.DateTime(), "2024-01-01T00:30:00.1234560", dt.datetime(2024, 1, 1, 0, 30, 0, 123456)),
        (
            kinds.DateTime(aware=True),
            "2024-01-01T00:30:00.500000000-0130",
            dt.datetime(2024, 1, 1, 2, 0, 0, 500000, UTC),
        ),
        (kinds.DateTime(), "2024-01-01T10:30Z", dt.datetime(2024, 1, 1, 10, 30)),
        (kinds.DateTime(), "2024-01-01T10:30+10:00", dt.datetime(2024, 1, 1, 0, 30)),
        (kinds.DateTime(), "2024-01-01T23:59:59.999999-15:59", dt.datetime(2024, 1, 2, 15, 58, 59, 999_999)),
        (kinds.DateTime(aware=True), "2024-01-01", dt.datetime(2024, 1, 1, tzinfo=UTC)),
        (kinds.DateTime(aware=True), "2024-01-01T10:30", dt.datetime(2024, 1, 1, 10, 30, tzinfo=UTC)),
        (kinds.DateTime(aware=True), "2024-01-01T10:30-05:30", dt.datetime(2024, 1, 1, 16, tzinfo=UTC)),
        (kinds.Time(), "10:30", dt.time(10, 30)),
        (kinds.Time(), "01:00+02:00", dt.time(23, 0)),
        (kinds.Time(), "01:00-0930", dt.time(10, 30)),
        (kinds.Time(), "01:00:00.0000010+02", dt.time(23, 0, 0, 1)),
        (kinds.Duration(), "PT1.5000000S", dt.timedelta(seconds=1.5)),
        (kinds.Duration(), "-0:00:01.000000000", dt.timedelta(seconds=-1)),
        (kinds.Time(aware=True), "10:30:01.000001", dt.time(10, 30, 1, 1, tzinfo=UTC)),
        (kinds.Time(aware=True), "23:30-01:00", dt.time(0, 30, tzinfo=UTC)),
        (kinds.Duration(), "P1DT2H", dt.timedelta(days=1, hours=2)),
        (kinds.Duration(), "P1W", dt.timedelta(weeks=1)),
        (kinds.Duration(), "-PT0.5S", dt.timedelta(seconds=-0.5)),
        (kinds.Duration(), "P0D", dt.timedelta(0)),
        (kinds.Duration(), "P90W", dt.timedelta(weeks=90)),
        (kinds.Duration(), "+P9D", dt.timedelta(days=9)),
        (kinds.Duration(), "P109DT0H", dt.timedelta(days=109)),
        (kinds.Duration(), "PT90H", dt.timedelta(hours=90)),
        (kinds.Duration(), "PT9H5M", dt.timedelta(hours=9, minutes=5)),
        (kinds.Duration(), "PT90M", dt.timedelta(minutes=90)),
        (kinds.Duration(), "PT9S", dt.timedelta(seconds=9)),
        (kinds.Duration(), "PT90.09S", dt.timedelta(seconds=90, milliseconds=90)),
        (kinds.Duration(), "P1W2DT3H4M5.000006S", dt.timedelta(9, 5, 6, 0, 4, 3)),
        (kinds.Duration(), "-9:59:09.5", -dt.timedelta(hours=9, minutes=59, seconds=9.5)),
        (kinds.Duration(), "+109:09:59.09", dt.timedelta(hours=109, minutes=9, seconds=59.09)),
        (kinds.Duration(), "-P719162D", -dt.timedelta(days=719_162)),
        (kinds.Duration(), "26:30:00.000001", dt.timedelta(hours=26, minutes=30, microseconds=1)),
        (kinds.Duration(), "P719162D", dt.timedelta(days=719_162)),
        (kinds.Uuid(), "12345678-1234-5678-1234-56781234ABCD", SOME_UUID),
        (kinds.Uuid(), "1234567812345678123456781234abcd", SOME_UUID),
        (kinds.Uuid(as_text=True), "1234567812345678123456781234ABCD", str(SOME_UUID)),
        (COLOR, "RED", Color.RED),
        (COLOR, "green", Color.DARK_GREEN),
        (COLOR, "3", Color.BLUE),
        (kinds.Array(kinds.Integer()), "3", 3),
        (kinds.Json(), "3", 3),
    ],
)
def test_a_text_that_the_kind_can_hold(kind: kinds.Kind, text: str, value: object) -> None:
    found = convert(kind, text)
    assert found == value
    assert type(found) is type(value)
    assert getattr(found, "tzinfo", None) == getattr(value, "tzinfo", None)


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        (kinds.Boolean(), "yes", "Write 'true'."),
        (kinds.Boolean(), "0", "Write 'false'."),
        (kinds.Boolean(), " true", None),
        (kinds.Boolean(), "", None),
        (kinds.Integer(), "2147483648", None),
        (kinds.Integer(), "-2147483649", None),
        (kinds.Integer(), "9" * 400, None),
        (kinds.Integer(), "9" * 5_000, None),
        (kinds.Integer(), "1_000", "Leave out the underscores."),
        (kinds.Integer(), "1.0", "Leave out the fraction."),
        (kinds.Integer(), "1,5", "Leave out the fraction."),
        (kinds.Integer(), "1,000", "Leave out the commas."),
        (kinds.Integer(), " 5", "Leave out the '+': in a URL it means a blank."),
        (kinds.Integer(), "5 ", "Leave out the blanks."),
        (kinds.Integer(), "5\n", None),
        (kinds.Integer(), "١", "Write the digits 0 to 9."),
        (kinds.Integer(), "0x1F", "Write decimal digits."),
        (kinds.Integer(), "--1", None),
        (kinds.Integer(), "", None),
        (PRICE, "100000000", None),
        (PRICE, "-1e8", None),
        (PRICE, "1.234567890123456", None),
        (PRICE, "1e-16", None),
        (PRICE, "-100000000", None),
        (PRICE, "1e" + "9" * 5_000, None),
        (PRICE, "1e-" + "9" * 5_000, None),
        (kinds.Decimal(3), "1000", None),
        (kinds.Decimal(3, 3), "1", None),
        (kinds.Decimal(40, 35), "1e-36", None),
        (PRICE, "1e999999999", None),
        (PRICE, "1e-999999999", None),
        (PRICE, ".", None),
        (PRICE, "NaN", "Only finite numbers can be compared."),
        (PRICE, "-Infinity", "Only finite numbers can be compared."),
        (PRICE, "1,5", "Write a point, not a comma."),
        (kinds.Decimal(), "1e65", None),
        (kinds.Decimal(), "1e-31", None),
        (kinds.Float(), "nan", "Only finite numbers can be compared."),
        (kinds.Float(), "1e400", None),
        (kinds.Float(), "-1e400", None),
        (kinds.Float(), "0.5e-400", "This number is too close to 0."),
        (kinds.Float(), "1e-400", "This number is too close to 0."),
        (kinds.Text(), "a\0b", None),
        (kinds.Text(), "\ud800", None),
        (kinds.Date(), "2023-02-29", "No calendar has this date."),
        (kinds.Date(), "0000-01-01", "No calendar has this date."),
        (kinds.Date(), "31.12.2024", "Write year, month and day in this order: '2024-12-31'."),
        (kinds.Date(), "2024/12/31", "Write '-' between year, month and day."),
        (kinds.Date(), "20241231", "Write '-' between year, month and day."),
        (kinds.Date(), "2024-1-5", "Write month and day with two digits each."),
        (kinds.Date(), "2024-W01-1", None),
        (kinds.Date(), "2024-01-01T00:00", "Leave out the time."),
        (kinds.Date(), "٢٠٢٤-01-01", None),
        (
            kinds.DateTime(),
            "2024-01-01T00:00:00 02:00",
            "Write '%2B' for the '+' of an offset: in a URL '+' means a blank.",
        ),
        (kinds.DateTime(), "2024-01-01T00:00:00.1234567", "Write at most six digits after the second."),
        (kinds.DateTime(), "2024-01-01t00:00z", "Write 'T' and 'Z' in capitals."),
        (kinds.DateTime(), "2024-01-01 10:00 PM", "Write the hours from 00 to 23."),
        (kinds.DateTime(), "1704067200", "Write a date, not a number of seconds."),
        (kinds.DateTime(), "2024-01-01T24:00", "Write the hours from 00 to 23."),
        (kinds.DateTime(), "2024-01-01T23:59:60", None),
        (kinds.DateTime(), "2024-01-01Z", None),
        (kinds.DateTime(), "2024-01-01T00:00+16:00", None),
        (kinds.DateTime(), "0001-01-01T00:00+14:00", "In UTC this is before the year 1 or after 9999."),
        (kinds.DateTime(aware=True), "9999-12-31T23:00-02:00", "In UTC this is before the year 1 or after 9999."),
        (kinds.Time(), "25:00", "Write the hours from 00 to 23."),
        (kinds.Time(), "10:30 02:00", "Write '%2B' for the '+' of an offset: in a URL '+' means a blank."),
        (kinds.Duration(), "P1M", "Write weeks or days: months and years have no fixed length."),
        (kinds.Duration(), "90", "Write the unit: 'PT90S' is 90 seconds."),
        (kinds.Duration(), "10:30", "Write the seconds too: 'hh:mm:ss'."),
        (kinds.Duration(), "P719163D", None),
        (kinds.Duration(), "PT999999999999H", None),
        (kinds.Duration(), "", None),
        (kinds.Uuid(), "{12345678-1234-5678-1234-567812345678}", "Leave out the braces."),
        (kinds.Uuid(), "urn:uuid:12345678-1234-5678-1234-567812345678", "Leave out 'urn:uuid:'."),
        (kinds.Uuid(), "12345678-12345678-1234567812345678", None),
        (COLOR, "Red", "Did you mean 'RED'?"),
        (COLOR, "DARK_GREN", "Did you mean 'DARK_GREEN'?"),
        (COLOR, "x" * 100_000, None),
        (kinds.Array(kinds.Integer()), "a", None),
        (kinds.Binary(), "00", "Only '=na=' and '=nn=' apply."),
        (kinds.Opaque("POINT"), "1", "Only '=na=' and '=nn=' apply."),
    ],
)
def test_a_text_that_the_kind_cannot_hold(kind: kinds.Kind, text: str, hint: str | None) -> None:
    found = convert(kind, text)
    assert isinstance(found, Refusal)
    assert found.hint == hint


def test_a_refusal_says_what_is_expected() -> None:
    assert convert(kinds.Integer(0, 255), "256") == Refusal("a whole number from 0 to 255")
    assert convert(kinds.Opaque("POINT"), "1") == Refusal(
        "no value: POINT has no text form here", "Only '=na=' and '=nn=' apply."
    )


def test_a_refused_member_is_told_the_names_and_not_too_many() -> None:
    refusal = convert(COLOR, "?")
    assert isinstance(refusal, Refusal)
    assert refusal.expected == "one of RED, DARK_GREEN, BLUE"
    refusal = convert(kinds.Enumeration(tuple((letter, letter) for letter in "abcdefghijklm")), "?")
    assert isinstance(refusal, Refusal)
    assert refusal.expected == "one of a, b, c, d, e, f, g, h, i, j and 3 more"


@pytest.mark.parametrize(("number", "end"), [(10, ""), (11, " and 1 more")])
def test_ten_members_are_offered(number: int, end: str) -> None:
    kind = kinds.Enumeration(tuple((f"m{place}", place) for place in range(number)))
    assert convert(kind, "?") == Refusal("one of m0, m1, m2, m3, m4, m5, m6, m7, m8, m9" + end)


def test_the_nearest_member_is_looked_for_among_the_first_200() -> None:
    # Letters that have no case, of which none is like another.
    letters = [chr(0x4E00 + place) for place in range(201)]
    kind = kinds.Enumeration(tuple((letter * 8, letter) for letter in letters))
    refusals = [convert(kind, letter * 7) for letter in letters[-2:]]
    hints = [refusal.hint for refusal in refusals if isinstance(refusal, Refusal)]
    assert hints == [f"Did you mean {letters[-2] * 8!r}?", None]


def test_no_member_is_near_a_text_that_is_very_long() -> None:
    kind = kinds.Enumeration((("x" * 60, 1),))
    refusals = [convert(kind, "x" * length) for length in (64, 65)]
    assert [isinstance(refusal, Refusal) and refusal.hint is not None for refusal in refusals] == [True, False]


def test_of_members_that_differ_in_case_alone_the_first_is_suggested() -> None:
    refusal = convert(kinds.Enumeration((("Red", 1), ("RED", 2))), "red")
    assert refusal == Refusal("one of Red, RED", "Did you mean 'Red'?", "Red")


def test_a_name_wins_over_a_value() -> None:
    assert convert(kinds.Enumeration((("a", 1), ("b", 2), ("a", 3))), "a") == 1


def test_equal_members_of_two_enums_are_not_mistaken() -> None:
    assert type(convert(kinds.Enumeration.of(Loud), "A")) is Loud
    assert type(convert(kinds.Enumeration.of(Quiet), "A")) is Quiet


def test_a_decimal_is_sent_without_an_exponent_where_it_can_be() -> None:
    assert str(convert(PRICE, "10")) == "10"
    assert str(convert(PRICE, "1e2")) == "100"
    assert str(convert(PRICE, "1.500")) == "1.5"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process can be changed on POSIX only")
def test_the_zone_of_the_machine_plays_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        moment = convert(kinds.DateTime(aware=True), "2024-01-01T10:30")
        naive = convert(kinds.DateTime(), "2024-01-01T10:30")
        clock = convert(kinds.Time(aware=True), "10:30")
        moved = convert(kinds.DateTime(), "2024-01-01T10:30+01:00"), convert(kinds.Time(), "10:30+01:00")
    time.tzset()
    assert moment == dt.datetime(2024, 1, 1, 10, 30, tzinfo=UTC)
    assert naive == dt.datetime(2024, 1, 1, 10, 30)
    assert clock == dt.time(10, 30, tzinfo=UTC)
    assert moved == (dt.datetime(2024, 1, 1, 9, 30), dt.time(9, 30))


@pytest.mark.parametrize("refusing", [int, float, D, uuid.UUID, dt.date.fromisoformat])
def test_a_converter_of_the_developer_refuses_by_an_exception(refusing: Callable[[str], object]) -> None:
    assert isinstance(with_converter(refusing)("x y"), Refusal)


def test_a_converter_of_the_developer_is_used() -> None:
    assert with_converter(lambda text: text.upper())("a") == "A"
    assert with_converter(int, "a count")("a") == Refusal("a count")


def test_a_converter_of_the_developer_may_not_turn_a_value_into_null() -> None:
    assert isinstance(with_converter(lambda text: None)("a"), Refusal)


@pytest.mark.parametrize("text", ["\0", "a\ud800"])
def test_a_converter_of_the_developer_never_sees_text_that_cannot_be_bound(text: str) -> None:
    assert isinstance(with_converter(lambda text: pytest.fail("called"))(text), Refusal)


def test_a_bug_in_a_converter_is_not_hidden() -> None:
    known: dict[str, int] = {}
    with pytest.raises(KeyError):
        with_converter(known.__getitem__)("a")


@pytest.mark.usefixtures("light_heap")
@pytest.mark.parametrize(
    "kind",
    [
        kinds.Boolean(),
        kinds.Integer(),
        kinds.Decimal(),
        kinds.Float(),
        kinds.Text(),
        kinds.Date(),
        kinds.Time(),
        kinds.DateTime(),
        kinds.Duration(),
        kinds.Uuid(),
        COLOR,
        kinds.Json(),
    ],
)
@pytest.mark.parametrize("piece", ["0", "9", "1:1", "10:30 ", "1,", '\\"', '"', "[", '{"a":', "P1Y", "-", " ", "é"])
def test_long_texts_take_linear_time(kind: kinds.Kind, piece: str) -> None:
    started = time.process_time()
    for begin, end in (("", ""), ("", "x"), ('"', '"'), ("1e", ""), ("P", "M"), ("10:30:00.", "")):
        convert(kind, begin + piece * (100_000 // len(piece)) + end)
    # Quadratic time would be minutes.
    assert time.process_time() - started < 2

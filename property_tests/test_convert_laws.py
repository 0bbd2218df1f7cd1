"""Laws of the conversion: what a kind holds is read back from its text, and no text raises."""

import datetime as dt
import decimal
import enum
import json
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyrsql.models import kinds
from pyrsql.options import DEFAULT_JSON_OPTIONS, JSONOptions
from pyrsql.validation.convert import Refusal, convert, json_value, with_converter


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


PLAIN_KINDS: tuple[kinds.Kind, ...] = (
    kinds.Boolean(),
    kinds.Integer(),
    kinds.Integer(0, 255),
    kinds.Decimal(),
    kinds.Decimal(10, 2),
    kinds.Float(),
    kinds.Text(),
    kinds.Date(),
    kinds.Time(),
    kinds.Time(aware=True),
    kinds.DateTime(),
    kinds.DateTime(aware=True),
    kinds.Duration(),
    kinds.Uuid(),
    kinds.Uuid(as_text=True),
    kinds.Enumeration.of(Size),
    kinds.Binary(),
    kinds.Json(),
    kinds.Array(kinds.Integer()),
    kinds.Opaque("POINT"),
)

# Near misses: text of the characters that numbers, dates and JSON are made of.
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789+-.eE_, ", max_size=40),
    st.text(alphabet="0123456789-:.+TZ P", max_size=40),
    st.text(alphabet='[]{}",:0123456789.eE-+\\utrfalsn ', max_size=60),
    st.text(alphabet="\0\ud800\udfffa", max_size=5),
    st.builds("{}e{}".format, st.integers(), st.integers()),
)
BINDABLE = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def written(length: dt.timedelta) -> str:
    """A duration as ISO 8601 writes it."""
    seconds, microseconds = divmod(abs(length) // dt.timedelta(microseconds=1), 10**6)
    return f"{'-' if length < dt.timedelta(0) else ''}PT{seconds}.{microseconds:06}S"


@given(st.booleans())
def test_booleans(value: bool) -> None:
    assert convert(kinds.Boolean(), str(value)) is value


@given(st.data())
def test_integers(data: st.DataObject) -> None:
    low, high = sorted(data.draw(st.tuples(st.integers(), st.integers())))
    value = data.draw(st.integers(low, high))
    kind = kinds.Integer(low, high)
    assert convert(kind, str(value)) == value
    assert isinstance(convert(kind, str(low - 1)), Refusal)
    assert isinstance(convert(kind, str(high + 1)), Refusal)


@given(st.integers(1, 20), st.integers(0, 20), st.data())
def test_decimals(precision: int, scale: int, data: st.DataObject) -> None:
    scale = min(scale, precision)
    unscaled = data.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    value = decimal.Decimal(unscaled).scaleb(-scale)
    for text in (str(value), f"{value:f}", f"{value:E}"):
        assert convert(kinds.Decimal(precision, scale), text) == value


@given(st.decimals(-(10**30), 10**30, places=20))
def test_decimals_without_a_precision(value: decimal.Decimal) -> None:
    found = convert(kinds.Decimal(), str(value))
    assert found == value
    assert isinstance(found, decimal.Decimal)
    assert isinstance(exponent := found.as_tuple().exponent, int)
    assert exponent <= 0


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_exact_or_refused(value: decimal.Decimal) -> None:
    found = convert(kinds.Decimal(), str(value))
    assert isinstance(found, Refusal) or found == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats(value: float) -> None:
    assert convert(kinds.Float(), repr(value)) == value


@given(BINDABLE)
def test_texts(value: str) -> None:
    assert convert(kinds.Text(), value) == value


@given(st.dates())
def test_dates(value: dt.date) -> None:
    assert convert(kinds.Date(), value.isoformat()) == value
    assert convert(kinds.DateTime(), value.isoformat()) == dt.datetime.combine(value, dt.time())


@given(st.times())
def test_times(value: dt.time) -> None:
    assert convert(kinds.Time(), value.isoformat()) == value
    assert convert(kinds.Time(aware=True), value.isoformat()) == value.replace(tzinfo=dt.UTC)


@given(st.datetimes(), st.sampled_from("T "))
def test_datetimes(value: dt.datetime, separator: str) -> None:
    assert convert(kinds.DateTime(), value.isoformat(separator)) == value
    assert convert(kinds.DateTime(aware=True), value.isoformat(separator)) == value.replace(tzinfo=dt.UTC)


@given(
    st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31)),
    st.integers(-959, 959).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)
def test_an_offset_names_the_same_moment(value: dt.datetime, zone: dt.timezone) -> None:
    moment = value.replace(tzinfo=zone)
    found = convert(kinds.DateTime(aware=True), moment.isoformat())
    assert found == moment
    assert isinstance(found, dt.datetime)
    assert found.tzinfo is dt.UTC
    assert convert(kinds.DateTime(), moment.isoformat()) == found.replace(tzinfo=None)


@given(st.timedeltas(dt.timedelta(days=-719_162), dt.timedelta(days=719_162)))
def test_durations(value: dt.timedelta) -> None:
    assert convert(kinds.Duration(), written(value)) == value
    if value >= dt.timedelta(0) and not value.days:
        assert convert(kinds.Duration(), str(value)) == value


@given(st.uuids())
def test_uuids(value: uuid.UUID) -> None:
    for text in (str(value), value.hex, str(value).upper()):
        assert convert(kinds.Uuid(), text) == value
        assert convert(kinds.Uuid(as_text=True), text) == str(value)


@given(st.sampled_from(Size))
def test_members(value: Size) -> None:
    assert convert(kinds.Enumeration.of(Size), value.name) is value
    assert convert(kinds.Enumeration.of(Size), value.value) is value


documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | BINDABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(BINDABLE, inner, max_size=4),
    max_leaves=20,
)


@given(documents, st.booleans())
def test_json(value: object, ascii_only: bool) -> None:
    found = json_value(json.dumps(value, ensure_ascii=ascii_only), DEFAULT_JSON_OPTIONS)
    if value is None:
        assert isinstance(found, Refusal)
    else:
        assert found == value
        assert type(found) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_json_dumps_of_a_float(value: float) -> None:
    assert json_value(json.dumps(value), DEFAULT_JSON_OPTIONS) == decimal.Decimal(repr(value))


@given(st.sampled_from(PLAIN_KINDS), TEXTS)
def test_no_text_raises_and_none_becomes_null(kind: kinds.Kind, text: str) -> None:
    assert convert(kind, text) is not None


@given(TEXTS)
def test_no_text_raises_in_json(text: str) -> None:
    found = json_value(text, JSONOptions(use_datetime=True))
    assert found is not None


@given(TEXTS)
def test_no_text_raises_through_a_converter(text: str) -> None:
    for plain in (int, float, decimal.Decimal, uuid.UUID, dt.datetime.fromisoformat):
        assert with_converter(plain)(text) is not None


OTHER_DIGITS = [chr(code) for code in range(128, 0x11000) if unicodedata.category(chr(code)) == "Nd"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kinds.Integer(), "42"),
        (kinds.Decimal(), "4.2"),
        (kinds.Float(), "4.2e1"),
        (kinds.Date(), "2024-12-31"),
        (kinds.Time(), "10:30:15.5"),
        (kinds.DateTime(), "2024-12-31T10:30:15+02:00"),
        (kinds.Duration(), "P1DT2H"),
        (kinds.Uuid(), "12345678-1234-5678-1234-567812345678"),
    ],
)
@given(data=st.data())
def test_digits_of_other_scripts_are_refused(kind: kinds.Kind, text: str, data: st.DataObject) -> None:
    assert not isinstance(convert(kind, text), Refusal)
    place = data.draw(st.sampled_from([place for place, c in enumerate(text) if c.isdecimal()]))
    other = data.draw(st.sampled_from(OTHER_DIGITS))
    assert isinstance(convert(kind, text[:place] + other + text[place + 1 :]), Refusal)

"""What the playground offers at the cursor, marked by `|`."""

import datetime as dt

import pytest
from returns.result import Success
from sqlalchemy import JSON, Column, DateTime, Enum, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from examples.flights.models import Airport, Flight
from pyrsql.integrations.fastapi.playground.complete import Completions, complete_filter, complete_sort
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from tests.sample_models import User

FLIGHTS, AIRPORTS = schema(Flight), schema(Airport)


def completed(text: str, model: type = Flight) -> tuple[str, list[str]]:
    """The characters that a completion would replace, and the texts that are offered."""
    at = text.index("|")
    offered = FLIGHTS if model is Flight else AIRPORTS
    found = complete_filter(offered, text.replace("|", ""), at)
    return replaced(text, found), [item.text for item in found.items]


def replaced(text: str, found: Completions) -> str:
    return text.replace("|", "")[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "begun", "offered"),
    [
        ("dist|", "dist", "distance"),
        ("|", "", "number"),
        ("id==1;plane.man|", "plane.man", "plane.manufacturer"),
        ("(id==1,dist|)", "dist", "distance"),
        ("id==1 and dist|", "dist", "distance"),
        ("id=in=(1,2);dist|ance>1", "dist", "distance"),
        ("destination.arrivals.plane.mo|", "destination.arrivals.plane.mo", "destination.arrivals.plane.model"),
        ("distance=|", "=", "=bt="),
        ("distance=b|", "=b", "=bt="),
        ("distance!|", "!", "!="),
        ("date>=|", "", None),
        ("id==1|", "1", None),
        ("id==1 |", "", ";"),
        ("(id==1)|", "", ";"),
        ("=|", "", None),
        ("id==1;==|", "", None),
        ("id==1 distance=|", "", None),
        ("id=in=(1)|", "", ","),
        ("id==1)|", "", None),
        ("id and dist|", "", None),
    ],
)
def test_a_filter_is_completed(text: str, begun: str, offered: str | None) -> None:
    there, texts = completed(text)
    assert there == begun
    if offered is None:
        assert texts == [] or text.startswith("date")
    else:
        assert offered in texts


def test_a_field_is_written_in_quotes_where_it_needs_them() -> None:
    class Odd(DeclarativeBase):
        pass

    table = Table("odd", Odd.metadata, Column("id", Integer, primary_key=True), Column("first name", Integer))
    model = type("Person", (Odd,), {"__table__": table})
    for text in ("fir", "'fir", "'first na"):
        found = complete_filter(schema(model), text, len(text))
        assert (found.start, [item.text for item in found.items]) == (0, ["'first name'"])
        assert [item.text for item in complete_sort(schema(model), f"-{text}", len(text) + 1).items] == ["'first name'"]


def test_operators_of_a_selector_that_no_list_has() -> None:
    class Files(DeclarativeBase):
        pass

    table = Table(
        "files", Files.metadata, Column("id", Integer, primary_key=True), Column("doc", JSON), Column("name", String)
    )
    file = schema(type("File", (Files,), {"__table__": table}), QueryOptions(procedure_whitelist={"lower"}))
    for text, begun in (("doc.a.b=", "="), ("doc.a.b!", "!"), ("@lower[name]=", "="), ("id==1;(doc.x=", "=")):
        found = complete_filter(file, text, len(text))
        assert text[found.start : found.end] == begun
        assert "!=" in [item.text for item in found.items] or "=in=" in [item.text for item in found.items]
    for text in ("dog.a=", "name.a=", "@upper[name]="):
        assert complete_filter(file, text, len(text)).items == ()


def test_dates_are_offered_for_a_date() -> None:
    _, texts = completed("date>=|")
    assert len(texts) == 5
    assert all(len(text) == len("2026-01-31") for text in texts)


def test_only_the_operators_of_the_field_are_offered() -> None:
    assert "=like=" in completed("plane.model=|")[1]
    assert "=like=" not in completed("distance=|")[1]


def test_operators_come_behind_a_whole_field_and_not_in_open_quotes() -> None:
    for text, field in (("age", "age"), ("roles=any='level", "level"), ("@count[roles]", "@count[roles]")):
        found = complete_filter(COUNTED, text, len(text))
        assert text[found.start : found.end] == field
        assert f"{field}=gt=" in [item.text for item in found.items]
    assert not any("=" in item.text for item in complete_filter(COUNTED, "'age", 4).items)


def test_a_hidden_field_is_not_offered() -> None:
    closed = schema(Flight, QueryOptions(field_whitelist={"id"}))
    assert [item.text for item in complete_filter(closed, "", 0).items] == ["id"]
    assert complete_filter(closed, "plane.", 6).items == ()


def test_a_nested_filter_is_completed_in_its_quotes() -> None:
    there, texts = completed("arrivals=any='airline.na|", Airport)
    assert (there, texts) == ("airline.na", ["airline.name"])
    assert "=bt=" in completed("arrivals=any='distance=|", Airport)[1]


@pytest.mark.parametrize(
    ("text", "begun", "offered"),
    [
        ("-dist|", "dist", "distance"),
        ("id;dist|", "dist", "distance"),
        ("id,de|", "de", "desc"),
        ("id,desc,|", "", "nullslast"),
    ],
)
def test_a_sort_is_completed(text: str, begun: str, offered: str) -> None:
    at = text.index("|")
    found = complete_sort(FLIGHTS, text.replace("|", ""), at)
    assert replaced(text, found) == begun
    assert offered in [item.text for item in found.items]


COUNTED = schema(User, QueryOptions(quantifiers=True))


@pytest.mark.parametrize(
    ("text", "begun", "offered"),
    [
        (r"reports=any='roles=any=\'le|", "le", ["level"]),
        (r"reports=any='roles=any=\'code==\\\'a\\\';le|", "le", ["level"]),
        ("'@count[roles|#le|", "le", ["level"]),
        ("reports=any=\"'@count[roles|#le|", "le", ["level"]),
        ("@count[ro|", "@count[ro", ["@count[roles]"]),
        ("reports=any='@count[ro|", "@count[ro", ["@count[roles]"]),
        ("@count[roles]=b|", "=b", ["=bt="]),
        ("reports=any='@count[roles]=b|", "=b", ["=bt="]),
        ("'@count[nothing|#le|", "le", []),
    ],
)
def test_nested_filters_and_counts_are_completed(text: str, begun: str, offered: list[str]) -> None:
    at = text.rindex("|")
    found = complete_filter(COUNTED, text[:at], at)
    assert text[found.start : found.end] == begun
    assert [item.text for item in found.items] == offered


def test_a_count_is_completed_in_a_sort() -> None:
    found = complete_sort(COUNTED, "id;-@count[rol", 14)
    assert [item.text for item in found.items] == ["@count[roles]"]
    assert complete_sort(schema(User), "-@count[rol", 11).items == ()
    assert complete_filter(schema(User), "@count[rol", 10).items == ()


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "completion_owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list["Pet"]] = relationship()


class Pet(Base):
    __tablename__ = "completion_pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("completion_owner.id"))
    mood: Mapped[str] = mapped_column(Enum("so so", "it's fine"))


def test_an_offer_in_quotes_is_escaped_for_them() -> None:
    options = QueryOptions(quantifiers=True)
    for text in ("pets=any='mood==so", 'pets=any="mood==so', "'@count[pets|#mood==so"):
        found = complete_filter(schema(Owner, options), text, len(text))
        (offer,) = found.items
        end = "]'>1" if "@" in text else text[9]
        completed = text[: found.start] + offer.text + end
        assert isinstance(validate_request(schema(Owner, options), filter=completed), Success), completed


class Event(Base):
    __tablename__ = "completion_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[bool]
    day: Mapped[dt.date]
    at: Mapped[dt.datetime]
    sent: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    mood: Mapped[str] = mapped_column(Enum("so so", "it's fine"))


@pytest.mark.parametrize(("field", "offers"), [("done", 2), ("day", 5), ("at", 5), ("sent", 5), ("mood", 2), ("id", 0)])
def test_the_values_that_are_offered_are_values_of_the_field(field: str, offers: int) -> None:
    text = f"{field}=="
    found = complete_filter(schema(Event), text, len(text))
    assert len(found.items) == offers
    for offer in found.items:
        assert isinstance(validate_request(schema(Event), filter=text + offer.text), Success), offer

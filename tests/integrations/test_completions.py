"""What the playground offers at the cursor, marked by `|`."""

import pytest

from examples.flights.models import Airport, Flight
from pyrsql.integrations.fastapi.playground.complete import Completions, complete_filter, complete_sort
from pyrsql.orms.sqlalchemy import schema

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
        ("id=in=(1)|", "", ","),
    ],
)
def test_a_filter_is_completed(text: str, begun: str, offered: str | None) -> None:
    there, texts = completed(text)
    assert there == begun
    if offered is None:
        assert texts == [] or text.startswith("date")
    else:
        assert offered in texts


def test_dates_are_offered_for_a_date() -> None:
    _, texts = completed("date>=|")
    assert len(texts) == 5
    assert all(len(text) == len("2026-01-31") for text in texts)


def test_only_the_operators_of_the_field_are_offered() -> None:
    assert "=like=" in completed("plane.model=|")[1]
    assert "=like=" not in completed("distance=|")[1]


def test_a_hidden_field_is_not_offered() -> None:
    from pyrsql import QueryOptions

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

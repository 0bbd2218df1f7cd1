import uuid
from typing import Any

import pytest

from pyrsql.options import (
    JSONOptions,
)
from tests.orms.memory.sample import ids, users

DOCUMENTS = (
    {
        "id": 1,
        "name": "demo",
        "ok": True,
        "roles": [{"id": 1}, {"id": 2}],
        "tags": [1, 2],
        "at": "2024-01-01",
        "open": "09:00",
    },
    {
        "id": "1",
        "name": "Demo*",
        "ok": 1,
        "roles": {"id": 3},
        "tags": [],
        "at": "2024-01-01T10:00:00+02:00",
        "open": "10:00+01:00",
    },
    {
        "id": None,
        "name": None,
        "ok": "true",
        "roles": [],
        "tags": [[1, 2]],
        "at": "10:00:00",
        "open": "09:00:00.0+00:00",
    },
    {"id": 1.0, "x": 0.1},
    None,
    [1, 2],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.id==1", [1, 4]),
        ("payload.id=='\"1\"'", [2]),
        ("payload.id!=1", [2, 3, 6]),
        ("payload.id=in=(1,'\"1\"')", [1, 2, 4]),
        ("payload.id=out=(1,2)", [2, 3, 6]),
        ("payload.id>0", [1, 4]),
        ("payload.id<2", [1, 4]),
        ("payload.id=bt=(1,1)", [1, 4]),
        ("payload.id=nb=(1,1)", [2, 3, 6]),
        ("payload.id=na=", [3, 5, 6]),
        ("payload.id=nn=", [1, 2, 4]),
        ("payload.ok==true", [1]),
        ("payload.ok==1", [2]),
        ("payload.x==0.1", [4]),
        ("payload.x==0.10", [4]),
        ("payload.name==demo", [1]),
        ("payload.name==^DEMO", [1]),
        ("payload.name==^DEMO*", [1, 2]),
        ("payload.name=='\"Demo*\"'", [2]),
        ("payload.name=like=emo", [1, 2]),
        ("payload.name=notlike=emo", [3, 4, 6]),
        ("payload.name>Demo", [1, 2]),
        ("payload.roles.id==2", [1]),
        ("payload.roles.id==3", [2]),
        ("payload.roles.id!=1", [2, 3, 4, 6]),
        ("payload.roles.id=na=", [3, 4, 5, 6]),
        ("payload.tags==2", [1]),
        ("payload.tags=='[1,2]'", [1, 3]),
        ("payload.tags=='[]'", [2]),
        ("payload.tags=nn=", [1, 2, 3]),
        ("payload.roles=='{\"id\":1}'", [1]),
        ("payload.at==2024-01-01", [1]),
        ("payload=='[1, 2.0]'", [6]),
        ("payload=='[2,1]'", []),
        ("payload!='[1,2]'", [1, 2, 3, 4]),
        ("payload==1", [6]),
        ("payload==7", []),
        ('payload=in=(\'{"x":0.1,"id":1}\',1)', [4, 6]),
        ("payload=na=", [5]),
        ("payload=nn=", [1, 2, 3, 4, 6]),
    ],
)
def test_json(text: str, expected: list[int]) -> None:
    assert ids(text, users("payload", *DOCUMENTS)) == expected


def tuples(value: Any) -> Any:
    """The same document with tuples, which Python writes as arrays, too."""
    match value:
        case list():
            return tuple(map(tuples, value))
        case dict():
            return {key: tuples(inner) for key, inner in value.items()}
        case _:
            return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.tags==2", [1]),
        ("payload.roles.id==1", [1]),
        ("payload.tags=='[1,2]'", [1, 3]),
        ("payload.tags!=1", [2, 3, 4, 6]),
        ("payload=='[1,2]'", [6]),
        ("payload==2", [6]),
    ],
)
def test_a_tuple_is_an_array(text: str, expected: list[int]) -> None:
    assert ids(text, users("payload", *map(tuples, DOCUMENTS))) == ids(text, users("payload", *DOCUMENTS)) == expected


def test_null_in_a_document_equals_null_alone() -> None:
    documents: tuple[Any, ...] = ([None], [0], [False], [""], {"a": None}, {})
    for wanted, found in (("[null]", [1]), ("[0]", [2]), ('{"a":null}', [5]), ("{}", [6])):
        assert ids(f"payload=='{wanted}'", users("payload", *documents)) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.at==2024-01-01", [1]),
        ("payload.at==2024-01-01T00:00Z", [1]),
        ("payload.at==2024-01-01T08:00", [2]),
        ("payload.at>2024-01-01", [2]),
        ("payload.at>=2024-01-01", [1, 2]),
        ("payload.at==10:00Z", [3]),
        ("payload.at<11:00", [3]),
        ("payload.at!=10:00", [1, 2, 4, 6]),
        ("payload.at=='\"2024-01-01\"'", [1]),
        ("payload.open==09:00Z", [1, 3]),
        ("payload.open==10:00+01:00", [1, 3]),
        ("payload.open==10:00", []),
    ],
)
def test_dates_and_times_in_json(text: str, expected: list[int]) -> None:
    options = JSONOptions(use_datetime=True)
    assert ids(text, users("payload", *DOCUMENTS), json_options=options) == expected


def test_a_converter_of_the_developer_below_json() -> None:
    key = uuid.UUID(int=1)
    rows = users("payload", {"key": str(key)}, {"key": "x"})
    assert ids(f"payload.key=={key.hex}", rows, field_value_converters={"payload.key": uuid.UUID}) == [1]

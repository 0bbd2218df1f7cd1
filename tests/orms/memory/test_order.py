import pytest

import pyrsql
from pyrsql.options import (
    JSONOptions,
    JSONSortScalarType,
    SortOptions,
)
from pyrsql.orms.memory import MemoryORM
from tests.orms.memory.sample import Size, User, company_users, role_users, sorted_ids, users


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", [5, 2, 1, 3, 4]),
        ("-name", [4, 3, 1, 2, 5]),
        ("name,ic", [5, 1, 2, 3, 4]),
        ("name,desc,ic", [4, 3, 1, 2, 5]),
        ("name,nullsfirst", [4, 5, 2, 1, 3]),
        ("name,desc,nullslast", [3, 1, 2, 5, 4]),
    ],
)
def test_text_is_sorted_by_code_point_and_null_is_largest(text: str, expected: list[int]) -> None:
    assert sorted_ids(text, users("name", "demo", "Demo", "é", None, "")) == expected


def test_several_keys_and_rows_that_are_equal() -> None:
    rows = [User(1, "b", 1), User(2, "a", 2), User(3, "b", 2), User(4, "a", 2)]
    assert sorted_ids("age;-name", rows) == [1, 3, 2, 4]
    assert sorted_ids("-age", rows) == [2, 3, 4, 1]


def test_a_sort_over_one_keeps_every_row() -> None:
    assert sorted_ids("company.name", company_users()) == [1, 3, 2]
    assert sorted_ids("-company.name", company_users()) == [2, 3, 1]


def test_a_sort_over_many_takes_the_smallest_or_the_largest() -> None:
    rows = role_users()
    assert sorted_ids("roles.level", rows) == [1, 2, 4, 3]
    assert sorted_ids("-roles.level", rows) == [3, 4, 1, 2]
    assert sorted_ids("roles.code", rows) == [1, 2, 3, 4]


def test_members_are_sorted_as_declared() -> None:
    rows = users("size", Size.LARGE, Size.SMALL, None)
    assert sorted_ids("size", rows) == [2, 1, 3]


def test_a_sort_by_a_function() -> None:
    options = SortOptions(procedure_whitelist=["length"])
    assert sorted_ids("@length[name],desc", users("name", "a", "ccc", "bb"), options) == [2, 3, 1]


VALUES = ("b", 10, 2.5, True, None, ["a"], {"x": 1}, "B", False)


def test_json_is_sorted_by_type_first() -> None:
    rows = users("payload", *({"v": value} for value in VALUES), None)
    assert sorted_ids("payload.v", rows) == [8, 6, 1, 3, 2, 9, 4, 5, 7, 10]
    assert sorted_ids("-payload.v", rows) == [5, 7, 10, 4, 9, 2, 3, 1, 6, 8]


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        (JSONSortScalarType.TEXT, ["B", "b"]),
        (JSONSortScalarType.INTEGER, [2.5, 10]),
        (JSONSortScalarType.NUMERIC, [2.5, 10]),
        (JSONSortScalarType.BOOLEAN, [False, True]),
        (JSONSortScalarType.DATE, []),
    ],
)
def test_json_is_sorted_by_a_type(scalar: JSONSortScalarType, expected: list[object]) -> None:
    rows = users("payload", *({"v": value} for value in VALUES if not isinstance(value, list)))
    options = SortOptions(json_options=JSONOptions(sort_field_types={"payload.v": scalar}))
    ordered = pyrsql.Sort.parse("payload.v", options=options).apply(rows, User, orm=MemoryORM())
    assert [row.payload["v"] for row in ordered][: len(expected)] == expected


def test_times_in_json_are_sorted_as_moments() -> None:
    rows = users("payload", {"v": "2024-01-01T10:00Z"}, {"v": "2024-01-01T11:00+02:00"}, {"v": "x"})
    options = SortOptions(json_options=JSONOptions(sort_field_types={"payload.v": JSONSortScalarType.DATETIME_TZ}))
    assert sorted_ids("payload.v", rows, options) == [2, 1, 3]

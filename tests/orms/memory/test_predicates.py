import datetime as dt
from decimal import Decimal

import pytest

from pyrsql import pipeline
from pyrsql.models.schema import schema_for
from pyrsql.options import (
    JoinHint,
    QueryOptions,
    SortOptions,
)
from pyrsql.orms.memory import MemoryORM
from tests.orms.memory.sample import (
    UTC,
    Company,
    Role,
    Size,
    User,
    company_users,
    ids,
    role_users,
    sorted_ids,
    users,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age==1", [1]),
        ("age!=1", [2]),
        ("age>1", [2]),
        ("age>=1", [1, 2]),
        ("age<2", [1]),
        ("age<=2", [1, 2]),
        ("age=in=(1,3)", [1]),
        ("age=out=(1,3)", [2]),
        ("age=bt=(1,1)", [1]),
        ("age=nb=(1,1)", [2]),
        ("age=na=", [3]),
        ("age=nn=", [1, 2]),
        ("age==1,age=na=", [1, 3]),
        ("age!=1;age!=7", [2]),
    ],
)
def test_a_comparison_with_null_is_unknown(text: str, expected: list[int]) -> None:
    assert ids(text, users("age", 1, 2, None)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("age!=1", [2, 3]), ("age=out=(1,3)", [2, 3]), ("age=nb=(1,1)", [2, 3]), ("age==1", [1])],
)
def test_a_complement_is_all_that_the_positive_leaves_out(text: str, expected: list[int]) -> None:
    assert ids(text, users("age", 1, 2, None), negation="complement") == expected


def test_values_of_other_forms_than_declared_are_compared_by_what_they_mean() -> None:
    rows = users("price", Decimal("0.10"), 0.1, Decimal("0.1000000001"))
    assert ids("price==0.1", rows) == [1, 2]
    assert ids("price>0.1", rows) == [3]
    assert ids("ratio==0.1", users("ratio", 0.1, Decimal("0.1"), 0.2)) == [1, 2]


def test_times_are_compared_in_utc() -> None:
    two = dt.timezone(dt.timedelta(hours=2))
    moments = (
        dt.datetime(2024, 1, 1, 10),
        dt.datetime(2024, 1, 1, 10, tzinfo=UTC),
        dt.datetime(2024, 1, 1, 12, tzinfo=two),
    )
    for name in ("created", "seen"):
        assert ids(f"{name}==2024-01-01T10:00", users(name, *moments)) == [1, 2, 3]
        assert ids(f"{name}==2024-01-01T12:00%2B02:00".replace("%2B", "+"), users(name, *moments)) == [1, 2, 3]
        assert ids(f"{name}>2024-01-01T10:00", users(name, *moments)) == []
    times = (dt.time(23), dt.time(1, tzinfo=two), dt.time(23, tzinfo=UTC), dt.time(1))
    assert ids("opens==23:00", users("opens", *times)) == [1, 2, 3]


def test_a_bare_date_is_midnight() -> None:
    rows = users("created", dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 1), dt.date(2024, 1, 1))
    assert ids("created==2024-01-01", rows) == [1, 3]
    assert ids("born==2024-01-01", users("born", dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 9))) == [1, 2]


def test_members_of_enums() -> None:
    rows = users("size", Size.SMALL, Size.LARGE, None)
    assert ids("size==SMALL", rows) == [1]
    assert ids("size!=s", rows) == [2]
    assert ids("size=in=(SMALL,l)", rows) == [1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("company.name==acme,name==demo", [1, 2]),
        ("company.name!=acme", [3]),
        ("company.name=na=", [2]),
        ("company=na=", [2]),
        ("company=nn=", [1, 3]),
        ("company.country.code=na=", [2, 3]),
        ("company.country=na=", [2, 3]),
        ("company.country.code==DE", [1]),
    ],
)
def test_a_missing_link_reads_as_null(text: str, expected: list[int]) -> None:
    assert ids(text, company_users()) == expected


def test_an_inner_join_drops_rows_without_the_link() -> None:
    hints = {"User.company": JoinHint.INNER}
    assert ids("company.name==acme,name==demo", company_users(), join_hints=hints) == [1]
    assert ids("company.name=na=", company_users(), join_hints=hints) == []
    assert sorted_ids("-company.name", company_users(), SortOptions(join_hints=hints)) == [3, 1]
    schema = schema_for(User, orm=MemoryORM(), options=QueryOptions(join_hints=hints))
    page = pipeline.parse(None).bind(pipeline.validate(schema)).bind(pipeline.apply_filter(company_users()))
    assert page.bind(pipeline.apply_sort("company.name")).bind(pipeline.paginate(None)).unwrap().count_statement == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roles.code==admin", [1]),
        ("roles.code!=admin", [1, 2]),
        ("roles.code=out=(admin,guest)", []),
        ("roles.code=na=", [4]),
        ("roles.code=nn=", [1, 2]),
        ("roles=na=", [3]),
        ("roles=nn=", [1, 2, 4]),
        ("roles.level>2;roles.code==guest", [1]),
        ("roles.level=bt=(2,3)", [1, 2]),
        ("roles.grantor.code=na=", [1, 2, 4]),
        ("roles.grantor=na=", [1, 2, 4]),
        ("roles.grantor.code==DE", [1]),
        ("roles.code==^GUEST", [1, 2]),
    ],
)
def test_a_path_to_many_asks_for_some_related_row(text: str, expected: list[int]) -> None:
    assert ids(text, role_users()) == expected


def test_a_complement_over_many_asks_for_none() -> None:
    assert ids("roles.code!=admin", role_users(), negation="complement") == [2, 3, 4]


def test_an_inner_join_beyond_many_drops_the_related_rows() -> None:
    hints = {"Role.grantor": JoinHint.INNER}
    assert ids("roles.grantor.code=na=", role_users(), join_hints=hints) == []
    assert ids("roles.level>2", role_users(), join_hints=hints) == [1, 4]


def test_paths_through_several_relations() -> None:
    boss = User(1, "boss", roles=[Role("admin")])
    boss.company = Company("acme", staff=[boss, User(2, "clerk", roles=[Role("guest"), Role("editor")])])
    rows = [boss, User(3), User(4, company=Company("empty"))]
    assert ids("company.staff.roles.code==editor", rows) == [1]
    assert ids("company.staff.name==*", rows) == [1]
    assert ids("company.staff=na=", rows) == [3, 4]
    assert ids("company.staff.roles=na=", rows) == []
    assert ids("company.staff.company=na=", rows) == [1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tags==red", [1]),
        ("tags!=red", [1, 2]),
        ("tags=like=e", [1, 2]),
        ("tags=in=(red,green)", [1]),
        ("tags=na=", [4]),
        ("tags=nn=", [1, 2, 3]),
    ],
)
def test_a_comparison_with_an_array_asks_for_some_element(text: str, expected: list[int]) -> None:
    assert ids(text, users("tags", ["red", "blue"], ["blue"], [], None)) == expected

"""The SQL of a filter: what each test becomes, in which order, and what the developer's own operators are given."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import JSON, URL, ColumnElement, Dialect, Integer, String, Table, create_engine, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import (
    ComparisonOperator,
    ConfigurationError,
    CustomPredicateDefinition,
    JoinHint,
    JSONOptions,
    QueryOptions,
)
from pyrsql.orms.custom import CustomPredicatePayload
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import apply_criteria, validate_request
from tests.sample_models import User

SQLITE, POSTGRESQL, MYSQL = (URL.create(name).get_dialect()() for name in ("sqlite", "postgresql", "mysql+pymysql"))


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    words: Mapped[list[str]] = mapped_column(ARRAY(String))
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Paper(Base):
    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


def table_of(model: type[DeclarativeBase]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def where(
    filter: str,
    model: type[DeclarativeBase] = Thing,
    dialect: Dialect = SQLITE,
    orm: SQLAlchemyORM | None = None,
    **settings: Any,
) -> str:
    """The WHERE clause of a filter, with the values in it and the name of the table left out."""
    described = schema(model, QueryOptions(**settings), orm=orm or SQLAlchemyORM())
    statement: Any = validate_request(described, filter=filter).bind(apply_criteria(select(model))).unwrap().statement
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return " ".join(str(compiled).split()).partition(" WHERE ")[2].replace(f"{table_of(model).name}.", "")


# --- one test --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "sql"),
    [
        ("id==1", "id = 1"),
        ("id!=1", "id != 1"),
        ("id>1", "id > 1"),
        ("id=na=", "id IS NULL"),
        ("id=nn=", "id IS NOT NULL"),
        ("id=in=(1,2)", "id IN (1, 2)"),
        ("id=out=(1,2)", "(id NOT IN (1, 2))"),
        ("id=bt=(1,2)", "id BETWEEN 1 AND 2"),
        ("id=nb=(1,2)", "id NOT BETWEEN 1 AND 2"),
    ],
)
def test_the_sql_of_a_test(filter: str, sql: str) -> None:
    assert where(filter) == sql


@pytest.mark.parametrize(
    ("filter", "sql"),
    [("name==^a", "(lower(name) = lower('a'))"), ("name!=^a", "NOT (lower(name) = lower('a'))")],
)
def test_equality_ignoring_case_is_negated_whole(filter: str, sql: str) -> None:
    assert where(filter, dialect=POSTGRESQL) == sql


@pytest.mark.parametrize(
    ("filter", "sql"),
    [("id!=1", "id = 1"), ("id=out=(1,2)", "id IN (1, 2)"), ("id=nb=(1,2)", "id BETWEEN 1 AND 2")],
)
def test_a_complement_is_all_that_is_not_true(filter: str, sql: str) -> None:
    assert where(filter, negation="complement") == f"CASE WHEN ({sql}) THEN 0 ELSE 1 END = 1"


@pytest.mark.parametrize(
    ("filter", "test"),
    [
        ("words!=a", "e != 'a'"),
        ("words==^a", "(lower(e) = lower('a'))"),
        ("words=like=a", "(e LIKE '%%a%%' ESCAPE '!')"),
        ("words!=a*", "NOT (e LIKE 'a%%' ESCAPE '!')"),
        ("words>a", "e > 'a'"),
        ("numbers>3", "e > 3"),
        ("numbers=nb=(1,2)", "e NOT BETWEEN 1 AND 2"),
    ],
)
def test_some_element_of_a_list_passes(filter: str, test: str) -> None:
    column = filter[: 5 if filter.startswith("words") else 7]
    sql = where(filter, dialect=POSTGRESQL).replace("anon_1", "one").replace("anon_2", "e")
    assert sql == f"EXISTS (SELECT 1 AS one FROM unnest({column}) AS e WHERE {test})"


@pytest.mark.parametrize(
    ("filter", "sql"),
    [
        ("words==a", "words @> ARRAY['a']"),
        ("words=in=(a,b)", "words && ARRAY['a', 'b']"),
        ("numbers==3", "numbers @> ARRAY[3]"),
    ],
)
def test_an_index_serves_equality_of_an_element(filter: str, sql: str) -> None:
    assert where(filter, dialect=POSTGRESQL) == sql


def test_a_null_check_of_a_list_is_of_the_list() -> None:
    assert where("words=na=;numbers=nn=", dialect=POSTGRESQL) == "words IS NULL AND numbers IS NOT NULL"


@pytest.mark.parametrize(
    ("filter", "use_datetime", "found"),
    [
        ("document.a==1", False, [1]),
        ("document.a=='\"1\"'", False, [2]),
        ("document.a=na=", False, [4]),
        ("document.a=nn=", False, [1, 2, 3]),
        ("document.a==2024-01-01T02:00%2B02:00", False, []),
        ("document.a==2024-01-01T02:00%2B02:00", True, [3]),
    ],
)
def test_a_value_in_a_document_is_compared_as_json(filter: str, use_datetime: bool, found: list[int]) -> None:
    options = QueryOptions(json_options=JSONOptions(use_datetime=use_datetime))
    judged = validate_request(schema(Paper, options), filter=filter.replace("%2B", "+"))
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        Base.metadata.create_all(session.connection(), [table_of(Paper)])
        documents: list[dict[str, object]] = [{"a": 1}, {"a": "1"}, {"a": "2024-01-01T00:00Z"}, {}]
        session.add_all(Paper(id=number, document=document) for number, document in enumerate(documents, start=1))
        session.flush()
        statement = judged.bind(apply_criteria(select(Paper.id))).unwrap().statement
        assert sorted(session.scalars(statement)) == found
    engine.dispose()


# --- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "sql"),
    [
        ("id==1;id==2;id==3", "id = 1 AND id = 2 AND id = 3"),
        ("id==1,id==2,id==3", "id = 1 OR id = 2 OR id = 3"),
        ("id==1;(id==2,id==3)", "id = 1 AND (id = 2 OR id = 3)"),
        ("id==1,(id==2;id==3),(id==4;(id==5,id==6))", "id = 1 OR id = 2 AND id = 3 OR id = 4 AND (id = 5 OR id = 6)"),
        ("id==1;(id==2,id==3);id!=4;(id==5,id==6)", "id = 1 AND (id = 2 OR id = 3) AND id != 4 AND (id = 5 OR id = 6)"),
    ],
)
def test_the_parts_of_a_group_keep_their_order(filter: str, sql: str) -> None:
    assert where(filter) == sql


def nested(depth: int) -> tuple[str, str, str]:
    """Groups inside each other: the filter, its SQL in the order of the filter, and with the deepest in front."""
    filter, written, deepest = "id==0", "id = 0", "id = 0"
    for level in range(1, depth + 1):
        sign, word = (";", " AND ") if level % 2 else (",", " OR ")
        filter = f"id=={level}{sign}({filter})"
        # AND binds tighter, and needs no parentheses in an OR.
        inner = (f"({part})" if level % 2 and level > 1 else part for part in (written, deepest))
        written = f"id = {level}{word}{next(inner)}"
        deepest = f"{next(inner)}{word}id = {level}" if level > 1 else written
    return filter, written, deepest


def test_of_very_deep_groups_the_deepest_come_first() -> None:
    for depth in range(1, 9):
        filter, written, _ = nested(depth)
        assert where(filter) == written
    for depth in (9, 20, 50):
        filter, _, deepest = nested(depth)
        assert where(filter) == deepest


def test_of_several_deep_groups_the_deepest_comes_first() -> None:
    filter, _, deepest = nested(10)
    assert (
        where(f"id==4;(id==1,(id==2;id==3));({filter})") == f"({deepest}) AND (id = 2 AND id = 3 OR id = 1) AND id = 4"
    )


@pytest.mark.parametrize(("call", "deep"), [("upper", 2), ("trim", 5)])
def test_of_groups_around_a_deep_call_too(call: str, deep: int) -> None:
    for levels in (1, deep - 1, deep):
        called = f"@{call}[" * levels + "name" + "]" * levels
        found = where(f"id==1;(id==2,{called}==1)", procedure_whitelist=[call])
        assert found.endswith(" AND id = 1") is (levels == deep)
        assert found.startswith("id = 1 AND (id = 2 OR ") is (levels < deep)


def test_the_tests_of_a_group_keep_their_order() -> None:
    assert where("id=in=(1,2);id==1;id=na=;id!=3") == "id IN (1, 2) AND id = 1 AND id IS NULL AND id != 3"
    assert (
        where("id==1;id!=2;id==3", negation="complement")
        == "id = 1 AND CASE WHEN (id = 2) THEN 0 ELSE 1 END = 1 AND id = 3"
    )


@pytest.mark.parametrize("sign", [",", ";"])
@pytest.mark.parametrize(
    ("parts", "groups"), [(100, [100]), (101, [100, 1]), (201, [100, 100, 1]), (250, [100, 100, 50])]
)
def test_a_wide_group_is_made_of_groups_of_100(sign: str, parts: int, groups: list[int]) -> None:
    word = {",": " OR ", ";": " AND "}[sign]
    flat = [word.join(["id = 1"] * number) for number in groups]
    expected = flat[0] if len(flat) == 1 else word.join(f"({part})" if word in part else part for part in flat)
    assert where(sign.join(["id==1"] * parts)) == expected


# --- relations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "negated"),
    [("company=na=", True), ("company=nn=", False), ("roles=na=", True), ("roles=nn=", False)],
)
def test_a_relation_is_null_when_no_row_is_related(filter: str, negated: bool) -> None:
    sql = where(filter, User, POSTGRESQL)
    assert sql.count("EXISTS (SELECT 1 FROM ") == 1
    assert sql.startswith("NOT ") == negated


def test_on_sqlite_few_related_rows_are_found_by_their_foreign_key_unless_they_are_denied() -> None:
    assert where("roles.id==1", User).startswith("(id IN (SELECT user_roles_1.user_id FROM ")
    assert where("roles=nn=", User).startswith("EXISTS (SELECT 1 FROM ")
    assert where("reports.age>1", User).startswith("(id IN (SELECT users_1.manager_id FROM users AS users_1 WHERE ")
    assert where("roles=na=", User).startswith("NOT (EXISTS (SELECT 1 FROM ")
    assert where("company=nn=", User).startswith("EXISTS (SELECT 1 FROM ")


@pytest.mark.parametrize(
    ("hints", "join"), [({}, "LEFT OUTER JOIN"), ({"User.manager": JoinHint.INNER}, "AS users_1 JOIN")]
)
def test_a_join_hint_counts_below_a_relation_to_many(hints: dict[str, JoinHint], join: str) -> None:
    assert join in where("reports.manager.company=na=", User, join_hints=hints)
    assert join in where("reports.manager.name==x", User, join_hints=hints)


def test_mysql_makes_joins_of_few_steps_to_many_and_not_of_many() -> None:
    four, five = (where(";".join(["roles.id==1"] * number), User, MYSQL) for number in (4, 5))
    assert four.count("EXISTS") == 4
    assert five.count("EXISTS") == five.count(" IS true") == 5
    assert " IS true" not in four
    assert " IS true" not in where("roles.users.id==1;roles.users.id==2", User, MYSQL)
    assert where("roles.users.id==1;roles.users.id==2;roles.id==3", User, MYSQL).count(" IS true") == 5


def test_postgresql_plans_every_step_to_many_as_a_join() -> None:
    five = where(";".join(["roles.id==1"] * 5), User, POSTGRESQL)
    assert five.count("EXISTS") == 5
    assert " IS true" not in five


# --- the developer's operators ---------------------------------------------------------------------------------------

SAME = ComparisonOperator("same", ("=same=",), 1, None)


@pytest.mark.parametrize("path", ["age", "name", "company.name", "company", "roles"])
def test_what_an_operator_of_the_developer_is_given(path: str) -> None:
    given: list[CustomPredicatePayload] = []

    def lowering(payload: CustomPredicatePayload) -> ColumnElement[bool]:
        given.append(payload)
        return select(1).exists()

    definition = CustomPredicateDefinition(operator=SAME, argument_type=int)
    options = QueryOptions(custom_predicates={"same": definition})
    described = schema(User, options, orm=SQLAlchemyORM(custom_predicates={"same": lowering}))
    validate_request(described, filter=f"{path}=same=(1,2)").bind(apply_criteria(select(User))).unwrap()
    (payload,) = given
    assert payload.values == (1, 2)
    assert payload.field_path == path
    assert payload.options == options
    assert payload.expression.key == path.split(".")[-1]


@pytest.mark.parametrize("made", [1, "id > 1", [], object(), None])
def test_what_is_no_condition_is_a_mistake_of_the_developer(made: Any) -> None:
    definition = CustomPredicateDefinition(operator=SAME)
    orm = SQLAlchemyORM(custom_predicates={"same": lambda payload: made})
    with pytest.raises(ConfigurationError, match="operator 'same' gives no condition, but "):
        where("id=same=1", orm=orm, custom_predicates={"same": definition})


def test_the_condition_of_an_operator_of_the_developer_stands_in_the_clause() -> None:
    definition = CustomPredicateDefinition(operator=SAME)
    orm = SQLAlchemyORM(custom_predicates={"same": lambda payload: payload.expression.in_(payload.values)})
    sql = where("id=same=(1,2);name=same=x", orm=orm, custom_predicates={"same": definition})
    assert sql == "id IN (1, 2) AND name IN ('x')"

"""Rights reach a field by every route: subclasses, composites, other names, documents, functions, arrays."""

from __future__ import annotations

from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import JSON, Column, ForeignKey, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, composite, mapped_column, relationship, synonym

from pyrsql import ComparisonOperator, CustomPredicateDefinition, QueryOptions, field_rights
from pyrsql.adapters.fastapi.fields import filter_extension, sort_extension
from pyrsql.messages import describe
from pyrsql.models.model import Field
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import UnknownField, UnsupportedOperator, WrongValue

HIDDEN: Any = {"pyrsql": field_rights(filter=False, sort=False)}
EXACT: Any = {"pyrsql": field_rights(operators=["equal"])}


class Base(DeclarativeBase):
    pass


class Salaried:
    wage: Mapped[int | None]


class Range:
    def __init__(self, low: int | None, high: int | None) -> None:
        self.low = low
        self.high = high


class User(Base):
    __tablename__ = "access_users"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    nick = synonym("name")
    alias = synonym("nick")
    low_column: Mapped[int | None] = mapped_column("lowest")
    high_column: Mapped[int | None] = mapped_column("highest")
    secret_column: Mapped[int | None] = mapped_column("secret", info=HIDDEN)
    exact_column: Mapped[int | None] = mapped_column("exact", info=EXACT)
    document: Mapped[Any] = mapped_column(JSON)
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("access_users.id"))
    range: Mapped[Range] = composite("low_column", "high_column")
    pair: Mapped[Range] = composite("exact_column", "secret_column")
    boss: Mapped[User | None] = relationship(remote_side=id)
    notes: Mapped[list[Note]] = relationship()
    bodies: AssociationProxy[list[str]] = association_proxy("notes", "body")
    boss_notes: AssociationProxy[list[str]] = association_proxy("boss", "bodies")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}


class Note(Base):
    __tablename__ = "access_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("access_users.id"))


class Employee(Salaried, User):
    """One with a table of its own."""

    __tablename__ = "access_employees"
    id: Mapped[int] = mapped_column(ForeignKey("access_users.id"), primary_key=True)
    salary: Mapped[int | None]
    pin: Mapped[str | None] = mapped_column(info=EXACT)
    grade = column_property(Column("grade", Integer), info=HIDDEN)
    __mapper_args__ = {"polymorphic_identity": "employee"}


class Manager(Employee):
    """One in the table of its base."""

    bonus: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Account(Base):
    __tablename__ = "access_accounts"
    id = column_property(Column("id", Integer, primary_key=True), info=HIDDEN)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "account"}


class Savings(Account):
    """One that maps a column of its own under the hidden name."""

    __tablename__ = "access_savings"
    id: Mapped[int] = mapped_column(ForeignKey("access_accounts.id"), primary_key=True)
    rate: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "savings"}


def may(filter: str, entity: type = User, **settings: Any) -> bool:
    """Whether a filter is accepted; where it is not, that a field that does not exist is refused alike."""
    described = schema(entity, QueryOptions(**settings))
    judged = validate_request(described, filter=filter)
    if not is_successful(judged):
        problem = judged.failure()[0]
        assert isinstance(problem, UnknownField), problem
        assert problem.hint is None or "Did you mean" in problem.hint
    return is_successful(judged)


# --- subclasses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "boss.", "boss.boss."])
@pytest.mark.parametrize(
    ("settings", "path", "allowed"),
    [
        ({}, "salary", True),
        ({}, "bonus", True),
        ({}, "wage", True),
        ({}, "grade", False),
        ({"model_field_blacklist": {Employee: {"salary"}}}, "salary", False),
        ({"model_field_blacklist": {Employee: {"salary"}}}, "bonus", True),
        ({"model_field_blacklist": {Employee: {"bonus"}}}, "bonus", False),
        ({"model_field_blacklist": {Manager: {"bonus"}}}, "bonus", False),
        ({"model_field_blacklist": {Manager: {"salary"}}}, "salary", False),
        ({"model_field_blacklist": {Salaried: {"wage"}}}, "wage", False),
        ({"model_field_blacklist": {Employee: {"name"}}}, "name", True),
        ({"model_field_whitelist": {Employee: {"salary"}}}, "salary", True),
        ({"model_field_whitelist": {Employee: {"id"}}}, "salary", False),
        ({"model_field_whitelist": {Employee: {"id"}}}, "name", True),
        ({"model_field_whitelist": {User: {"id", "boss"}}}, "salary", False),
        ({"model_field_mapping": {Employee: {"pay": "salary"}}}, "pay", True),
        ({"model_field_mapping": {Salaried: {"pay": "wage"}}}, "pay", True),
        ({"model_field_mapping": {Employee: {"pay": "grade"}}}, "pay", False),
        ({"model_field_mapping": {Employee: {"title": "name"}}}, "title", False),
        ({"model_field_mapping": {Employee: {"pay": "salary"}, Manager: {"pay": "bonus"}}}, "pay", False),
        (
            {
                "model_field_mapping": {Employee: {"pay": "salary"}},
                "model_field_blacklist": {Employee: {"pay"}},
            },
            "salary",
            False,
        ),
        (
            {
                "model_field_mapping": {Employee: {"pay": "salary"}},
                "model_field_blacklist": {Employee: {"salary"}},
            },
            "pay",
            False,
        ),
    ],
)
def test_a_column_of_a_subclass_obeys_the_subclass(
    prefix: str, settings: dict[str, Any], path: str, allowed: bool
) -> None:
    assert may(f"{prefix}{path}==1", **settings) == allowed


def test_a_name_that_a_subclass_gives_to_another_column_hides_the_one_of_that_name() -> None:
    described = schema(User, QueryOptions(model_field_mapping={Employee: {"salary": "wage", "name": "wage"}}))
    for path, leads_to in (("salary", "wage"), ("name", "name")):
        predicate: Any = validate_request(described, filter=f"{path}==1").unwrap().filter.predicate
        assert predicate.operand.field.name == leads_to


def test_a_column_of_a_subclass_has_the_operators_and_the_converters_of_the_subclass() -> None:
    settings: dict[str, Any] = {"model_field_value_converters": {Employee: {"salary": lambda text: len(text)}}}
    for path in ("salary", "boss.salary"):
        predicate: Any = validate_request(schema(User, QueryOptions(**settings)), filter=f"{path}==ten").unwrap()
        assert predicate.filter.predicate.value == 3
    problem = validate_request(schema(User), filter="boss.pin=like=1").failure()[0]
    assert isinstance(problem, UnsupportedOperator)
    assert problem.offered == ("==",)


def test_the_info_of_a_property_that_a_subclass_maps_anew_counts() -> None:
    assert not may("id==1", Account)
    assert not may("id==1", Savings)
    assert may("rate==1", Savings)


# --- composites ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "boss."])
@pytest.mark.parametrize(
    ("settings", "path", "allowed"),
    [
        ({}, "range.low", True),
        ({}, "pair.high", False),
        ({"field_blacklist": {"low_column"}}, "range.low", False),
        ({"field_blacklist": {"low_column"}}, "range.high", True),
        ({"model_field_blacklist": {User: {"low_column"}}}, "range.low", False),
        ({"model_field_blacklist": {User: {"range.low"}}}, "low_column", False),
        ({"model_field_blacklist": {User: {"range.low"}}}, "high_column", True),
        ({"model_field_blacklist": {User: {"range"}}}, "high_column", False),
        ({"field_blacklist": {"range"}}, "high_column", False),
    ],
)
def test_a_member_of_a_composite_obeys_its_column(
    prefix: str, settings: dict[str, Any], path: str, allowed: bool
) -> None:
    assert may(f"{prefix}{path}==1", **settings) == allowed


def test_a_member_of_a_composite_has_the_operators_and_the_converter_of_its_column() -> None:
    problem = validate_request(schema(User), filter="pair.low>1").failure()[0]
    assert isinstance(problem, UnsupportedOperator)
    assert problem.offered == ("==",)
    for options in (
        QueryOptions(model_field_value_converters={User: {"low_column": len}}),
        QueryOptions(field_value_converters={"low_column": len}),
    ):
        found: Any = validate_request(schema(User, options), filter="range.low==ten").unwrap().filter.predicate
        assert found.value == 3


# --- other names -----------------------------------------------------------------------------------------------------


class Staff(Base):
    __tablename__ = "access_staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("access_staff.id"))
    boss: Mapped[Staff | None] = relationship(remote_side=id)
    chief = synonym("boss")
    boss_name: AssociationProxy[str] = association_proxy("boss", "name")
    top_name: AssociationProxy[str] = association_proxy("chief", "boss_name")


@pytest.mark.parametrize(
    ("listed", "path", "allowed"),
    [
        ({"chief", "id"}, "chief.id", True),
        ({"chief", "id"}, "own", True),
        ({"chief", "name"}, "x", True),
        ({"chief"}, "x", False),
        ({"boss"}, "x", False),
        ({"chief"}, "far", False),
        ({"chief", "boss_name"}, "far", True),
        ({"boss_name"}, "boss_name", True),
        ({"top_name"}, "top_name", True),
        ({"top_name"}, "boss_name", False),
    ],
)
def test_a_listed_shortcut_opens_its_own_steps_alone(listed: set[str], path: str, allowed: bool) -> None:
    mapping = {"x": "chief.name", "own": "chief.id", "far": "chief.boss_name"}
    assert may(f"{path}==1", Staff, model_field_whitelist={Staff: listed}, field_mapping=mapping) == allowed


OTHER_NAMES: dict[str, Any] = {
    "field_mapping": {"x": "name", "chief": "boss", "chief_note": "boss.notes.body", "inside": "document.secret"},
    "model_field_mapping": {Note: {"words": "body"}, User: {"size": "range.low"}},
}


@pytest.mark.parametrize(
    ("listed", "path", "allowed"),
    [
        ("x", "name", False),
        ("x", "nick", False),
        ("x", "boss.name", False),
        ("x", "boss.kind", True),
        ("name", "x", False),
        ("name", "boss.alias", False),
        ("nick", "name", False),
        ("alias", "boss.name", False),
        ("nick", "document.name", True),
        ("chief", "boss.name", False),
        ("chief.name", "boss.name", False),
        ("chief.name", "boss.nick", False),
        ("chief.name", "boss.kind", True),
        ("boss.nick", "chief.x", False),
        ("boss.nick", "chief.name", False),
        ("boss.nick", "name", True),
        ("chief_note", "boss.notes.body", False),
        ("chief_note", "boss.bodies", False),
        ("chief_note", "boss_notes", False),
        ("chief_note", "bodies", True),
        ("bodies", "notes.body", False),
        ("bodies", "boss.notes.words", False),
        ("bodies", "boss_notes", False),
        ("words", "notes.body", False),
        ("words", "bodies", False),
        ("body", "boss_notes", False),
        ("notes.words", "bodies", False),
        ("notes", "bodies", False),
        ("inside", "document.secret", False),
        ("inside", "document.secret.deeper", False),
        ("inside", "document.open", True),
        ("size", "low_column", False),
        ("size", "boss.range.low", False),
        ("size", "range.high", True),
        # A path from the class, wherever a longer path comes back to one of its rows.
        ("boss.name", "boss.boss.name", False),
        ("boss.name", "boss.boss.nick", False),
        ("boss.name", "boss.boss.kind", True),
        ("chief.name", "boss.boss.name", False),
        ("chief_note", "boss.boss.bodies", False),
        ("boss.range.low", "boss.boss.low_column", False),
        ("boss.document.secret", "boss.boss.document.secret", False),
        ("notes.body", "boss.bodies", False),
        ("notes.body", "boss.notes.id", True),
        ("document.secret.deep", "boss.document.secret.open", True),
    ],
)
def test_an_entry_of_the_blacklist_covers_the_field_under_every_name(listed: str, path: str, allowed: bool) -> None:
    assert may(f"{path}==1", field_blacklist={listed}, **OTHER_NAMES) == allowed


@pytest.mark.parametrize(
    ("entity", "listed", "path", "allowed"),
    [
        (User, "nick", "boss.name", False),
        (User, "alias", "x", False),
        (User, "bodies", "boss.notes.body", False),
        (User, "notes.body", "bodies", False),
        (User, "notes.body", "boss.notes.words", False),
        (User, "notes.body", "boss.boss_notes", False),
        (User, "boss.name", "boss.boss.name", False),
        (User, "boss.name", "name", True),
        (User, "document.secret", "boss.inside", False),
        (Note, "words", "boss_notes", False),
        (Base, "body", "bodies", False),
    ],
)
def test_a_blacklist_by_model_covers_the_field_under_every_name_and_over_relations(
    entity: type, listed: str, path: str, allowed: bool
) -> None:
    assert may(f"{path}==1", model_field_blacklist={entity: {listed}}, **OTHER_NAMES) == allowed


# --- documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"field_blacklist": {"document.secret"}},
        {"field_blacklist": {"secret"}},
        {"field_blacklist": {"inside"}, "field_mapping": {"inside": "document.secret"}},
        {"model_field_blacklist": {User: {"document.secret"}}},
    ],
)
@pytest.mark.parametrize(
    ("filter", "allowed"),
    [
        ("document=='{\"secret\":1}'", False),
        ("document!='{\"secret\":1}'", False),
        ('document==\'{"a":1,"secret":null}\'', False),
        ("document=='{\"s\\\\u0065cret\":1}'", False),
        ("document=in=(1,'{\"secret\":1}')", False),
        ("document=out=('{\"secret\":1}',1)", False),
        ("document=='[{\"secret\":1}]'", False),
        ("document=='[1,\"secret\"]'", True),
        ("document==secret", True),
    ],
)
def test_a_comparison_with_a_document_asks_for_no_hidden_key(
    settings: dict[str, Any], filter: str, allowed: bool
) -> None:
    judged = validate_request(schema(User, QueryOptions(**settings)), filter=filter)
    assert is_successful(judged) == allowed
    if not allowed:
        problem = judged.failure()[0]
        assert isinstance(problem, WrongValue)
        assert problem.expected == "a value with keys that a filter may ask for"


@pytest.mark.parametrize(
    ("listed", "filter", "allowed"),
    [
        ("document.a.secret", 'document==\'{"a":{"secret":1}}\'', False),
        ("document.a.secret", "document=='[1]'", True),
        ("document.a.secret", "document.a=na=", True),
        ("document.a.secret", "document.a==secret", True),
        # Equality with an object tells whether the document has further keys.
        ("document.a.secret", "document=='{\"open\":1}'", False),
        ("document.a.secret", "document=in=('{\"open\":1}',1)", False),
        ("document.a.secret", "document!='[{\"open\":1}]'", False),
        ("document.a.secret", "document.a=='{\"open\":1}'", False),
        ("document.a.secret", "document.a.b=='{\"open\":1}'", True),
        ("secret", "document=='{\"open\":1}'", True),
        ("document.a.secret", "document.a=='{\"secret\":1}'", False),
        ("document.a.secret", "document.a=='[[{\"secret\":1}]]'", False),
        ("document.a.secret", "document.b=='{\"secret\":1}'", True),
        ("document.a.secret", "boss.document.a=='{\"secret\":1}'", False),
        ("document.a.secret", "boss.document.b=='{\"secret\":1}'", True),
    ],
)
def test_a_hidden_key_is_hidden_where_it_is(listed: str, filter: str, allowed: bool) -> None:
    judged = validate_request(schema(User, QueryOptions(field_blacklist={listed})), filter=filter)
    assert is_successful(judged) == allowed


KEYS: list[dict[str, Any]] = [
    {"field_whitelist": {"id", "boss", "document.open", "boss.document.open"}},
    {"model_field_whitelist": {User: {"id", "boss", "document.open"}}},
    {"public_fields": {"id": "id", "document.open": "document.open", "boss.document.open": "boss.document.open"}},
]
OF_KEYS = ["{}==1", "{}.deep=na=", "boss.{}=in=(1,2)", "({}==1,id==2)", "@upper[{}]==A", "@coalesce[{}|#1]==1"]


@pytest.mark.parametrize("lists", KEYS, ids=lambda lists: next(iter(lists)))
@pytest.mark.parametrize("text", OF_KEYS)
def test_where_keys_are_listed_a_hidden_key_is_as_one_that_no_document_has(lists: dict[str, Any], text: str) -> None:
    def answers(key: str, **more: Any) -> list[str]:
        options = QueryOptions(procedure_whitelist=[".*"], **lists, **more)
        field = text.format(key).partition("=")[0].strip("(")
        found = validate_request(schema(User, options), filter=text.format(key), sort=field).failure()
        return [f"{describe(one)} {one.field} {one.hint} {one.span}".replace(key, "?") for one in found]

    assert answers("document.secret", field_blacklist={"document.secret"}) == answers("document.nothin")
    assert is_successful(validate_request(schema(User, QueryOptions(**lists)), filter="document.open==1"))


@pytest.mark.parametrize(
    "text", ["document.secret==1", "document.secret!=1", "document.secret=na=", "id==1;boss.document.secret==1"]
)
def test_a_key_on_a_blacklist_is_refused_and_never_read_as_absent(text: str) -> None:
    options = QueryOptions(field_blacklist={"document.secret"})
    assert isinstance(validate_request(schema(User, options), filter=text).failure()[0], UnknownField)
    assert is_successful(validate_request(schema(User, options), filter=text.replace("secret", "nothing")))


HOLDS = ComparisonOperator("holds", ("=holds=",))


@pytest.mark.parametrize(
    ("listed", "definition", "taken"),
    [
        ({"document.secret"}, {"argument_type": str}, False),
        ({"document.a.secret"}, {"argument_type": str}, False),
        ({"document.secret"}, {"field_types": {dict}}, False),
        # The developer names the document.
        ({"document.secret"}, {"fields": {"document"}}, True),
        ((), {"argument_type": str}, True),
        ((), {"field_types": {dict}}, True),
        ({"notes.body", "secret"}, {"argument_type": str}, True),
    ],
)
def test_a_custom_operator_takes_no_document_with_a_hidden_key(
    listed: set[str], definition: dict[str, Any], taken: bool
) -> None:
    """Its function could search all of the document."""
    custom = {"holds": CustomPredicateDefinition(operator=HOLDS, **definition)}
    orm = SQLAlchemyORM(custom_predicates={"holds": lambda payload: payload.expression.is_not(None)})
    described = schema(User, QueryOptions(custom_predicates=custom, field_blacklist=listed), orm=orm)
    for path in ("document", "boss.document"):
        found = validate_request(described, filter=f"{path}=holds=x")
        assert is_successful(found) == (taken and (path == "document" or "fields" not in definition))
    if "argument_type" in definition:
        assert is_successful(validate_request(described, filter="name=holds=x"))


# --- functions, sorts, arrays, lists, descriptions -------------------------------------------------------------------

CLOSED: dict[str, Any] = {
    "model_field_blacklist": {Employee: {"salary"}, User: {"alias", "numbers", "range.low"}, Note: {"body"}},
    "procedure_whitelist": [".*"],
}
ROUTES = [
    *("salary=in=(1,2)", "salary=bt=(1,2)", "salary=na=", "@abs[salary]==1", "@concat[@upper[name]|#x]==1"),
    *("numbers==1", "numbers=in=(1,2)", "numbers=na=", "boss.numbers==1", "bodies=like=a", "notes.body==a*"),
    *("range.low>1", "low_column>1", "@coalesce[low_column|#1]==1", "@upper[nick]==A", "boss.boss_notes==a"),
]


@pytest.mark.parametrize("filter", ROUTES)
def test_no_operator_and_no_function_reaches_a_hidden_field(filter: str) -> None:
    assert is_successful(validate_request(schema(User, QueryOptions(procedure_whitelist=[".*"])), filter=filter))
    assert not may(filter, **CLOSED)


@pytest.mark.parametrize(
    "key", ["salary", "@abs[salary]", "low_column", "range.low", "nick", "bodies", "boss.salary,ic"]
)
def test_no_sort_reaches_a_hidden_field(key: str) -> None:
    problem = validate_request(schema(User, QueryOptions(**CLOSED)), sort=key).failure()[0]
    assert isinstance(problem, UnknownField)


def test_neither_descriptions_nor_suggestions_name_a_hidden_field() -> None:
    described = schema(User, QueryOptions(**CLOSED))
    hidden = {
        "salary",
        "grade",
        "name",
        "nick",
        "alias",
        "numbers",
        "low_column",
        "bodies",
        "secret_column",
        "boss_notes",
    }
    for extension in (filter_extension(described), sort_extension(described)):
        names = {field["name"] for field in extension["fields"]}
        steps = {step for name in names for step in name.split(".")}
        assert "wage" in names
        assert steps & {*hidden, "body"} == set()
        assert "range.low" not in names
    for name in hidden:
        problem = validate_request(described, filter=f"{name}x==1").failure()[0]
        assert isinstance(problem, UnknownField)
        assert not any(f"'{other}'" in str(problem.hint) for other in hidden), problem.hint


def test_a_column_of_a_subclass_knows_the_classes_that_have_it() -> None:
    salary, bonus = (schema(User).model.members[name] for name in ("salary", "bonus"))
    assert isinstance(salary, Field)
    assert isinstance(bonus, Field)
    assert (salary.owners, bonus.owners) == ((Manager, Employee), (Manager,))

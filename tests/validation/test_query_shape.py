"""The shape of a request: which fields and operators, and nothing that a client wrote."""

from typing import Any

import pytest
from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column

from pyrsql import ComparisonOperator, CustomPredicateDefinition, QueryOptions
from pyrsql.models.schema import Schema, schema_for
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import order, parse, validate
from pyrsql.validation.query_shape import compared, filter_shape, sort_shape
from tests.sample_models import User

SECRET = "hunter2"


class Base(DeclarativeBase):
    pass


class Point:
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y


class Place(Base):
    __tablename__ = "shape_places"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    point: Mapped[Point] = composite(Point, mapped_column("x", Integer), mapped_column("y", Integer))


NEAR = ComparisonOperator("near", ("=near=",))
OPTIONS = QueryOptions(
    quantifiers=True,
    procedure_whitelist={"upper", "concat"},
    field_mapping={"nick": "name"},
    custom_predicates={"near": CustomPredicateDefinition(operator=NEAR, argument_type=str)},
)
ORM = SQLAlchemyORM(custom_predicates={"near": lambda payload: payload.expression == payload.values[0]})


def shape(users: Schema, text: str) -> str | None:
    validated = parse(text, users).bind(validate(users)).unwrap()
    found = filter_shape(validated)
    assert SECRET not in f"{found} {compared(validated)}"
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("name==hunter2", "name==?"),
        ("name!=hunter2", "name!=?"),
        ("name==hunter2*", "name=like=?"),
        ("name!=hunter2*", "name=notlike=?"),
        ("name=ilike=hunter2", "name=ilike=?"),
        ("name=ni=hunter2", "name=inotlike=?"),
        ("name=ic=hunter2", "name=ic=?"),
        ("age>1;age<=9", "age=gt=?;age=le=?"),
        ("age=in=(1,2,3)", "age=in=(?)"),
        ("age=out=(1,2)", "age=out=(?)"),
        ("age=bt=(1,2)", "age=bt=(?,?)"),
        ("age=nb=(1,2)", "age=nb=(?,?)"),
        ("name=na=,age=nn=", "name=na=,age=nn="),
        ("name==a;(age==1,age==2)", "name==?;(age==?,age==?)"),
        ("name==a;age==1,age==2", "name==?;age==?,age==?"),
        ("manager.company.name==hunter2", "manager.company.name==?"),
        ("roles.code==hunter2", "roles.code==?"),
        ("roles.code!=hunter2", "roles.code!=?"),
        ("roles=na=", "roles=na="),
        ("roles=nn=", "roles=nn="),
        ("roles=any='code==hunter2;level>2'", "roles=any=(roles.code==?;roles.level=gt=?)"),
        ("roles=none='code==hunter2;level>2'", "not(roles=any=(roles.code==?;roles.level=gt=?))"),
        ("roles=none='code==hunter2'", "roles.code!=?"),
        ("@upper[name]==hunter2", "@upper[name]==?"),
        ("@concat[name|#hunter2]==x", "@concat[name|?]==?"),
        ("@count[roles]>2", "@count[roles]=gt=?"),
        ("'@count[roles|#code==hunter2]'>2", "@count[roles|roles.code==?]=gt=?"),
        ("roles=all='users=none=\"age>1\"'", "not(roles=any=(not(not(roles.users.age=gt=?))))"),
        ("company=near=hunter2", "company=near=?"),
        ("nick==hunter2", "name==?"),
        ("name=near=hunter2", "name=near=?"),
    ],
)
def test_the_shape_of_a_filter(text: str, expected: str | None) -> None:
    assert shape(schema_for(User, orm=ORM, options=OPTIONS), text) == expected


PLACES = schema_for(Place, orm=ORM, options=QueryOptions(field_mapping={"tag": "payload.tag"}))


@pytest.mark.parametrize("negation", ["sql", "complement"])
@pytest.mark.parametrize("operator", ["!=", "=out=", "=nk=", "=ni=", "=nb=", "=na=", "=nn="])
def test_the_shape_of_a_negation_is_what_the_client_wrote(negation: Any, operator: str) -> None:
    users = schema(User, QueryOptions(negation=negation))
    values = "(a,b)" if operator in ("=out=", "=nb=") else "" if operator in ("=na=", "=nn=") else "a"
    names = {"=nk=": "=notlike=", "=ni=": "=inotlike="}
    found = shape(users, f"name{operator}{values}")
    assert found is not None
    assert found.startswith(f"name{names.get(operator, operator)}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.hunter2==1", "payload.*==?"),
        ("payload.hunter2.deep.hunter2==1", "payload.*==?"),
        ("payload.hunter2=na=", "payload.*=na="),
        ("tag==x", "payload.*==?"),
        ("tag.hunter2==x", "payload.*==?"),
        ("point.x==1", "point.x==?"),
    ],
)
def test_no_key_of_a_document_is_shown(text: str, expected: str) -> None:
    assert shape(PLACES, text) == expected


def test_the_comparisons_of_a_filter() -> None:
    users = schema_for(User, orm=ORM, options=OPTIONS)
    text = "name!=x;(age>1,roles=na=);'@count[roles|#level>2]'==4;roles=none='code==a,level=in=(1,2)';roles=nn="
    assert compared(parse(text, users).bind(validate(users)).unwrap()) == (
        ("name", "not_equal"),
        ("age", "greater"),
        ("roles", "is_null"),
        ("@count[roles|roles.level=gt=?]", "equal"),
        ("roles.level", "greater"),
        ("roles.code", "equal"),
        ("roles.level", "in"),
        ("roles", "is_not_null"),
    )
    assert compared(parse("", users).bind(validate(users)).unwrap()) == ()


def test_the_shape_of_a_sort() -> None:
    places = schema(Place)
    assert sort_shape(order(places)("-name;payload.hunter2;point.y,desc").unwrap()) == (
        "-name",
        "payload.*",
        "-point.y",
    )
    assert sort_shape(None) == ()

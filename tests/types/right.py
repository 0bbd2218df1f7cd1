"""What must type-check: pipelines in the right order, and the type of the rows at their end."""

from typing import assert_type

from returns.result import Result
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

import pyrsql
from pyrsql import PageRequest, Sort
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.page import page_request
from pyrsql.pipeline import apply_criteria, apply_filter, apply_sort, order, paginate, parse, validate, validate_request
from pyrsql.problems import Problems
from pyrsql.validation.plan import Criteria, Filter
from tests.sample_models import User

users = schema(User)


def rows_of_a_chain(session: Session, text: str) -> list[User]:
    chain = (
        parse(text)
        .bind(validate(users))
        .bind(apply_filter(select(User)))
        .bind(apply_sort("-created;name,asc,ic"))
        .bind(paginate(PageRequest.of(0, 25)))
    )
    page = chain.unwrap()
    found = session.scalars(page.statement).all()
    total = session.scalar(page.count_statement)
    assert_type(found[0], User)
    return list(found[: total or 0])


def rows_of_columns(session: Session, text: str) -> tuple[int, str | None]:
    statement = parse(text).bind(validate(users)).bind(apply_filter(select(User.id, User.name))).unwrap()
    found = session.execute(statement.select).one()
    return found[0], found[1]


async def rows_of_a_request(session: AsyncSession, filter: str | None, sort: str | None) -> list[User]:
    criteria = validate_request(users, filter=filter, sort=sort, page=page_request(0, 25))
    assert_type(criteria, Result[Criteria, Problems])
    page = criteria.bind(apply_criteria(select(User))).unwrap()
    return list(await session.scalars(page.statement))


def stages_are_values() -> None:
    validated = validate(users)
    assert_type(parse("id==1").bind(validated), Result[Filter, Problems])
    filtered, sorted_ = apply_filter(select(User)), apply_sort(order(users)("id").unwrap())
    parse(None).bind(validated).bind(filtered).bind(sorted_).bind(paginate(None))


def rows_of_objects(session: Session, orm: SQLAlchemyORM) -> list[User]:
    statement = pyrsql.parse("id==1").apply(select(User), User, orm=orm)
    statement = Sort.parse("name").compile(orm=orm).apply(statement, User)
    statement = pyrsql.apply(PageRequest.of(0, 5).apply(statement, User, orm=orm), User, None, orm=orm)
    assert isinstance(statement, Select)
    return list(session.scalars(statement))

"""The exceptions: ordinary classes that carry problems, through copies, pickles and threads."""

import asyncio
import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, select

import pyrsql
from pyrsql import PageError, PageRequest, ParseError, PyrsqlError, Sort, ValidationError
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.sample_models import User


def raised(kind: type[PyrsqlError]) -> PyrsqlError:
    try:
        if kind is ParseError:
            pyrsql.parse("name=")
        elif kind is PageError:
            PageRequest.of(-1, 0)
        else:
            Sort.parse("nmae").apply(select(User), User, orm=SQLAlchemyORM())
    except PyrsqlError as error:
        return error
    raise AssertionError


KINDS = [ParseError, ValidationError, PageError]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_carries_its_problems(kind: type[PyrsqlError]) -> None:
    error = raised(kind)
    assert type(error) is kind
    assert error.problems
    assert all(problem.code for problem in error.problems)
    assert str(error)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_an_error_can_be_copied_and_pickled(kind: type[PyrsqlError], duplicate: object) -> None:
    error = raised(kind)
    assert callable(duplicate)
    again = duplicate(error)
    assert type(again) is kind
    assert (again.problems, str(again), again.args) == (error.problems, str(error), error.args)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_passes_through_context_managers(kind: type[PyrsqlError]) -> None:
    @contextmanager
    def around() -> Iterator[None]:
        yield

    with pytest.raises(kind), around(), create_engine("sqlite://").begin():
        raise raised(kind)


def test_an_error_passes_through_a_task_group() -> None:
    async def failing() -> None:
        raise raised(ParseError)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing())

    with pytest.raises(ExceptionGroup) as found:
        asyncio.run(run())
    assert isinstance(found.value.exceptions[0], ParseError)

"""Attributes that no condition can compare: they do not exist for clients, and a list that names them is refused."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sqlalchemy import Integer, String, func, select, tuple_
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, column_property, mapped_column
from sqlalchemy.types import TypeDecorator

from pyrsql import QueryOptions
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import schema
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Folded(Comparator[str]):
    """What its expression is says nothing of case."""

    def operate(self, op: Any, *other: Any, **settings: Any) -> Any:
        return op(func.lower(self.__clause_element__()), *map(func.lower, other), **settings)


class FoldedWord(Comparator[str]):
    """A value of its own, as a hybrid may return one."""

    def __eq__(self, other: Any) -> Any:
        return func.lower(self.__clause_element__()) == func.lower(other)


class OfValues(TypeDecorator[str]):
    """Its comparator wants the values, and gets parameters."""

    impl = String(20)
    cache_ok = True

    class comparator_factory(String.Comparator[str]):  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLAlchemy's way
        def operate(self, op: Any, *other: Any, **settings: Any) -> Any:
            return super().operate(op, *(value.upper() for value in other), **settings)


class OfParameters(TypeDecorator[str]):
    """Its comparator takes what it gets."""

    impl = String(20)
    cache_ok = True

    class comparator_factory(String.Comparator[str]):  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLAlchemy's way
        def operate(self, op: Any, *other: Any, **settings: Any) -> Any:
            return super().operate(op, *other, **settings)


class Base(DeclarativeBase):
    type_annotation_map = {str: String(20)}


class Row(Base):
    __tablename__ = "row_values"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    n: Mapped[int] = mapped_column(Integer)
    strict: Mapped[str | None] = mapped_column(OfValues)
    lax: Mapped[str | None] = mapped_column(OfParameters)
    ranked: Mapped[int] = column_property(func.row_number().over(order_by=n), deferred=True)

    @hybrid_property
    def folded(self) -> Any:
        return self.name.lower()

    @folded.inplace.comparator
    @classmethod
    def _folded(cls) -> Folded:
        return Folded(cls.name)

    @hybrid_property
    def word(self) -> Any:
        return FoldedWord(self.name)  # type: ignore[arg-type]  # of the class it is an expression

    @hybrid_property
    def most(self) -> Any:
        return func.max(self.n)

    @hybrid_property
    def part(self) -> Any:
        return func.sum(self.n).over() - self.n

    @hybrid_property
    def median(self) -> Any:
        return func.percentile_cont(0.5).within_group(cast("Any", self.n))

    @hybrid_property
    def pair(self) -> Any:
        return tuple_(self.name, self.n)

    @hybrid_property
    def larger(self) -> Any:
        raise NotImplementedError

    @larger.inplace.expression
    @classmethod
    def _larger(cls) -> Any:
        other = aliased(Row)
        return select(func.count(other.id)).where(other.n > cls.n).scalar_subquery()

    @hybrid_property
    def longest(self) -> Any:
        return func.coalesce(self.n, 0, type_=Integer)


HYBRIDS = ["folded", "word", "most", "part", "median", "pair"]
COLUMNS = {"strict": "the comparator of its type refuses parameters", "ranked": "aggregate or window function"}


@pytest.mark.parametrize("name", [*HYBRIDS, *COLUMNS])
def test_what_no_condition_compares_does_not_exist(name: str) -> None:
    for filter in (f"{name}==a", f"{name}=in=(1,2)", f"{name}=na=", f"{name}=nn="):
        assert isinstance(problems(Row, filter)[0], UnknownField)
    assert isinstance(problems(Row, sort=name)[0], UnknownField)


@pytest.mark.parametrize("name", HYBRIDS)
def test_a_list_may_not_name_such_a_hybrid(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"gives no SQL expression of Row: add one with @{name}\.expr"):
        schema(Row, QueryOptions(field_whitelist={name}))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_list_may_not_name_such_a_column(name: str) -> None:
    with pytest.raises(ConfigurationError, match=COLUMNS[name]):
        schema(Row, QueryOptions(field_whitelist={name}))


def test_other_attributes_of_the_same_class_stay(any_database: Store) -> None:
    rows = [Row(id=1, name="A", n=3, lax="x"), Row(id=2, name="b", n=2), Row(id=3, name="C", n=1, lax="y")]
    with stocked(any_database, Base.metadata, rows) as store:
        assert ids(store, Row, "larger==1") == [2]
        assert ids(store, Row, sort="-larger") == [3, 2, 1]
        assert ids(store, Row, "longest>1", "longest") == [2, 1]
        assert ids(store, Row, "lax==x,lax=na=") == [1, 2]

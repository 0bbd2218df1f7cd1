"""Related rows that many rows of a statement share: counted once for each key that leads to them, not once per row.

`@count[airline.flights]>100` of flights: a correlated subquery would count the flights of an airline anew for each of
them, in quadratic time on PostgreSQL and SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, assert_never

from sqlalchemy import ColumnElement, Select, select

from pyrsql.options import FieldOptions
from pyrsql.orms.sqlalchemy import joins
from pyrsql.orms.sqlalchemy.elements import Enclosed
from pyrsql.orms.sqlalchemy.entities import keys_of
from pyrsql.orms.sqlalchemy.joins import Join, Scope
from pyrsql.orms.sqlalchemy.row_counts import number_of_rows
from pyrsql.orms.sqlalchemy.truth import is_not_true, is_true
from pyrsql.validation.predicates import COMPARE, Between, Compare, Match, Member, Null, RelationPath


class GroupKey(Enclosed):
    """The key that related rows are grouped by in a join.

    MariaDB would group the rows of the key anew for each row outside, which it does for no expression.
    """


class SharedRows(NamedTuple):
    """The related rows at the end of a path, of all rows at once.

    Args:
        key: the key of the row that the to-many step leads on from.
        rows: a select of this key, for each related row, grouped by it.
        reached: the scope inside.
        number: how many related rows a key has.
    """

    key: ColumnElement[Any]
    rows: Select[Any]
    reached: Scope
    number: ColumnElement[int]

    def joined(self, value: ColumnElement[Any]) -> tuple[Join, ColumnElement[Any]]:
        """A value of each group, and the join that brings it; NULL for a row without related rows.

        Args:
            value: an aggregate of the related rows.
        """
        key = GroupKey(self.key)
        rows = self.rows.group_by(None).group_by(key)
        groups = rows.with_only_columns(key.label("key"), value.label("value")).subquery()
        return Join(groups, groups.c.key == self.key, outer=True), groups.c.value


def shared_rows(
    scope: Scope, root: RelationPath | None, path: RelationPath, needed: Collection[RelationPath], options: FieldOptions
) -> SharedRows | None:
    """The related rows at the end of a path; None where each row has its own, or they are known by several columns.

    Args:
        scope: the entities that have been reached outside.
        root: the path of the rows that the statement is about; None where it takes their own rows together as well.
        path: the path to the related rows.
        needed: whole paths; the to-one steps that they take beyond the path are joined inside.
        options: the join hints.
    """
    before = joins.first_step(scope, path)[:-1]
    if before == root:
        return None
    # The same alias inside and outside: the name of the inner one hides the other.
    entity = scope[before]
    keys = keys_of(entity)
    if len(keys) != 1:
        return None
    rows = select(keys[0]).select_from(entity).correlate(None).group_by(keys[0])
    joined, reached = joins.beyond(rows, {before: entity}, before, path, needed, options)
    return SharedRows(keys[0], joined, reached, number_of_rows(reached, before, path))


CountTest = Compare | Match | Member | Between | Null


def has_count(
    shared: SharedRows, test: CountTest, condition: Callable[[ColumnElement[Any]], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The key of each row is among those whose related rows have a number that passes a test.

    Args:
        shared: the related rows.
        test: the test of their number.
        condition: the same, as a condition on an expression.
    """
    passing = condition(shared.number)
    # Rows without related rows have no group.
    without = _is_true_of_zero(test)
    among = shared.key.in_(shared.rows.having(~passing if without else passing))
    return is_not_true(among) if without else is_true(among)


def _is_true_of_zero(test: CountTest) -> bool:
    match test:
        case Compare(_, sign, value):
            return bool(COMPARE[sign](0, value))
        case Member(_, values, negated):
            return (0 in values) is not negated
        case Between(_, low, high, negated):
            return bool(COMPARE["<="](low, 0) and COMPARE["<="](0, high)) is not negated
        case Null(_, negated):
            return negated
        case Match():
            raise AssertionError("numbers take no patterns")
        case _:
            assert_never(test)

"""The rights on a member of a model, which hold for every request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from pyrsql import operators as ops
from pyrsql.errors import ConfigurationError
from pyrsql.operators import ComparisonOperator

INFO_KEY = "pyrsql"
"""The key of a column's or relationship's `info` under which `field_rights(...)` is kept."""


@dataclass(frozen=True, slots=True)
class FieldRights:
    """The rights of any client on a member, which hold for every request.

    Args:
        filter: it may stand in a filter.
        sort: it may stand in a sort; None leaves that to `operators`.
        operators: names of the only operators it takes; None allows every operator of its type.
    """

    filter: bool = True
    sort: bool | None = True
    operators: frozenset[str] | None = None

    @property
    def sorts_values(self) -> bool:
        """A value with these rights may be sorted by: without a word on it, if some operator compares by order."""
        if self.sort is None:
            return self.operators is None or not self.operators.isdisjoint(_BY_ORDER)
        return self.sort


def narrowed(rights: Iterable[FieldRights]) -> FieldRights:
    """The rights that several rights on one member leave together."""
    found = ALL_RIGHTS
    for each in rights:
        operators = both(found.operators, each.operators)
        sort = False if found.sort is False or each.sort is False else None if None in (found.sort, each.sort) else True
        found = FieldRights(found.filter and each.filter, sort, operators)
    return found


def both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The operators that two lists leave; None for a list that allows all."""
    return one if other is None else other if one is None else one & other


ALL_RIGHTS = FieldRights()


def rights_in(info: Mapping[object, object]) -> FieldRights:
    """The rights that the `info` of a column, a relationship or another mapped attribute holds.

    Raises:
        ConfigurationError: something else is there.
    """
    rights = info.get(INFO_KEY, ALL_RIGHTS)
    if not isinstance(rights, FieldRights):
        raise ConfigurationError(f'info["{INFO_KEY}"] must be field_rights(...), not {rights!r}')
    return rights


def field_rights(
    *,
    filter: bool = True,
    sort: bool | None = None,
    operators: Collection[ComparisonOperator | str] | None = None,
) -> FieldRights:
    """Rights to keep on the model: `mapped_column(info={"pyrsql": field_rights(sort=False)})`.

    Request-level options can only narrow them. A member with neither `filter` nor `sort` is hidden: a client that asks
    for it gets the answer of a field that does not exist.

    Args:
        filter: it may stand in a filter.
        sort: it may stand in a sort. None allows it, unless it is a value and `operators` names none that compare by
            order: an order shows which of two values is larger.
        operators: the only operators it takes, as `ComparisonOperator` or by name; None allows every operator of its
            type. `==` then takes no wildcard without `like`, and no `^` without `equal_ignore_case`. A member with a
            list is no argument of a function either: `@substring[…]==` would find what `=like=` finds.

    Raises:
        ValueError: an operator by its spelling, which several operators could share; a value of another type.
    """
    for option, value in (("filter", filter), ("sort", sort)):
        if not isinstance(value, bool | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
            raise ValueError(f"{option}={value!r}: it takes True or False")
    if isinstance(operators, str):
        raise ValueError(f"operators takes a collection, not the text {operators!r}")
    for operator in operators or ():
        if not isinstance(cast("object", operator), str | ComparisonOperator):
            raise ValueError(f"operators has {operator!r}: it takes operators, or names of them such as 'equal'")
        if isinstance(operator, str) and not operator.isidentifier():
            raise ValueError(f"{operator!r} is no name of an operator: use one such as 'equal', or the operator itself")
    names = None if operators is None else frozenset(o if isinstance(o, str) else o.name for o in operators)
    return FieldRights(filter, names is None or None if sort is None else sort, names)


_BY_ORDER = frozenset(
    operator.name
    for operator in (
        ops.GREATER,
        ops.GREATER_OR_EQUAL,
        ops.LESS,
        ops.LESS_OR_EQUAL,
        ops.BETWEEN,
        ops.NOT_BETWEEN,
    )
)

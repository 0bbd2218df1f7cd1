"""A query builder for Python clients: filters and sorts as expressions, written as text.

    from pyrsql.language.builder import f, sort_by

    str((f.age.ge(18) & f.name.starts_with("de")) | f.company.is_null())   # "age=ge=18;name==de*,company=na="
    sort_by(f.age.desc(), f.name.asc(ignore_case=True))                    # "age,desc;name,ic"

It builds the same trees that the parser builds, so that quoting and precedence are always right.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from pyrsql import operators
from pyrsql.language.nodes import And, Comparison, Node, Or, SortKey
from pyrsql.language.render import render, render_sort
from pyrsql.language.wildcards import is_special
from pyrsql.operators import ComparisonOperator

Value = (
    str
    | int
    | float
    | decimal.Decimal
    | datetime.datetime
    | datetime.date
    | datetime.time
    | datetime.timedelta
    | uuid.UUID
    | enum.Enum
)
"""The values that a comparison takes. A bool is an int; NULL has methods of its own."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter, or a part of one: `&` and `|` combine them, `str` gives the text.

    Args:
        node: the tree.

    >>> str((f.a == 1) & ((f.b == 2) | (f.c == 3)))
    'a==1;(b==2,c==3)'
    """

    node: Node

    def __and__(self, other: Condition) -> Condition:
        return Condition(And((*_parts(And, self.node), *_parts(And, other.node))))

    def __or__(self, other: Condition) -> Condition:
        return Condition(Or((*_parts(Or, self.node), *_parts(Or, other.node))))

    def __str__(self) -> str:
        return render(self.node)

    def __bool__(self) -> bool:
        raise TypeError(
            "combine conditions with & and |, each in parentheses: Python's 'and' and 'or' drop one of them"
        )


def _parts(group: type[And] | type[Or], node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, group) else (node,)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field, a relation or a path; attribute access leads on along it, `f["…"]` takes any selector.

    Args:
        selector: the path or call as a client writes it.

    >>> str(f.company.name == "acme"), str(f["@upper[name]"] == "ACME")
    ('company.name==acme', '@upper[name]==ACME')
    """

    selector: str

    def __getattr__(self, name: str) -> Field:
        if name.startswith("__"):
            raise AttributeError(name)
        return Field(f"{self.selector}.{name}")

    def __getitem__(self, name: str) -> Field:
        """The field `name` behind this path, also where its name is that of a method."""
        return Field(f"{self.selector}.{name}")

    # `==` and `!=` make conditions, as those of SQLAlchemy's columns do: no bool, as `object` promises.
    def __eq__(self, other: Value) -> Condition:  # type: ignore[override]
        return self.eq(other)

    def __ne__(self, other: Value) -> Condition:  # type: ignore[override]
        return self.ne(other)

    def __gt__(self, other: Value) -> Condition:
        return self.gt(other)

    def __ge__(self, other: Value) -> Condition:
        return self.ge(other)

    def __lt__(self, other: Value) -> Condition:
        return self.lt(other)

    def __le__(self, other: Value) -> Condition:
        return self.le(other)

    def eq(self, value: Value) -> Condition:
        """Equal to a value, every character as it stands: `=in=` knows no wildcards.

        >>> str(f.age == 18), str(f.name == "50*")
        ('age==18', 'name=in=50*')
        """
        text = _written(value)
        return self._compare(operators.IN if is_special(text) else operators.EQUAL, text)

    def ne(self, value: Value) -> Condition:
        """Not equal to a value, and not NULL."""
        text = _written(value)
        return self._compare(operators.NOT_IN if is_special(text) else operators.NOT_EQUAL, text)

    def gt(self, value: Value) -> Condition:
        """Greater than a value."""
        return self._compare(operators.GREATER, _written(value))

    def ge(self, value: Value) -> Condition:
        """Greater than a value, or equal to it."""
        return self._compare(operators.GREATER_OR_EQUAL, _written(value))

    def lt(self, value: Value) -> Condition:
        """Less than a value."""
        return self._compare(operators.LESS, _written(value))

    def le(self, value: Value) -> Condition:
        """Less than a value, or equal to it."""
        return self._compare(operators.LESS_OR_EQUAL, _written(value))

    def in_(self, values: Iterable[Value]) -> Condition:
        """Equal to one of the values, of which there must be one at least."""
        return self._compare(operators.IN, *_listed(values))

    def not_in(self, values: Iterable[Value]) -> Condition:
        """Equal to none of the values, and not NULL."""
        return self._compare(operators.NOT_IN, *_listed(values))

    def between(self, low: Value, high: Value) -> Condition:
        """From `low` to `high`, both included."""
        return self._compare(operators.BETWEEN, _written(low), _written(high))

    def not_between(self, low: Value, high: Value) -> Condition:
        """Less than `low` or greater than `high`."""
        return self._compare(operators.NOT_BETWEEN, _written(low), _written(high))

    def is_null(self) -> Condition:
        """NULL; of a relation: without a related row."""
        return self._compare(operators.IS_NULL)

    def is_not_null(self) -> Condition:
        """Not NULL; of a relation: with a related row."""
        return self._compare(operators.IS_NOT_NULL)

    def matches(self, pattern: str, *, ignore_case: bool = False) -> Condition:
        r"""Like a pattern in which `*` is any run of characters; `\*` is an asterisk.

        >>> str(f.name.matches("de*o")), str(f.name.matches("de*", ignore_case=True))
        ('name==de*o', 'name==^de*')
        """
        if ignore_case:
            return self._compare(operators.EQUAL, f"^{pattern}")
        # A caret or a backslash at the start means something to `==`; the like operators take it as it is.
        special = pattern.startswith(("^", "\\^"))
        return self._compare(operators.LIKE if special else operators.EQUAL, pattern)

    def starts_with(self, text: str, *, ignore_case: bool = False) -> Condition:
        """Begins with a text."""
        return self.matches(f"{_without_wildcards(text)}*", ignore_case=ignore_case)

    def ends_with(self, text: str, *, ignore_case: bool = False) -> Condition:
        """Ends with a text."""
        return self.matches(f"*{_without_wildcards(text)}", ignore_case=ignore_case)

    def contains(self, text: str, *, ignore_case: bool = False) -> Condition:
        """Contains a text."""
        operator = operators.LIKE_IGNORE_CASE if ignore_case else operators.LIKE
        return self._compare(operator, _without_wildcards(text))

    def not_contains(self, text: str, *, ignore_case: bool = False) -> Condition:
        """Does not contain a text, and is not NULL."""
        operator = operators.NOT_LIKE_IGNORE_CASE if ignore_case else operators.NOT_LIKE
        return self._compare(operator, _without_wildcards(text))

    def equals_ignoring_case(self, value: Value) -> Condition:
        """Equal to a text but for the case of letters."""
        return self._compare(operators.EQUAL_IGNORE_CASE, _written(value))

    def any(self, condition: Condition | None = None) -> Condition:
        """Some related row passes; without a condition: there is a related row.

        >>> str(f.roles.any((f.code == "admin") & (f.level > 2)))
        "roles=any='code==admin;level=gt=2'"
        """
        return self._quantified(operators.ANY, condition)

    def none(self, condition: Condition | None = None) -> Condition:
        """No related row passes; without a condition: there is no related row."""
        return self._quantified(operators.NONE, condition)

    def all(self, condition: Condition) -> Condition:
        """Every related row passes; true where there is no related row."""
        return self._quantified(operators.ALL, condition)

    def compare(self, operator: ComparisonOperator, *values: Value) -> Condition:
        """Any operator, one of your own included, with its arguments as they are."""
        return self._compare(operator, *map(_written, values))

    def count(self, condition: Condition | None = None) -> Field:
        """The number of related rows, or of those that pass, to compare or to sort by.

        >>> str(f.roles.count() > 2), str(f.roles.count(f.level > 2) == 0)
        ('@count[roles]=gt=2', "'@count[roles|#level=gt=2]'==0")
        """
        return Field(f"@count[{self.selector}{'' if condition is None else f'|#{condition}'}]")

    def asc(self, *, ignore_case: bool = False, nulls_first: bool | None = None) -> SortKey:
        """A sort key, smallest value first."""
        return SortKey(self.selector, ignore_case=ignore_case, nulls_first=nulls_first)

    def desc(self, *, ignore_case: bool = False, nulls_first: bool | None = None) -> SortKey:
        """A sort key, largest value first."""
        return SortKey(self.selector, descending=True, ignore_case=ignore_case, nulls_first=nulls_first)

    def _quantified(self, operator: ComparisonOperator, condition: Condition | None) -> Condition:
        return self._compare(operator) if condition is None else self._compare(operator, str(condition))

    def _compare(self, operator: ComparisonOperator, *arguments: str) -> Condition:
        return Condition(Comparison(self.selector, operator, arguments))


@dataclass(frozen=True, slots=True)
class Fields:
    """The start of every path: `f.name`, or `f["name"]` for a name that Python or this class takes."""

    def __getattr__(self, name: str) -> Field:
        if name.startswith("__"):
            raise AttributeError(name)
        return Field(name)

    def __getitem__(self, selector: str) -> Field:
        return Field(selector)


f: Fields = Fields()
"""The start of every path."""


def sort_by(*keys: SortKey) -> str:
    """Write sort keys, most important first, as a sort.

    >>> sort_by(f.age.desc(), f.name.asc(ignore_case=True))
    'age,desc;name,ic'
    """
    return render_sort(keys)


def _written(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case enum.Enum():
            return value.name
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return _duration(value)
        case str() | int() | float() | decimal.Decimal() | uuid.UUID():
            return str(value)
        case _:
            raise TypeError(f"a filter cannot hold {value!r}; for NULL write is_null() or is_not_null()")


def _duration(value: datetime.timedelta) -> str:
    sign = "-" if value < datetime.timedelta() else ""
    size = abs(value)
    seconds = decimal.Decimal(size.seconds) + decimal.Decimal(size.microseconds) / 1_000_000
    return f"{sign}P{size.days}DT{seconds.normalize():f}S"


def _listed(values: Iterable[Value]) -> list[str]:
    texts = [_written(value) for value in values]
    if not texts:
        raise ValueError("a list of a filter holds at least one value")
    return texts


def _without_wildcards(text: str) -> str:
    return text.replace("*", r"\*")

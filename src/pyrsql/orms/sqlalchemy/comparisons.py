"""A value on the left of a comparison, and comparisons of it: the first by the operator, the others by a template."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, String, Text, Unicode, UnicodeText
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.types import TEXT, VARCHAR, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.options import TextOrder
from pyrsql.orms.sqlalchemy.expressions import comparable_type, expression
from pyrsql.orms.sqlalchemy.joins import Entity, Scope
from pyrsql.orms.sqlalchemy.select_parts import bound, with_part
from pyrsql.orms.sqlalchemy.text import (
    EXACT_VALUE,
    ExactText,
    OrderedText,
    TextMatch,
    TextMatchIgnoringCase,
    UuidText,
    text_match,
)
from pyrsql.validation.predicates import CallOperand, FieldOperand, Pattern, Sign, SqlPattern

_REMEMBERED = 1_024
"""Fields of entities whose templates are kept. Clients can name no others than there are."""

_BARE_TEXTS = frozenset({String, Text, Unicode, UnicodeText, VARCHAR, TEXT})
"""Types of columns whose values are bound as any text."""

_COMPARE: Mapping[Sign, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True, eq=False)
class Comparable:
    """A value as each kind of comparison is to see it, so that all databases agree.

    Args:
        value: the expression itself.
        same: as `=` and IN are to see it.
        other: as `<>` and NOT IN are to see it.
        ordered: as `<` and BETWEEN are to see it.
        type_: the type to bind a client's value with.
        ordered_type: the same for `<` and BETWEEN.
        plain: SQL's operators compare it; a document or an array takes more.
        templates: a comparison by each sign that was asked for, without a value.
        matches: the same of patterns, where case counts and where it does not.
    """

    value: ColumnElement[Any]
    same: ColumnElement[Any]
    other: ColumnElement[Any]
    ordered: ColumnElement[Any]
    type_: TypeEngine[Any]
    ordered_type: TypeEngine[Any]
    plain: bool
    templates: dict[Sign, BinaryExpression[bool]] = field(default_factory=dict[Sign, BinaryExpression[bool]])

    matches: dict[bool, TextMatch | TextMatchIgnoringCase] = field(
        default_factory=dict[bool, TextMatch | TextMatchIgnoringCase]
    )

    def compare(self, sign: Sign, wanted: object) -> ColumnElement[bool]:
        """`value sign wanted`."""
        right = bound(wanted, self.type_ if sign in ("==", "!=") else self.ordered_type)
        template = self.templates.get(sign)
        if template is not None:
            return with_part(template, "right", right)
        left = self.same if sign == "==" else self.other if sign == "!=" else self.ordered
        made: Any = _COMPARE[sign](left, right)
        # A comparator of the developer's own may make something else, which has to be made each time.
        if type(made) is BinaryExpression and made.right is right:
            self.templates[sign] = with_part(cast("BinaryExpression[bool]", made), "right", None)
        return cast("ColumnElement[bool]", made)

    def match(self, pattern: Pattern | SqlPattern, ignore_case: bool) -> ColumnElement[bool]:
        """`value` follows `pattern`."""
        template = self.matches.get(ignore_case)
        if template is None:
            template = self.matches[ignore_case] = text_match(self.value, Pattern(()), ignore_case)
        return with_part(template, "right", bound(pattern, template.right.type))

    def bound(self, wanted: object) -> BindParameter[Any]:
        """A value of the client's, or a tuple of them, as a bound parameter. IN makes several of a tuple."""
        return bound(wanted, self.type_)

    def between(self, low: object, high: object) -> ColumnElement[bool]:
        """`low <= value <= high`."""
        return self.ordered.between(bound(low, self.ordered_type), bound(high, self.ordered_type))


def comparable(operand: FieldOperand | CallOperand, scope: Scope, text_order: TextOrder) -> Comparable:
    """The value of an operand, ready to be compared.

    Args:
        operand: a field or a call.
        scope: the entities that the operand's paths lead to.
        text_order: the order that `<` and BETWEEN follow.
    """
    if isinstance(operand, FieldOperand) and not operand.field.computed:
        return _of_field(operand.field, scope[operand.relations], text_order)
    return of_expression(expression(operand, scope), operand.kind, text_order)


def of_expression(value: ColumnElement[Any], kind: kinds.Kind, text_order: TextOrder) -> Comparable:
    """An expression of a kind, ready to be compared."""
    type_ = comparable_type(value.type)
    match kind:
        case kinds.Text():
            ordered = OrderedText(value) if text_order == "code_point" else value
            if isinstance(value, Column) and type(type_) in _BARE_TEXTS:
                return Comparable(value, value, value, ordered, EXACT_VALUE, type_, plain=True)
            exact = ExactText(value)
            return Comparable(value, exact, exact, ordered, type_, type_, plain=True)
        case kinds.Uuid():
            return Comparable(value, value, UuidText(value), value, type_, type_, plain=True)
        case _:
            plain = not isinstance(kind, kinds.Json | kinds.Array)
            return Comparable(value, value, value, value, type_, type_, plain)


@lru_cache(maxsize=_REMEMBERED)
def _of_field(field: Field, entity: Entity, text_order: TextOrder) -> Comparable:
    value = expression(FieldOperand(field.name, (), field, field.kind), {(): entity})
    return of_expression(value, field.kind, text_order)

"""A value on the left of a comparison, and comparisons of it: the first by the operator, the others by a template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import JSON, Column, ColumnElement, String, Text, Unicode, UnicodeText, and_, not_, or_, type_coerce
from sqlalchemy import cast as cast_to
from sqlalchemy.sql.elements import BinaryExpression, Grouping
from sqlalchemy.types import TEXT, VARCHAR, TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.options import TextOrder
from pyrsql.orms.sqlalchemy.character_sets import is_declared, is_wide
from pyrsql.orms.sqlalchemy.column_types import form_on, forms_of, is_text
from pyrsql.orms.sqlalchemy.dialects.families import SQLITE
from pyrsql.orms.sqlalchemy.elements import OnMySQL, OnSQLite, bound, with_part
from pyrsql.orms.sqlalchemy.entities import Entity
from pyrsql.orms.sqlalchemy.expressions import comparable_type, expression, field_expression
from pyrsql.orms.sqlalchemy.functions import TimeInUtc
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.stored_moments import ShortMoment, short_forms, shortest
from pyrsql.orms.sqlalchemy.text import (
    EXACT_VALUE,
    ExactTest,
    ExactText,
    OrderedText,
    Shape,
    TextMatch,
    TextMatchIgnoringCase,
    UuidText,
    WideExactTest,
    WideText,
    has_rules,
    plain_text,
    shape_of,
    text_match,
)
from pyrsql.validation.predicates import COMPARE, CallOperand, FieldOperand, Pattern, Sign, SqlPattern

_BARE_TEXTS = frozenset({String, Text, Unicode, UnicodeText, VARCHAR, TEXT})
"""Types of columns whose values are bound as any text."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparable:
    """A value in the form that each kind of comparison needs, so that all databases agree.

    Args:
        value: the expression itself.
        same: the form for `=` and IN.
        other: the form for `<>` and NOT IN.
        ordered: the form for `<` and BETWEEN.
        text: the form for patterns.
        type_: the type to bind a client's value with.
        ordered_type: the same for `<` and BETWEEN.
        plain: SQL's operators compare it; a document or an array takes more.
        templates: a comparison without a value for each sign, made when it is first needed.
        matches: the same of patterns, by their shape and whether case counts.
        may_be_document: some databases store a JSON document there, and others another type.
        column: a text column whose equality has two forms on MySQL and MariaDB: one for its index, and an exact one.
        short_forms: the lengths of the shorter texts that SQLite may keep of a moment.
    """

    value: ColumnElement[Any]
    same: ColumnElement[Any]
    other: ColumnElement[Any]
    ordered: ColumnElement[Any]
    text: ColumnElement[Any]
    type_: TypeEngine[Any]
    ordered_type: TypeEngine[Any]
    plain: bool
    templates: dict[Sign, BinaryExpression[bool]] = field(default_factory=dict[Sign, BinaryExpression[bool]])

    matches: dict[tuple[Shape, bool], TextMatch | TextMatchIgnoringCase] = field(
        default_factory=dict[tuple[Shape, bool], TextMatch | TextMatchIgnoringCase]
    )
    column: Column[Any] | None = None
    may_be_document: bool = False
    short_forms: tuple[int, ...] = ()

    def compare(self, sign: Sign, wanted: object) -> ColumnElement[bool]:
        """`value sign wanted`."""
        if self.column is not None and sign == "==":
            indexed = self.value == bound(wanted, self.ordered_type)
            return _exact(self.column, indexed, self.same == bound(wanted, self.type_), (wanted,))
        is_range = sign not in ("==", "!=")
        if is_range and isinstance(wanted, str) and self._is_mixed(wanted):
            return cast("ColumnElement[bool]", COMPARE[sign](WideText(self.value), bound(wanted, self.ordered_type)))
        right = bound(wanted, self.ordered_type if is_range else self.type_)
        template = self.templates.get(sign)
        if template is not None:
            return with_part(template, "right", right)
        left = self.same if sign == "==" else self.other if sign == "!=" else self.ordered
        made: Any = COMPARE[sign](left, right)
        # A comparator of the developer's own may make something else, which has to be made each time.
        if type(made) is BinaryExpression and made.right is right:
            self.templates[sign] = with_part(cast("BinaryExpression[bool]", made), "right", None)
        return cast("ColumnElement[bool]", made)

    def match(self, pattern: Pattern | SqlPattern, ignore_case: bool) -> ColumnElement[bool]:
        """`value` follows `pattern`."""
        pieces = pattern.pieces if isinstance(pattern, Pattern) else ()
        shape = shape_of(pattern, ignore_case, is_wide(self.value, *pieces))
        template = self.matches.get((shape, ignore_case))
        if template is None:
            template = self.matches[shape, ignore_case] = text_match(self.text, Pattern(()), ignore_case, shape)
        return with_part(template, "right", bound(pattern, template.right.type))

    def is_null(self, negated: bool) -> ColumnElement[bool]:
        """`value IS NULL`, also where one database stores a document, in which None is the text `null`."""
        if not self.may_be_document:
            return self.value.is_not(None) if negated else self.value.is_(None)
        absent = or_(self.value.is_(None), cast_to(self.value, String()) == "null")
        return not_(absent) if negated else absent

    def among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value IN wanted`. IN makes several parameters of a tuple."""
        if self.column is not None:
            indexed = self.value.in_(bound(wanted, self.ordered_type))
            return _exact(self.column, indexed, self.same.in_(bound(wanted, self.type_)), wanted)
        return self.same.in_(bound(wanted, self.type_))

    def not_among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value NOT IN wanted`."""
        return self.other.not_in(bound(wanted, self.type_))

    def between(self, low: object, high: object) -> ColumnElement[bool]:
        """`low <= value <= high`."""
        value = WideText(self.value) if self._is_mixed(low, high) else self.ordered
        # SQLAlchemy binds with the collation of the type, which PostgreSQL takes between parentheses alone.
        first, last = bound(low, self.ordered_type), bound(high, self.ordered_type)
        return value.between(Grouping(first) if has_rules(self.ordered_type) else first, last)

    def _is_mixed(self, *wanted: object) -> bool:
        """Whether the collation of the column decides, and its character set may lack a letter of a value."""
        return self.ordered is self.value and is_wide(self.value, *wanted)


class ComputedDecimal(Comparable):
    """A decimal that is computed. MariaDB rounds a quotient to the digits that it shows where an operator compares it,
    and not in IN and BETWEEN.
    """

    __slots__ = ()

    def among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value IN wanted`."""
        return OnMySQL(self._among(wanted), super().among(wanted))

    def not_among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value NOT IN wanted`."""
        return OnMySQL(not_(self._among(wanted)), super().not_among(wanted))

    def between(self, low: object, high: object) -> ColumnElement[bool]:
        """`low <= value <= high`."""
        return OnMySQL(and_(self.compare(">=", low), self.compare("<=", high)), super().between(low, high))

    def _among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        return or_(*(self.compare("==", one) for one in wanted))


class ComparableMoment(Comparable):
    """A moment or a time of day, in each of the forms that SQLite may keep it in."""

    __slots__ = ()

    def compare(self, sign: Sign, wanted: object) -> ColumnElement[bool]:
        """`value sign wanted`."""
        if sign in ("==", "!="):
            same = self._between(wanted, wanted)
            own = same if sign == "==" else not_(same)
        else:
            first_or_last = self._shortest(wanted) if sign in (">=", "<") else bound(wanted, self.ordered_type)
            own = COMPARE[sign](self.ordered, first_or_last)
        return OnSQLite(own, super().compare(sign, wanted))

    def among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value IN wanted`."""
        return OnSQLite(self._among(wanted), super().among(wanted))

    def not_among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        """`value NOT IN wanted`."""
        return OnSQLite(not_(self._among(wanted)), super().not_among(wanted))

    def between(self, low: object, high: object) -> ColumnElement[bool]:
        """`low <= value <= high`."""
        return OnSQLite(self._between(low, high), super().between(low, high))

    def _between(self, low: object, high: object) -> ColumnElement[bool]:
        return self.ordered.between(self._shortest(low), bound(high, self.ordered_type))

    def _shortest(self, wanted: object) -> ColumnElement[Any]:
        return bound(wanted, ShortMoment(self.ordered_type, shortest(self.short_forms)))

    def _among(self, wanted: tuple[object, ...]) -> ColumnElement[bool]:
        types = (self.type_, *(ShortMoment(self.type_, (length,)) for length in self.short_forms))
        return or_(*(self.same.in_(bound(wanted, type_)) for type_ in types))


def _exact(
    column: Column[Any], indexed: ColumnElement[bool], exact: ColumnElement[bool], wanted: tuple[object, ...]
) -> ExactTest:
    return (WideExactTest if is_wide(column, *wanted) else ExactTest)(column, indexed, exact)


def comparable(operand: FieldOperand | CallOperand, scope: Scope, text_order: TextOrder) -> Comparable:
    """The value of an operand, ready to be compared.

    Args:
        operand: a field or a call.
        scope: the entities that the operand's paths lead to.
        text_order: the order that `<` and BETWEEN follow.
    """
    if isinstance(operand, CallOperand):
        return of_expression(expression(operand, scope), operand.kind, text_order)
    linked = bool(operand.relations) and not operand.relations[-1].many
    field, entity = operand.field, scope[operand.relations]
    if field.computed or operand.kind is not field.kind:
        value = field_expression(field, entity, linked=linked)
        return of_expression(value, operand.kind, text_order, over_text=field.over_text)
    return _of_field(field, entity, linked, text_order)


def of_expression(
    value: ColumnElement[Any], kind: kinds.Kind, text_order: TextOrder, *, over_text: bool = False
) -> Comparable:
    """An expression of a kind, ready to be compared.

    Args:
        value: the expression.
        kind: of its values.
        text_order: the order that `<` and BETWEEN follow.
        over_text: they are stored as text by a type of their own, which patterns and equal texts are compared with.
    """
    if over_text:
        text = of_expression(type_coerce(value, String()), kinds.Text(), text_order)
        return text if isinstance(kind, kinds.Text) else replace(of_expression(value, kind, text_order), text=text.text)
    type_ = comparable_type(value.type, kind)
    if isinstance(kind, kinds.Text) or (isinstance(kind, kinds.Opaque) and is_text(value.type)):
        return _of_text(value, type_, text_order)
    plain = not isinstance(kind, kinds.Json | kinds.Array)
    may_be_document = isinstance(kind, kinds.Opaque) and any(isinstance(form, JSON) for form in forms_of(value.type))
    same = TimeInUtc(value) if kind == kinds.Time(aware=True) else value
    other = UuidText(value) if isinstance(kind, kinds.Uuid) else same
    is_time = isinstance(kind, kinds.DateTime) or kind == kinds.Time()
    forms = short_forms(form_on(SQLITE, value.type)) if is_time else ()
    is_computed = isinstance(kind, kinds.Decimal) and not isinstance(value, Column)
    made = ComparableMoment if forms else ComputedDecimal if is_computed else Comparable
    return made(
        value, same, other, same, value, type_, type_, plain, may_be_document=may_be_document, short_forms=forms
    )


def _of_text(value: ColumnElement[Any], type_: TypeEngine[Any], text_order: TextOrder) -> Comparable:
    own_rules = has_rules(value.type)
    plain = plain_text(value)
    ordered = OrderedText(plain) if text_order == "code_point" else value
    column = value if isinstance(value, Column) else None
    if column is not None and type(type_) in _BARE_TEXTS and not (own_rules or is_declared(column)):
        return Comparable(value, value, value, ordered, value, EXACT_VALUE, type_, plain=True)
    # `=` ignores the blanks that CHAR adds.
    exact = ExactText(plain if own_rules else value)
    exact_type = String() if own_rules and not isinstance(type_, TypeDecorator) else type_
    ordered_type = exact_type if text_order == "code_point" else type_
    return Comparable(value, exact, exact, ordered, value, exact_type, ordered_type, plain=True, column=column)


@made_once
def _of_field(field: Field, entity: Entity, linked: bool, text_order: TextOrder) -> Comparable:
    value = field_expression(field, entity, linked=linked)
    return of_expression(value, field.kind, text_order, over_text=field.over_text)

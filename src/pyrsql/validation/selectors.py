"""Resolves selectors: mapping, path, rights, functions.

A field that a client may not use gives the same problem, by the same code, as one that does not exist, so that no
answer tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple, assert_never

from pyrsql.language.advice import Advice
from pyrsql.language.nodes import Call, Constant, Path, Selector
from pyrsql.language.parse import parse_selector
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Model, Relation, Shortcut
from pyrsql.models.paths import Place, Step, mapped, start
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import FieldOptions
from pyrsql.problems import ForbiddenFunction, Span, UnknownField, WrongCall
from pyrsql.validation import functions, suggestions
from pyrsql.validation.access import hides_keys, is_allowed
from pyrsql.validation.convert import converter, to_text
from pyrsql.validation.field_conversion import conversion
from pyrsql.validation.offered import offered
from pyrsql.validation.predicates import (
    CallOperand,
    ConstantOperand,
    FieldOperand,
    Operand,
    RelationOperand,
    RelationPath,
    collection_paths,
)
from pyrsql.validation.public import PublishedNames, published, with_parts

Unresolved = UnknownField | ForbiddenFunction | WrongCall


@dataclass(frozen=True, slots=True, eq=False)
class Resolution:
    """The resolution of a selector.

    Args:
        operand: the value or relation it leads to.
        convert: how the text of an argument becomes a value of it, or a Refusal.
        offered: names of the operators that it takes in a filter.
        operators: names of the only operators that rights on the model leave it; None where it has no rights.
        converted: a converter of the developer's own stands in for that of the kind.
        elements: the selector is an association proxy over many rows: the number of relations before it. A null check
            asks whether the proxy holds anything.
    """

    operand: Operand
    convert: Callable[[str], object]
    offered: frozenset[str]
    operators: frozenset[str] | None = None
    converted: bool = False
    elements: int | None = None


NO_SELECTOR = Advice("A selector is a path such as company.name, or a call such as @upper[name].")


class _Question(NamedTuple):
    """A selector to resolve, with everything that its resolution depends on. An argument of a call is not `whole`."""

    schema: Schema
    options: FieldOptions
    purpose: Purpose
    selector: str
    span: Span | None
    suggest: bool
    whole: bool = True


def names_at(schema: Schema, purpose: Purpose, place: Place) -> PublishedNames:
    """The names that a client may write at a place, or all published names that it may use."""
    is_closed = schema.options(purpose).public_fields is not None
    kept, steps = _names_at_places(schema), () if is_closed else place.written
    known = kept.get((purpose, steps))
    if known is not None:
        return known
    question = _Question(schema, schema.options(purpose), purpose, "", None, suggest=False)
    leads, published_fields = partial(_leads, question), question.options.public_fields
    if published_fields is None:
        names = with_parts(suggestions.offered(schema, purpose, place, leads))
    else:
        names = with_parts(name for name in published_fields if leads(tuple(name.split("."))))
    if len(steps) < _NEAR:
        kept[purpose, steps] = names
    return names


@lru_cache(maxsize=256)
def _names_at_places(schema: Schema) -> dict[tuple[Purpose, tuple[str, ...]], PublishedNames]:
    """The names that a client may write first, and those behind each name that leads on, from their first use on."""
    return {}


def resolve(
    schema: Schema,
    purpose: Purpose,
    selector: str,
    span: Span | None = None,
    *,
    suggest: bool = True,
) -> Resolution | Unresolved:
    """Resolve a selector, if a client may use it for this purpose.

    Args:
        schema: the fields and rights of the endpoint.
        purpose: filter and sort have rights of their own.
        selector: the selector's text, without quotes.
        span: where it was written, for the problem.
        suggest: look for a name that the client may have meant, which costs time.

    Problems: UnknownField, ForbiddenFunction, WrongCall.
    """
    known = _known_names(schema).get((purpose, selector))
    if known is not None:
        return known
    question = _Question(schema, schema.options(purpose), purpose, selector, span, suggest)
    match parse_selector(selector):
        case None:
            return _unknown(question, NO_SELECTOR)
        case Path(parts):
            found = _resolve_path(question, parts)
            if isinstance(found, Resolution) and _is_near(question, parts, found.operand):
                _known_names(schema)[purpose, selector] = found
            return found
        case Call() as call:
            return _resolve_call(question, call)


_NEAR = 2
"""The most steps of a path that a schema keeps the meaning of: a name of the model, and one of a relation of it."""

MOST_KNOWN = 1_024
"""The most names that a schema keeps the meaning of."""


def is_known(schema: Schema, purpose: Purpose, selector: str) -> bool:
    """Whether a schema keeps the meaning of a selector."""
    return (purpose, selector) in _known_names(schema)


@lru_cache(maxsize=256)
def _known_names(schema: Schema) -> dict[tuple[Purpose, str], Resolution]:
    """The meaning of names, each from its first use on. It depends on the schema alone."""
    return {}


def _is_near(question: _Question, parts: tuple[str, ...], operand: Operand) -> bool:
    """Whether a schema keeps the meaning of a path: one of the names that it publishes, or that the model and its
    relations have, and not a key of a document, which clients make up.
    """
    near = len(parts) <= _NEAR or question.selector in (question.options.public_fields or ())
    in_document = isinstance(operand, FieldOperand) and bool(operand.keys)
    return near and not in_document and len(_known_names(question.schema)) < MOST_KNOWN


def _resolve_path(
    question: _Question, parts: tuple[str, ...], hidden: tuple[tuple[int, int], ...] = ()
) -> Resolution | UnknownField:
    """Follow a path step by step.

    `rest` holds the steps of the client's path that are left. `ahead` holds the steps that a mapped name or a shortcut
    stands for: they are taken first and not mapped again, so that no mapping runs in a circle. A problem there is a
    problem of the name that the client wrote: nothing tells it from a name that does not exist.

    Args:
        question: the selector, or the call that the path is an argument of.
        parts: the path as it is written.
        hidden: the mapped names of several steps that the client may not use, by start and length: they are read as
            separate steps.
    """
    place = asked = start(question.schema.model)
    rest, ahead = parts, tuple[str, ...]()
    name, length = parts[0], 1
    if question.options.public_fields is not None:
        found = published(question.options.public_fields, parts)
        if found is None:
            return _unknown(question, _suggestion(question, asked, parts))
        length, ahead = found
        place, rest = place._replace(written=parts[:length]), parts[length:]
    shortcut_of: Model | None = None
    proxied: int | None = None
    mapped_behind = 0
    while True:
        written = place.written
        if ahead:
            # Behind the steps of a shortcut, a mapped name goes on as any other path.
            shortcut_of = shortcut_of if len(ahead) > mapped_behind else None
            step_name, ahead = ahead[0], ahead[1:]
        else:
            asked, name, shortcut_of = place, rest[0], None
            length, ahead = mapped(question.options, place, rest, hidden)
            written, rest = (*written, *rest[:length]), rest[length:]
            step_name, ahead = (ahead[0], ahead[1:]) if ahead else (name, ())
        step = _step(question, place, step_name, written, (*ahead, *rest), shortcut_of)
        if step is None:
            if length > 1 and question.options.public_fields is None:
                # The advice is that of a name which is not mapped.
                unmapped = _resolve_path(question, parts, (*hidden, (len(asked.written), length)))
                return unmapped if isinstance(unmapped, UnknownField) else _unknown(question, None)
            return _unknown(question, _suggestion(question, asked, parts))
        member, operators = step.member, step.rights.operators
        match member:
            case Shortcut(path=path):
                proxied = _before_proxy(step, proxied)
                mapped_behind = mapped_behind if shortcut_of else len(ahead)
                ahead, shortcut_of = (*path, *ahead), place.model
                place = place.by(member, written)
            case Embedded():
                place = place.into(member, written)
                if step.final:
                    return _unknown(question, _parts_of(question, place) or _suggestion(question, asked, parts))
            case Relation():
                if step.final:
                    operand = RelationOperand(question.selector, place.through(member))
                    return Resolution(
                        operand,
                        to_text,
                        offered(question.options, operand, operators),
                        operators,
                        elements=_elements(operand.relations, proxied),
                    )
                place = place.along(member, written)
            case Field(kind=kind):
                if step.keys and not isinstance(kind, kinds.Json):
                    return _unknown(question, Advice(f"'{'.'.join(written)}' is a value: no path leads on from it."))
                return _resolve_field(question, step, member, operators, _elements(place.relations, proxied))
            case Computed():
                return _unknown(question, _suggestion(question, asked, parts))
            case _:
                assert_never(member)


def _before_proxy(step: Step, proxied: int | None) -> int | None:
    """The number of relations before the first proxy that a selector ends on."""
    return len(step.place.relations) if proxied is None and step.final else proxied


def _elements(relations: RelationPath, proxied: int | None) -> int | None:
    """The number of relations before a proxy that a selector ends on, where the proxy leads to many rows."""
    return proxied if proxied is not None and any(step.many for step in relations[proxied:]) else None


def _step(
    question: _Question,
    place: Place,
    name: str,
    written: tuple[str, ...],
    onward: tuple[str, ...],
    shortcut_of: Model | None,
) -> Step | None:
    """The step that a name means at a place; None where the client may take none of that name.

    Args:
        question: the selector.
        place: where the path has arrived.
        name: the member.
        written: the path as the client wrote it, this step included.
        onward: the rest of the path.
        shortcut_of: the model whose shortcut takes this step, if one does.
    """
    member = place.members.get(name)
    if member is None:
        return None
    value = isinstance(member, Field | Computed)
    step = Step(place, member, name, written, value or not onward, onward if value else (), shortcut_of)
    if not is_allowed(question.schema, question.purpose, step):
        return None
    if isinstance(member, Embedded) and not suggestions.has_parts(
        question.schema, question.purpose, place.into(member, written)
    ):
        return None
    if isinstance(member, Computed):
        # The developer's code runs only for clients that may use its result, which has rights of its own.
        field = member.field()
        step = step._replace(member=member if field is None else field)
        return step if field is not None and is_allowed(question.schema, question.purpose, step) else None
    return step


def _resolve_field(
    question: _Question, step: Step, member: Field, operators: frozenset[str] | None, elements: int | None
) -> Resolution:
    convert, kind, converted = conversion(question.schema, question.purpose, question.selector, step, member)
    operand = FieldOperand(question.selector, (*step.place.relations, *member.via), member, kind, step.keys)
    hidden = isinstance(kind, kinds.Json) and hides_keys(question.schema, question.purpose, step)
    names = offered(question.options, operand, operators, converted=converted, hides_keys=hidden)
    return Resolution(operand, convert, names, operators, converted, elements)


def _resolve_call(question: _Question, call: Call) -> Resolution | Unresolved:
    operand = _call(question, call)
    if not isinstance(operand, CallOperand):
        return operand
    return Resolution(operand, converter(operand.kind), offered(question.options, operand, None))


def _call(question: _Question, call: Call) -> CallOperand | Unresolved:
    function = functions.function(question.options, call.name)
    if function is None:
        return ForbiddenFunction(
            source=question.purpose, function=call.name, field=question.selector, span=question.span
        )
    arguments: list[functions.Argument] = []
    for argument in call.arguments:
        operand = _argument(question, call, argument)
        if not isinstance(operand, FieldOperand | ConstantOperand | CallOperand):
            return operand
        arguments.append(operand)
    found = functions.call(function, question.selector, arguments)
    if isinstance(found, str):
        return _wrong_call(question, call, found)
    if len(collection_paths(found)) > 1:
        return _wrong_call(question, call, "arguments that lead to at most one collection of related rows")
    return found


def _argument(question: _Question, call: Call, argument: Selector) -> functions.Argument | Unresolved:
    match argument:
        case Constant(value, text):
            return functions.constant(value, text)
        case Call():
            return _call(question, argument)
        case Path(parts):
            found = _resolve_path(question._replace(selector=str(argument), whole=False), parts)
            if not isinstance(found, Resolution):
                return found
            if not isinstance(found.operand, FieldOperand):
                return _wrong_call(question, call, "values, not relations")
            if found.operators is not None:
                # `@substring[secret|#1|#1]==a` would find what the field allows only `==` to find.
                return _wrong_call(question, call, "fields without operators of their own")
            return found.operand


def _wrong_call(question: _Question, call: Call, expected: str) -> WrongCall:
    return WrongCall(
        source=question.purpose,
        function=call.name,
        expected=expected,
        field=question.selector,
        span=question.span,
    )


def _unknown(question: _Question, advice: Advice | None) -> UnknownField:
    if question.suggest and question.whole:
        leads = partial(_leads, question)
        if advice and question.purpose == "sort" and suggestions.has_direction(question.selector):
            advice = Advice(advice.hint)
        advice = suggestions.rewritten(question.schema, question.purpose, question.selector, leads) or advice
    return UnknownField(
        source=question.purpose,
        field=question.selector,
        span=question.span,
        hint=advice and advice.hint,
        replacement=advice.replacement if advice and question.whole else None,
    )


def _suggestion(question: _Question, place: Place, parts: tuple[str, ...]) -> Advice | None:
    if not question.suggest:
        return None
    names = names_at(question.schema, question.purpose, place)
    if question.options.public_fields is not None:
        return suggestions.published(names, parts)
    return suggestions.meant(names, place, parts, partial(_leads, question))


def _parts_of(question: _Question, place: Place) -> Advice | None:
    return suggestions.parts_of(question.schema, question.purpose, place, partial(_leads, question))


def _leads(question: _Question, path: tuple[str, ...]) -> bool:
    """Whether a client may use a path."""
    return isinstance(_resolve_path(question._replace(suggest=False), path), Resolution)

"""A selector -> what it stands for: mapping, path, rights, functions.

What a client may not use and what does not exist take the same way to the same problem, so that no answer tells them
apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from itertools import islice
from typing import NamedTuple, cast

from pyrsql.language.nodes import Call, Constant, Path, Selector
from pyrsql.language.parse import parse_selector
from pyrsql.models import kinds
from pyrsql.models.model import Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import Converter, FieldOptions, QueryOptions
from pyrsql.problems import ForbiddenFunction, Span, UnknownField, WrongCall
from pyrsql.validation import functions
from pyrsql.validation.convert import Refusal, converter, json_value, with_converter
from pyrsql.validation.predicates import (
    CallOperand,
    ConstantOperand,
    FieldOperand,
    Operand,
    RelationOperand,
    collection_paths,
)
from pyrsql.validation.public import nearest_published, published

CACHED_SELECTORS = 1_024
"""How many selectors a schema remembers. A client cannot make it remember more."""

_CANDIDATES = 200
_LIKELIEST = 10
_LONGEST_MISSPELLING = 64

Unresolved = UnknownField | ForbiddenFunction | WrongCall


@dataclass(frozen=True, slots=True, eq=False)
class Resolution:
    """What a selector stands for.

    Args:
        operand: the value or relation it leads to.
        convert: how the text of an argument becomes a value of it, or a Refusal.
        operators: names of the only operators that rights on the model leave it; None where there is no such right.
        converted: a converter of the developer's own stands in for that of the kind.
    """

    operand: Operand
    convert: Callable[[str], object]
    operators: frozenset[str] | None = None
    converted: bool = False


class _Question(NamedTuple):
    """A selector on its way, with all that decides about it."""

    schema: Schema
    options: FieldOptions
    purpose: Purpose
    selector: str
    span: Span | None
    suggest: bool


class _Place(NamedTuple):
    """Where a path has arrived: at a model, or inside an embedded group of it.

    Args:
        model: the model.
        members: what may follow.
        relations: how the model was reached.
        groups: the embedded groups entered since.
        written: the steps so far as the client wrote them.
        real: the steps so far with each mapped name and shortcut spelled out.
    """

    model: Model
    members: Mapping[str, Member]
    relations: tuple[Relation, ...] = ()
    groups: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    real: tuple[str, ...] = ()


class _Step(NamedTuple):
    """One step of a path.

    Args:
        place: where it starts.
        member: what it takes.
        name: the member's name there.
        written: the path so far as the client wrote it, this step included.
        final: the path ends here, or in a document here.
        keys: the way into the document.
        owner: the model whose shortcut takes this step, if one does.
    """

    place: _Place
    member: Member
    name: str
    written: tuple[str, ...]
    final: bool
    keys: tuple[str, ...] = ()
    owner: Model | None = None

    @property
    def real(self) -> tuple[str, ...]:
        """The path so far with each mapped name and shortcut spelled out, this step included."""
        return (*self.place.real, self.name)

    @property
    def own(self) -> tuple[str, ...]:
        """The path from the model on that the step touches."""
        return (*self.place.groups, self.name, *self.keys)


def resolve(
    schema: Schema, purpose: Purpose, selector: str, span: Span | None = None, *, suggest: bool = True
) -> Resolution | Unresolved:
    """Find what a selector stands for, and whether a client may use it for this purpose.

    Args:
        schema: what the endpoint offers.
        purpose: filter and sort have rights of their own.
        selector: the selector's text, without quotes.
        span: where it was written, for the problem.
        suggest: look for a name that the client may have meant, which costs time.

    Problems: UnknownField, ForbiddenFunction, WrongCall.
    """
    known = schema.resolutions.get((purpose, selector))
    if known is not None:
        return cast("Resolution", known)
    question = _Question(schema, schema.options(purpose), purpose, selector, span, suggest)
    found: Resolution | Unresolved
    match parse_selector(selector):
        case None:
            found = _unknown(question, "A selector is a path such as company.name, or a call such as @upper[name].")
        case Path(parts):
            found = _resolve_path(question, parts)
        case Call() as call:
            found = _resolve_call(question, call)
    if isinstance(found, Resolution) and len(schema.resolutions) < CACHED_SELECTORS:
        schema.resolutions[purpose, selector] = found
    return found


def _resolve_path(question: _Question, parts: tuple[str, ...]) -> Resolution | UnknownField:
    """Follow a path step by step.

    `rest` is what the client wrote and nobody has looked at. `ahead` is what a mapped name or a shortcut stands for: it
    is taken first and not mapped again, so that no mapping runs in a circle. A problem there is a problem of the name
    that the client wrote: nothing tells it from a name that does not exist.
    """
    model = question.schema.model
    place = asked = _Place(model, model.members)
    rest, ahead = parts, tuple[str, ...]()
    name = parts[0]
    if question.options.public_fields is not None:
        found = published(question.options.public_fields, parts)
        if found is None:
            return _unknown(question, _suggestion(question, asked, name))
        length, ahead = found
        place, rest = place._replace(written=parts[:length]), parts[length:]
    owner: Model | None = None
    operators: frozenset[str] | None = None
    while True:
        written = place.written
        if ahead:
            step_name, ahead = ahead[0], ahead[1:]
        else:
            asked, name, owner = place, rest[0], None
            length, ahead = _mapped(question.options, place, rest)
            written, rest = (*written, *rest[:length]), rest[length:]
            step_name, ahead = (ahead[0], ahead[1:]) if ahead else (name, ())
        member = place.members.get(step_name)
        if member is None:
            return _unknown(question, _suggestion(question, asked, name))
        onward = (*ahead, *rest)
        value = isinstance(member, Field)
        step = _Step(place, member, step_name, written, value or not onward, onward if value else (), owner)
        if not _allowed(question, step):
            return _unknown(question, _suggestion(question, asked, name))
        if step.final or not isinstance(member, Relation):
            operators = _both(operators, member.rights.operators)
        match member:
            case Shortcut(path=path):
                ahead, owner = (*path, *ahead), place.model
                place = place._replace(written=written)
            case Embedded(members=members):
                groups = (*place.groups, step_name)
                place = place._replace(members=members, groups=groups, written=written, real=step.real)
                if step.final:
                    return _unknown(question, _parts_of(question, place) or _suggestion(question, asked, name))
            case Relation(target=target):
                relations = (*place.relations, member)
                if step.final:
                    operand = RelationOperand(question.selector, relations)
                    return Resolution(operand, converter(kinds.Text()), operators)
                model = target()
                place = _Place(model, model.members, relations, written=written, real=step.real)
            case Field(kind=kind):
                if step.keys and not isinstance(kind, kinds.Json):
                    return _unknown(question, f"'{'.'.join(written)}' is a value: no path leads on from it.")
                return _resolve_field(question, step, member, operators)


def _mapped(options: FieldOptions, place: _Place, rest: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """How many steps of the rest of a path are mapped together, and what they stand for: one, for itself, as a rule."""
    for mapping in _mappings(options, place):
        for length in range(len(rest), 0, -1):
            meant = mapping.get(".".join(rest[:length]))
            if meant is not None:
                return length, tuple(meant.split("."))
    return 1, ()


def _mappings(options: FieldOptions, place: _Place) -> Iterator[Mapping[str, str]]:
    """The mappings that count at a place, the one that counts first before the others."""
    if not place.written and options.field_mapping:
        yield options.field_mapping
    if not place.groups and options.model_field_mapping:
        for base in place.model.type.__mro__:
            if base in options.model_field_mapping:
                yield options.model_field_mapping[base]


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The operators that both rights leave."""
    return one if other is None else other if one is None else one & other


def _resolve_field(question: _Question, step: _Step, member: Field, operators: frozenset[str] | None) -> Resolution:
    operand = FieldOperand(question.selector, step.place.relations, member, member.kind, step.keys)
    own = _own_converter(question, step, member)
    if own is not None:
        convert = with_converter(own)
    elif isinstance(member.kind, kinds.Json):
        convert = partial(json_value, options=question.options.json_options)
    else:
        convert = converter(member.kind)
    if member.accepts is not None:
        convert = _accepted(convert, member.accepts)
    return Resolution(operand, convert, operators, converted=own is not None)


def _accepted(convert: Callable[[str], object], accepts: Callable[[object], bool]) -> Callable[[str], object]:
    """A converter whose values the backend's own type has seen and taken."""

    def checked(text: str) -> object:
        value = convert(text)
        return value if isinstance(value, Refusal) or accepts(value) else Refusal("a value that this field can hold")

    return checked


def _own_converter(question: _Question, step: _Step, member: Field) -> Converter | None:
    """The developer's converter for a field: by path, then by model, then by type."""
    options = question.options
    if not isinstance(options, QueryOptions):
        return None
    for path in (question.selector, ".".join((*step.real, *step.keys))):
        if path in options.field_value_converters:
            return options.field_value_converters[path]
    for base in step.place.model.type.__mro__ if options.model_field_value_converters else ():
        by_model = options.model_field_value_converters.get(base, {}).get(".".join(step.own))
        if by_model is not None:
            return by_model
    if step.keys or member.python_type is None:
        return None
    return options.value_converter_registry.converters.get(member.python_type)


def _resolve_call(question: _Question, call: Call) -> Resolution | Unresolved:
    operand = _call(question, call)
    return Resolution(operand, converter(operand.kind)) if isinstance(operand, CallOperand) else operand


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
        case Constant(value):
            return functions.constant(value)
        case Call():
            return _call(question, argument)
        case Path(parts):
            found = _resolve_path(question._replace(selector=str(argument)), parts)
            if not isinstance(found, Resolution):
                return found
            if not isinstance(found.operand, FieldOperand):
                return _wrong_call(question, call, "values, not relations")
            if found.operators is not None:
                # `@substring[secret|#1|#1]==a` would ask of a field what it only lets `==` ask.
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


def _allowed(question: _Question, step: _Step) -> bool:
    """Whether a client may take a step.

    A shortcut that is listed on its model may lead to what is not listed there; nothing leads to what is forbidden.
    """
    options, rights = question.options, step.member.rights
    if not (rights.filter if question.purpose == "filter" else rights.sort):
        return False
    whitelist, blacklist = options.field_whitelist, options.field_blacklist
    if blacklist and any(_forbidden(blacklist, (*path, *step.keys)) for path in (step.written, step.real)):
        return False
    if whitelist is not None and not _listed(whitelist, step):
        return False
    for base in step.place.model.type.__mro__ if options.model_field_whitelist or options.model_field_blacklist else ():
        allowed = options.model_field_whitelist.get(base)
        if allowed is not None and step.place.model is not step.owner and not _begun(allowed, step):
            return False
        if _any_in(options.model_field_blacklist.get(base, ()), _beginnings(step.own)):
            return False
    return True


def _listed(whitelist: Collection[str], step: _Step) -> bool:
    """The path so far is listed, each of its steps is, or a longer path is. Groups and documents count as one value."""
    before_groups = len(step.real) - len(step.place.groups)
    for path, shortest in ((step.written, len(step.written)), (step.real, before_groups)):
        steps = (*path, *step.keys)
        if _any_in(whitelist, _beginnings(steps, shortest)) or _goes_on(whitelist, path, step.final):
            return True
        if all(name in whitelist for name in steps[:shortest]):
            return True
    return False


def _begun(listed: Collection[str], step: _Step) -> bool:
    """The attribute that a step touches is listed, or a path inside of it."""
    return _any_in(listed, _beginnings(step.own)) or _goes_on(listed, step.own, step.final)


def _goes_on(listed: Collection[str], path: tuple[str, ...], final: bool) -> bool:
    """The path is not at its end yet, and may go on to what is listed."""
    onward = ".".join(path) + "."
    return not final and any(entry.startswith(onward) for entry in listed)


def _forbidden(blacklist: Collection[str], path: tuple[str, ...]) -> bool:
    """The path, a beginning of it, or the name of a step is listed."""
    return _any_in(blacklist, path) or _any_in(blacklist, _beginnings(path))


def _any_in(listed: Collection[str], names: Iterable[str]) -> bool:
    return any(name in listed for name in names)


def _beginnings(path: tuple[str, ...], shortest: int = 1) -> list[str]:
    return [".".join(path[:length]) for length in range(shortest, len(path) + 1)]


def _unknown(question: _Question, hint: str | None) -> UnknownField:
    return UnknownField(source=question.purpose, field=question.selector, span=question.span, hint=hint)


def _suggestion(question: _Question, place: _Place, name: str) -> str | None:
    """The path with the nearest name that this client may use instead of `name`."""
    if not question.suggest:
        return None
    if question.options.public_fields is not None:
        parts = tuple(question.selector.split("."))
        meant = nearest_published(_published_names(question), parts, _nearest)
        return meant and f"Did you mean '{meant}'?"
    near = _nearest(name, _offered(question, place))
    return near and f"Did you mean '{'.'.join((*place.written, near))}'?"


def _published_names(question: _Question) -> tuple[str, ...]:
    """The published names that this client may use."""
    offers, key = question.schema.offers, (question.purpose, "published")
    known = offers.get(key)
    if known is None:
        alone = question._replace(suggest=False)
        known = offers[key] = tuple(
            name
            for name in question.options.public_fields or ()
            if isinstance(_resolve_path(alone, tuple(name.split("."))), Resolution)
        )
    return known


def _nearest(name: str, names: Collection[str]) -> str | None:
    """The name that is most like another one. Case does not count."""
    if len(name) > _LONGEST_MISSPELLING:
        return None
    by_lower = {offered.lower(): offered for offered in names}
    matcher = difflib.SequenceMatcher(b=name.lower())

    def likeness(offered: str) -> float:
        matcher.set_seq1(offered)
        return matcher.quick_ratio()

    # How alike two names really are takes long to find out: asked of the likeliest only.
    near = difflib.get_close_matches(name.lower(), nlargest(_LIKELIEST, by_lower, likeness), n=1)
    return by_lower[near[0]] if near else None


def _parts_of(question: _Question, place: _Place) -> str | None:
    offered = _offered(question, place)
    group = ".".join(place.written)
    return f"'{group}' is a group of values: write '{group}.{offered[0]}'." if offered else None


def _offered(question: _Question, place: _Place) -> tuple[str, ...]:
    """The names that a client may write at a place, mapped ones included, as far as it bounds the work."""
    offers, key = question.schema.offers, (question.purpose, place.written, place.real)
    known = offers.get(key)
    if known is not None:
        return known
    offered = [
        name
        for name, member in islice(place.members.items(), _CANDIDATES)
        if _is_offered(question, _Step(place, member, name, (*place.written, name), isinstance(member, Field)))
    ]
    alone = question._replace(suggest=False)
    for mapping in _mappings(question.options, place):
        offered += [
            alias
            for alias in islice(mapping, _CANDIDATES)
            if isinstance(_resolve_path(alone, (*place.written, *alias.split("."))), Resolution)
        ]
    if len(offers) < CACHED_SELECTORS:
        offers[key] = tuple(offered)
    return tuple(offered)


def _is_offered(question: _Question, step: _Step) -> bool:
    """Whether a client may use a member, or what it leads to."""
    match step.member:
        case Shortcut():
            return isinstance(_resolve_path(question._replace(suggest=False), step.written), Resolution)
        case Embedded(members=members):
            groups = (*step.place.groups, step.name)
            inside = step.place._replace(members=members, groups=groups, written=step.written, real=step.real)
            return _allowed(question, step) and bool(_offered(question, inside))
        case _:
            return _allowed(question, step)

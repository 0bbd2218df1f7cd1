"""A selector -> what it stands for: mapping, path, rights, functions.

What a client may not use and what does not exist take the same way to the same problem, so that no answer tells them
apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pyrsql import kinds
from pyrsql.convert import Refusal, converter, json_value, with_converter
from pyrsql.functions import signature
from pyrsql.model import Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.nodes import Call, Constant, Path, Selector, Span
from pyrsql.options import Converter, FieldOptions, FunctionSignature, QueryOptions
from pyrsql.parse import parse_selector
from pyrsql.predicates import CallOperand, ConstantOperand, FieldOperand, Operand, RelationOperand, collection_paths
from pyrsql.problems import ForbiddenFunction, UnknownField, WrongCall
from pyrsql.schema import Purpose, Schema

CACHED_SELECTORS = 1_024
"""How many selectors a schema remembers. A client cannot make it remember more."""

_CANDIDATES = 200
_LONGEST_MISSPELLING = 64

Unresolved = UnknownField | ForbiddenFunction | WrongCall


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class _Question:
    """A selector on its way, with all that decides about it."""

    schema: Schema
    options: FieldOptions
    purpose: Purpose
    selector: str
    span: Span | None
    suggest: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path has arrived: at a model, or inside an embedded group of it.

    `names` are the steps that count for the lists of the options, `hidden_names` those that a shortcut took besides.
    """

    model: Model
    members: Mapping[str, Member]
    relations: tuple[Relation, ...] = ()
    names: tuple[str, ...] = ()
    hidden_names: tuple[str, ...] = ()


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
        return known
    question = _Question(schema, schema.options(purpose), purpose, selector, span, suggest)
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
    options = question.options
    schema = question.schema
    place = _Place(schema.model, schema.model.members)
    rest = _mapped(options.field_mapping, parts)
    at_model = True
    shortcut_owner: Model | None = None
    hidden_steps = 0
    while True:
        if at_model and not hidden_steps:
            for base in place.model.type.__mro__:
                rest = _mapped(options.model_field_mapping.get(base, {}), rest)
        name, rest = rest[0], rest[1:]
        inside = hidden_steps > 0
        hidden_steps = max(hidden_steps - 1, 0)
        member = place.members.get(name)
        trusted_owner = shortcut_owner if inside else None
        final = not rest or (isinstance(member, Field) and isinstance(member.kind, kinds.Json))
        keys = rest if isinstance(member, Field) else ()
        if member is None or not _allowed(question, place, member, final=final, keys=keys, owner=trusted_owner):
            return _unknown(question, _suggestion(question, place, name))
        arrived = replace(
            place,
            names=place.names if inside else (*place.names, name),
            hidden_names=(*place.hidden_names, name) if inside else place.hidden_names,
        )
        match member:
            case Shortcut(path=path):
                rest = (*path, *rest)
                hidden_steps += len(path)
                shortcut_owner = place.model
                place, at_model = arrived, False
                continue
            case Embedded(members=members):
                if not rest:
                    return _unknown(question, _parts_of(question, replace(arrived, members=members), name))
                place, at_model = replace(arrived, members=members), False
            case Relation(target=target):
                relations = (*place.relations, member)
                if not rest:
                    operand = RelationOperand(question.selector, relations)
                    return Resolution(operand, converter(kinds.Text()), member.rights.operators)
                model = target()
                place, at_model = replace(arrived, model=model, members=model.members, relations=relations), True
            case Field(kind=kind):
                if rest and not isinstance(kind, kinds.Json):
                    return _unknown(question, f"'{name}' is a value: no path leads on from it.")
                return _resolve_field(question, place, member, rest)


def _resolve_field(question: _Question, place: _Place, member: Field, keys: tuple[str, ...]) -> Resolution:
    operand = FieldOperand(question.selector, place.relations, member, member.kind, keys)
    own = _own_converter(question, place.model, member, keys)
    if own is not None:
        convert = with_converter(own)
    elif isinstance(member.kind, kinds.Json):
        convert = partial(json_value, options=question.options.json_options)
    else:
        convert = converter(member.kind)
    if member.accepts is not None:
        convert = _accepted(convert, member.accepts)
    return Resolution(operand, convert, member.rights.operators, converted=own is not None)


def _accepted(convert: Callable[[str], object], accepts: Callable[[object], bool]) -> Callable[[str], object]:
    """A converter whose values the backend's own type has seen and taken."""

    def checked(text: str) -> object:
        value = convert(text)
        return value if isinstance(value, Refusal) or accepts(value) else Refusal("a value that this field can hold")

    return checked


def _own_converter(question: _Question, model: Model, member: Field, keys: tuple[str, ...]) -> Converter | None:
    """The developer's converter for a field: by path, then by model, then by type."""
    options = question.options
    if not isinstance(options, QueryOptions):
        return None
    by_path = options.field_value_converters.get(question.selector)
    if by_path is not None or keys:
        return by_path
    for base in model.type.__mro__:
        by_model = options.model_field_value_converters.get(base, {}).get(member.name)
        if by_model is not None:
            return by_model
    return options.value_converter_registry.converters.get(member.python_type) if member.python_type else None


def _resolve_call(question: _Question, call: Call) -> Resolution | Unresolved:
    operand = _call(question, call)
    return Resolution(operand, converter(operand.kind)) if isinstance(operand, CallOperand) else operand


def _call(question: _Question, call: Call) -> CallOperand | Unresolved:
    declared = signature(question.options, call.name)
    if declared is None:
        return ForbiddenFunction(
            source=question.purpose, function=call.name, field=question.selector, span=question.span
        )
    expected = _argument_kinds(declared, len(call.arguments))
    if expected is None:
        return _wrong_call(question, call, _takes(declared))
    arguments: list[FieldOperand | ConstantOperand | CallOperand] = []
    for argument, kind in zip(call.arguments, expected, strict=True):
        operand = ConstantOperand(None, kind) if argument == Constant(None) else _argument(question, argument)
        if not isinstance(operand, FieldOperand | ConstantOperand | CallOperand):
            return operand
        if not _fits(operand, kind):
            return _wrong_call(question, call, _takes(declared))
        arguments.append(operand)
    found = CallOperand(question.selector, call.name, tuple(arguments), kinds.kind_of(declared.returns))
    if len(collection_paths(found)) > 1:
        return _wrong_call(question, call, "arguments that lead to at most one collection of related rows")
    return found


def _argument(question: _Question, argument: Selector) -> FieldOperand | ConstantOperand | CallOperand | Unresolved:
    match argument:
        case Constant(value):
            return ConstantOperand(value, kinds.kind_of(type(value)))
        case Call():
            return _call(question, argument)
        case Path(parts):
            found = _resolve_path(replace(question, selector=str(argument)), parts)
            if not isinstance(found, Resolution):
                return found
            if isinstance(found.operand, FieldOperand):
                return found.operand
            return WrongCall(
                source=question.purpose,
                function=question.selector,
                expected="a value, not a relation",
                field=question.selector,
                span=question.span,
            )


def _fits(operand: FieldOperand | ConstantOperand | CallOperand, expected: kinds.Kind) -> bool:
    if isinstance(operand, ConstantOperand) and operand.value is None:
        return True
    if isinstance(operand, FieldOperand) and operand.keys:
        return False
    number = kinds.Integer | kinds.Decimal | kinds.Float
    match expected:
        case kinds.Integer():
            return isinstance(operand.kind, kinds.Integer)
        case kinds.Decimal() | kinds.Float():
            return isinstance(operand.kind, number)
        case kinds.Text():
            return isinstance(operand.kind, kinds.Text)
        case _:
            return type(operand.kind) is type(expected)


def _argument_kinds(declared: FunctionSignature, given: int) -> list[kinds.Kind] | None:
    """The kinds of so many arguments, or None where the function does not take so many."""
    types = list(declared.arguments)
    if declared.variadic and given > len(types):
        types += [types[-1]] * (given - len(types))
    if not len(types) - declared.optional <= given <= len(types):
        return None
    return [kinds.kind_of(python_type) for python_type in types[:given]]


def _takes(declared: FunctionSignature) -> str:
    names = [python_type.__name__ for python_type in declared.arguments]
    return "no arguments" if not names else ", ".join(names) + (", …" if declared.variadic else "")


def _wrong_call(question: _Question, call: Call, expected: str) -> WrongCall:
    return WrongCall(
        source=question.purpose,
        function=call.name,
        expected=expected,
        field=question.selector,
        span=question.span,
    )


def _mapped(mapping: Mapping[str, str], parts: tuple[str, ...]) -> tuple[str, ...]:
    """The path with its longest mapped beginning replaced, once."""
    for length in range(len(parts), 0, -1) if mapping else ():
        meant = mapping.get(".".join(parts[:length]))
        if meant is not None:
            return (*meant.split("."), *parts[length:])
    return parts


def _allowed(
    question: _Question, place: _Place, member: Member, *, final: bool, keys: tuple[str, ...], owner: Model | None
) -> bool:
    """Whether a client may take this step. `owner` is the model of the shortcut that takes it, if one does.

    A shortcut that is listed may lead to what is not listed on its own model; nothing may lead to what is forbidden.
    """
    options, purpose = question.options, question.purpose
    if not (member.rights.filter if purpose == "filter" else member.rights.sort):
        return False
    names = (*place.names, *place.hidden_names, member.name, *keys)
    if options.field_blacklist and _blacklisted(options.field_blacklist, names):
        return False
    whitelist = options.field_whitelist
    if whitelist is not None and owner is None:
        named = (*place.names, member.name)
        if not any(_whitelisted(whitelist, (*named, *keys[:length]), final) for length in range(len(keys) + 1)):
            return False
    for base in place.model.type.__mro__ if options.model_field_whitelist or options.model_field_blacklist else ():
        allowed = options.model_field_whitelist.get(base)
        if allowed is not None and place.model is not owner and _step_name(place, member) not in allowed:
            return False
        if _step_name(place, member) in options.model_field_blacklist.get(base, ()):
            return False
    return True


def _step_name(place: _Place, member: Member) -> str:
    """The attribute of the model that a step touches; inside an embedded group it is the group that counts."""
    return member.name.partition(".")[0] if place.members is not place.model.members else member.name


def _whitelisted(whitelist: Collection[str], names: tuple[str, ...], final: bool) -> bool:
    path = ".".join(names)
    if path in whitelist or all(name in whitelist for name in names):
        return True
    return not final and any(entry.startswith(path + ".") for entry in whitelist)


def _blacklisted(blacklist: Collection[str], names: tuple[str, ...]) -> bool:
    return any(name in blacklist or ".".join(names[: length + 1]) in blacklist for length, name in enumerate(names))


def _unknown(question: _Question, hint: str | None) -> UnknownField:
    return UnknownField(source=question.purpose, field=question.selector, span=question.span, hint=hint)


def _suggestion(question: _Question, place: _Place, name: str) -> str | None:
    """The nearest name that this client may use here."""
    if not question.suggest or len(name) > _LONGEST_MISSPELLING:
        return None
    near = difflib.get_close_matches(name, _offered(question, place), n=1)
    if not near:
        return None
    # The whole path, so that it can be pasted; what a mapping stands for was not written and is not shown.
    written = question.selector.split(".")
    before = place.names if (*place.names, name) == tuple(written[: len(place.names) + 1]) else ()
    return f"Did you mean '{'.'.join((*before, near[0]))}'?"


def _parts_of(question: _Question, place: _Place, name: str) -> str | None:
    offered = _offered(question, place)
    return f"'{name}' is a group of values: write '{name}.{offered[0]}'." if offered else None


def _offered(question: _Question, place: _Place) -> list[str]:
    """What may follow at a place, names of a mapping included, as far as it bounds the work."""
    members = list(place.members.items())[:_CANDIDATES]
    offered = [name for name, member in members if _allowed(question, place, member, final=False, keys=(), owner=None)]
    if not place.names:
        alone = replace(question, suggest=False)
        offered += [
            alias
            for alias in list(question.options.field_mapping)[:_CANDIDATES]
            if isinstance(_resolve_path(alone, tuple(alias.split("."))), Resolution)
        ]
    return offered

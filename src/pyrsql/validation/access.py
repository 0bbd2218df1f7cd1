"""Which steps of a path a client may take: the rights on the model, then the lists of the options.

A list by model also governs columns that only a subclass of the model has. A blacklist entry covers the attribute that
it stands for, whatever name leads there: a mapped name, a synonym, an association proxy, a member of a composite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import cast

from pyrsql.models.model import Field, Model
from pyrsql.models.paths import Place, Step, classes_of, further_on, spelled_out, start
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import FieldOptions


def is_allowed(schema: Schema, purpose: Purpose, step: Step) -> bool:
    """Whether a client may take a step.

    A shortcut that is listed on its model may lead to fields that are not listed there; nothing leads to a forbidden
    field.
    """
    options, rights = schema.options(purpose), step.member.rights
    if not (rights.filter if purpose == "filter" else _is_sortable(step)):
        return False
    if options.field_whitelist is not None and not _listed(options.field_whitelist, step):
        return False
    if options.model_field_whitelist and step.place.model is not step.shortcut_of:
        for entity in step.classes:
            allowed = options.model_field_whitelist.get(entity)
            if allowed is not None and not _begun(allowed, step):
                return False
    return not is_forbidden(schema, purpose, step)


def _is_sortable(step: Step) -> bool:
    """Whether rights let a sort take a step. A path may lead on through a relation whatever operators the relation
    itself takes.
    """
    return step.rights.sorts_values if isinstance(step.member, Field) else step.member.rights.sort is not False


def is_forbidden(schema: Schema, purpose: Purpose, step: Step) -> bool:
    """Whether a blacklist has a step, a beginning of the path to it, or anything that stands for one of them."""
    options = schema.options(purpose)
    if not (options.field_blacklist or options.model_field_blacklist):
        return False
    written = (*step.written, *step.keys)
    names = (name for path in (written, *step.spellings) for name in path)
    if _any_in(options.field_blacklist, (*names, *_beginnings(written))):
        return True
    last = len(step.place.visited) - 1
    for place, (model, before, owners_on) in enumerate(step.place.visited):
        owners = step.member.owners if place == last else owners_on
        forbidden = _forbidden_from(schema, purpose, model, owners, is_start=place == 0)
        for path in step.spellings:
            if any(path[before:end] in forbidden for end in range(before + 1, len(path) + 1)):
                return True
    return False


def holds_forbidden_key(schema: Schema, purpose: Purpose, step: Step, value: object) -> bool:
    """Whether a document to compare with has a key, at any depth, that a path may not lead to.

    Where a list hides some keys of a field, so does any object: equality would tell whether there are further ones.
    """
    match value:
        case dict() if hides_keys(schema, purpose, step):
            return True
        case dict():
            items = cast("dict[str, object]", value).items()
            inside = ((step._replace(keys=(*step.keys, key)), item) for key, item in items)
            return any(
                is_forbidden(schema, purpose, below) or holds_forbidden_key(schema, purpose, below, item)
                for below, item in inside
            )
        case list():
            items_of = cast("list[object]", value)
            return any(holds_forbidden_key(schema, purpose, step, item) for item in items_of)
        case _:
            return False


def hides_keys(schema: Schema, purpose: Purpose, step: Step) -> bool:
    """Whether a blacklist has a path that leads on from a step, into its document."""
    options = schema.options(purpose)
    if not (options.field_blacklist or options.model_field_blacklist):
        return False
    for place, (model, before, _) in enumerate(step.place.visited):
        forbidden = _forbidden_from(schema, purpose, model, step.member.owners, is_start=place == 0)
        for spelling in step.spellings:
            path = spelling[before:]
            if any(hidden[: len(path)] == path for hidden in forbidden if len(hidden) > len(path)):
                return True
    return False


@lru_cache(maxsize=1_024)
def _forbidden_from(
    schema: Schema, purpose: Purpose, model: Model, owners: tuple[type, ...], *, is_start: bool
) -> frozenset[tuple[str, ...]]:
    """The paths from a model that are forbidden, each with all of its spellings.

    Args:
        schema: its lists.
        purpose: filter or sort.
        model: a model on the way of a path.
        owners: the subclasses that alone have the attribute at the end of the path.
        is_start: the path begins at the model.
    """
    options, root = schema.options(purpose), schema.model.type
    comes_back = issubclass(model.type, root) or issubclass(root, model.type)
    return frozenset(_spellings(options, model, owners, is_start=is_start, is_root=is_start or comes_back))


def _spellings(
    options: FieldOptions, model: Model, owners: tuple[type, ...], *, is_start: bool, is_root: bool
) -> Iterator[tuple[str, ...]]:
    # A single name counts everywhere. A path counts from each row of the root's class: `boss.pay` also hides
    # `boss.boss.pay`. So does the path behind a name that the options map, if it is one step long, too.
    begun = start(model)
    here = begun if is_start else further_on(model)
    listed = {entry for entry in options.field_blacklist if "." not in entry}
    for entity in classes_of(model, owners):
        listed.update(options.model_field_blacklist.get(entity, ()))
    for entry in listed:
        yield from _spellings_of(options, here, entry)
    for entry in options.field_blacklist if is_root else ():
        yield from _spellings_of(options, begun, entry)


def _spellings_of(options: FieldOptions, place: Place, entry: str) -> Iterator[tuple[str, ...]]:
    path = tuple(entry.split("."))
    yield path
    yield from spelled_out(options, place, path)
    if not place.written and options.public_fields and entry in options.public_fields:
        yield tuple(options.public_fields[entry].removesuffix(".*").split("."))


def _listed(whitelist: Collection[str], step: Step) -> bool:
    """The path so far is listed, each of its steps is, or a longer path is. Groups and documents count as one value."""
    before_groups = len(step.real) - len(step.place.groups)
    for path, shortest in ((step.written, len(step.written)), (step.real, before_groups)):
        steps = (*path, *step.keys)
        if _any_in(whitelist, _beginnings(steps, shortest)) or _goes_on(whitelist, path, step.final):
            return True
        if all(name in whitelist for name in steps[:shortest]):
            return True
    return False


def _begun(listed: Collection[str], step: Step) -> bool:
    """The attribute that a step touches is listed, or a path inside of it."""
    return _any_in(listed, _beginnings(step.own)) or _goes_on(listed, step.own, step.final)


def _goes_on(listed: Collection[str], path: tuple[str, ...], final: bool) -> bool:
    """The path is not at its end yet, and may go on to a listed one."""
    onward = ".".join(path) + "."
    return not final and any(entry.startswith(onward) for entry in listed)


def _any_in(listed: Collection[str], names: Iterable[str]) -> bool:
    return any(name in listed for name in names)


def _beginnings(path: tuple[str, ...], shortest: int = 1) -> list[str]:
    return [".".join(path[:length]) for length in range(shortest, len(path) + 1)]

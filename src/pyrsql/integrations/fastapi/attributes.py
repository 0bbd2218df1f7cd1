"""The attributes of a row that the fields of a response model read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.hidden import config_of
from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut


class Source(NamedTuple):
    """The object that a model reads: its members, and its class where that is known."""

    members: Mapping[str, Member]
    type: type | None = None

    @classmethod
    def of(cls, model: Model) -> Source:
        """The rows of a model."""
        return cls(model.members, model.type)

    def has(self, path: Sequence[str]) -> bool:
        """Whether the class has this attribute, mapped or not. No code of the developer's runs.

        Args:
            path: the attribute, and what is read of its value; only related rows say what they have.
        """
        if path[0] not in self.members and inspect.getattr_static(self.type, path[0], None) is None:
            return False
        member = self.members.get(path[0])
        if not isinstance(member, Relation) or member.holds == "mapping" or len(path) == 1:
            return True
        holds_one = member.shows_one or not member.many
        return holds_one and Source.of(member.target()).has(path[1:])


def fields_of(item: type[Any]) -> dict[str, FieldInfo]:
    """The fields of a Pydantic model, a dataclass or a typed dictionary.

    Raises:
        ConfigurationError: an annotation cannot be resolved.
    """
    try:
        if issubclass(item, BaseModel):
            item.model_rebuild()
            return item.model_fields
        own: dict[str, FieldInfo] | None = getattr(item, "__pydantic_fields__", None)
        hints: dict[str, Any] = get_type_hints(item, include_extras=True)
        return own or {name: FieldInfo.from_annotation(hint) for name, hint in hints.items()}
    except (PydanticUndefinedAnnotation, NameError) as error:
        raise ConfigurationError(f"{item.__name__}: {error}") from error


def computed_names(item: type[Any]) -> frozenset[str]:
    """The names of the computed values of a model in an answer, which may be those of fields."""
    if not issubclass(item, BaseModel):
        return frozenset()
    return frozenset(info.alias or name for name, info in item.model_computed_fields.items())


def member_at(members: Mapping[str, Member], path: tuple[str, ...]) -> Member | None:
    """The member at the end of a path of attributes, shortcuts spelled out."""
    first, rest = path[0], path[1:]
    match members.get(first):
        case Shortcut(path=steps):
            return member_at(members, (*steps, *rest))
        case Relation(target=target) if rest:
            return member_at(target().members, rest)
        case Embedded(members=inner) if rest:
            return member_at(inner, rest)
        case member:
            return None if rest else member


def is_read_by_code(members: Mapping[str, Member], path: tuple[str, ...]) -> bool:
    """Whether code of the developer's reads an attribute on a path, as the property of a synonym does: an answer may
    show another value than a filter compares.
    """
    first, rest = path[0], path[1:]
    match members.get(first):
        case Shortcut(path=steps) as shortcut:
            return shortcut.read_by_code or is_read_by_code(members, (*steps, *rest))
        case Relation(target=target) if rest:
            return is_read_by_code(target().members, rest)
        case Relation() | Embedded() | Field() | Computed() | None:
            return False


class LookedUp(NamedTuple):
    """The attributes in which Pydantic looks for the value of a field.

    Args:
        attribute: the path to the first value that it may find; None where the object has none of the names.
        is_sure: the value is that of the attribute, and not one of several values.
        others: the other paths that it may follow. The rows on them are read, too.
    """

    attribute: tuple[str, ...] | None
    is_sure: bool
    others: tuple[tuple[str, ...], ...]


def looked_up(item: type, field: str, info: FieldInfo, source: Source) -> LookedUp:
    """The attributes of an object in which Pydantic looks for the value of a field."""
    attribute, is_sure = None, False
    others: list[tuple[str, ...]] = []
    for lookup in lookups(item, field, info):
        path = names_in(lookup)
        is_whole = len(path) == len(lookup)
        if attribute is None and (source.has(path) or (not is_whole and source.has(path[:1]))):
            attribute, is_sure = path, is_whole
        elif source.has(path[:1]):
            others.append(path)
        if is_whole and source.has(path):
            break
    return LookedUp(attribute, is_sure, tuple(others))


def names_in(lookup: Sequence[str | int]) -> tuple[str, ...]:
    """The names on a path; a number on it picks one value of several."""
    return tuple(step for step in lookup if isinstance(step, str))


def lookups(item: type, field: str, info: FieldInfo) -> Iterator[Sequence[str | int]]:
    """The paths by which Pydantic looks a field up, in its order."""
    config = config_of(item)
    alias = info.validation_alias
    if alias is not None and config.get("validate_by_alias", True) is not False:
        for choice in alias.choices if isinstance(alias, AliasChoices) else [alias]:
            yield choice.path if isinstance(choice, AliasPath) else [choice]
    if alias is None or config.get("populate_by_name") or config.get("validate_by_name"):
        yield (field,)

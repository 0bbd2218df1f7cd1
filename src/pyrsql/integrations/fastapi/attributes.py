"""The attributes of a row that the fields of a response model read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.hidden import config_of, is_own
from pyrsql.language.nearest import nearest
from pyrsql.models.model import Member, Model


class Source(NamedTuple):
    """The object that a model reads: its members, and its class where that is known."""

    members: Mapping[str, Member]
    type: type | None = None

    @classmethod
    def of(cls, model: Model) -> Source:
        """The rows of a model."""
        return cls(model.members, model.type)

    def has(self, name: str) -> bool:
        """Whether the class has this attribute, mapped or not. No code of the developer's runs."""
        return name in self.members or inspect.getattr_static(self.type, name, None) is not None


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


def candidates(item: type, field: str, info: FieldInfo) -> Iterator[tuple[str, ...]]:
    """The paths of attributes that Pydantic looks a field up by, in its order."""
    for path in _lookups(item, field, info):
        names = tuple(step for step in path if isinstance(step, str))
        # A number in a path picks one row of several.
        if len(names) == len(path):
            yield names


def _lookups(item: type, field: str, info: FieldInfo) -> Iterator[Sequence[str | int]]:
    config = config_of(item)
    alias = info.validation_alias
    if alias is not None and config.get("validate_by_alias", True) is not False:
        for choice in alias.choices if isinstance(alias, AliasChoices) else [alias]:
            yield choice.path if isinstance(choice, AliasPath) else [choice]
    if alias is None or config.get("populate_by_name") or config.get("validate_by_name"):
        yield (field,)


def refuse_missing(item: type, source: Source) -> None:
    """Refuse a response model with a required field that no row has.

    Raises:
        ConfigurationError: it has one, and what may have been meant.
    """
    if source.type is None or not issubclass(item, BaseModel) or _may_have_others(item, source.type):
        return
    for field, info in fields_of(item).items():
        names = [str(path[0]) for path in _lookups(item, field, info)]
        if not info.is_required() or any(map(source.has, names)):
            continue
        near = nearest(names[0], source.members)
        advice = "give it a default, or a validation_alias" if near is None else f"did you mean {near!r}?"
        raise ConfigurationError(
            f"{item.__name__} requires {names[0]!r}, an attribute that {source.type.__name__} has not: {advice}"
        )


def _may_have_others(item: type[BaseModel], row: type) -> bool:
    """Whether code of the developer's may give a field what no attribute of the class does."""
    own = item.__pydantic_decorators__
    return (
        bool(own.root_validators)
        or any(validator.info.mode != "after" for validator in own.model_validators.values())
        or is_own(item.__get_pydantic_core_schema__)
        or hasattr(row, "__getattr__")
    )

"""Response models that no row can fill are refused when the schema is built, and not at the first request."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.attributes import Source, fields_of, looked_up, lookups
from pyrsql.integrations.fastapi.hidden import is_hidden, is_own
from pyrsql.integrations.fastapi.shapes import Held, shape_of
from pyrsql.language.nearest import nearest
from pyrsql.models.model import Relation

_INSTEAD: dict[Held, str] = {
    "row": "one row: annotate it with a Pydantic model",
    "rows": "a collection of rows: annotate it with list[…] of a Pydantic model",
    "mapping": "a mapping of rows: annotate it with dict[…] of a Pydantic model",
}


def refuse_unreadable(item: type, source: Source) -> None:
    """Refuse a response model with a required field that no row has, or with a field that takes no related row.

    Raises:
        ConfigurationError: it has one, and what may have been meant.
    """
    if source.type is None or not issubclass(item, BaseModel) or _may_have_others(item, source.type):
        return
    related: dict[tuple[str, ...], Relation] = {
        (name,): member for name, member in source.members.items() if isinstance(member, Relation)
    }
    for field, info in fields_of(item).items():
        looked = looked_up(item, field, info, source)
        if looked.attribute is None and info.is_required():
            raise ConfigurationError(_missing(item, field, info, source, source.type))
        if looked.is_sure and looked.attribute in related and not is_hidden(item, field, info):
            _refuse_shape(item, field, info, related[looked.attribute])


def _missing(item: type, field: str, info: FieldInfo, source: Source, row: type) -> str:
    name = ".".join(map(str, next(lookups(item, field, info))))
    near = nearest(name, source.members)
    advice = "give it a default, or a validation_alias" if near is None else f"did you mean {near!r}?"
    return f"{item.__name__} requires {name!r}, an attribute that {row.__name__} has not: {advice}"


def _refuse_shape(item: type, field: str, info: FieldInfo, relation: Relation) -> None:
    """Refuse an annotation that does not take the related rows which an attribute holds."""
    several: Held = "mapping" if relation.keyed else "rows"
    held = several if relation.many and not relation.shows_one else "row"
    if held not in shape_of(info.annotation).takes:
        raise ConfigurationError(
            f"{item.__name__}.{field} reads {relation.owner}.{relation.name}, which holds {_INSTEAD[held]}"
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

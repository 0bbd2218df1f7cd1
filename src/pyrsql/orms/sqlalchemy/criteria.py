"""`with_loader_criteria` of base statements: the conditions on the rows of a class, wherever a path reaches them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import ClauseElement, Select, TextClause
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Model
from pyrsql.orms.sqlalchemy import select_parts as parts


def refuse_criteria(base: Select[Any]) -> None:
    """Refuse criteria that SQLAlchemy would apply to the class where a path leads to an alias of it.

    Raises:
        ConfigurationError: there are some, and what to write instead.
    """
    for option in parts.criteria(base):
        if not option.deferred_where_criteria and has_relation_test([cast("Any", option.where_criteria)]):
            raise ConfigurationError(
                "with_loader_criteria of the base statement uses any() or has(), which SQLAlchemy does not apply to the"
                " aliases that paths lead to: give it as a function, as in"
                " with_loader_criteria(User, lambda cls: cls.roles.any(Role.level > 1))"
            )


def refuse_text(option: LoaderCriteriaOption) -> None:
    """Refuse criteria of text for an alias: a text keeps the names of the table.

    Raises:
        ConfigurationError: they are, and what to write instead.
    """
    condition = cast("ClauseElement | None", None if option.deferred_where_criteria else option.where_criteria)
    if condition is not None and any(isinstance(part, TextClause) for part in visitors.iterate(condition)):
        name = _class_of(option).__name__
        raise ConfigurationError(
            f"a path leads to an alias of {name}, to which the text in with_loader_criteria({name}, …) does not apply"
            f": write it with attributes of {name}"
        )


def has_relation_test(conditions: Iterable[ClauseElement]) -> bool:
    """Whether conditions hold `any()` or `has()` of a relation, which SQLAlchemy applies to its own class alone."""
    return any(parts.is_never_adapted(element) for each in conditions for element in visitors.iterate(each))


def has_criteria(base: Select[Any], model: Model) -> bool:
    """Whether a select has criteria for a model: for its class, a base class, or a mixin."""
    return has_criteria_for(base, model.type)


def has_criteria_for(base: Select[Any], entity: type) -> bool:
    """Whether a select has criteria for a class, for one of its base classes, or for a mixin."""
    return any(issubclass(entity, _class_of(option)) for option in parts.criteria(base))


def _class_of(option: LoaderCriteriaOption) -> type:
    """The class that criteria are for: a mapped one, or a mixin."""
    return cast("type", option.root_entity if option.entity is None else option.entity.class_)

"""The loader options of a select, such as `joinedload(User.company)`, one attribute at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import Select
from sqlalchemy.orm import RelationshipProperty

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import select_parts as parts


class LoaderStep(NamedTuple):
    """An attribute, or all of them, and how an option loads it.

    Args:
        steps: the path to it, mappers and attributes in turn; its end is a text where it stands for all of a kind.
        strategy: how it is loaded: `lazy` -> `joined`.
        settings: more about that, such as `innerjoin`.
        element: the part of the option.
    """

    steps: tuple[Any, ...]
    strategy: Mapping[str, object]
    settings: Mapping[str, Any]
    element: Any

    @property
    def relations(self) -> list[RelationshipProperty[Any]]:
        """The relations of the path."""
        return [step for step in self.steps if isinstance(step, RelationshipProperty)]

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the relations of the path."""
        return tuple(relation.key for relation in self.relations)

    @property
    def is_of_all(self) -> bool:
        """The option is about all relations at the end of the path: `raiseload("*")`."""
        return str(self.steps[-1]).startswith("relationship:")

    @property
    def is_joined(self) -> bool:
        """The select itself joins the relation: `contains_eager`."""
        return "eager_from_alias" in self.settings

    @property
    def joins(self) -> bool:
        """SQLAlchemy joins a relation for it: `joinedload`."""
        return self.strategy.get("lazy") == "joined" and not self.is_joined and bool(self.relations)


def loader_steps(base: Select[Any]) -> Iterator[LoaderStep]:
    """The attributes that the options of a select load, one by one."""
    for option in parts.options_of(base):
        for element in cast("tuple[Any, ...]", getattr(option, "context", (option,))):
            if hasattr(element, "strategy"):
                steps = cast("tuple[Any, ...]", getattr(element.path, "path", element.path))
                yield LoaderStep(steps, dict(element.strategy or ()), element.local_opts or {}, element)


def loads_joined_rows(base: Select[Any]) -> bool:
    """Whether a select loads a relation from its own joins."""
    return any(step.is_joined for step in loader_steps(base))


def joins_related_rows(base: Select[Any]) -> bool:
    """Whether SQLAlchemy joins a relation to a select, for one of its options."""
    return any(step.joins for step in loader_steps(base))


def refuse_rows_left_out(base: Select[Any], offered: Collection[tuple[str, ...]]) -> None:
    """Refuse loader options that leave related rows out of an answer which filters and sorts of clients would find.

    Args:
        base: the select.
        offered: the paths of attributes that clients may use.

    Raises:
        ConfigurationError: there is one, and what to write instead.
    """
    for step in loader_steps(base):
        path = step.path
        if path and parts.loads_in_part(step.element) and any(each[: len(path)] == path for each in offered):
            name, target = ".".join(path), step.relations[-1].mapper.class_.__name__
            raise ConfigurationError(
                f"the base statement loads {name} with and_(…), which leaves rows out of the answer, but a filter by"
                f" {name} would find them: write with_loader_criteria({target}, …), which counts for both, or name the"
                " fields that clients may use with filterable_fields"
            )

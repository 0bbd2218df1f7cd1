"""Loader options for the related rows and deferred columns that a response reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, inspect
from sqlalchemy.orm import ColumnProperty, Load, Mapper, RelationshipProperty
from sqlalchemy.orm.interfaces import MANYTOONE

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Computed, Embedded, Field, Model, Relation, Shortcut
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_statements import root_entity
from pyrsql.orms.sqlalchemy.cardinality import is_to_one
from pyrsql.orms.sqlalchemy.criteria import with_criteria_of_aliases
from pyrsql.orms.sqlalchemy.criteria_parts import classes_with_subqueries
from pyrsql.orms.sqlalchemy.entities import Entity, mapper_of
from pyrsql.orms.sqlalchemy.inner_loads import loads_of_mapping
from pyrsql.orms.sqlalchemy.loader_options import loader_steps
from pyrsql.orms.sqlalchemy.repeated_rows import may_repeat

Path = tuple[str, ...]

ANY = "*"
"""The last step of a path to rows of which code of the developer's may read any column."""

_LAZY = {"select", True, "raise", "raise_on_sql", "noload", None}
"""Loading strategies of a mapping that leave related rows to a statement of their own for each row, or to none."""

_JOINED = {"joined", False}
"""Strategies that join related rows to the statement."""

_UNLOADABLE = {"dynamic", "write_only"}
"""Strategies of collections that are queries themselves."""


@dataclass(slots=True)
class Reading:
    """The parts of a row that a response reads: columns, and related rows with the parts it reads of those.

    It is `whole` where the response reads an attribute that the database does not know: its code may read any column.
    """

    whole: bool = False
    columns: dict[str, None] = field(default_factory=dict[str, None])
    related: dict[str, Reading] = field(default_factory=dict[str, "Reading"])


_LEVELS = 32
"""Levels of a tree that are loaded together; rows below are read one by one. Rows in a circle have no last level."""


def reading(model: Model, paths: Iterable[Path]) -> Reading:
    """The parts that paths of attributes read, shortcuts spelled out.

    Args:
        model: the model of the row.
        paths: the paths; a path below a document ends there.
    """
    read = Reading()
    for path in paths:
        _add(read, model, path)
    return read


def _add(read: Reading, model: Model, path: Path) -> None:
    rest = path
    while rest:
        name, rest = rest[0], rest[1:]
        match model.members.get(name):
            case Shortcut(path=steps):
                rest = (*steps, *rest)
            case Relation(target=target):
                read, model = read.related.setdefault(name, Reading()), target()
            case Field():
                read.columns[name] = None
                return
            case Embedded() | Computed() | None:
                read.whole = True
                return


def values_of(model: Model, read: Reading) -> int | None:
    """The values that a response reads of one row and of its related rows; None where these may be any number.

    Args:
        model: the model of the row.
        read: the parts that it reads.
    """
    number = len(read.columns) + read.whole
    for name, below in read.related.items():
        match model.members.get(name):
            case Relation(many=False, target=target) if (more := values_of(target(), below)) is not None:
                number += more
            case Relation() | Field() | Computed() | Embedded() | Shortcut() | None:
                return None
    return number


def loading(model: Model, read: Reading, *, only: bool = False) -> Callable[[Select[Any]], Select[Any]]:
    """A function that adds loader options to a select, so that one request takes a fixed number of statements.

    To-many relations are loaded by `selectinload`, to-one relations by `joinedload`. Where the select or the mapping
    says how a relation is loaded, it stays so.

    Args:
        model: the model of the rows.
        read: the parts that a response reads.
        only: columns that it does not read are not loaded, unless the select says which are.
    """
    plain = tuple(_options(Load(model.type), model.type, read, (), replace(_NOTHING_SAID, only=only)))

    def loaded(base: Select[Any]) -> Select[Any]:
        base = parts.read_at_once(base)
        root, said = root_entity(base, model), replace(_Said.by(base), only=only)
        is_plain = root is model.type and said == replace(_NOTHING_SAID, only=only)
        options = plain if is_plain else tuple(_options(Load(root), root, read, (), said))
        return with_criteria_of_aliases(base.options(*options)) if options else base

    return loaded


@dataclass(frozen=True, slots=True)
class _Said:
    """The loader options of a select.

    Args:
        loaded: the paths of relations that they load in a certain way.
        lazy: the paths of entities all of whose relations they load in another way than the mapping says; None among
            them is every path.
        deferring: the paths of entities of which they leave columns out.
        joins: a to-one relation may be joined: the select neither locks rows nor folds them together.
        apart: the classes that a join would misread: SQLAlchemy takes tables of the statement for those that a subquery
            in criteria of one of them reads itself.
        only: columns that a response does not read are left out, where the select does not say which are.
    """

    loaded: frozenset[Path]
    lazy: frozenset[Path | None]
    deferring: frozenset[Path]
    joins: bool
    apart: frozenset[type]
    only: bool = False

    @classmethod
    def by(cls, base: Select[Any]) -> _Said:
        loaded: set[Path] = set()
        lazy: set[Path | None] = set()
        deferring: set[Path] = set()
        for step in loader_steps(base):
            if "lazy" in step.strategy:
                if step.is_of_all:
                    lazy.add(step.path if len(step.steps) > 1 else None)
                else:
                    loaded.add(step.path)
            if step.strategy.get("deferred"):
                deferring.add(step.path)
        folds = parts.is_distinct(base) or parts.group_columns(base) or parts.lock_of(base) is not None
        apart = classes_with_subqueries(parts.criteria(base))
        return cls(frozenset(loaded), frozenset(lazy), frozenset(deferring), joins=not folds, apart=apart)

    def misreads(self, relation: RelationshipProperty[Any]) -> bool:
        """Whether the mapping joins a class that a join would misread."""
        return relation.lazy in _JOINED and relation.mapper.class_ in self.apart

    def may_join(self, relation: RelationshipProperty[Any]) -> bool:
        """Whether the related row may be joined."""
        is_joined = self.joins and relation.mapper.class_ not in self.apart
        return is_joined and relation.direction is MANYTOONE and is_to_one(relation)


_NOTHING_SAID = _Said(frozenset(), frozenset(), frozenset(), joins=True, apart=frozenset())


def _options(load: Any, entity: Entity, read: Reading, at: Path, said: _Said) -> Iterator[Any]:
    """The options for one entity and those below it; `load` is the option that leads to it."""
    mapper = mapper_of(entity)
    missing = [name for name in (*read.columns, *read.related) if not mapper.has_property(name)]
    # A mapping may read their columns with its own. Behind a relation, SQLAlchemy takes options for relations of a
    # subclass only beside a statement of its own.
    unread = [name for name in missing if not mapper.with_polymorphic or (at and name in read.related)]
    subclasses = _subclasses_with(mapper, unread)
    if said.only and not (read.whole or missing) and at not in said.deferring:
        yield load.load_only(*(getattr(entity, name) for name in _columns_of(mapper, read)))
    else:
        for name in read.columns:
            attribute = mapper.attrs.get(name)
            if isinstance(attribute, ColumnProperty) and (attribute.deferred or at in said.deferring):
                yield load.undefer(getattr(entity, name))
    if subclasses:
        load = load.selectin_polymorphic(subclasses)
        yield load
    for name, below in read.related.items():
        if mapper.has_property(name):
            yield from _of_relation(load, entity, name, below, at, said)
        else:
            yield from _of_subclass(load, entity, name, below, at, said)


def _of_subclass(load: Any, entity: Entity, name: str, below: Reading, at: Path, said: _Said) -> Iterator[Any]:
    """The options for a relation that only a subclass has.

    Raises:
        ConfigurationError: the base statement selects an alias, whose subclasses SQLAlchemy takes no options for.
    """
    inspected = inspect(entity)
    subclass = next(each for each in inspected.mapper.self_and_descendants if each.has_property(name)).class_
    if not inspected.is_aliased_class:
        options = list(_of_relation(Load(subclass), subclass, name, below, at, said))
        if at and options:
            options = [load.options(*options)]
        yield from options
    elif any(each.class_ is subclass for each in inspected.with_polymorphic_mappers):
        yield from _of_relation(load, getattr(entity, subclass.__name__), name, below, at, said)
    else:
        raise ConfigurationError(
            f"the base statement selects an alias, for which SQLAlchemy loads no {name!r} of {subclass.__name__}:"
            f" select the class, or with_polymorphic({inspected.mapper.class_.__name__}, [{subclass.__name__}])"
        )


def _of_relation(load: Any, entity: Entity, name: str, below: Reading, at: Path, said: _Said) -> Iterator[Any]:
    """The options for a relation of an entity and for those that it leads on to."""
    mapper = mapper_of(entity)
    relation, path = mapper.relationships[name], (*at, name)
    if relation.lazy in _UNLOADABLE:
        return
    attribute = getattr(entity, name)
    repeats = may_repeat(relation)
    # `selectinload` would repeat the rows, also where the mapping says it.
    by_mapping = relation.lazy not in ({*_LAZY, "selectin"} if repeats else _LAZY) and not said.misreads(relation)
    is_said = path in said.loaded or (by_mapping and said.lazy.isdisjoint((at, None)))
    is_endless = relation.mapper is mapper and below.related.get(name) == Reading()
    is_joined = is_said and path not in said.loaded and relation.lazy in _JOINED
    if is_joined:
        # An option says what the mapping says, so that criteria which a join would misread are found.
        nested = load.joinedload(attribute, innerjoin=False)
    elif is_said:
        nested = load.defaultload(attribute)
    elif is_endless:
        # A tree takes a statement for each of its levels.
        nested = load.selectinload(attribute, recursion_depth=_LEVELS)
        others = {other: read for other, read in below.related.items() if other != name}
        # SQLAlchemy would apply a choice of columns to the first level alone.
        below = Reading(True, below.columns, others)
    elif repeats:
        nested = load.subqueryload(attribute)
    elif said.may_join(relation):
        # A mapping may say INNER JOIN, which would leave out rows that lead nowhere, or to a row that criteria hide.
        nested = load.joinedload(attribute, innerjoin=False)
    else:
        nested = load.selectinload(attribute)
    deeper = list(_options(nested, relation.entity.entity, below, path, said))
    if not is_said:
        deeper += _outer_joins_below(nested, relation.entity.entity, path, said)
    # An option for a longer path says the same of its beginnings.
    yield from deeper if deeper or (is_said and not is_joined) else [nested]


def _outer_joins_below(load: Any, entity: Entity, at: Path, said: _Said) -> Iterator[Any]:
    """The options that join what the mapping of a loaded row joins by INNER JOIN, so that no row is left out.

    Raises:
        ConfigurationError: it joins a relation of a subclass so, for which SQLAlchemy takes no option here.
    """
    for steps, prop, _, of_subclass in loads_of_mapping(mapper_of(entity).class_):
        path = (*at, *steps)
        if any(path[:end] in said.loaded for end in range(len(at) + 1, len(path) + 1)):
            continue
        if of_subclass:
            raise ConfigurationError(
                f"the mapping loads {prop.parent.class_.__name__}.{prop.key} by INNER JOIN (innerjoin=True) with rows"
                " of other classes, which it leaves out: give the relationship innerjoin=False"
            )
        option, owner = load, entity
        for name in steps[:-1]:
            attribute = getattr(owner, name)
            option, owner = option.defaultload(attribute), attribute.property.entity.entity
        yield option.joinedload(getattr(owner, steps[-1]), innerjoin=False)


def _columns_of(mapper: Mapper[Any], read: Reading) -> dict[str, None]:
    """The column attributes that a response reads, with the keys that identify a row and lead to its related rows."""
    keys = [*mapper.primary_key, *(key for name in read.related for key in mapper.relationships[name].local_columns)]
    names = [*read.columns, *(mapper.get_property_by_column(key).key for key in keys)]
    return {name: None for name in names if isinstance(mapper.attrs.get(name), ColumnProperty)}


def _subclasses_with(mapper: Mapper[Any], missing: Iterable[str]) -> list[type]:
    """The subclasses that have an attribute which the class lacks: their columns need a statement of their own."""
    return [below.class_ for below in mapper.self_and_descendants if any(map(below.has_property, missing))]

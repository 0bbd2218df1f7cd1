"""How a path goes over a model: places, steps, and the names that stand for longer paths."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.models.rights import ALL_RIGHTS, FieldRights, narrowed
from pyrsql.options import FieldOptions


class Visit(NamedTuple):
    """A model on the way of a path.

    Args:
        model: the model.
        before: the number of real steps before it.
        owners: the subclasses of it that alone have the next relation of the path.
    """

    model: Model
    before: int
    owners: tuple[type, ...] = ()


class Place(NamedTuple):
    """Where a path has arrived: at a model, or inside an embedded group of it.

    Args:
        model: the model.
        members: the members that may follow.
        relations: how the model was reached.
        groups: the embedded groups entered since.
        written: the steps so far as the client wrote them.
        real: the steps so far with each mapped name and shortcut spelled out.
        visited: the models on the way, this one included.
        rights: those of the groups and shortcuts on the way, which count for the value at its end.
    """

    model: Model
    members: Mapping[str, Member]
    relations: tuple[Relation, ...] = ()
    groups: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    real: tuple[str, ...] = ()
    visited: tuple[Visit, ...] = ()
    rights: FieldRights = ALL_RIGHTS

    def into(self, group: Embedded, written: tuple[str, ...]) -> Place:
        """The place inside a group of this one."""
        groups, real = (*self.groups, group.name), (*self.real, group.name)
        inside = self._replace(members=group.members, groups=groups, written=written, real=real)
        return inside._replace(rights=narrowed((self.rights, group.rights)))

    def by(self, shortcut: Shortcut, written: tuple[str, ...]) -> Place:
        """The place where the path of a shortcut of this one begins."""
        return self._replace(written=written, rights=narrowed((self.rights, shortcut.rights)))

    def along(self, relation: Relation, written: tuple[str, ...]) -> Place:
        """The place at the end of a relation."""
        model, real = relation.target(), (*self.real, relation.name)
        left = self.visited[-1]._replace(owners=relation.owners)
        visited = (*self.visited[:-1], left, Visit(model, len(real)))
        return Place(model, model.members, self.through(relation), (), written, real, visited, self.rights)

    def through(self, member: Relation) -> tuple[Relation, ...]:
        """The relations to the end of a relation of this place."""
        return (*self.relations, *member.via, member)


def start(model: Model) -> Place:
    """The place where every path over a model begins."""
    return Place(model, model.members, visited=(Visit(model, 0),))


def further_on(model: Model) -> Place:
    """A place where some path has arrived at a model: `field_mapping` does not count there."""
    return start(model)._replace(written=(model.name,))


class Step(NamedTuple):
    """One step of a path.

    Args:
        place: where it starts.
        member: the member that it takes.
        name: the member's name there.
        written: the path so far as the client wrote it, this step included.
        final: the path ends here, or in a document here.
        keys: the way into the document.
        shortcut_of: the model whose shortcut takes this step, if one does.
    """

    place: Place
    member: Member
    name: str
    written: tuple[str, ...]
    final: bool
    keys: tuple[str, ...] = ()
    shortcut_of: Model | None = None

    @property
    def real(self) -> tuple[str, ...]:
        """The path so far with each mapped name and shortcut spelled out, this step included."""
        return (*self.place.real, self.name)

    @property
    def own(self) -> tuple[str, ...]:
        """The path from the model on that the step touches."""
        return (*self.place.groups, self.name, *self.keys)

    @property
    def rights(self) -> FieldRights:
        """The rights of the member, and of the groups and shortcuts that lead to it."""
        return narrowed((self.place.rights, self.member.rights))

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """The real path into the document; for a member of a group also that of the attribute it is made of."""
        real = (*self.real, *self.keys)
        if isinstance(self.member, Field) and self.member.attribute is not None:
            outside = self.place.real[: len(self.place.real) - len(self.place.groups)]
            return real, (*outside, self.member.attribute, *self.keys)
        return (real,)

    @property
    def classes(self) -> dict[type, None]:
        """The classes whose lists, mappings and converters count for the step, the most specific ones first."""
        return classes_of(self.place.model, self.member.owners)


def classes_of(model: Model, owners: tuple[type, ...] = ()) -> dict[type, None]:
    """The bases of a model, after those of the subclasses that alone have an attribute."""
    return dict.fromkeys(base for entity in (*owners, model.type) for base in entity.__mro__)


def mapped(
    options: FieldOptions, place: Place, rest: tuple[str, ...], hidden: Collection[tuple[int, int]] = ()
) -> tuple[int, tuple[str, ...]]:
    """How many steps of the rest of a path are mapped together, and their meaning: one, unmapped, as a rule.

    Args:
        options: their mappings count.
        place: where the rest begins.
        rest: the steps that are left.
        hidden: names that do not count, each by the number of steps before it and of its own.
    """
    begun = len(place.written)
    for mapping in mappings(options, place):
        for length in range(len(rest), 0, -1):
            meant = mapping.get(".".join(rest[:length]))
            if meant is not None and (begun, length) not in hidden:
                return length, tuple(meant.split("."))
    return 1, ()


def mappings(options: FieldOptions, place: Place) -> Iterator[Mapping[str, str]]:
    """The mappings that count at a place, the one that counts first before the others."""
    if not place.written and options.field_mapping:
        yield options.field_mapping
    if not place.groups and options.model_field_mapping:
        for base in place.model.type.__mro__:
            if base in options.model_field_mapping:
                yield options.model_field_mapping[base]
        yield _mapping_of_subclasses(options, place.model)


def _mapping_of_subclasses(options: FieldOptions, model: Model) -> Mapping[str, str]:
    """The names that subclasses give to attributes which only they have."""
    found: dict[str, str] = {}
    for entity, mapping in options.model_field_mapping.items():
        if entity in model.type.__mro__:
            continue
        for alias, meant in mapping.items():
            first, named = model.members.get(alias.partition(".")[0]), model.members.get(meant.partition(".")[0])
            hides_own = first is not None and not _is_of(first, object)
            if named is not None and _is_of(named, entity) and not hides_own:
                # A name with two meanings leads nowhere, as an attribute of two subclasses does.
                found[alias] = meant if found.get(alias, meant) == meant else ""
    return found


def _is_of(member: Member, entity: type) -> bool:
    """Whether only subclasses have a member, and one of them is an `entity`."""
    return any(issubclass(owner, entity) for owner in member.owners)


def spelled_out(options: FieldOptions, place: Place, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The attributes that a path from a place stands for, whether or not a client may use them; none if it leads
    nowhere.

    A group stands for all of its attributes.

    Args:
        options: their mappings count.
        place: where the path begins.
        path: the steps of it.
    """
    begun, rest, ahead = len(place.real), path, tuple[str, ...]()
    while rest or ahead:
        written = place.written
        if not ahead:
            length, ahead = mapped(options, place, rest)
            ahead, written, rest = ahead or rest[:1], (*written, *rest[:length]), rest[length:]
        name, ahead = ahead[0], ahead[1:]
        match place.members.get(name):
            case None:
                return
            case Shortcut(path=steps) as shortcut:
                ahead, place = (*steps, *ahead), place.by(shortcut, written)
            case Embedded() as group:
                place = place.into(group, written)
            case Relation() as relation:
                place = place.along(relation, written)
            case (Field() | Computed()) as value:
                if isinstance(value, Computed):
                    value = value.field() or value
                step = Step(place, value, name, written, final=True, keys=(*ahead, *rest))
                yield from (spelling[begun:] for spelling in step.spellings)
                return
    yield place.real[begun:]
    if place.groups:
        outside = place.real[begun : len(place.real) - len(place.groups)]
        yield from ((*outside, attribute) for attribute in _attributes(place.members))


def _attributes(members: Mapping[str, Member]) -> Iterator[str]:
    for member in members.values():
        if isinstance(member, Embedded):
            yield from _attributes(member.members)
        elif isinstance(member, Field) and member.attribute is not None:
            yield member.attribute

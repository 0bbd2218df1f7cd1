"""Endpoints that publish a closed list of fields: `FieldOptions.public_fields`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyrsql.language.nearest import nearest

ANYTHING_BELOW = ".*"
"""The end of a path that may lead on to any key of a document."""


def published(fields: Mapping[str, str], parts: tuple[str, ...]) -> tuple[int, tuple[str, ...]] | None:
    """How many steps of a path are a published name, and the attributes that the name stands for.

    Args:
        fields: published name -> path of attributes.
        parts: the path as the client wrote it.

    >>> published({"author": "writer", "author.name": "writer.name"}, ("author", "name"))
    (2, ('writer', 'name'))
    >>> published({"author": "writer"}, ("author", "password")) is None
    True
    >>> published({"extra": "doc.*"}, ("extra", "size"))
    (1, ('doc',))
    """
    for length in range(len(parts), 0, -1):
        meant = fields.get(".".join(parts[:length]))
        if meant is not None and (length == len(parts) or meant.endswith(ANYTHING_BELOW)):
            return length, tuple(meant.removesuffix(ANYTHING_BELOW).split("."))
    return None


PublishedNames = Mapping[str, tuple[str, ...]]
"""Published names, each with its parts."""


def with_parts(names: Iterable[str]) -> PublishedNames:
    """Published names, each with its parts, in their order."""
    return {name: tuple(name.split(".")) for name in names}


def nearest_published(names: PublishedNames, parts: tuple[str, ...]) -> str | None:
    """The published name that a client may have meant, None where none is near.

    Args:
        names: the names that the client may use.
        parts: the path as the client wrote it.

    >>> nearest_published(with_parts(["plane", "plane.seats"]), ("planes", "seat"))
    'plane.seats'
    """
    begun, following = 0, list(names.values())
    while begun < len(parts) - 1 and (longer := _through(following, begun, parts[begun])):
        begun, following = begun + 1, longer
    step = nearest(parts[begun], dict.fromkeys(path[begun] for path in following))
    if step is None:
        return None
    meant, rest = ".".join((*parts[:begun], step)), parts[begun + 1 :]
    whole = ".".join((meant, *rest))
    if whole in names:
        return whole
    inside = next((name for name in names if name.startswith(f"{meant}.")), meant)
    if step != parts[begun] and inside != meant and rest:
        return nearest_published(names, (*parts[:begun], step, *rest))
    return meant if meant in names else inside


def _through(paths: Iterable[tuple[str, ...]], place: int, step: str) -> list[tuple[str, ...]]:
    """The paths that go through a step, and further."""
    return [path for path in paths if len(path) > place + 1 and path[place] == step]

"""Options as a developer gives them: their contents are copied, and values of another type are told at once.

Most of those would count for nothing: a list for the text `"User"` hides no field of the class `User`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, Self, TypeVar, cast

NOTHING: Mapping[Any, Any] = MappingProxyType({})

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Settled:
    """Configuration that holds mappings and lists of a developer: copied, so that no later change of them counts.

    Two are equal only where they are the same one, so that each can be the key of a cache, with any contents.
    """

    def _settle(self, **copies: object) -> None:
        for name, copy in copies.items():
            object.__setattr__(self, name, copy)

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        # Copied and pickled by making it anew: a read-only mapping can be neither copied nor pickled.
        given = {each.name: _plain(getattr(self, each.name)) for each in fields(cast("Any", self)) if each.init}
        return partial(type(self), **given), ()


def copied(mapping: Mapping[KeyT, ValueT]) -> Mapping[KeyT, ValueT]:
    """A read-only copy."""
    return MappingProxyType(dict(mapping)) if mapping else NOTHING


def _plain(value: object) -> object:
    if not isinstance(value, MappingProxyType):
        return value
    return {key: _plain(inner) for key, inner in cast("Mapping[object, object]", value).items()}


def fault_of_names(names: object) -> str | None:
    """Why something is no collection of names, and what to write; None where it is one."""
    if isinstance(names, str):
        return f"takes a collection of names, and {names!r} is one of letters: write {{{names!r}}}"
    if not isinstance(names, Collection):
        return f"takes a collection of names, not {names!r}"
    strangers = [str(name) for name in cast("Collection[object]", names) if not isinstance(name, str)]
    return f"takes a collection of names, and {strangers[0]} is none: write it as text" if strangers else None


def names_in(option: str, names: Collection[str]) -> frozenset[str]:
    """The names in a list. Raises ValueError for a list that is none."""
    if fault := fault_of_names(names):
        raise ValueError(f"{option} {fault}")
    return frozenset(names)


def names_by_model(option: str, lists: Mapping[type, Collection[str]]) -> Mapping[type, frozenset[str]]:
    """A list of names for each model. Raises ValueError for a list that is none."""
    refuse_no_mapping(option, lists)
    return copied({model: names_in(option, names) for model, names in lists.items()})


def types_in(option: str, types: object) -> frozenset[type]:
    """The types in a list. Raises ValueError for a list that is none."""
    if isinstance(types, Collection) and all(isinstance(each, type) for each in cast("Collection[object]", types)):
        return frozenset(cast("Collection[type]", types))
    raise ValueError(f"{option} takes a collection of types, not {types!r}")


def refuse_no_mapping(option: str, given: object) -> None:
    """Raise ValueError for an option that takes a mapping and is none."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{option} takes a mapping, not {given!r}")


def refuse_other_keys(**options: Mapping[type, object]) -> None:
    """Raise ValueError for an option by model with a key that is no class: no model would ever have it."""
    for option, by_model in options.items():
        refuse_no_mapping(option, by_model)
        for model in cast("Mapping[object, object]", by_model):
            if not isinstance(model, type):
                raise ValueError(f"{option} takes classes as keys, and {model!r} is none: write the class itself")


def refuse_other_values(kind: type, **options: Mapping[str, object]) -> None:
    """Raise ValueError for an option by name or path with a key that is no text, or with a value of another type."""
    for option, by_name in options.items():
        refuse_no_mapping(option, by_name)
        for name, value in cast("Mapping[object, object]", by_name).items():
            if not isinstance(name, str):
                raise ValueError(f"{option} takes texts as keys, and {str(name)!r} is none: write it as text")
            if not isinstance(value, kind):
                raise ValueError(f"{option} has {value!r} for {name!r}: it takes {_one(kind)}")


def refuse_text_as_class(option: str, given: object) -> None:
    """Raise ValueError for the name of a class where the class itself is taken."""
    if isinstance(given, str):
        raise ValueError(f"{option} takes a class, and {given!r} is a text: write the class itself")


def is_plain_function(value: object) -> bool:
    """Whether a value can be called, and gives its result at once."""
    return callable(value) and not any(map(inspect.iscoroutinefunction, (value, type(value).__call__)))


def refuse_no_functions(**options: object) -> None:
    """Raise ValueError for an option with a value that cannot be called, or that would have to be awaited."""
    for option, given in options.items():
        refuse_no_mapping(option, given)
        for name, value in cast("Mapping[object, object]", given).items():
            if not is_plain_function(value):
                raise ValueError(f"{option} has {value!r} for {name!r}: it takes a plain function")


def fault_of_types(given: object, **types: type) -> str | None:
    """The fault of the first option of another type; None where each has its own.

    Args:
        given: has the options as attributes.
        types: name of an option -> its type. True and False may be numbers.
    """
    for option, kind in types.items():
        value: object = getattr(given, option)
        if not isinstance(value, int if kind is bool else kind):
            return f"{option}={value!r}: it takes {_one(kind)}"
    return None


_WORDS: Mapping[type[Any], str] = {str: "a text", int: "a whole number"}


def _one(kind: type) -> str:
    """A value of a type, in words."""
    if kind is bool:
        return "True or False"
    members = ", ".join(str(member) for member in kind) if issubclass(kind, Enum) else ""
    return members or _WORDS.get(cast("type[Any]", kind), f"a value of {kind.__name__}")


def refuse_other_types(given: object, **types: type) -> None:
    """Raise ValueError where an option has another type."""
    if fault := fault_of_types(given, **types):
        raise ValueError(fault)

"""Values of options that are not of the type they should have, told where the options are made.

Most would count for nothing: a list for the text `"User"` hides no field of the class `User`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import cast


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


def types_in(option: str, types: object) -> frozenset[type]:
    """The types in a list. Raises ValueError for a list that is none."""
    if isinstance(types, Collection) and all(isinstance(each, type) for each in cast("Collection[object]", types)):
        return frozenset(cast("Collection[type]", types))
    raise ValueError(f"{option} takes a collection of types, not {types!r}")


def refuse_other_keys(**options: Mapping[type, object]) -> None:
    """Raise ValueError for an option by model with a key that is no class: no model would ever have it."""
    for option, by_model in options.items():
        for model in cast("Mapping[object, object]", by_model):
            if not isinstance(model, type):
                raise ValueError(f"{option} takes classes as keys, and {model!r} is none: write the class itself")


def refuse_other_values(kind: type, **options: Mapping[str, object]) -> None:
    """Raise ValueError for an option by name or path with a key that is no text, or with a value of another type."""
    for option, by_name in options.items():
        for name, value in cast("Mapping[object, object]", by_name).items():
            if not isinstance(name, str):
                raise ValueError(f"{option} takes texts as keys, and {str(name)!r} is none: write it as text")
            if not isinstance(value, kind):
                raise ValueError(f"{option} has {value!r} for {name!r}: it takes {_one(kind)}")


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


def _one(kind: type) -> str:
    """A value of a type, in words."""
    if kind is bool:
        return "True or False"
    members = ", ".join(str(member) for member in kind) if issubclass(kind, Enum) else ""
    return members or ("a text" if kind is str else f"a value of {kind.__name__}")


def refuse_other_types(given: object, **types: type) -> None:
    """Raise ValueError where an option has another type."""
    if fault := fault_of_types(given, **types):
        raise ValueError(fault)

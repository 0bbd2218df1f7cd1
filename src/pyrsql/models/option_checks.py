"""Mistakes of the developer that show before any request: names in the options that a model cannot have.

Only what is certainly a mistake is refused, because endpoints may share options:

- A name that is listed, mapped or given a converter for a model (`model_field_…`) must be one of that model.
- A path in `field_whitelist`, in `field_value_converters`, in `sort_field_types`, in the `fields` of a custom operator,
  and one that a mapping leads to must go on as it begins: `company.nmae` is a mistake where the model has a `company`.
  Its first name must be one that the model, or some model that a path leads to, has or maps.
- In `field_blacklist` a single name may be unknown: `{"password"}` is a good habit for models that have none, too. It
  is a mistake where it differs from an attribute in case or underscores alone: `{"passwordHash"}` for `password_hash`.
- The argument_type of a custom operator is a type that text is converted to: no client could use it otherwise.
- A join hint must name a relation where it names a model that a path leads to. Hints for other models wait for them.

This says nothing about rights: a listed field may be hidden by the model all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.models.paths import further_on, spelled_out, start
from pyrsql.options import FieldOptions, QueryOptions


def check_options(model: Model, options: FieldOptions, describe: Callable[[type], Model]) -> None:
    """Refuse options that cannot be right for a model.

    Args:
        model: where the paths of the options start.
        options: of a filter or of a sort.
        describe: describes a class of the developer's; raises ConfigurationError for one it does not know.

    Raises:
        ConfigurationError: it names the option and the name in it.
    """
    for fault in _faults(_Reach(model, options, describe), options):
        raise ConfigurationError(f"{model.name}: {fault}")


class _Reach:
    """The attributes that paths from a model lead to, looked up only when something has to be checked."""

    def __init__(self, model: Model, options: FieldOptions, describe: Callable[[type], Model]) -> None:
        self.model = model
        self.options = options
        self.describe = describe

    @cached_property
    def models(self) -> tuple[Model, ...]:
        found = {self.model.type: self.model}
        waiting = [self.model]
        while waiting:
            for member in waiting.pop().members.values():
                if isinstance(member, Relation) and (target := member.target()).type not in found:
                    found[target.type] = target
                    waiting.append(target)
        return tuple(found.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that some step of some path may have."""
        mappings = (self.options.field_mapping, *self.options.model_field_mapping.values())
        mapped = (part for mapping in mappings for alias in mapping for part in alias.split("."))
        return frozenset(mapped).union(*(_names(model.members) for model in self.models))

    @cached_property
    def documents(self) -> bool:
        """Some model has a document, whose keys may have any name."""
        fields = (member for model in self.models for member in model.members.values() if isinstance(member, Field))
        return any(isinstance(field.kind, kinds.Json) for field in fields)

    @cached_property
    def _by_class(self) -> Mapping[type, list[Model]]:
        """The models of each class, and of each of its bases."""
        found: dict[type, list[Model]] = {}
        for model in self.models:
            for base in model.type.__mro__:
                found.setdefault(base, []).append(model)
        return found

    def of_class(self, entity: type) -> list[Model]:
        """The models that options for a class count for; none where it cannot be told."""
        reached = self._by_class.get(entity)
        if not reached:
            try:
                return [self.describe(entity)]
            except ConfigurationError:
                return []  # A mixin, perhaps, of models that no path leads to.
        return reached


def _names(members: Mapping[str, Member]) -> Iterator[str]:
    for name, member in members.items():
        yield name
        if isinstance(member, Embedded):
            yield from _names(member.members)


def _faults(reach: _Reach, options: FieldOptions) -> Iterator[str]:
    yield from _list_faults(reach, options)
    yield from _path_faults(reach, options)
    yield from _model_faults(reach, options)
    yield from _hint_faults(reach, options)
    if isinstance(options, QueryOptions):
        yield from _operator_faults(options)


def _list_faults(reach: _Reach, options: FieldOptions) -> Iterator[str]:
    for path in options.field_whitelist or ():
        # A single name may be that of any step, also of a key in a document.
        if not _may_lead_somewhere(reach, path) and ("." in path or not reach.documents):
            yield f"field_whitelist has {path!r}, {_nowhere(reach.model, path)}"
        elif isinstance(options, QueryOptions) and (reason := _takes_no_value(reach.model, options, path)):
            yield f"field_whitelist has {path!r}, {reason}"
    for path in options.field_blacklist:
        if "." in path and not _may_lead_somewhere(reach, path) and not _leads_by_mapping(reach, reach.model, path):
            yield f"field_blacklist has {path!r}, which leads nowhere"
        elif "." not in path and path not in reach.names and (meant := _written_otherwise(reach, path)):
            yield f"field_blacklist has {path!r}, which hides nothing: did you mean {meant!r}?"


def _written_otherwise(reach: _Reach, name: str) -> str | None:
    """The attribute that a name means which differs from it in case or underscores alone, unless it is hidden too."""
    if reach.documents:
        # It may be a key.
        return None
    written = _letters(name)
    found = sorted(known for known in reach.names if _letters(known) == written)
    return None if set(found) & set(reach.options.field_blacklist) else next(iter(found), None)


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def _path_faults(reach: _Reach, options: FieldOptions) -> Iterator[str]:
    """Paths of mappings, converters and sort types that lead nowhere."""
    for name, path in (options.public_fields or {}).items():
        if not _leads_somewhere(reach.model, path.removesuffix(".*")):
            yield f"public_fields makes {name!r} of {path!r}, {_nowhere(reach.model, path)}"
    named = [
        *((path, f"field_mapping makes {alias!r} of {path!r}") for alias, path in options.field_mapping.items()),
        *((path, f"sort_field_types has {path!r}") for path in options.json_options.sort_field_types),
    ]
    if isinstance(options, QueryOptions):
        named += [(path, f"field_value_converters has {path!r}") for path in options.field_value_converters]
        named += [
            (path, f"custom_predicates lists {path!r} for {name!r}")
            for name, definition in options.custom_predicates.items()
            for path in definition.fields or ()
        ]
    for path, fault in named:
        if not _may_lead_somewhere(reach, path):
            yield f"{fault}, {_nowhere(reach.model, path)}"


def _model_faults(reach: _Reach, options: FieldOptions) -> Iterator[str]:
    """Names that options list for a model which does not have them."""
    converters: Mapping[type, Iterable[str]] = (
        options.model_field_value_converters if isinstance(options, QueryOptions) else {}
    )
    by_option: dict[str, Mapping[type, Iterable[str]]] = {
        "model_field_whitelist": options.model_field_whitelist,
        "model_field_blacklist": options.model_field_blacklist,
        "model_field_mapping": {entity: names.values() for entity, names in options.model_field_mapping.items()},
        "model_field_value_converters": converters,
    }
    for option, names_by_entity in by_option.items():
        for entity, names in names_by_entity.items():
            yield from _unknown_to_class(reach, option, entity, names)


def _hint_faults(reach: _Reach, options: FieldOptions) -> Iterator[str]:
    for hint in options.join_hints:
        owner, _, name = hint.rpartition(".")
        for model in reach.models:
            if not owner or (model.name == owner and not isinstance(model.members.get(name), Relation)):
                yield f"join_hints has {hint!r}, which is no relation: write it as 'User.company'"


def _operator_faults(options: QueryOptions) -> Iterator[str]:
    """Custom operators that no value can be given to."""
    for name, definition in options.custom_predicates.items():
        type_ = definition.argument_type
        if type_ is None or type_ in options.value_converter_registry.converters:
            continue
        if definition.operator.maximum_arguments != 0 and isinstance(kinds.kind_of(type_), kinds.Binary | kinds.Opaque):
            yield (
                f"custom_predicates gives {name!r} the argument_type {type_.__name__}, which no text becomes: give it a"
                " converter (value_converter_registry), or another argument_type"
            )


def _unknown_to_class(reach: _Reach, option: str, entity: type, paths: Iterable[str]) -> Iterator[str]:
    models = reach.of_class(entity)
    for path in paths:
        found = any(_leads_somewhere(model, path) for model in models)
        if not found and option == "model_field_blacklist":
            # An entry by a mapped name covers the attribute that the name stands for.
            found = any(_leads_by_mapping(reach, model, path) for model in models)
        if models and not found:
            reason = next((f": {why}" for model in models if (why := _refusal(model, path))), "")
            yield f"{option} has {path!r}, which {entity.__name__} does not have{reason}"


def _nowhere(model: Model, path: str) -> str:
    reason = _refusal(model, path)
    return "which leads nowhere" if reason is None else f"which leads nowhere: {reason}"


def _refusal(model: Model, path: str) -> str | None:
    """Why a path may not name one of its attributes, and the remedy; None where none of them is refused."""
    for name in path.split("."):
        if name in model.refused:
            return model.refused[name]
        step = model.members.get(name)
        if not isinstance(step, Relation):
            return None
        model = step.target()
    return None


def _takes_no_value(model: Model, options: QueryOptions, path: str) -> str | None:
    """Why no value can be compared with the field that a path leads to, and the remedy; None where one can be."""
    member, rest = _end_of(model, path)
    if rest:
        return None
    if isinstance(member, Computed) and member.field() is None:
        return (
            f"whose code gives no SQL expression of {model.name}: add one with @{member.name}.expression, with a"
            " scalar_subquery() for what other tables have, or a column_property, or leave it out"
        )
    field = member.field() if isinstance(member, Computed) else member
    if not isinstance(field, Field) or options.custom_predicates or field.rights.operators is not None:
        return None
    element = field.kind.item if isinstance(field.kind, kinds.Array) else field.kind
    if not isinstance(element, kinds.Opaque) or element.equal_to is not None or _is_converted(field, options, path):
        return None
    return (
        f"which no value can be compared with: its type {element.name} does not say how a text becomes a value. Give "
        "it a converter (field_value_converters), declare the python_type of a decorated type or annotate the "
        "attribute; or allow null checks alone: info={'pyrsql': field_rights(operators=['is_null', 'is_not_null'])}"
    )


def _is_converted(field: Field, options: QueryOptions, path: str) -> bool:
    """Whether some converter may make values of a field."""
    by_model = options.model_field_value_converters.values()
    return (
        path in options.field_value_converters
        or field.python_type in options.value_converter_registry.converters
        or any(path.endswith(name) for converters in by_model for name in converters)
    )


def _end_of(model: Model, path: str) -> tuple[Member | None, list[str]]:
    """The member that a path of attributes ends on, none of them mapped, and the rest of a path that leads on from a
    value; None for one that leads nowhere.
    """
    members, rest, found = model.members, path.split("."), None
    while rest:
        found = members.get(rest.pop(0))
        match found:
            case Relation(target=target):
                members = target().members
            case Embedded(members=inner):
                members = inner
            case Shortcut(path=steps):
                rest = [*steps, *rest]
            case Field() | Computed() | None:
                break
    return found, rest


def _leads_by_mapping(reach: _Reach, model: Model, path: str) -> bool:
    """Whether a path from a model leads to something, perhaps by names that the options map."""
    place = start(model) if model is reach.model else further_on(model)
    return any(True for _ in spelled_out(reach.options, place, tuple(path.split("."))))


def _may_lead_somewhere(reach: _Reach, path: str) -> bool:
    first, _, rest = path.partition(".")
    if any(first == alias.partition(".")[0] for alias in reach.options.field_mapping):
        return True
    if first in reach.model.members and rest:
        return _leads_somewhere(reach.model, path)
    return first in reach.names


def _leads_somewhere(model: Model, path: str) -> bool:
    """Whether a path of attributes, none of them mapped, leads to something, whether or not it is allowed."""
    member, rest = _end_of(model, path)
    value = member.field() if isinstance(member, Computed) and rest else member
    return value is not None and (not rest or (isinstance(value, Field) and isinstance(value.kind, kinds.Json)))

"""Frozen configuration: the decisions of a developer that all requests share."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from pyrsql.errors import ConfigurationError
from pyrsql.given import (
    NOTHING,
    Settled,
    copied,
    names_by_model,
    names_in,
    refuse_no_functions,
    refuse_other_keys,
    refuse_other_types,
    refuse_other_values,
    refuse_text_as_class,
    types_in,
)
from pyrsql.limits import DEFAULT_PARSE_LIMITS, DEFAULT_SORT_LIMITS
from pyrsql.limits import ParseLimits as ParseLimits
from pyrsql.limits import SortLimits as SortLimits
from pyrsql.operators import (
    DEFAULT_OPERATOR_REGISTRY,
    DEFAULT_OPERATORS,
    QUANTIFIERS,
    ComparisonOperator,
    OperatorRegistry,
)

_LOWERED = frozenset(operator.name for operator in (*DEFAULT_OPERATORS, *QUANTIFIERS))

Converter = Callable[[str], object]
"""Text of an argument -> Python value. Raise ValueError or TypeError to refuse the text."""


TextOrder = Literal["database", "code_point"]
"""Which order text has: that of the column's collation, or that of code points."""


class AllFields(enum.Enum):
    """The type of `ALL_FIELDS`."""

    ALL_FIELDS = "all fields"


ALL_FIELDS = AllFields.ALL_FIELDS
"""`filterable_fields=ALL_FIELDS` opens every field of a model, also those that the response model does not show."""


class JoinHint(enum.Enum):
    """How a to-one relation is joined: LEFT keeps rows without the related row, INNER drops them."""

    LEFT = "left"
    INNER = "inner"
    RIGHT = "right"


class JSONSortScalarType(enum.Enum):
    """The type by which a path below a JSON column is sorted."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DATETIME_TZ = "datetime_tz"


@dataclass(frozen=True, kw_only=True, eq=False)
class JSONOptions(Settled):
    """How paths below JSON columns are compared and sorted.

    Args:
        use_datetime: read arguments that look like dates and times as such, and compare by time, not by text.
        path_exists_function: the PostgreSQL function that tests a path.
        path_exists_tz_function: the same for values with a time zone.
        sort_field_types: written path -> the scalar type to sort it by.
    """

    use_datetime: bool = False
    path_exists_function: str = "jsonb_path_exists"
    path_exists_tz_function: str = "jsonb_path_exists_tz"
    sort_field_types: Mapping[str, JSONSortScalarType] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        refuse_other_types(self, use_datetime=bool)
        refuse_other_values(JSONSortScalarType, sort_field_types=self.sort_field_types)
        self._settle(sort_field_types=copied(self.sort_field_types))


DEFAULT_JSON_OPTIONS = JSONOptions()


@dataclass(frozen=True)
class FunctionSignature:
    """The argument and result types of a database function, so that no call of a client can fail in the database.

    Args:
        arguments: the Python types of its arguments, in order.
        returns: the Python type of its result.
        variadic: the last argument may be given any number of times, at least once.
        optional: how many of the last arguments may be left out.

    Raises:
        ValueError: no call could have such arguments.
    """

    arguments: tuple[type, ...]
    returns: type
    variadic: bool = False
    optional: int = 0

    def __post_init__(self) -> None:
        arguments = cast("object", self.arguments)
        if isinstance(arguments, type | str) or str in map(type, (*self.arguments, self.returns)):
            raise ValueError(f"FunctionSignature takes classes, (str, int), not {arguments!r} and {self.returns!r}")
        object.__setattr__(self, "arguments", tuple(self.arguments))
        if self.variadic and not self.arguments:
            raise ValueError("a variadic function needs the type of its last argument")
        if not 0 <= self.optional <= len(self.arguments):
            raise ValueError(f"{self.optional} of {len(self.arguments)} arguments cannot be optional")


@dataclass(frozen=True, kw_only=True)
class CustomPredicateDefinition:
    """An operator of the developer's own.

    Args:
        operator: its name, spellings and arity.
        argument_type: the Python type its arguments are converted to, one of those of columns or with a converter of
            its own; None takes the type of the field.
        field_types: the Python types of the fields that take it; `dict` is a JSON document, `list` an array column, a
            model a relation to it. None, together with `fields`, lets every field and relation take it.
        fields: paths of fields and relations that take it, whatever their type. A path below a JSON document takes it
            only where it is listed here, and so does a document with a blacklisted key: the function gets all of it.

    Raises:
        ValueError: no operator, a text for the argument type; `field_types` or `fields` is not a collection of
            types or of paths.
    """

    operator: ComparisonOperator
    argument_type: type | None = None
    field_types: Collection[type] | None = None
    fields: Collection[str] | None = None

    def __post_init__(self) -> None:
        refuse_other_types(self, operator=ComparisonOperator)
        refuse_text_as_class("argument_type", self.argument_type)
        if self.field_types is not None:
            object.__setattr__(self, "field_types", types_in("field_types", self.field_types))
        if self.fields is not None:
            object.__setattr__(self, "fields", names_in("fields", self.fields))


@dataclass(frozen=True, eq=False)
class ValueConverterRegistry(Settled):
    """Converters by Python type: how text becomes a value of that type wherever a field has it."""

    converters: Mapping[type, Converter] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        refuse_no_functions(converters=self.converters)
        for value_type in self.converters:
            refuse_text_as_class("a converter", value_type)
        self._settle(converters=copied(self.converters))

    def with_converter(self, value_type: type, converter: Converter) -> ValueConverterRegistry:
        """A registry that also converts text to `value_type` by `converter`."""
        return ValueConverterRegistry({**self.converters, value_type: converter})


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldOptions(Settled):
    """The options that filters and sorts share: names, rights and functions.

    All that a developer gives is copied: no later change of a dict or set counts. Names that cannot be right for a
    model are refused when its schema is built (`pyrsql.models.option_checks` says which).

    Args:
        field_mapping: name a client writes -> path it means. Also applies to the start of a longer path. The path it
            means is made of attributes and is not mapped again.
        model_field_mapping: model -> a mapping like this for paths (or rests of paths) that start at this model.
        join_hints: `"User.company"` -> how that relation is joined. RIGHT is refused.
        field_whitelist: the only fields a client may use. An entry is a whole path (`"company.name"`), or the name of
            one step: a path is allowed when it is listed whole or each of its steps is, as the client writes it or as
            the mapping and shortcuts spell it out. None allows all.
        field_blacklist: fields a client may not use: an entry forbids the path itself, every longer path that starts
            with it or comes back to it (`"boss.pay"` also `boss.boss.pay`), and, when it is a single name, that name
            anywhere in a path. A mapped name, a synonym, a proxy or a composite forbids the attributes behind it too.
        model_field_whitelist: model -> the only attributes of it that a path may touch.
        model_field_blacklist: model -> attributes of it, or paths from it, that no path may touch. Entries cover the
            attributes behind them, as in `field_blacklist`. Both lists also apply to the attributes that only
            a subclass has, where a path reaches them through its base class.
        public_fields: published name -> path of attributes: the only paths a client may use, each exactly as it is
            published. `{"author.name": "writer.name"}` allows `author.name` and neither `author` nor `writer.name`. A
            path that ends on `.*` (`{"extra": "doc.*"}`) also allows the keys of a JSON document. It
            replaces `field_mapping` and `model_field_mapping`; the other lists still narrow it. With None this option
            does nothing.
        procedure_whitelist: regular expressions for the names of the functions a client may call (whole match). An
            expression matches the well-known functions and those declared in `function_signatures`; any other
            function must be listed by its exact name, so that no client calls one by accident.
        procedure_blacklist: the same for names that are forbidden even if listed.
        function_signatures: name -> what the function takes and gives. A function that is listed by name and neither
            declared here nor well-known takes one text and gives text.
        json_options: how paths below JSON columns behave.
        text_order: the order of text in `<`, `>`, `=bt=` and sorts. `"database"` follows the collation of the column,
            which is what its indexes serve; `"code_point"` gives the same order on every database.
        quantifiers: `=any=`, `=none=` and `=all=` test related rows with a filter of their own
            (`roles=any='code==admin;level>2'`), and `@count[roles]` counts them.
        cached_texts: size of the LRU cache of parsed filters and sorts, which holds 15 MB at most. A text is not kept
            where your own code decides what it means: a converter, a custom operator, a hybrid property. 0 keeps none.

    Raises:
        ValueError: an option of another type, as a text where a list of names is expected; an expression that is none,
            a RIGHT join, a negative number of texts.
    """

    field_mapping: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    model_field_mapping: Mapping[type, Mapping[str, str]] = field(default_factory=lambda: NOTHING)
    join_hints: Mapping[str, JoinHint] = field(default_factory=lambda: NOTHING)
    field_whitelist: Collection[str] | None = None
    field_blacklist: Collection[str] = ()
    model_field_whitelist: Mapping[type, Collection[str]] = field(default_factory=lambda: NOTHING)
    model_field_blacklist: Mapping[type, Collection[str]] = field(default_factory=lambda: NOTHING)
    public_fields: Mapping[str, str] | None = None
    procedure_whitelist: Collection[str] = ()
    procedure_blacklist: Collection[str] = ()
    function_signatures: Mapping[str, FunctionSignature] = field(default_factory=lambda: NOTHING)
    json_options: JSONOptions = DEFAULT_JSON_OPTIONS
    text_order: TextOrder = "database"
    quantifiers: bool = False
    cached_texts: int = 512

    def __post_init__(self) -> None:
        refuse_other_types(self, json_options=JSONOptions, quantifiers=bool, cached_texts=int)
        if self.cached_texts < 0:
            raise ValueError(f"cached_texts={self.cached_texts}: write 0 or a positive number")
        if self.text_order not in ("database", "code_point"):
            raise ValueError(f"text_order is 'database' or 'code_point', not {self.text_order!r}")
        refuse_other_keys(
            model_field_mapping=self.model_field_mapping,
            model_field_whitelist=self.model_field_whitelist,
            model_field_blacklist=self.model_field_blacklist,
        )
        refuse_other_values(JoinHint, join_hints=self.join_hints)
        for mapping in self.model_field_mapping.values():
            refuse_other_values(str, model_field_mapping=mapping)
        refuse_other_values(FunctionSignature, function_signatures=self.function_signatures)
        refuse_other_values(str, field_mapping=self.field_mapping, public_fields=self.public_fields or {})
        for relation, hint in self.join_hints.items():
            if hint is JoinHint.RIGHT:
                raise ValueError(f"join hint for {relation!r}: RIGHT would add rows to the result; use LEFT or INNER")
        whitelist = self.field_whitelist
        self._settle(
            field_mapping=copied(self.field_mapping),
            model_field_mapping=copied({model: copied(names) for model, names in self.model_field_mapping.items()}),
            join_hints=copied(self.join_hints),
            field_whitelist=None if whitelist is None else names_in("field_whitelist", whitelist),
            field_blacklist=names_in("field_blacklist", self.field_blacklist),
            model_field_whitelist=names_by_model("model_field_whitelist", self.model_field_whitelist),
            model_field_blacklist=names_by_model("model_field_blacklist", self.model_field_blacklist),
            public_fields=None if self.public_fields is None else copied(self.public_fields),
            procedure_whitelist=names_in("procedure_whitelist", self.procedure_whitelist),
            procedure_blacklist=names_in("procedure_blacklist", self.procedure_blacklist),
            function_signatures=copied(self.function_signatures),
        )
        for expression in (*self.procedure_whitelist, *self.procedure_blacklist):
            try:
                re.compile(expression)
            except re.error as error:
                raise ValueError(f"{expression!r} is no regular expression for functions: {error}") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class QueryOptions(FieldOptions):
    """How filters are read and what they may do. See `FieldOptions` for names, rights and functions.

    Args:
        strict_equality: `==` and `!=` take their argument literally: no wildcard, no caret.
        distinct: select distinct rows.
        like_escape_character: the like operators take SQL patterns (`%`, `_`) with this ESCAPE character,
            and find them anywhere in the value.
        negation: what a negative operator does with NULL. `"sql"` leaves such rows out; with `"complement"` it returns
            exactly the rows that the positive operator does not.
        parse_limits: how large a filter may be.
        operator_registry: the operators clients may use.
        custom_predicates: operators of the developer's own, by name; they are added to the registry.
        value_converter_registry: converters by Python type.
        field_value_converters: converters by path, as the client writes it or as the mapping spells it out. They come
            before those by model, which come before those by type.
        model_field_value_converters: model -> converters by attribute name.
    """

    strict_equality: bool = False
    distinct: bool = False
    like_escape_character: str | None = None
    negation: Literal["sql", "complement"] = "sql"
    parse_limits: ParseLimits = DEFAULT_PARSE_LIMITS
    operator_registry: OperatorRegistry = DEFAULT_OPERATOR_REGISTRY
    custom_predicates: Mapping[str, CustomPredicateDefinition] = field(default_factory=lambda: NOTHING)
    value_converter_registry: ValueConverterRegistry = ValueConverterRegistry()
    field_value_converters: Mapping[str, Converter] = field(default_factory=lambda: NOTHING)
    model_field_value_converters: Mapping[type, Mapping[str, Converter]] = field(default_factory=lambda: NOTHING)
    operators: OperatorRegistry = field(init=False, repr=False)

    def __post_init__(self) -> None:
        FieldOptions.__post_init__(self)
        refuse_other_types(
            self,
            strict_equality=bool,
            distinct=bool,
            parse_limits=ParseLimits,
            operator_registry=OperatorRegistry,
            value_converter_registry=ValueConverterRegistry,
        )
        refuse_other_keys(model_field_value_converters=self.model_field_value_converters)
        refuse_other_values(CustomPredicateDefinition, custom_predicates=self.custom_predicates)
        refuse_no_functions(field_value_converters=self.field_value_converters)
        for converters in self.model_field_value_converters.values():
            refuse_no_functions(model_field_value_converters=converters)
        by_model = {model: copied(converters) for model, converters in self.model_field_value_converters.items()}
        self._settle(
            custom_predicates=copied(self.custom_predicates),
            field_value_converters=copied(self.field_value_converters),
            model_field_value_converters=copied(by_model),
        )
        escape = self.like_escape_character
        if escape is not None and len(escape) != 1:
            raise ValueError(f"like_escape_character must be one character, not {escape!r}")
        if escape == "%":
            raise ValueError("like_escape_character must not be '%': that is the wildcard for any text")
        if self.negation not in ("sql", "complement"):
            raise ValueError(f"negation is 'sql' or 'complement', not {self.negation!r}")
        for name, custom in self.custom_predicates.items():
            if custom.operator.name != name:
                raise ValueError(f"custom predicate {name!r} holds the operator {custom.operator.name!r}")
        own = [custom.operator for custom in self.custom_predicates.values()]
        if self.quantifiers:
            _refuse_clash((*self.operator_registry, *own))
            own += QUANTIFIERS
        registry = self.operator_registry.with_operators(own)
        for operator in registry:
            if operator.name not in _LOWERED and operator.name not in self.custom_predicates:
                raise ValueError(f"operator {operator.name!r} has no meaning: add it to custom_predicates")
        self._settle(operators=registry)


@dataclass(frozen=True, kw_only=True, eq=False)
class SortOptions(FieldOptions):
    """How sorts are read and what they may use. See `FieldOptions` for names, rights and functions.

    Args:
        sort_limits: how large a sort may be.
        null_order: where NULL sorts when the client does not say. `"largest"` sorts it as the largest value on every
            database; `"database"` leaves it where the database puts it, which is what its indexes serve.
    """

    sort_limits: SortLimits = DEFAULT_SORT_LIMITS
    null_order: Literal["largest", "database"] = "largest"

    def __post_init__(self) -> None:
        FieldOptions.__post_init__(self)
        refuse_other_types(self, sort_limits=SortLimits)
        if self.null_order not in ("largest", "database"):
            raise ValueError(f"null_order is 'largest' or 'database', not {self.null_order!r}")


def _refuse_clash(others: Iterable[ComparisonOperator]) -> None:
    """Raise ConfigurationError where an operator of the developer's own has the name or a spelling of a quantifier."""
    for operator in others:
        for quantifier in QUANTIFIERS:
            if operator.name == quantifier.name or set(operator.spellings) & set(quantifier.spellings):
                raise ConfigurationError(
                    f"quantifiers=True gives {quantifier.spelling!r} a meaning, but the operator {operator.name!r} has "
                    "it already: spell yours otherwise, or leave quantifiers out"
                )


DEFAULT_QUERY_OPTIONS = QueryOptions()
DEFAULT_SORT_OPTIONS = SortOptions()

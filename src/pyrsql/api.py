"""The object surface: the stages of `pipeline` as methods, raising where a stage would fail."""

# `bind` of returns emulates higher kinds, which pyright knows in part; the type of its result is known.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from returns.result import Failure, Result

from pyrsql.caches import validated_filter, validated_order
from pyrsql.criteria import statement_of
from pyrsql.errors import ConfigurationError, ParseError, PyrsqlError, ValidationError
from pyrsql.language.nodes import Node, SortKey
from pyrsql.language.parse import is_blank, parse_sort
from pyrsql.language.parse import parse as parse_stage
from pyrsql.models.backend import ORM
from pyrsql.models.schema import schema_for, schema_of_sorts
from pyrsql.options import DEFAULT_QUERY_OPTIONS, DEFAULT_SORT_OPTIONS, QueryOptions, SortOptions
from pyrsql.problems import Problems
from pyrsql.validation.plan import Criteria, Filter

TargetT = TypeVar("TargetT")
ValueT = TypeVar("ValueT")


class Criterion(Protocol):
    """A query, a sort or a page, which can be applied to a target."""

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """The target, narrowed, sorted or cut."""
        ...


class Compiled(NamedTuple):
    """A query, sort or page together with its backend."""

    criterion: Criterion
    orm: ORM

    def apply(self, target: TargetT, model: type) -> TargetT:
        """Apply it to a target over `model`. Raises ValidationError for anything that the model does not offer."""
        return self.criterion.apply(target, model, orm=self.orm)


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that was parsed; `parse` makes one.

    Args:
        text: as the client wrote it; None or blank for no filter.
        options: how it is read and validated.
        expression: its tree; None for no filter.
    """

    text: str | None
    options: QueryOptions
    expression: Node | None

    def compile(self, *, orm: ORM) -> Compiled:
        """Bind the query to a backend."""
        return Compiled(self, orm)

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """Narrow a target to the rows that pass.

        Args:
            target: a select over `model`.
            model: the class whose fields the filter names.
            orm: the backend.

        Raises:
            ValidationError: the filter uses something that the model does not offer.
        """
        schema = schema_for(model, orm=orm, options=self.options)
        filter = _unwrap(validated_filter(schema, self.expression), ValidationError)
        return statement_of(target, Criteria(filter)).select


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort that was parsed; `Sort.parse` makes one.

    Args:
        text: as the client wrote it; None or blank for no sort.
        options: how it is read and validated.
        keys: its keys, most important first.
    """

    text: str | None
    options: SortOptions
    keys: tuple[SortKey, ...]

    @classmethod
    def parse(cls, text: str | None, *, options: SortOptions | None = None) -> Sort:
        """Read a sort; a missing or blank text is no sort.

        Raises:
            ParseError: the text does not follow the grammar, or is larger than its limits.
            ConfigurationError: the text or the options are of another type.
        """
        chosen = DEFAULT_SORT_OPTIONS if options is None else options
        _refuse_others(text, chosen, SortOptions)
        if text is None or is_blank(text):
            return cls(text, chosen, ())
        return cls(text, chosen, _unwrap(parse_sort(text, chosen), ParseError))

    def compile(self, *, orm: ORM) -> Compiled:
        """Bind the sort to a backend."""
        return Compiled(self, orm)

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """Sort a target over `model`, completed to a total order.

        A filter inside of a sort, as in `@count[roles|#level>2]`, has the names and rights of the sort.

        Raises:
            ValidationError: the sort uses something that the model does not offer.
        """
        if not self.keys:
            return target
        schema = schema_of_sorts(model, orm, self.options)
        order = _unwrap(validated_order(schema, self.keys), ValidationError)
        return statement_of(target, Criteria(Filter(schema, None), order)).select


def parse(text: str | None, *, options: QueryOptions | None = None) -> Query:
    """Read a filter; a missing or blank text is no filter.

    Args:
        text: the filter as the client wrote it, after URL decoding.
        options: how it is read and validated.

    Raises:
        ParseError: the text does not follow the grammar, names an unknown operator, gives an operator the wrong number
            of arguments, or is larger than its limits.
        ConfigurationError: the text or the options are of another type.
    """
    chosen = DEFAULT_QUERY_OPTIONS if options is None else options
    _refuse_others(text, chosen, QueryOptions)
    return Query(text, chosen, _unwrap(parse_stage(text, chosen), ParseError))


def compile(text: str | None, *, orm: ORM, options: QueryOptions | None = None) -> Compiled:
    """Read a filter and bind it to a backend. Raises ParseError, as `parse` does."""
    return parse(text, options=options).compile(orm=orm)


def apply(target: TargetT, model: type, text: str | None, *, orm: ORM, options: QueryOptions | None = None) -> TargetT:
    """Narrow a target over `model` to the rows that pass a filter. Raises as `parse` and `Query.apply` do."""
    return parse(text, options=options).apply(target, model, orm=orm)


def _refuse_others(text: object, options: object, kind: type) -> None:
    """Raise ConfigurationError for what is no text, and for options of another type."""
    if not isinstance(text, str | None):
        raise ConfigurationError(f"{text!r} is no text to parse: give a text, or None")
    if not isinstance(options, kind):
        raise ConfigurationError(f"options={options!r}: it takes a value of {kind.__name__}")


def _unwrap(result: Result[ValueT, Problems], error: type[PyrsqlError]) -> ValueT:
    if isinstance(result, Failure):
        raise error(result.failure())
    return result.unwrap()

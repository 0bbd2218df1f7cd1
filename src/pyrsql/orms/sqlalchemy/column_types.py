"""SQLAlchemy's column types -> kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, cast

from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.orms.sqlalchemy.decorator_samples import (
    class_read,
    has_own_sql,
    hides,
    hides_keys,
    is_repeatable,
    keeps_letters,
    keeps_order,
    keeps_value,
    stores_alike,
    takes,
    takes_some_value,
)
from pyrsql.orms.sqlalchemy.dialects.families import MARIADB, MYSQL, POSTGRESQL, SQLITE
from pyrsql.orms.sqlalchemy.select_parts import variants
from pyrsql.orms.sqlalchemy.stored_moments import kept_as_text
from pyrsql.validation.text import UNBINDABLE

_INTEGER_BITS: tuple[tuple[type[types.Integer], int], ...] = (
    (mysql.TINYINT, 8),
    (mysql.MEDIUMINT, 24),
    (types.SmallInteger, 16),
    (types.BigInteger, 64),
    (types.Integer, 32),
)

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


class Described(NamedTuple):
    """The kind of a field by its column type: the attributes of `pyrsql.models.model.Field` of the same names."""

    kind: kinds.Kind
    python_type: type | None
    accepts: Callable[[object], bool] | None = None
    over_text: bool = False


def described(type_: TypeEngine[Any], annotated: type | None = None) -> Described:
    """The kind of a type of SQLAlchemy's, or a developer's, on every database.

    Args:
        type_: the type of a column or an expression.
        annotated: the Python type that the annotation of the attribute names. It counts for a `TypeDecorator` that does
            not say what it takes.
    """
    if isinstance(type_, postgresql.DOMAIN):
        return described(type_.data_type, annotated)
    found = _described(type_, annotated)
    binds, reads = has_own_sql(type_)
    if not (binds or reads):
        kept, accepts = kept_as_text(type(type_).__name__, forms_of(type_), found.kind, found.accepts)
        return found._replace(kind=kept, accepts=accepts)
    # The stored value differs from the bound and from the read one, and so do its order and its parts.
    kind = found.kind.equal_to if isinstance(found.kind, kinds.Opaque) else found.kind
    has_value = binds and not isinstance(kind, kinds.Json | kinds.Array | kinds.Binary)
    return Described(kinds.Opaque(type(type_).__name__, object, kind if has_value else None), *found[1:3])


def _described(type_: TypeEngine[Any], annotated: type | None) -> Described:
    if isinstance(type_, TypeDecorator) and not isinstance(type_, types.Interval):
        return _decorated(type_, annotated)
    found = _joined(type_, [_kind(type_), *map(_kind, forms_of(type_))])
    return Described(found, python_type_of(type_), _accepts_items(type_) if isinstance(found, kinds.Array) else None)


def python_type_of(type_: TypeEngine[Any]) -> type | None:
    """The Python type of a column's values, or None where the type does not say."""
    if isinstance(type_, mysql.YEAR):
        return int
    try:
        found = type_.python_type
    except NotImplementedError:
        return None
    # Since SQLAlchemy 2.1, a type that does not say answers this.
    return None if found is object else found


def is_text(type_: TypeEngine[Any]) -> bool:
    """Whether every database stores the values of a type as text."""
    return all(isinstance(form, types.String) and not isinstance(form, types.Enum) for form in forms_of(type_))


_DIALECTS = (POSTGRESQL, SQLITE, MYSQL, MARIADB)
"""The dialects that a type may have a form of its own on. PostgreSQL, which is the strictest, comes first."""


def forms_of(type_: TypeEngine[Any]) -> list[TypeEngine[Any]]:
    """The types that databases have for a type, PostgreSQL's first; most types are the same on all of them."""
    if not isinstance(type_, TypeDecorator | postgresql.DOMAIN) and not variants(type_):
        return [type_]
    return list(_forms(type_)) or [without_decorators(type_)]


def _forms(type_: TypeEngine[Any]) -> Iterator[TypeEngine[Any]]:
    for dialect in _DIALECTS:
        # The developer's code may know fewer dialects.
        with suppress(Exception):
            yield form_on(dialect, type_)


def form_on(dialect: Dialect, type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that a database has for a type: a variant, or the type below a decorator or a domain of PostgreSQL."""
    variant = variants(type_).get(dialect.name)
    if variant is not None:
        return form_on(dialect, variant)
    match type_:
        case types.Interval():
            return type_
        case TypeDecorator():
            return form_on(dialect, type_.load_dialect_impl(dialect))
        case postgresql.DOMAIN():
            return form_on(dialect, type_.data_type)
        case _:
            return type_


def without_decorators(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that a decorator decorates; any other type itself."""
    while isinstance(type_, TypeDecorator) and not isinstance(type_, types.Interval):
        type_ = type_.impl_instance
    return type_


def _kind(type_: TypeEngine[Any]) -> kinds.Kind:
    """The kind of the values of a type that is no decorator."""
    plain = next((kind for known, kind in _PLAIN_KINDS if isinstance(type_, known)), None)
    if plain is not None:
        return plain
    match type_:
        case types.Enum():
            return _enumeration(type_)
        case types.Integer():
            return _integer(type_)
        case types.Numeric():
            return kinds.Decimal(type_.precision, type_.scale)
        case types.Uuid():
            return kinds.Uuid(as_text=not type_.as_uuid)
        case types.String():
            return kinds.Text()
        case types.DateTime():
            return kinds.DateTime(aware=type_.timezone)
        case types.Time():
            return kinds.Time(aware=type_.timezone)
        case types.ARRAY():
            return kinds.Array(described(type_.item_type).kind)
        case _:
            python_type = python_type_of(type_) or object
            if python_type is bytes:
                return kinds.Binary()
            return kinds.Opaque(type(type_).__name__, python_type)


_PLAIN_KINDS: tuple[tuple[type[TypeEngine[Any]], kinds.Kind], ...] = (
    (types.Interval, kinds.Duration()),
    (postgresql.INTERVAL, kinds.Duration()),
    (types.Boolean, kinds.Boolean()),
    # Before Numeric, which it is a subclass of in SQLAlchemy 2.0.
    (types.Float, kinds.Float()),
    (types.Date, kinds.Date()),
    (types.JSON, kinds.Json()),
    # A comparison with less than four digits would be one with another year.
    (mysql.YEAR, kinds.Integer(1901, 2155)),
)
"""Types whose arguments do not change the kind of their values."""


def _integer(type_: types.Integer) -> kinds.Integer:
    bits = next(bits for known, bits in _INTEGER_BITS if isinstance(type_, known))
    if getattr(type_, "unsigned", False):
        return kinds.Integer(0, 2**bits - 1)
    return kinds.Integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _enumeration(type_: types.Enum) -> kinds.Enumeration:
    if type_.enum_class is not None:
        return kinds.Enumeration.of(type_.enum_class)
    return kinds.Enumeration(tuple((name, name) for name in type_.enums))


# --- types with several forms ----------------------------------------------------------------------------------------


def _joined(type_: TypeEngine[Any], found: list[kinds.Kind]) -> kinds.Kind:
    """The kind of values that every form of a type can be compared with; an Opaque where they share none.

    Args:
        type_: the type.
        found: its own kind, then those of its forms, PostgreSQL's first.
    """
    first, strictest = found[0], found[min(1, len(found) - 1)]
    if all(kind == first for kind in found):
        return first
    classes = {type(kind) for kind in found}
    if classes == {kinds.Integer}:
        integers = cast("list[kinds.Integer]", found)
        # One of 64 bits without a sign is an error on PostgreSQL.
        most = min(max(kind.maximum for kind in integers), 2**63 - 1)
        return kinds.Integer(min(kind.minimum for kind in integers), most)
    if classes <= {kinds.Integer, kinds.Decimal, kinds.Float}:
        return kinds.Decimal() if kinds.Decimal in classes else kinds.Float()
    if classes in ({kinds.DateTime}, {kinds.Time}):
        # Other databases store no offset, and take values with and without.
        return strictest
    if classes == {kinds.Boolean, kinds.Integer} and isinstance(first, kinds.Boolean):
        return first
    same_values = len({python_type_of(form) for form in (type_, *forms_of(type_))}) == 1
    if same_values and kinds.Text in classes and len(classes) == 2:
        # The form that takes fewer texts: those are texts for the others as well.
        narrow = {kind for kind in found if isinstance(kind, kinds.Uuid | kinds.Enumeration)}
        if len(narrow) == 1:
            return narrow.pop()
    return kinds.Opaque(type(type_).__name__)


def _decorated(type_: TypeDecorator[Any], annotated: type | None) -> Described:
    """The kind of a developer's type: by the Python type it declares, the one that is annotated, or the type it
    decorates.
    """
    own = without_decorators(type_)
    forms = [_kind(own), *map(_kind, forms_of(type_))]
    stored = _joined(own, forms)
    varies = len({type(kind) for kind in forms}) > 1
    if isinstance(stored, kinds.Json | kinds.Array):
        if isinstance(stored, kinds.Json) and hides_keys(type_):
            return Described(kinds.Opaque(type(type_).__name__), python_type_of(type_), _accepts(type_))
        # The values in a document or an array are compared, not the whole.
        return Described(stored, python_type_of(type_), _accepts_items(own))
    said = _declared(type_) or annotated or class_read(type_)
    python_type = said or python_type_of(own)
    accepts = _accepts(type_)
    name = type(type_).__name__
    given = type(forms[0] if python_type is None else kinds.kind_of(python_type))
    if said is None and not takes(type_, type(forms[0])):
        return Described(kinds.Opaque(name), None, accepts)
    if not is_repeatable(type_, given):
        return Described(kinds.Opaque(name), None, accepts)
    if python_type is None or python_type is python_type_of(own):
        if hides(type_, given):
            return Described(kinds.Opaque(name), python_type, accepts)
        if isinstance(forms[0], kinds.Text) and (varies or not keeps_letters(type_)):
            # A document of PostgreSQL's equals no text.
            equal = all(isinstance(kind, kinds.Text | kinds.Uuid | kinds.Enumeration | kinds.Binary) for kind in forms)
            return Described(kinds.Opaque(name, str, kinds.Text() if equal else None), python_type, accepts)
        return Described(_in_order(type_, stored), python_type, accepts)
    kind = kinds.kind_of(python_type)
    if isinstance(forms[0], kinds.Text) and not varies:
        compared = _over_text(name, kind, alike=stores_alike(type_, type(kind)))
        if isinstance(compared, kinds.Text) and hides(type_, kinds.Text):
            return Described(kinds.Opaque(name), python_type, accepts)
        return Described(compared, python_type, accepts, over_text=not isinstance(kind, kinds.Text))
    return Described(_in_order(type_, _over(name, kind, stored, varies=varies)), python_type, accepts)


def _in_order(type_: TypeDecorator[Any], kind: kinds.Kind) -> kinds.Kind:
    """The kind of values that are stored as numbers or times: one without ranges where these have another order."""
    return kind if keeps_order(type_, type(kind)) else kinds.Opaque(type(type_).__name__, object, kind)


def _over_text(name: str, kind: kinds.Kind, *, alike: bool) -> kinds.Kind:
    """The kind of values that are stored as text. The order of the texts may be another one than that of the values.

    Args:
        name: of the type.
        kind: of the values.
        alike: equal values are stored as one text.
    """
    match kind:
        case kinds.Opaque() | kinds.Binary() | kinds.Json() | kinds.Array():
            return kinds.Text()
        case kinds.Text() | kinds.Uuid() | kinds.Enumeration():
            return kind
        case (
            kinds.Boolean()
            | kinds.Integer()
            | kinds.Decimal()
            | kinds.Float()
            | kinds.Date()
            | kinds.Time()
            | kinds.DateTime()
            | kinds.Duration()
        ):
            return kinds.Opaque(name, object, kind if alike else None)


def _over(name: str, kind: kinds.Kind, stored: kinds.Kind, *, varies: bool) -> kinds.Kind:
    """The kind of values that are stored as another kind, which is no text on some database."""
    match kind:
        case kinds.Opaque() | kinds.Binary() | kinds.Text() | kinds.Json() | kinds.Array():
            # The text would have to become a value that only the developer's code makes of it.
            return kinds.Opaque(name, kind.python_type if isinstance(kind, kinds.Opaque) else str)
        case kinds.Uuid() | kinds.Enumeration():
            return kind
        case kinds.Boolean() if isinstance(stored, kinds.Boolean | kinds.Integer):
            return kind
        case kinds.Boolean():
            return kinds.Opaque(name, bool, kind)
        case kinds.DateTime() | kinds.Time():
            # A number says nothing of an offset, and PostgreSQL would look for one in a time of day.
            is_moment = isinstance(kind, kinds.DateTime)
            aware = stored.aware if isinstance(stored, kinds.DateTime | kinds.Time) else is_moment
            timed = kinds.DateTime(aware) if is_moment else kinds.Time(aware)
            return kinds.Opaque(name, object, timed) if varies else timed
        case kinds.Integer() | kinds.Decimal() | kinds.Float() | kinds.Date() | kinds.Duration():
            return kinds.Opaque(name, object, kind) if varies else kind


def _declared(type_: TypeDecorator[Any]) -> type | None:
    """The Python type that a decorator declares itself; without its own declaration it answers for the type
    below.
    """
    own = type(type_).__mro__[: type(type_).__mro__.index(TypeDecorator)]
    return python_type_of(type_) if any("python_type" in vars(base) for base in own) else None


def _accepts(type_: TypeDecorator[Any]) -> Callable[[object], bool]:
    """Whether a decorated type takes a value, on each database that its code knows."""

    def accepts(value: object) -> bool:
        taken = {_takes(process, value) for process in _processors(type_)}
        return False not in taken and taken != {None} and keeps_value(type_, value)

    return accepts


def _takes(process: Callable[[object], object], value: object) -> bool | None:
    """Whether the developer's code takes a value: it may refuse with an exception. None where it refuses everything, as
    it does on a database that it does not know.
    """
    try:
        return _is_bindable(process(value))
    except Exception:
        return False if takes_some_value(process) else None


def _accepts_items(type_: TypeEngine[Any]) -> Callable[[object], bool] | None:
    if not isinstance(type_, types.ARRAY):
        return None
    return described(cast("Any", type_).item_type).accepts


def _processors(type_: TypeEngine[Any]) -> Iterator[Callable[[object], object]]:
    """The functions by which a value becomes the value of a driver, one for each database that has the type."""
    for dialect in _DIALECTS:
        with suppress(Exception):
            process = type_.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                yield process


def _is_bindable(value: object) -> bool:
    """Whether no driver and no database refuses a value for its size or its characters."""
    match value:
        case int():
            return _SMALLEST <= value <= _LARGEST
        case str():
            return UNBINDABLE.search(value) is None
        case _:
            return True

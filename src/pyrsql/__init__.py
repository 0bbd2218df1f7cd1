"""RSQL filters, sorts and pages as SQLAlchemy statements, in a pipeline of pure functions."""

from pyrsql.api import Compiled, Query, Sort, apply, compile, parse
from pyrsql.cursor import CursorRequest
from pyrsql.errors import ConfigurationError, PageError, ParseError, PyrsqlError, ValidationError
from pyrsql.models.backend import ORM
from pyrsql.models.rights import field_rights
from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY, ComparisonOperator, OperatorRegistry
from pyrsql.options import (
    ALL_FIELDS,
    DEFAULT_JSON_OPTIONS,
    CustomPredicateDefinition,
    FunctionSignature,
    JoinHint,
    JSONOptions,
    JSONSortScalarType,
    ParseLimits,
    QueryOptions,
    SortLimits,
    SortOptions,
    ValueConverterRegistry,
)
from pyrsql.page import PageRequest
from pyrsql.version import __version__

__all__ = [
    "ALL_FIELDS",
    "DEFAULT_JSON_OPTIONS",
    "DEFAULT_OPERATOR_REGISTRY",
    "ORM",
    "ComparisonOperator",
    "Compiled",
    "ConfigurationError",
    "CursorRequest",
    "CustomPredicateDefinition",
    "FunctionSignature",
    "JSONOptions",
    "JSONSortScalarType",
    "JoinHint",
    "OperatorRegistry",
    "PageError",
    "PageRequest",
    "ParseError",
    "ParseLimits",
    "PyrsqlError",
    "Query",
    "QueryOptions",
    "Sort",
    "SortLimits",
    "SortOptions",
    "ValidationError",
    "ValueConverterRegistry",
    "__version__",
    "apply",
    "compile",
    "field_rights",
    "parse",
]

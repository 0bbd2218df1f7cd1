"""The names, formats and bounds of the parameters of a request."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from returns.result import Result, Success

from pyrsql.adapters.fastapi.report import OnRequest
from pyrsql.cursor import CURSOR_LENGTH, CursorFormat, Sealer
from pyrsql.errors import ConfigurationError
from pyrsql.given import fault_of_types, is_plain_function
from pyrsql.limits import is_limit
from pyrsql.options import DEFAULT_QUERY_OPTIONS, QueryOptions, SortOptions
from pyrsql.page import LARGEST_OFFSET, PageRequest
from pyrsql.problems import Problems, Source

Examples = Mapping[str, Mapping[str, Any]]
"""OpenAPI examples of a parameter: name -> `{"summary": …, "description": …, "value": …}`."""


PAGE_SIZE = 50
"""Rows on a page of a `page_dependency`, where no size is configured."""

LARGEST_PAGE_SIZE = 500
"""The most rows that a request may ask a `page_dependency` for, where no maximum is configured."""

_SOURCES: tuple[Source, ...] = ("filter", "sort", "page", "size", "cursor")
_NAMES = [f"{source}_parameter" for source in _SOURCES]
_EXAMPLES = [f"{source}_openapi_examples" for source in _SOURCES if source != "cursor"]


class SortParameterFormat(enum.Enum):
    """How a request names several sort keys: `sort=name,asc;age`, or `sort=name,asc&sort=age`."""

    SEMICOLON = "semicolon"
    REPEATED = "repeated"


@dataclass(frozen=True, kw_only=True)
class FastAPICriteriaConfig:
    """The names, formats and bounds of the parameters of a request. Share one between as many endpoints as
    you like.

    Args:
        filter_parameter: name of the query parameter that holds the filter.
        sort_parameter: name of the one that holds the sort.
        page_parameter: name of the one that holds the page number.
        size_parameter: name of the one that holds the page size.
        cursor_parameter: name of the one that holds the cursor, in lists that are paged by cursor.
        cursor_secrets: sign cursors. The first signs, all verify, so that a secret can be replaced.
        cursor_sealer: encrypts cursors, so that they show no values: an object with `seal`, `open` and `hides`.
        cursor_length: the most characters of a cursor; None lifts the limit.
        sort_parameter_format: how several sort keys are given.
        default_page_size: size of the page where a request names none. Without it a request that names
            neither page nor size gets all rows, and a page number alone is a problem. A `page_dependency` has 50.
        max_page_size: the largest size that a request may name. It bounds requested sizes; give
            `default_page_size` too to bound requests that ask for no page. A `page_dependency` has 500.
        one_based_paging: page numbers start at 1, not 0.
        unknown_parameters: which parameters are refused that no part of the route declares. `"suspicious"`: pieces of
            a filter with an unescaped `&` (`?filter=a>1&b==2`), our names in other case, names that other services
            have, such as `limit`, `order_by`, `page[size]` and `q`, and fields that the client may filter by.
            `"refuse"`: all of them. `"ignore"`: none.
        max_problems: the most problems that an answer holds. A filter with that many is read no further; None lifts
            the limit.
        query_options: how filters are read and validated.
        sort_options: how sorts are read and validated; without them sorts get the names, rights and functions of
            `query_options`.
        on_request: gets a `RequestReport` of each request: the shape of its filter and sort, problems and time, never a
            value. It is called where the request is validated, on the event loop for short texts, so it must not wait;
            its exceptions are logged and break no request.
        filter_openapi_examples: examples of the filter on the OpenAPI page.
        sort_openapi_examples: examples of the sort.
        page_openapi_examples: examples of the page number.
        size_openapi_examples: examples of the page size.

    Raises:
        ConfigurationError: an option of another type, a parameter without a name, two of the same name, sizes that no
            page can have, a limit below 1, secrets that are no list of texts, or an `on_request` that is no plain
            function.
    """

    filter_parameter: str = "filter"
    sort_parameter: str = "sort"
    page_parameter: str = "page"
    size_parameter: str = "size"
    cursor_parameter: str = "cursor"
    cursor_secrets: Sequence[str | bytes] = field(default=(), repr=False)
    cursor_sealer: Sealer | None = None
    cursor_length: int | None = CURSOR_LENGTH
    sort_parameter_format: SortParameterFormat = SortParameterFormat.SEMICOLON
    default_page_size: int | None = None
    max_page_size: int | None = None
    one_based_paging: bool = False
    unknown_parameters: Literal["suspicious", "refuse", "ignore"] = "suspicious"
    max_problems: int | None = 20
    query_options: QueryOptions = DEFAULT_QUERY_OPTIONS
    sort_options: SortOptions | None = None
    on_request: OnRequest | None = None
    filter_openapi_examples: Examples | None = None
    sort_openapi_examples: Examples | None = None
    page_openapi_examples: Examples | None = None
    size_openapi_examples: Examples | None = None
    default_page: Result[PageRequest | None, Problems] = field(init=False, repr=False, compare=False)
    """The page of a request that names none."""
    sources: Mapping[str, Source] = field(init=False, repr=False, compare=False)
    """Each name of a parameter -> which of the five it is."""
    cursors: CursorFormat = field(init=False, repr=False, compare=False)
    """How cursors are written and read."""

    def __post_init__(self) -> None:
        names = tuple(getattr(self, name) for name in _NAMES)
        fault = fault_of_types(
            self,
            query_options=QueryOptions,
            sort_options=SortOptions if self.sort_options is not None else type(None),
            sort_parameter_format=SortParameterFormat,
            one_based_paging=bool,
            **dict.fromkeys(_NAMES, str),
        )
        fault = fault or next(
            filter(None, (_fault_of_examples(option, getattr(self, option)) for option in _EXAMPLES)), None
        )
        if fault is not None:
            raise ConfigurationError(fault)
        if not all(names):
            raise ConfigurationError("a parameter of a request has an empty name")
        if len(set(names)) < len(names):
            raise ConfigurationError(f"the parameters of a request need different names, not {', '.join(names)}")
        if self.unknown_parameters not in ("suspicious", "refuse", "ignore"):
            raise ConfigurationError(
                f"unknown_parameters={self.unknown_parameters!r}: it is 'suspicious', 'refuse' or 'ignore'"
            )
        if not is_limit(self.cursor_length, 1):
            raise ConfigurationError(f"cursor_length={self.cursor_length!r}: a cursor has one character or more")
        if not is_limit(self.max_problems, 1):
            raise ConfigurationError(f"max_problems={self.max_problems!r}: an answer holds one problem or more")
        default, largest = self.default_page_size, self.max_page_size
        for option, size in (("default_page_size", default), ("max_page_size", largest)):
            if not is_limit(size, 1) or (size or 1) > LARGEST_OFFSET:
                raise ConfigurationError(f"{option}={size!r}: a page has at least one row and at most {LARGEST_OFFSET}")
        if default is not None and largest is not None and default > largest:
            raise ConfigurationError(f"default_page_size={default} is larger than max_page_size={largest}")
        if self.on_request is not None and not is_plain_function(self.on_request):
            raise ConfigurationError("on_request is called and not awaited: give a plain function of one RequestReport")
        cursors = CursorFormat(self.cursor_secrets, self.cursor_sealer, self.cursor_length)
        object.__setattr__(self, "cursor_secrets", cursors.secrets)
        object.__setattr__(self, "cursors", cursors)
        object.__setattr__(self, "sources", dict(zip(names, _SOURCES, strict=True)))
        object.__setattr__(self, "default_page", Success(None if default is None else PageRequest.of(0, default)))

    def with_page_sizes(self) -> FastAPICriteriaConfig:
        """The same with a default and a largest page size: those of a `page_dependency` where none are configured."""
        default, largest = self.default_page_size, self.max_page_size
        if default is not None and largest is not None:
            return self
        if largest is None:
            largest = max(LARGEST_PAGE_SIZE, default or 0)
        return replace(self, default_page_size=default or min(PAGE_SIZE, largest), max_page_size=largest)

    @property
    def first_page(self) -> int:
        """The number of the first page."""
        return 1 if self.one_based_paging else 0

    @property
    def largest_size(self) -> int:
        """The largest page size that a request may name."""
        return LARGEST_OFFSET if self.max_page_size is None else self.max_page_size

    @property
    def largest_page(self) -> int:
        """The largest page number that a request may name: no offset lies beyond it, for any size."""
        return LARGEST_OFFSET // (self.max_page_size or 1) - 1 + self.first_page


def _fault_of_examples(option: str, given: object) -> str | None:
    found = cast("Mapping[object, object]", given) if isinstance(given, Mapping) else None
    if given is None or (found is not None and all(isinstance(example, Mapping) for example in found.values())):
        return None
    return f"{option}={given!r}: write name -> example, such as {{'by_name': {{'value': 'name==demo'}}}}"


DEFAULT_CRITERIA_CONFIG = FastAPICriteriaConfig()

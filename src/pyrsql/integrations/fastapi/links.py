"""The Link header of a page (RFC 8288)."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.datastructures import URL, QueryParams

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig


def link_header(
    url: URL, config: FastAPICriteriaConfig, *, page: int, size: int, pages: int | None, has_next: bool
) -> str:
    """The ways from a page: first, prev, next, last, each as far as there is one and it is known.

    Every other parameter of the request stays. The links begin with the path: what host and scheme a client sees
    behind proxies is not ours to know.

    Args:
        url: of the request.
        config: gives names and number of the first page.
        page: number of this page.
        size: rows on a full page.
        pages: how many pages there are; None where that is not known.
        has_next: a page follows.
    """
    first = config.first_page
    last = None if pages is None else max(first, pages - 1 + first)
    ways: dict[str, int | None] = {
        "first": first,
        "prev": None if page == first else page - 1 if last is None else min(page - 1, last),
        "next": page + 1 if has_next else None,
        "last": last,
    }
    return ", ".join(
        f'<{_with_page(url, config, number, size)}>; rel="{rel}"' for rel, number in ways.items() if number is not None
    )


def _with_page(url: URL, config: FastAPICriteriaConfig, page: int, size: int) -> str:
    own = (config.page_parameter, config.size_parameter)
    kept = [(name, value) for name, value in QueryParams(url.query).multi_items() if name not in own]
    query = urlencode([*kept, (config.page_parameter, page), (config.size_parameter, size)])
    return f"{quote(url.path)}?{query}"

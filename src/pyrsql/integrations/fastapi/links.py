"""The Link header of a page (RFC 8288)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes, urlencode, urljoin, urlsplit

from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig

LONGEST_HEADER = 2_048
"""Bytes of all links together. Each repeats the whole query, and proxies refuse long headers."""

_BY_USE = ("next", "prev", "first", "last")
"""The links that are kept first where there is no room for all."""


def link_header(
    request: HTTPConnection,
    config: FastAPICriteriaConfig,
    *,
    page: int,
    size: int,
    pages: int | None,
    has_next: bool,
) -> str | None:
    """The links from a page: first, prev, next, last, each where there is one and it is known.

    Args:
        request: the request for the page.
        config: gives names and number of the first page.
        page: number of this page.
        size: rows on a full page.
        pages: how many pages there are; None where that is not known.
        has_next: a page follows.
    """
    first = config.first_page
    last = None if pages is None else max(first, pages - 1 + first)
    numbers: dict[str, int | None] = {
        "first": first,
        "prev": None if page == first else page - 1 if last is None else min(page - 1, last),
        "next": page + 1 if has_next else None,
        "last": last,
    }
    return header_of(
        request,
        (config.page_parameter, config.size_parameter),
        {
            relation: {config.page_parameter: number, config.size_parameter: size}
            for relation, number in numbers.items()
            if number is not None
        },
    )


def cursor_link_header(
    request: HTTPConnection,
    config: FastAPICriteriaConfig,
    *,
    size: int,
    next: str | None,
    prev: str | None,
    last: str,
) -> str | None:
    """The links from a page by cursor: first, prev, next and last, each where there is one.

    Args:
        request: the request for the page.
        config: gives the names of the parameters.
        size: rows on a full page.
        next: the cursor of the page behind this one.
        prev: the cursor of the page before it.
        last: the cursor of the last page.
    """
    cursors = {"first": "", "prev": prev, "next": next, "last": last}
    return header_of(
        request,
        (config.cursor_parameter, config.page_parameter, config.size_parameter),
        {
            relation: ({config.cursor_parameter: cursor} if cursor else {}) | {config.size_parameter: size}
            for relation, cursor in cursors.items()
            if cursor is not None
        },
    )


def header_of(request: HTTPConnection, own: Collection[str], links: Mapping[str, Mapping[str, object]]) -> str | None:
    """The header with links to other pages of a request; None where there is room for none.

    Every other parameter of the request stays. A link is an absolute path, made of `root_path` and path: the scheme and
    host that a client sees behind proxies are not known here.

    Args:
        request: the request.
        own: the names of the parameters that each link has values of its own for.
        links: relation -> those parameters.
    """
    path, kept = _path(request), _other_parameters(request, own)
    # A client would read `//host/users` as another host, and `/a/../users` as another path.
    if kept is None or urljoin("http://host/", path) != f"http://host{path}":
        return None
    written: dict[str, str] = {}
    room = LONGEST_HEADER
    for relation in sorted(links, key=_BY_USE.index):
        link = f'<{path}?{kept}{urlencode(links[relation])}>; rel="{relation}"'
        if len(link) <= room:
            written[relation] = link
            room -= len(link) + len(", ")
    return ", ".join(written[relation] for relation in links if relation in written) or None


def _path(request: HTTPConnection) -> str:
    """The path as a client sees it, encoded. A server may or may not have put `root_path` before it."""
    path, root = (str(request.scope.get(name, "")) for name in ("path", "root_path"))
    before = next((start for start in (root, root.rstrip("/")) if f"{path}/".startswith(f"{start}/")), "")
    return quote(root_of(request) + path.removeprefix(before))


def root_of(request: HTTPConnection) -> str:
    """The path of the application as a client sees it, not encoded, without a slash at its end.

    The root path of a server may be encoded, as in a URL, or be a whole URL, of which the path counts. The part that
    mounts add to it is decoded, as the path of a request is.
    """
    root = str(request.scope.get("root_path", ""))
    outer = str(request.scope.get("app_root_path", root))
    written = unquote(urlsplit(outer).path if "://" in outer else outer).strip("/")
    return (f"/{written}" if written else "") + root.removeprefix(outer).rstrip("/")


def _other_parameters(request: HTTPConnection, own: Collection[str]) -> str | None:
    """The other parameters of a query, byte for byte, but with every reserved byte encoded; None where they are too
    long for a link.
    """
    query: bytes = request.scope["query_string"]
    names = {name.encode() for name in own}
    kept = ""
    for piece in query.split(b"&"):
        name, _, value = (unquote_to_bytes(part) for part in piece.replace(b"+", b" ").partition(b"="))
        if piece and name not in names:
            if len(kept) + len(value) > LONGEST_HEADER:
                return None
            kept += f"{quote_plus(name)}={quote_plus(value)}&"
    return kept

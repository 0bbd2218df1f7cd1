"""A page by position: the request for one, and the cursor that says where it begins.

A cursor is `base64url(payload) [ "." base64url(MAC) ]`. The payload holds a version, a direction, the digests of sort
and filter, and the value of each key of the order at a row. It carries a position and no rights. It is data of a
client: whatever its text, it is read into a `Position` or refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from pyrsql.errors import ConfigurationError, PageError
from pyrsql.language.parse import is_blank
from pyrsql.models.backend import Carried, Position
from pyrsql.page import PageRequest
from pyrsql.problems import CursorFault, CursorProblem, LimitExceeded, Problem

ValueT = TypeVar("ValueT")

CURSOR_LENGTH = 8_192
"""The most characters of a cursor, where no other limit is given."""

_VERSION = 1
_DIGEST = 6
"""Bytes of a digest. They guard against mistakes; the MAC guards against malice."""
_MAC = 16
_HEADER = 2 + 2 * _DIGEST
_LENGTH = 4
"""Bytes of the length of a value: any text has room, and the length of the cursor is the one limit."""
_NULL = b"\xff" * _LENGTH
"""It stands for the length of NULL."""


@dataclass(frozen=True, slots=True)
class CursorRequest:
    """One page of `size` rows, by its position. Make one with `first`, `last` or `at`.

    Args:
        size: how many rows a page has.
        cursor: where it begins, as a page before gave it; None for the first page or the last.
        backward: without a cursor, the last page.

    Raises:
        PageError: a size that no page can have.
    """

    size: int
    cursor: str | None = None
    backward: bool = False

    def __post_init__(self) -> None:
        try:
            PageRequest(0, self.size)
        except PageError:
            # The problem of a size, worded for a size.
            PageRequest.of(0, self.size)

    @classmethod
    def first(cls, size: int) -> Self:
        """The first page. Raises PageError for a size that no page can have."""
        return cls(size)

    @classmethod
    def last(cls, size: int) -> Self:
        """The last page. Raises PageError for a size that no page can have."""
        return cls(size, backward=True)

    @classmethod
    def at(cls, cursor: str | None, size: int) -> Self:
        """The page that a cursor leads to; the first one for None and for a blank text.

        Raises:
            PageError: a size that no page can have.
        """
        return cls(size, None if cursor is None or is_blank(cursor) else cursor)


class Sealer(Protocol):
    """An authenticated encryption of your choice: the client's cursor shows no value."""

    @property
    def hides(self) -> bool:
        """A sealed payload shows nothing of what is in it."""
        ...

    def seal(self, payload: bytes, /) -> bytes:
        """The payload, encrypted."""
        ...

    def open(self, sealed: bytes, /) -> bytes:
        """The text that was sealed. Raises any exception for another one."""
        ...


class Digests(NamedTuple):
    """The digests of the order and the filter that a cursor belongs to."""

    sort: bytes
    filter: bytes


class Payload(NamedTuple):
    """The contents of a cursor."""

    position: Position
    digests: Digests


def digest(text: str) -> bytes:
    """A digest of a canonical text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]


@dataclass(frozen=True, slots=True)
class CursorFormat:
    """How cursors are written and read.

    Args:
        secrets: keys of the signature. The first signs, all verify, so that a secret can be replaced. None signs
            nothing.
        sealer: encrypts the payload.
        length: the most characters of a cursor; None lifts the limit.

    Raises:
        ConfigurationError: a secret without a character, something else than a list of secrets, or no sealer.
    """

    secrets: Sequence[str | bytes] = ()
    sealer: Sealer | None = None
    length: int | None = CURSOR_LENGTH

    def __post_init__(self) -> None:
        if isinstance(self.secrets, str | bytes):
            raise ConfigurationError("cursor secrets are a list, not one text: the first signs, all verify")
        given: Any = self.secrets
        secrets: tuple[Any, ...] = tuple(given) if hasattr(given, "__iter__") else (None,)
        if not all(isinstance(each, str | bytes) for each in secrets):
            raise ConfigurationError("cursor secrets are a list of texts or bytes")
        if self.sealer is not None and not all(hasattr(self.sealer, name) for name in ("seal", "open", "hides")):
            raise ConfigurationError("a cursor_sealer is an object with seal, open and hides")
        object.__setattr__(self, "secrets", secrets)
        if not all(self.secrets):
            raise ConfigurationError("a cursor secret is empty")

    def write(self, payload: Payload) -> str | None:
        """The text of a cursor; None for one that is too long."""
        encoded = _encoded(payload)
        text = _to_text(encoded if self.sealer is None else self.sealer.seal(encoded))
        if self.secrets:
            text = f"{text}.{_to_text(_mac(self.secrets[0], text))}"
        return text if self.length is None or len(text) <= self.length else None

    def read(self, text: str) -> Payload | Problem:
        """The contents of a cursor, or the problem with it.

        Problems: CursorProblem (unreadable, version, signature), LimitExceeded.
        """
        if self.length is not None and len(text) > self.length:
            return LimitExceeded(source="cursor", limit="cursor_length", maximum=self.length)
        body, dot, mac = text.partition(".")
        if bool(dot) is not bool(self.secrets) or not self._is_signed(body, mac):
            # Without secrets a signature says nothing; a cursor that has one comes from elsewhere.
            return CursorProblem(reason="signature" if dot or self.secrets else "unreadable")
        sealed = _to_bytes(body)
        payload = sealed if sealed is None or self.sealer is None else _opened(self.sealer, sealed)
        if payload is None:
            return CursorProblem(reason="unreadable")
        found = _decoded(payload)
        return found if isinstance(found, Payload) else CursorProblem(reason=found)

    def _is_signed(self, body: str, mac: str) -> bool:
        if not self.secrets:
            return not mac
        given = _to_bytes(mac)
        return given is not None and any(hmac.compare_digest(_mac(secret, body), given) for secret in self.secrets)


def _opened(sealer: Sealer, sealed: bytes) -> bytes | None:
    try:
        return sealer.open(sealed)
    except Exception:
        # Each encryption has exceptions of its own for what it has not sealed.
        return None


def _mac(secret: str | bytes, text: str) -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:_MAC]


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _to_bytes(text: str) -> bytes | None:
    """The bytes that a text encodes; None where it encodes none, or is not the one text for them."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if _to_text(data) == text else None


def _encoded(payload: Payload) -> bytes:
    position, digests = payload
    parts = [bytes([_VERSION, position.backward | position.few_ties << 1]), digests.sort, digests.filter]
    for key in position.values or ():
        parts.append(bytes([len(key)]))
        for value in key:
            if value is None:
                parts.append(_NULL)
                continue
            written = value.encode("utf-8")
            parts += [len(written).to_bytes(_LENGTH, "big"), written]
    return b"".join(parts)


def _decoded(data: bytes) -> Payload | CursorFault:
    if len(data) < _HEADER:
        return "unreadable"
    if data[0] != _VERSION:
        return "version"
    if data[1] > 3:
        return "unreadable"
    digests = Digests(data[2 : 2 + _DIGEST], data[2 + _DIGEST : _HEADER])
    try:
        values = tuple(_keys(memoryview(data)[_HEADER:]))
    except (ValueError, IndexError):
        return "unreadable"
    return Payload(Position(bool(data[1] & 1), values or None, bool(data[1] & 2)), digests)


def _keys(data: memoryview) -> Iterator[tuple[Carried, ...]]:
    """The values of each key. Raises ValueError or IndexError for data that ends before they do."""
    place = 0
    while place < len(data):
        count, place = data[place], place + 1
        key: list[Carried] = []
        for _ in range(count):
            header, place = bytes(data[place : place + _LENGTH]), place + _LENGTH
            if header == _NULL:
                key.append(None)
                continue
            begin, place = place, place + int.from_bytes(header, "big")
            if place > len(data):
                raise ValueError("a value is cut off")
            key.append(str(data[begin:place], "utf-8"))
        yield tuple(key)

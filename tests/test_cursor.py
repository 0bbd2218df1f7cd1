"""Cursors as texts: what is written is read again, and whatever else a client sends is refused."""

from __future__ import annotations

import base64
import string
from typing import Any

import pytest

from pyrsql import CursorRequest, PageError
from pyrsql.cursor import CURSOR_LENGTH, CursorFormat, Digests, Payload, digest
from pyrsql.errors import ConfigurationError
from pyrsql.models.backend import Position
from pyrsql.problems import CursorProblem, LimitExceeded

PAYLOAD = Payload(
    Position(False, (("sGröße\0", None), (), ("i-5",), ("f1e-15", "", "d1.10"))), Digests(digest("a"), digest("b"))
)
PLACES = [
    PAYLOAD,
    PAYLOAD._replace(position=Position(True, (("i1",),))),
    PAYLOAD._replace(position=Position(False, (("i1",),), few_ties=True)),
    PAYLOAD._replace(position=Position(True, (("i1",),), few_ties=True)),
    PAYLOAD._replace(position=Position(True)),
    PAYLOAD._replace(position=Position(False)),
]


class Reversing:
    """A sealer that hides nothing, and checks what it opens."""

    hides = False

    def seal(self, payload: bytes) -> bytes:
        return b"!" + payload[::-1]

    def open(self, sealed: bytes) -> bytes:
        if not sealed.startswith(b"!"):
            raise ArithmeticError("not sealed here")
        return sealed[:0:-1]


FORMATS = [
    CursorFormat(),
    CursorFormat(["secret"]),
    CursorFormat([b"\xff", "old"]),
    CursorFormat(sealer=Reversing()),
    CursorFormat(["secret"], Reversing()),
]


@pytest.mark.parametrize("format", FORMATS, ids=["plain", "signed", "rotated", "sealed", "signed and sealed"])
@pytest.mark.parametrize("payload", PLACES, ids=["values", "one", "few ties", "few ties backward", "end", "start"])
def test_a_cursor_is_read_as_it_was_written(format: CursorFormat, payload: Payload) -> None:
    text = format.write(payload)
    assert text is not None
    assert set(text) <= set(string.ascii_letters + string.digits + "-_.")
    assert format.read(text) == payload


def reason(found: Any) -> str:
    assert isinstance(found, CursorProblem)
    assert found.hint == "Leave the cursor out to begin at the first page."
    return found.reason


def test_the_first_secret_signs_and_all_verify() -> None:
    old, new, both = CursorFormat(["old"]), CursorFormat(["new"]), CursorFormat(["new", "old"])
    text = old.write(PAYLOAD)
    assert text is not None
    assert both.read(text) == PAYLOAD
    assert both.write(PAYLOAD) == new.write(PAYLOAD) != text
    assert reason(new.read(text)) == "signature"
    assert reason(CursorFormat().read(text)) == "signature"
    assert reason(new.read(CursorFormat().write(PAYLOAD) or "")) == "signature"
    assert reason(both.read(text.partition(".")[0])) == "signature"


@pytest.mark.parametrize("format", [CursorFormat(["secret"]), CursorFormat(["secret"], Reversing())])
def test_no_changed_character_passes_a_signature(format: CursorFormat) -> None:
    text = format.write(PAYLOAD)
    assert text is not None
    for place, character in enumerate(text):
        for other in "A_.é=\0":
            if other != character:
                assert reason(format.read(text[:place] + other + text[place + 1 :])) in ("signature", "unreadable")
        assert reason(format.read(text[:place])) in ("signature", "unreadable")


def test_every_changed_character_is_refused_or_read_as_another_cursor() -> None:
    format = CursorFormat()
    text = format.write(PAYLOAD)
    assert text is not None
    for place, character in enumerate(text):
        for other in (*string.ascii_letters, "-", "_", ".", "=", " ", "é", "\0", "\ud800", ""):
            if other != character:
                found = format.read(text[:place] + other + text[place + 1 :])
                assert found != PAYLOAD
                assert isinstance(found, Payload | CursorProblem)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "unreadable"),
        (".", "signature"),
        ("AQ", "unreadable"),
        ("Ag" + "A" * 20, "version"),
        ("é", "unreadable"),
        (" ", "unreadable"),
        ("=" * 8, "unreadable"),
        ("A" * 2_001, "unreadable"),
        (base64.urlsafe_b64encode(b"\x01\x04" + b"d" * 12).decode().rstrip("="), "unreadable"),
        (base64.urlsafe_b64encode(b"\x01\x00" + b"d" * 12 + b"\x01\0\0\0\x05ab").decode().rstrip("="), "unreadable"),
        (base64.urlsafe_b64encode(b"\x01\x00" + b"d" * 12 + b"\x01\0\0\0\x01\xff").decode().rstrip("="), "unreadable"),
    ],
)
def test_other_texts_are_no_cursors(text: str, expected: str) -> None:
    assert reason(CursorFormat().read(text)) == expected


def test_what_was_not_sealed_here_is_refused() -> None:
    text = CursorFormat().write(PAYLOAD)
    assert text is not None
    assert reason(CursorFormat(sealer=Reversing()).read(text)) == "unreadable"


def test_a_cursor_has_a_length() -> None:
    long = PAYLOAD._replace(position=Position(False, (("s" * 6_200,),)))
    assert CursorFormat().write(long) is None
    text = CursorFormat(length=None).write(long)
    assert text is not None
    assert CursorFormat(length=None).read(text) == long
    assert CursorFormat().read(text) == LimitExceeded(source="cursor", limit="cursor_length", maximum=CURSOR_LENGTH)


def test_a_cursor_without_a_limit_has_room_for_any_text() -> None:
    long = PAYLOAD._replace(position=Position(True, (("s" * 0xFFFF, "s" * 70_000, None), (None,), ("",))))
    unlimited = CursorFormat(length=None)
    text = unlimited.write(long)
    assert text is not None
    assert unlimited.read(text) == long
    for cut in range(len(text) - 5, len(text)):
        assert reason(unlimited.read(text[:cut])) == "unreadable"


def test_secrets_that_can_be_read_once_sign() -> None:
    given: Any = iter(["secret"])
    assert CursorFormat(given).secrets == ("secret",)


def test_secrets_are_checked() -> None:
    wrong: tuple[Any, ...] = ("secret", b"secret", [""], ["good", b""])
    for secrets in wrong:
        with pytest.raises(ConfigurationError):
            CursorFormat(secrets)


def test_a_request_says_where_it_begins() -> None:
    assert CursorRequest.first(5) == CursorRequest.at(None, 5) == CursorRequest.at("  ", 5) == CursorRequest(5)
    assert CursorRequest.last(5).backward
    assert CursorRequest.at("abc", 7) == CursorRequest(7, "abc")


@pytest.mark.parametrize("size", [0, -1, 2**63])
def test_a_page_has_a_size(size: int) -> None:
    for make in (CursorRequest.first, CursorRequest.last, lambda rows: CursorRequest.at("x", rows)):
        with pytest.raises(PageError) as caught:
            make(size)
        assert [problem.source for problem in caught.value.problems] == ["size"]

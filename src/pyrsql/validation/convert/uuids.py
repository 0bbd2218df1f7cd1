"""UUIDs."""

from __future__ import annotations

import re
import uuid

from pyrsql.validation.convert.refusal import BLANKS, Refusal, hint, hints

_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_HINTS = hints(
    BLANKS,
    (r"(?i:urn:uuid:.*)", "Leave out 'urn:uuid:'."),
    (r"\{.*\}", "Leave out the braces."),
)


def to_uuid(text: str) -> uuid.UUID | Refusal:
    """A UUID as 32 hexadecimal digits, with or without hyphens."""
    if not _UUID.fullmatch(text):
        return Refusal("a UUID, 32 hexadecimal digits with or without hyphens", hint(_UUID_HINTS, text))
    return uuid.UUID(text)


def to_uuid_text(text: str) -> str | Refusal:
    """A UUID for a column that stores it as text: lower case, with hyphens."""
    value = to_uuid(text)
    return value if isinstance(value, Refusal) else str(value)

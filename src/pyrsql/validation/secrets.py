"""Names of fields that look like secrets: a service that offers them to every client gets a warning."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from pyrsql.models.model import Embedded, Member, Model, Relation
from pyrsql.models.schema import Purpose, Schema
from pyrsql.validation.selectors import Resolution, resolve

_logger = logging.getLogger("pyrsql")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_SECRET = re.compile(
    "passwords?|passwd|passphrase|passcode|pwd|secrets?|tokens?|credentials?|salt|pin|otp|totp|cvv|cvc|ssn"
    "|apikey|apitoken|accesskey|accesstoken|authtoken|passwordhash|privatekey|secretkey"
)
_SECRET_AFTER_ANOTHER_WORD = re.compile("keys?|hash|hashes")
_STRUCTURE = re.compile(
    "primary|foreign|public|sort|sorting|partition|natural|surrogate|business|composite|candidate|unique|group"
    "|grouping|order|parent|cache|lookup|index|row|idempotency|translation|shard"
)
"""Words before `key` that make it a key of a table, not of a door."""


def looks_secret(name: str) -> bool:
    """Whether the name of a field looks like that of a secret. Names are compared word by word.

    >>> [looks_secret(name) for name in ("password", "apiKey", "hashed_password", "reset_token", "PIN", "pwd_hash")]
    [True, True, True, True, True, True]
    >>> [looks_secret(name) for name in ("key", "primary_key", "keyword", "hash", "secretary", "pinned", "tokenizer")]
    [False, False, False, False, False, False, False]
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return any(map(_SECRET.fullmatch, words)) or any(
        _SECRET_AFTER_ANOTHER_WORD.fullmatch(word) and not _STRUCTURE.fullmatch(before)
        for before, word in pairwise(words)
    )


def warn_of_secrets(schema: Schema) -> None:
    """Log the fields with such names that any client may filter or sort by, in one warning.

    Args:
        schema: that of an endpoint whose fields nobody has named.
    """
    found = sorted(set(_offered_secrets(schema)))
    if found:
        _logger.warning(
            "Any client may filter or sort %s by %s. Say which fields it may use: resource(%s, item=…) or "
            "filterable_fields=…",
            schema.model.name,
            ", ".join(found),
            schema.model.name,
        )


def _offered_secrets(schema: Schema) -> Iterator[str]:
    """Paths of such fields, on the model and on every model that a path leads to, each looked at once."""
    seen = {schema.model.type}
    waiting: list[tuple[str, Model]] = [("", schema.model)]
    for prefix, model in waiting:
        for name, member in _members(model.members):
            path = f"{prefix}{name}"
            if isinstance(member, Relation):
                target = member.target()
                if target.type not in seen and _is_offered(schema, path):
                    seen.add(target.type)
                    waiting.append((f"{path}.", target))
            elif looks_secret(name.rpartition(".")[2]) and _is_offered(schema, path):
                yield path


def _is_offered(schema: Schema, path: str) -> bool:
    purposes: tuple[Purpose, ...] = ("filter", "sort")
    found = (resolve(schema, purpose, path, suggest=False) for purpose in purposes)
    return any(isinstance(one, Resolution) for one in found)


def _members(members: Mapping[str, Member]) -> Iterator[tuple[str, Member]]:
    for name, member in members.items():
        if isinstance(member, Embedded):
            yield from ((f"{name}.{inner}", below) for inner, below in _members(member.members))
        else:
            yield name, member

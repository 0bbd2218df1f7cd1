"""Text as every backend has it: which characters can be sent, and which differ only in case."""

from __future__ import annotations

import re

UNBINDABLE = re.compile("[\0\ud800-\udfff]")
"""A character that PostgreSQL stores in no text, or that no driver can encode."""


def fold(text: str) -> str:
    """Text without its letter case: each character by itself in the lower-case form of one character that it has.

    >>> fold("GRÖẞE ΣΑΣ İ")
    'größe σασ i'
    """
    # Of all characters only İ has a longer one: an i, with its dot as a character of its own.
    return text.lower() if text.isascii() else "".join([character.lower()[0] for character in text])


def upper(text: str) -> str:
    """Text in upper case: each character in the upper-case form of one character that it has, or as it is.

    >>> upper("größe ᾳ")
    'GRÖßE ᾼ'
    """
    return text.upper() if text.isascii() else "".join(map(_upper_character, text))


def _upper_character(character: str) -> str:
    # `ᾳ` has two capitals: "ΑΙ", and `ᾼ`, which Unicode calls its title case and databases its upper case.
    return next((form for form in (character.upper(), character.title()) if len(form) == 1), character)

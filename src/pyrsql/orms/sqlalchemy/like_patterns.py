"""Patterns as databases write them: LIKE, SQLite's GLOB, and the letters that are the same but for case."""

from __future__ import annotations

import re

from pyrsql.validation.predicates import Pattern, SqlPattern
from pyrsql.validation.text import fold

_ESCAPE = "!"
_GLOB_WILDCARDS = "*?["
_GLOB_WILDCARD = re.compile(rf"[{re.escape(_GLOB_WILDCARDS)}]")


def like(pattern: Pattern | SqlPattern) -> str:
    """A pattern for LIKE with `!` as its escape character.

    >>> like(Pattern(("", "50%", "")))
    '%50!%%'
    """
    if isinstance(pattern, SqlPattern):
        tokens = _sql_tokens(pattern)
        return "".join(token if wild else _escaped(token) for token, wild in tokens)
    return "%".join(map(_escaped, pattern.pieces))


def glob(pattern: Pattern | SqlPattern, ignore_case: bool = False) -> str:
    """A pattern for SQLite's GLOB, whose case always counts: to ignore it, each letter becomes a class of its forms.

    >>> glob(Pattern(("", "a*b?", "")))
    '*a[*]b[?]*'
    >>> glob(Pattern(("Münch", "")), ignore_case=True)
    '[mM][üÜ][nN][cC][hH]*'
    """
    if isinstance(pattern, SqlPattern):
        wildcards = {"%": "*", "_": "?"}
        return "".join(
            wildcards[token] if wild else _globbed(token, ignore_case) for token, wild in _sql_tokens(pattern)
        )
    return "*".join(_globbed(piece, ignore_case) for piece in pattern.pieces)


def _escaped(piece: str) -> str:
    return piece.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")


def _globbed(piece: str, ignore_case: bool) -> str:
    if not ignore_case:
        return _GLOB_WILDCARD.sub(r"[\g<0>]", piece)
    return "".join([_glob_class(character) for character in piece])


def _glob_class(character: str) -> str:
    forms = case_forms(character)
    return f"[{forms}]" if len(forms) > 1 or character in _GLOB_WILDCARDS else character


def case_forms(character: str) -> str:
    """The characters that are the same but for case, each itself and the forms of one character it has in other cases.

    >>> case_forms("a"), case_forms("ß"), case_forms("1")
    ('aA', 'ßẞ', '1')
    """
    lower = fold(character)
    forms = dict.fromkeys([lower, character, lower.upper(), lower.title(), *_MORE_FORMS.get(lower, "")])
    return "".join(form for form in forms if len(form) == 1 and fold(form) == lower)


def forms_beyond_ascii(text: str) -> list[str]:
    """For each character of a text in lower case, the characters that are the same but for case, without A to Z.

    >>> forms_beyond_ascii("Aé1k")
    ['a', 'éÉ', '1', 'k\u212a']
    """
    return [
        "".join(form for form in case_forms(character) or character if not (form.isascii() and form.isupper()))
        for character in map(fold, text)
    ]


# Capitals that are not the upper-case form of their lower-case letter.
_MORE_FORMS = {"i": "\u0130", "k": "\u212a", "å": "\u212b", "ω": "\u2126", "θ": "\u03f4", "ß": "\u1e9e"}


def _sql_tokens(pattern: SqlPattern) -> list[tuple[str, bool]]:
    """The characters of a pattern in SQL notation, each with whether it is a wildcard."""
    tokens: list[tuple[str, bool]] = []
    characters = iter(pattern.text)
    for character in characters:
        if character == pattern.escape:
            tokens.append((next(characters), False))
        else:
            tokens.append((character, character in "%_"))
    return tokens

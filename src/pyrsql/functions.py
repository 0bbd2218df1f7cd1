"""Which database functions a client may call, and with what."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache

from pyrsql.options import FieldOptions, FunctionSignature

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")

WELL_KNOWN = {
    "upper": FunctionSignature((str,), str),
    "lower": FunctionSignature((str,), str),
    "trim": FunctionSignature((str,), str),
    "ltrim": FunctionSignature((str,), str),
    "rtrim": FunctionSignature((str,), str),
    "length": FunctionSignature((str,), int),
    "concat": FunctionSignature((str,), str, variadic=True),
    "replace": FunctionSignature((str, str, str), str),
    "abs": FunctionSignature((Decimal,), Decimal),
    "coalesce": FunctionSignature((str,), str, variadic=True),
}
"""Functions that every supported database has with the same meaning. They still have to be listed to be called."""


def signature(options: FieldOptions, name: str) -> FunctionSignature | None:
    """What a function takes and gives; None when a client may not call it, because it is not listed or blacklisted."""
    if not _NAME.fullmatch(name):
        return None
    if not _listed(name, options.procedure_whitelist) or _listed(name, options.procedure_blacklist):
        return None
    declared = options.function_signatures.get(name) or WELL_KNOWN.get(name.lower())
    return declared or FunctionSignature((str,), str, variadic=True)


def _listed(name: str, expressions: Collection[str]) -> bool:
    return any(_compiled(expression).fullmatch(name) for expression in expressions)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)

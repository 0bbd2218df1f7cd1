"""A filter in English, so that a person sees its meaning and its groups."""

from __future__ import annotations

import re

from returns.result import Success

from pyrsql.language.counts import read_count
from pyrsql.language.nodes import Comparison, Node, SortKey
from pyrsql.language.parse import parse_filter
from pyrsql.language.render import write_tree
from pyrsql.language.wildcards import pieces_of, without_caret
from pyrsql.options import QueryOptions

_QUANTIFIERS = QueryOptions(quantifiers=True)

_PLAIN = {
    "equal": "{field} is {value}",
    "not_equal": "{field} is not {value}",
    "greater": "{field} is greater than {value}",
    "greater_or_equal": "{field} is at least {value}",
    "less": "{field} is less than {value}",
    "less_or_equal": "{field} is at most {value}",
    "in": "{field} is one of {values}",
    "not_in": "{field} is none of {values}",
    "like": "{field} contains {value}",
    "not_like": "{field} does not contain {value}",
    "equal_ignore_case": "{field} is {value} in any case",
    "like_ignore_case": "{field} contains {value} in any case",
    "not_like_ignore_case": "{field} does not contain {value} in any case",
    "between": "{field} is from {first} to {last}",
    "not_between": "{field} is not from {first} to {last}",
    "is_null": "{field} is missing",
    "is_not_null": "{field} is present",
}
"""The sentence of each operator. Any other operator is shown as it is written."""

_PATTERNS = {
    "equal": "",
    "like": "",
    "like_ignore_case": "",
    "not_equal": "not ",
    "not_like": "not ",
    "not_like_ignore_case": "not ",
}
"""The operators whose argument may be a pattern, and the word before the verb."""


_QUANTIFIED = {
    "any": "some of {field} passes ({inner})",
    "none": "none of {field} passes ({inner})",
    "all": "all of {field} pass ({inner})",
}
"""The sentence of each quantifier and the filter that it holds."""

_OPPOSITES = {"is_null": "is_not_null", "is_not_null": "is_null"}


def filter_in_words(node: Node, options: QueryOptions = _QUANTIFIERS) -> str:
    """Say a filter in English.

    Args:
        node: the tree, parsed or made by hand.
        options: how the filters inside of quantifiers and counts are read.

    >>> from pyrsql import parse
    >>> filter_in_words(parse("name==^de*;(age>18,age=na=)").expression)
    "name begins with 'de' in any case and (age is greater than 18 or age is missing)"
    """
    # Each group has parentheses, so that precedence does not matter.
    return write_tree(node, lambda comparison: _comparison(comparison, options), and_=" and ", or_=" or ")


def sort_in_words(keys: tuple[SortKey, ...]) -> str:
    """Say a sort in English.

    >>> sort_in_words((SortKey("age", descending=True), SortKey("name", ignore_case=True, nulls_first=True)))
    'by age, largest first; then by name in any case, missing values first'
    """
    return "; then ".join(map(_key, keys))


def _comparison(comparison: Comparison, options: QueryOptions) -> str:
    name, field, values = comparison.operator.name, _field(comparison.selector, options), comparison.arguments
    if name in _OPPOSITES and values[:1] and values[0].lower() == "false":
        return _PLAIN[_OPPOSITES[name]].format(field=field)
    if name in _QUANTIFIED and not values:
        return _PLAIN["is_not_null" if name == "any" else "is_null"].format(field=field)
    if name in _QUANTIFIED:
        return _QUANTIFIED[name].format(field=field, inner=_inner(values[0], options))
    if name in _PATTERNS and len(values) == 1:
        pattern = _pattern(name, field, values[0])
        if pattern is not None:
            return pattern
    sentence = _PLAIN.get(name)
    shown = [_shown(value) for value in values]
    if sentence is None or not (shown or "value" not in sentence):
        return f"{field} {comparison.operator.spelling} {', '.join(shown)}".rstrip()
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}" if shown else ""
    first, last = (shown[0], shown[-1]) if shown else ("", "")
    return sentence.format(field=field, value=first, values=listed, first=first, last=last)


def _field(selector: str, options: QueryOptions) -> str:
    """A selector; a count of related rows in words."""
    count = read_count(selector)
    if count is None:
        return selector
    passing = f" that pass ({_inner(count.filter, options)})" if count.filter else ""
    return f"the number of {count.path}{passing}"


def _inner(text: str, options: QueryOptions) -> str:
    """The filter inside of a filter; one that cannot be read is shown as it is written."""
    parsed = parse_filter(text, options)
    return filter_in_words(parsed.unwrap(), options) if isinstance(parsed, Success) else text


def _pattern(name: str, field: str, value: str) -> str | None:
    """A comparison with a pattern, or one that ignores case by a caret; None for a plain value."""
    equality = name in ("equal", "not_equal")
    text, caret = without_caret(value) if equality else (value, False)
    case = " in any case" if caret or name.endswith("ignore_case") else ""
    negated = bool(_PATTERNS[name])
    match pieces_of(text):
        case [_] if not equality:
            return None
        case [piece]:
            verb = "is not" if negated else "is"
            return f"{field} {verb} {_shown(piece)}{case}"
        case [piece, ""]:
            verb = "does not begin" if negated else "begins"
            return f"{field} {verb} with {_quoted(piece)}{case}" if piece else _anything(field, negated)
        case ["", piece]:
            return f"{field} {'does not end' if negated else 'ends'} with {_quoted(piece)}{case}"
        case ["", piece, ""] if piece:
            return f"{field} {'does not contain' if negated else 'contains'} {_quoted(piece)}{case}"
        case _:
            return f"{field} {'does not look' if negated else 'looks'} like {_quoted(text)}{case}"


def _anything(field: str, negated: bool) -> str:
    return f"{field} is no text" if negated else f"{field} is any text"


def _key(key: SortKey) -> str:
    case = " in any case" if key.ignore_case else ""
    largest = ", largest first" if key.descending else ""
    nulls = {None: "", True: ", missing values first", False: ", missing values last"}[key.nulls_first]
    return f"by {_field(key.selector, _QUANTIFIERS)}{case}{largest}{nulls}"


def _shown(value: str) -> str:
    """A value as it stands where it is a number or a single word, else in quotes."""
    return value if re.fullmatch(r"[\w.:+-]+", value) else _quoted(value)


def _quoted(value: str) -> str:
    return f"'{value}'"

"""Advice on values, where a comparison or a list should end or go on."""

from __future__ import annotations

import re

from pyrsql.language import grammar
from pyrsql.language.advice import NO_PARAMETER, PARAMETER, Advice, Place
from pyrsql.language.foreign import SIGNS
from pyrsql.language.grammar import OPERATOR, RESERVED, RUN, VALUE
from pyrsql.language.operator_hints import no_arguments_after
from pyrsql.problems import Span

# Not the end of an operator such as `=na=`.
_sign_before = re.compile(r"(?<![=!<>~])[=!<>~]++\Z")
_word_operator_before = re.compile(r"=[A-Za-z]+=\Z")
# `filter=name==x`, which is read as a comparison of `filter` by `=name=`.
_parameter_before = re.compile(rf"^{PARAMETER}=(?=[A-Za-z]+=[A-Za-z]*\Z)", re.IGNORECASE)
_time_before = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9.]+)?[ ]\Z")
_offset_after = re.compile(r"[0-9]{2}(?::?[0-9]{2})?(?![0-9])")
_comparison_after = re.compile(rf"[&|]*[ ]*{RUN}[ ]*{OPERATOR}")
_COMPARISON = rf"(?:[(!]|{VALUE}[ ]*(?:[=<>!~(]|[A-Za-z]+(?:[ ]|\Z))|[^{RESERVED}]+[:＝＞＜！≥≤≠])"
_begins_comparison = re.compile(_COMPARISON, re.DOTALL)
_value_before = re.compile(rf"{OPERATOR}[ ]*([^();,=<>!~]*)\Z")
_JOINT = rf"[ ](?:(?:and|or)[ ]|(?i:and|or)[ ]+{_COMPARISON})"
_value_after = re.compile(rf"(?:(?!{_JOINT})[^();,=<>!~]|\([^()]*\))*+(?=[;,)]|{_JOINT}|\Z)")
_word_as_value_before = re.compile(r"=[A-Za-z]+=[ ]+(and|or)[ ]+\Z", re.IGNORECASE)
_clause_after = re.compile(r"(?:(?:order|group)[ ]+by|limit[ ]+[0-9]+|offset[ ]+[0-9]+)\b", re.IGNORECASE)
_semicolons_after = re.compile(rf"(?:;[ ]*{RUN}[ ]*)+\)")
straight_quoted: re.Pattern[str] = re.compile(grammar.QUOTED, re.DOTALL)
_doubled_quote = re.compile(r"(['\"])\1")

_JOINTS = {"&": ";", "|": ",", "；": ";", "，": ",", "、": ","}
"""Signs that join comparisons in other languages, and beyond ASCII."""

CURLY_QUOTES = "“”„‟‘’‚‛«»`"
"""Quotes that are ordinary characters here."""

QUOTE_WHOLE = "Put the whole value in quotes, and a backslash before each quote inside."
QUOTE_BLANK = "Put a value with blanks in quotes; a '+' in a URL means a blank, so send it as %2B."
QUOTE_PARENTHESES = "Put a value with parentheses in it in quotes."
NO_CALL = "Put a value with parentheses in it in quotes: nothing in a value is computed."
NO_CALL_WITHOUT_ARGUMENTS = "Nothing in a value is computed: write the value itself."
SENT_PLUS = "A '+' in a URL means a blank: send it as %2B."


def value_advice(place: Place) -> Advice | None:
    """The advice after a value."""
    found = place.found
    if found == ")":
        return Advice("No '(' is open here.")
    if found == "(" and no_arguments_after.match(place.after):
        return Advice(NO_CALL_WITHOUT_ARGUMENTS)
    if found == "(":
        return _quoted_value(place, QUOTE_PARENTHESES if place.before.endswith(" ") else NO_CALL)
    if grammar.ANOTHER_VALUE in place.wanted:
        return _list_advice(place)
    if found.lower() in ("and", "or"):
        return _keyword_advice(place)
    signs = _sign_before.search(place.before)
    before = signs[0] if signs and not _word_operator_before.search(place.before) else ""
    if found[:1] in ("=", "!", "<", ">", "~") and before and before + found in SIGNS:
        meant = SIGNS[before + found]
        return Advice(f"Write {meant!r}.", meant, Span(place.span.start - len(before), place.span.end))
    if (joint := _ampersand(place)) is not None:
        return joint
    if found == "=" and (parameter := _parameter_before.search(place.before)):
        return Advice(NO_PARAMETER, "", place.ahead(parameter))
    if found[:1] in ("=", "!", "<", ">", "~") and found:
        also = "; join two comparisons with ';'" if found[0] in "<>" else ""
        return Advice(f"Put a value with {found!r} in it in quotes{also}.")
    if _time_before.search(place.before) and _offset_after.match(place.after):
        return Advice(SENT_PLUS, f"+{found}", Span(place.span.start - 1, place.span.end))
    if _clause_after.match(place.after):
        return Advice("A filter is only the condition: order and pages have parameters of their own.")
    if word := _word_as_value_before.search(place.before):
        lower = word[1].lower()
        return Advice(f"Write ' {lower} ' in lower case.", lower, place.ahead(word, 1))
    if _comparison_after.match(place.after):
        return Advice("Join comparisons with ';' (and) or ',' (or).")
    if grammar.run_pattern.match(found) and place.before.endswith(" "):
        return _quoted_value(place, QUOTE_BLANK)
    return None


def quote_advice(place: Place) -> Advice | None:
    """Where a quote stands that opens or closes nothing."""
    if place.before and (grammar.run_pattern.fullmatch(place.before[-1]) or place.before[-1] in "'\""):
        return _quoted_value(place, QUOTE_WHOLE)
    if len(place.found) == 1:
        return Advice(f"The text that begins here has no closing {place.found}.")
    return None


def after_quote_advice(place: Place) -> Advice:
    """Where a value goes on behind the quote that ends it, as in `'O'Brien'`."""
    return _quoted_value(place, QUOTE_WHOLE)


def _quoted_value(place: Place, hint: str) -> Advice:
    """The advice to put a whole value in quotes, with the quoted value where it is clear how far it goes."""
    begun, rest = _value_before.search(place.before), _value_after.match(place.after)
    if begun is None or rest is None or place.is_cut(rest):
        return Advice(hint)
    if {"'", '"'} & set(straight_quoted.sub("", place.text[: place.ahead(begun).start])):
        # The operator stands in quotes: it is none.
        return Advice(hint)
    value = (begun[1] + rest[0]).rstrip(" ")
    start = place.ahead(begun, 1).start
    span = Span(start, start + len(value))
    if value.startswith("%") or value.endswith("%"):
        written = quoted(value.replace("%", "*"))
        return Advice(f"The wildcard is '*', not '%': write {written}, in quotes.", written, span)
    # A call is no text that someone looks for, and a function of a value does not exist.
    written = None if hint == NO_CALL else quoted(value)
    return Advice(hint) if written in (None, value) else Advice(hint, written, span)


def quoted(value: str) -> str | None:
    r"""The text of a value in quotes; None where it is not clear which quotes belong to it.

    >>> quoted("'O'Brien'"), quoted("Don''t"), quoted(r"a\b c")
    ('"O\'Brien"', '"Don\'t"', None)
    """
    inner = value
    if value[0] in "'\"" or value[0] in CURLY_QUOTES:
        if len(value) == 1 or (value[-1] != value[0] and value[-1] not in CURLY_QUOTES):
            return None
        inner = value[1:-1]
    inner = _doubled_quote.sub(r"\1", inner.replace("\\'", "'"))
    if "\\" in inner:
        return None
    if "'" in inner:
        return None if '"' in inner else f'"{inner}"'
    return f"'{inner}'"


def _list_advice(place: Place) -> Advice | None:
    """Inside a list."""
    if place.found == "":
        return Advice("A '(' is never closed.", ")")
    if several := _semicolons_after.match(place.after):
        span = place.behind(several.end())
        return Advice("Separate the values of a list with ','.", several[0].replace(";", ","), span)
    if place.found == ";":
        return Advice("The '(' of the list is never closed.")
    if place.before.endswith(" ") and place.found[:1] not in ("=", "!", "<", ">", "~"):
        return Advice("Separate the values of a list with ','; put a value with blanks in quotes.")
    return None


def _keyword_advice(place: Place) -> Advice:
    """`AND`, or a keyword without a blank on one side."""
    found = place.found
    sign = {"and": ";", "or": ","}[found.lower()]
    rest = place.after[len(found) :].strip(" ")
    if not rest and place.before.endswith(" "):
        blanks = len(place.before) - len(place.before.rstrip(" "))
        span = Span(place.span.start - blanks, len(place.text))
        return Advice(f"Leave out the '{found}' at the end.", "", span)
    if not _begins_comparison.match(rest):
        return Advice(f"A value with {found!r} in it needs quotes; each comparison has a field of its own.")
    if found.islower():
        return Advice(f"' {found} ' needs a blank on each side; or write {sign!r}.", sign)
    alone = place.before.endswith(" ") and place.after[len(found) :].startswith(" ")
    return Advice(f"Write ' {found.lower()} ' in lower case, or {sign!r}.", found.lower() if alone else sign)


def _ampersand(place: Place) -> Advice | None:
    """`&&`, `||` and `；`, which are read as a part of a value."""
    written = place.found if place.found[:1] in ("&", "|") else place.before.rpartition(" ")[2]
    if written == place.found and not _comparison_after.match(place.after):
        return None
    for sign, meant in _JOINTS.items():
        count = written.count(sign)
        if not count or not (written == place.found or place.found[:1] in ("=", "!", "<", ">")):
            continue
        if count > 2 or sign * count not in written:
            return None
        offset = place.span.start if written == place.found else place.span.start - len(written)
        start = offset + written.index(sign)
        return Advice(f"Write {meant!r} instead of {sign * count!r}.", meant, Span(start, start + count))
    return None

"""Advice on the mistakes that people make: the `hint` of a problem and, where it is a correction, its `replacement`.

Advice is a guess from the characters around a failure. It never decides whether a text is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyrsql.language import grammar
from pyrsql.language.advice import Advice, Place, place_of
from pyrsql.language.counts import COUNT
from pyrsql.language.foreign import EXPRESSIONS, PATTERNS, SIGNS, WIDE, WORDS
from pyrsql.language.grammar import OPERATOR, RUN
from pyrsql.language.nearest import nearest
from pyrsql.operators import OperatorRegistry
from pyrsql.problems import Span

# Not the end of an operator such as `=na=`.
_sign_before = re.compile(r"(?<![=!<>~])[=!<>~]++\Z")
_word_operator_before = re.compile(r"=[A-Za-z]+=\Z")
_sign_after = re.compile(r"[=!<>~]*+")
# `in`, `=in`, and `=in.` as PostgREST writes it.
_word_after = re.compile(r"(?:=([A-Za-z]+)\.?|((?:not[ ]+(?=(?:in|i?like|between)\b))?[A-Za-z]+))", re.IGNORECASE)
_bounds_after = re.compile(rf"((?:not[ ]+)?between)[ ]+({RUN})[ ]+and[ ]+({RUN})", re.IGNORECASE)
_wide_before = re.compile(r"[＝＞＜！≥≤≠]+(?=[^\"'();,=<>!~]*\Z)")
_encoded_before = re.compile(r"%(?:3[C-E]|21)[^\"'();,=<>!~]*\Z", re.IGNORECASE)
_null_after = re.compile(r"is[ ]+(not[ ]+)?null\b", re.IGNORECASE)
# `field[gt]` and `field__gt`, before an equals sign.
_suffix_before = re.compile(r"(?:\[\$?([A-Za-z]+)\]|__([A-Za-z]+))[ ]*\Z")
_colon_before = re.compile(r"(?<![:\"'();,=<>!~ ])(:)(?=[^:\"'();,=<>!~ ]*[ ]*\Z)")
call_before: re.Pattern[str] = re.compile(r"@?([A-Za-z_][A-Za-z0-9_]*)\Z")
call_after: re.Pattern[str] = re.compile(rf"\(({RUN})\)")
_time_before = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9.]+)?[ ]\Z")
_offset_after = re.compile(r"[0-9]{2}(?::?[0-9]{2})?(?![0-9])")
_comparison_after = re.compile(rf"{RUN}[ ]*{OPERATOR}")
_items_before = re.compile(rf"({OPERATOR})[ ]*({RUN}(?:,[ ]*{RUN})+)[ ]*\Z")
_item_before = re.compile(rf",[ ]*{RUN}[ ]*\Z")
_comma_number = re.compile(r"([+-]?[0-9]+),([0-9]+)")
_grouped_number = re.compile(r"([+-]?[0-9]{1,3})((?:,[0-9]{3})+|(?:\.[0-9]{3})+)(?:[.,]([0-9]+))?")
_more_groups = re.compile(r"(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])")
_bracketed = re.compile(rf"({OPERATOR})[ ]*(?:\[([^\[\]();]+)\]|\{{([^{{}}();]+)\}})")
_bracketed_after = re.compile(r"[ ]*(?:\[([^\[\]();]+)\]|\{([^{}();]+)\})")
_not_before = re.compile(r"(?:^|[(;, ])not[ ]+\Z", re.IGNORECASE)
joint_before: re.Pattern[str] = re.compile(r"([;,])[ ]*\Z")
_words_before = re.compile(rf"{OPERATOR}[ ]*({RUN}(?:[ ]+{RUN})*+[ ]+)\Z")
_words_after = re.compile(rf"{RUN}(?:[ ]+(?!and[ ]|or[ ]){RUN})*+(?=[ ]*(?:[;,)]|\Z|[ ]and[ ]|[ ]or[ ]))")
_curly_quoted = re.compile("[“”„‟‘’‚‛«»]([^“”„‟‘’‚‛«»'\"\\\\]*)[“”„‟‘’‚‛«»]")
_straight_quoted = re.compile(grammar.QUOTED, re.DOTALL)
_curly_quote = re.compile("[“”„‟‘’‚‛«»]")

bare_count_before: re.Pattern[str] = re.compile(rf"(?<!['\"])@{COUNT}\[[^\[\]|@#'\"]*\|#")

QUOTE_COUNT = "Put a count with a filter in it in quotes, as in '@count[roles|#level>2]'."
NO_NOT = "There is no NOT: use the opposite operator, such as '!='."
QUOTE_WHOLE = "Put the whole value in quotes, and a backslash before each quote inside."
STRAIGHT_QUOTES = "Write straight quotes, ' or \"."
SENT_PLUS = "A '+' in a URL means a blank: send it as %2B."
QUOTE_BLANK = "Put a value with blanks in quotes; a '+' in a URL means a blank, so send it as %2B."
NO_EXPRESSIONS = "There are no regular expressions: the wildcard is '*', as in name==abc*."
WRITE_PATTERN = "Write a pattern, such as name==abc* or name==*abc."
LIST_IN_PARENTHESES = "A list stands in parentheses, as in name=in=(a,b); a value with ',' in it needs quotes."


# --- filters ---


def syntax_advice(text: str, span: Span, expected: Iterable[str], operators: OperatorRegistry) -> Advice | None:
    """The advice where a filter does not follow the grammar.

    Args:
        text: the filter.
        span: the token that was found.
        expected: the terminals that the grammar would have taken.
        operators: the operators that clients may use.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> syntax_advice("a=>1", Span(1, 2), {grammar.AN_OPERATOR}, DEFAULT_OPERATOR_REGISTRY)
    Advice(hint="Write '>='.", replacement='>=', span=Span(start=1, end=3))
    >>> syntax_advice("a==1 AND b==2", Span(5, 8), {grammar.AN_AND}, DEFAULT_OPERATOR_REGISTRY).hint
    "Write ' and ' in lower case, or ';'."
    >>> syntax_advice(";", Span(0, 1), {grammar.A_FIELD}, DEFAULT_OPERATOR_REGISTRY) is None
    True
    """
    place = place_of(text, span, expected)
    if not place.found and grammar.END_OF_GROUP in place.wanted:
        return Advice("A '(' is never closed.")
    if bare_count_before.search(place.before):
        return Advice(QUOTE_COUNT)
    if (advice := _bracket_advice(place, operators)) is not None:
        return advice
    if place.found[:1] in ("'", '"') and place.found:
        return quote_advice(place)
    if (advice := _curly_advice(place)) is not None:
        return advice
    if place.before.endswith(("'", '"')) and grammar.run_pattern.match(place.found):
        return Advice(QUOTE_WHOLE)
    if grammar.AN_OPERATOR in place.wanted:
        return _operator_advice(place, operators)
    if place.wanted & {grammar.AN_AND, grammar.ANOTHER_VALUE, grammar.A_LIST}:
        return _after_value_advice(place)
    if place.found == "!" and grammar.A_FIELD in place.wanted:
        return Advice(NO_NOT)
    return joint_advice(place)


def _bracket_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`field=in=[a,b]` and `field==[a,b]`: brackets are ordinary characters, so that a comma ends the value."""
    offset = place.span.start - len(place.before)
    for found in _bracketed.finditer(place.before + place.after):
        operator = operators.find(found[1])
        if operator is None or not found.start() < len(place.before) <= found.end():
            continue
        values = found[2] or found[3]
        several = operator.maximum_arguments != 1
        if not several and not ("," in values and operator.name == "equal" and operators.find("=in=")):
            return None
        written = f"({values})" if several else f"=in=({values})"
        start = found.end(1) if several else found.start()
        return Advice(f"Write '{written}'.", written, Span(offset + start, offset + found.end()))
    return None


def quote_advice(place: Place) -> Advice | None:
    """Where a quote stands that opens or closes nothing."""
    if place.before and (grammar.run_pattern.fullmatch(place.before[-1]) or place.before[-1] in "'\""):
        return Advice(QUOTE_WHOLE)
    if len(place.found) == 1:
        return Advice(f"The text that begins here has no closing {place.found}.")
    return None


def _curly_advice(place: Place) -> Advice | None:
    """Typographic quotes are ordinary characters, so that a blank ends the value."""
    bare = _straight_quoted.sub("", place.before)
    if not _curly_quote.search(bare[bare.rfind(" ") + 1 :] + place.found):
        return None
    around = place.before + place.after
    for quoted in _curly_quoted.finditer(around):
        if quoted.start() <= len(place.before) <= quoted.end():
            offset = place.span.start - len(place.before)
            span = Span(offset + quoted.start(), offset + quoted.end())
            return Advice(STRAIGHT_QUOTES, f"'{quoted[1]}'", span)
    return Advice(STRAIGHT_QUOTES)


def joint_advice(place: Place) -> Advice | None:
    """Where a field or a value is missing behind a joint."""
    joint = joint_before.search(place.before)
    if joint is None or not place.before[: joint.start()].rstrip(" ("):
        return None
    if place.found in ("", ")"):
        where = " at the end" if not place.found else ""
        return Advice(f"Leave out the '{joint[1]}'{where}.", "", place.ahead(joint, 1))
    if place.found == joint[1]:
        empty = "; an empty value is written ''" if grammar.A_VALUE in place.wanted else ""
        repeated = len(place.after) - len(place.after.lstrip(f"{joint[1]} "))
        return Advice(f"Write one '{joint[1]}'{empty}.", "", place.behind(repeated))
    return None


def _operator_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """Between a field and its value."""
    if _not_before.search(place.before):
        return Advice(NO_NOT)
    corrected = (
        _suffix_advice(place, operators)
        or _word_advice(place, operators)
        or _sign_advice(place)
        or _colon_advice(place)
        or _comma_advice(place, operators)
    )
    if corrected:
        return corrected
    if place.found == "(":
        return _call_advice(place)
    if _item_before.search(place.before):
        return Advice(LIST_IN_PARENTHESES)
    if place.before.endswith(" ") and grammar.run_pattern.match(place.found):
        return Advice("A field with blanks in it needs quotes.")
    return None


def _suffix_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`field[gt]=1` and `field__gt=1`."""
    suffix = _suffix_before.search(place.before)
    if suffix is None or not place.after.startswith("="):
        return None
    operator = operator_of(suffix[1] or suffix[2], operators)
    if operator is None:
        return None
    return Advice(f"Write {operator!r}.", operator, Span(place.ahead(suffix).start, place.span.start + 1))


def _word_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    null = _null_after.match(place.after)
    if null and operators.find("=na=") and operators.find("=nn="):
        operator = "=nn=" if null[1] else "=na="
        return Advice(f"Write {operator!r}.", operator, place.behind(null.end()))
    bounds = _bounds_after.match(place.after)
    if bounds and (meant := operator_of(bounds[1], operators)):
        written = f"{meant}({bounds[2]},{bounds[3]})"
        return Advice(f"Write {written!r}.", written, place.behind(bounds.end()))
    word = _word_after.match(place.after)
    if word and (meant := operator_of(word[1] or word[2], operators)):
        values = _bracketed_after.match(place.after, word.end())
        if values:
            meant = f"{meant}({values[1] or values[2]})"
        return Advice(f"Write {meant!r}.", meant, place.behind((values or word).end()))
    return _without_operator(word[1] or word[2]) if word else None


def _without_operator(word: str) -> Advice | None:
    """The advice on an operator that only other languages have."""
    if word.lower() in PATTERNS:
        return Advice(WRITE_PATTERN)
    return Advice(NO_EXPRESSIONS) if word.lower() in EXPRESSIONS else None


def _sign_advice(place: Place) -> Advice | None:
    sign = _sign_after.match(place.after)
    if sign and (meant := SIGNS.get(sign[0])):
        return Advice(f"Write {meant!r}.", meant, place.behind(sign.end()))
    return None


def _colon_advice(place: Place) -> Advice | None:
    """`field:value`, which is read as a field, as are signs beyond ASCII and those that are encoded twice."""
    if wide := _wide_before.search(place.before + place.found):
        meant = SIGNS.get(sign := wide[0].translate(WIDE), sign)
        offset = place.span.start - len(place.before)
        return Advice(f"Write {meant!r}.", meant, Span(offset + wide.start(), offset + wide.end()))
    if _encoded_before.search(place.before):
        return Advice("The filter is percent-encoded twice: encode it once.")
    colon = _colon_before.search(place.before)
    if colon and (place.before[-1:] != ":" or place.found):
        return Advice("Write '==' instead of ':'.", "==", place.ahead(colon, 1))
    return None


def _comma_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`1,5` and `field=in=1,2`, whose comma is read as OR."""
    items = _items_before.search(place.before)
    operator = items and operators.find(items[1])
    if items is None or operator is None:
        return None
    if operator.maximum_arguments != 1:
        return Advice(LIST_IN_PARENTHESES, f"({items[2]})", place.ahead(items, 2))
    more = _more_groups.match(place.after)
    written, span = items[2] + (more[0] if more else ""), place.ahead(items, 2)
    if grouped := _grouped_number.fullmatch(written):
        span = Span(span.start, span.start + len(written))
        whole, groups, rest = grouped.groups()
        meant = whole + groups.replace(groups[0], "") + (f".{rest}" if rest else "")
    elif number := _comma_number.fullmatch(items[2]):
        meant = f"{number[1]}.{number[2]}"
    else:
        return None
    return Advice(f"Write '{meant}': a ',' means OR.", meant, span)


def _call_advice(place: Place) -> Advice:
    hint = "A function is written @name[field]; a name with parentheses needs quotes."
    name, argument = call_before.search(place.before), call_after.match(place.after)
    if name is None or argument is None:
        return Advice(hint)
    span = Span(place.ahead(name).start, place.span.start + argument.end())
    return Advice(hint, f"@{name[1]}[{argument[1]}]", span)


def _after_value_advice(place: Place) -> Advice | None:
    """After a value, where the comparison or the list should end or go on."""
    found = place.found
    if found == ")":
        return Advice("No '(' is open here.")
    if found == "(":
        return Advice("Put a value with parentheses in it in quotes.")
    if found.lower() in ("and", "or"):
        return _keyword_advice(place)
    signs = _sign_before.search(place.before)
    before = signs[0] if signs and not _word_operator_before.search(place.before) else ""
    if found[:1] in ("=", "!", "<", ">", "~") and before and before + found in SIGNS:
        meant = SIGNS[before + found]
        return Advice(f"Write {meant!r}.", meant, Span(place.span.start - len(before), place.span.end))
    if (joint := _ampersand(place)) is not None:
        return joint
    if found[:1] in ("=", "!", "<", ">", "~") and found:
        return Advice(f"Put a value with {found!r} in it in quotes.")
    if _time_before.search(place.before) and _offset_after.match(place.after):
        return Advice(SENT_PLUS, f"+{found}", Span(place.span.start - 1, place.span.end))
    if _comparison_after.match(place.after):
        return Advice("Join comparisons with ';' (and) or ',' (or).")
    if grammar.run_pattern.match(found) and place.before.endswith(" "):
        return _blank_advice(place)
    return None


def _keyword_advice(place: Place) -> Advice:
    """`AND`, or a keyword without a blank on one side."""
    found = place.found
    sign = {"and": ";", "or": ","}[found.lower()]
    ends = place.after[len(found) :].strip(" ")[:1] in ("", ";", ",", ")")
    if found.islower():
        return Advice(f"' {found} ' needs a blank on each side; or write {sign!r}.", None if ends else sign)
    alone = place.before.endswith(" ") and place.after[len(found) :].startswith(" ")
    return Advice(
        f"Write ' {found.lower()} ' in lower case, or {sign!r}.", None if ends else found.lower() if alone else sign
    )


def _ampersand(place: Place) -> Advice | None:
    """`&&` and `||`, which are read as a part of a value."""
    written = place.found if place.found[:1] in ("&", "|") else place.before.rpartition(" ")[2]
    for sign, meant in (("&", ";"), ("|", ",")):
        count = written.count(sign)
        if not count or not (written == place.found or place.found[:1] in ("=", "!", "<", ">")):
            continue
        if count > 2 or sign * count not in written:
            return None
        offset = place.span.start if written == place.found else place.span.start - len(written)
        start = offset + written.index(sign)
        return Advice(f"Write {meant!r} instead of {sign * count!r}.", meant, Span(start, start + count))
    return None


def _blank_advice(place: Place) -> Advice:
    """A value with blanks in it."""
    first, rest = _words_before.search(place.before), _words_after.match(place.after)
    if first is None or rest is None:
        return Advice(QUOTE_BLANK)
    words = first[1] + rest[0]
    span = Span(place.ahead(first, 1).start, place.span.start + rest.end())
    if words.startswith("%") or words.endswith("%"):
        words = words.replace("%", "*")
        return Advice(f"The wildcard is '*', not '%': write '{words}', in quotes.", f"'{words}'", span)
    return Advice(QUOTE_BLANK, f"'{words}'", span)


# --- operators ---


def operator_of(word: str, operators: OperatorRegistry) -> str | None:
    """The operator that a bare word stands for."""
    word = " ".join(word.lower().split())
    for spelling in (f"={word}=", WORDS.get(word, "")):
        if operators.find(spelling):
            return spelling
    return None


def operator_advice(spelling: str, operators: OperatorRegistry) -> Advice | None:
    """The operator nearest to one that does not exist.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> operator_advice("=IN=", DEFAULT_OPERATOR_REGISTRY).hint
    "Write '=in=': operators are in lower case."
    >>> operator_advice("=betwen=", DEFAULT_OPERATOR_REGISTRY)
    Advice(hint="Did you mean '=between='?", replacement='=between=', span=None)
    """
    lower = spelling.lower()
    if operators.find(lower):
        return Advice(f"Write {lower!r}: operators are in lower case.", lower)
    meant = operator_of(spelling.strip("="), operators)
    if meant is None:
        word = spelling.strip("=")
        if (advice := _without_operator(word)) is not None:
            return advice
        # A word that begins like a negation is one: `=nlike=` is not `=like=`.
        negated = word.startswith("n")
        names = {known.strip("="): known for known in operators.by_spelling}
        near = nearest(word, [name for name in names if not negated or name.startswith(("n", "inot", "out"))])
        meant = names[near] if near is not None else None
    return None if meant is None else Advice(f"Did you mean {meant!r}?", meant)

"""Advice on operators: where a filter has none that exists, or one with another number of values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyrsql.language import grammar
from pyrsql.language.advice import NO_PARAMETER, PARAMETER, Advice, Place
from pyrsql.language.foreign import BEGINNINGS, ENDINGS, EXPRESSIONS, OPPOSITES, SIGNS, WIDE, WORDS
from pyrsql.language.grammar import MARKS, OPERATOR, RESERVED, RUN
from pyrsql.language.nearest import nearest
from pyrsql.language.render import render_value
from pyrsql.operators import QUANTIFIERS, OperatorRegistry
from pyrsql.problems import Span

_SIMPLE = rf"(?:{RUN}|'[^'\\]*'|\"[^\"\\]*\")"
"""A value without escapes."""

_BEFORE_JOINT = rf"(?:(?!(?<![&|])[&|]++[^{RESERVED}&|]++[ ]*+{OPERATOR})[^{RESERVED}])++"
"""A value up to a `&` or `|` that joins it to another comparison."""

_sign_after = re.compile(r"[=!<>~]*+(?:(?<=~)\*(?=[ ]))?")
# `in`, `=in`, and `=in.` or `=in:` as other services write it.
_word_after = re.compile(
    r"(?:=([A-Za-z]+)[.:]?|((?:not[ ]+(?=(?:in|i?like|between|contains)\b)|is[ ]+(?=not\b))?[A-Za-z]+))", re.IGNORECASE
)
_pattern_after = re.compile(rf"[ ]+(?=['\"]?%|[^'\"]*%(?:[;,) ]|\Z)|'[^']*%'|\"[^\"]*%\")({_SIMPLE})")
_bounds_after = re.compile(rf"((?:not[ ]+)?between)[ ]+({RUN})[ ]+and[ ]+({_BEFORE_JOINT})", re.IGNORECASE)
_wide_before = re.compile(rf"[＝＞＜！≥≤≠]+(?=[^{MARKS}]*\Z)")
_ENCODED = "%(?:25)*(?:3[C-E]|21)"
_encoded_after = re.compile(_ENCODED, re.IGNORECASE)
_encoded_before = re.compile(rf"{_ENCODED}[^{MARKS}]*\Z", re.IGNORECASE)
_null_after = re.compile(r"is[ ]+(not[ ]+)?null\b", re.IGNORECASE)
# `field[gt]`, `field__gt`, `field.gt` and `field:gt`, before an equals sign.
_suffix_before = re.compile(r"(?:\[\$?([A-Za-z]+)\]|(?:__|[.:])([A-Za-z]+))[ ]*\Z")
_colons_before = re.compile(rf":([A-Za-z]+):(?=[^:{RESERVED}]*[ ]*\Z)")
# `=not-in=`, `=is_null=`.
_hyphened_after = re.compile(r"=([A-Za-z]+)[-_ ]([A-Za-z]+)=")
_colon_before = re.compile(rf"(?<![:{RESERVED}])(:)(?=[^:{RESERVED}]*[ ]*\Z)")
_css_after = re.compile(rf"=({_BEFORE_JOINT})")
call_before: re.Pattern[str] = re.compile(r"(?<!\.)@?\b([A-Za-z_][A-Za-z0-9_]*)\Z")
call_after: re.Pattern[str] = re.compile(rf"\(({RUN})\)")
no_arguments_after: re.Pattern[str] = re.compile(r"\([ ]*\)")
_method_before = re.compile(rf"([^{RESERVED}]+)\.([A-Za-z_]+)\Z")
_value_after = re.compile(rf"\([ ]*({_SIMPLE})[ ]*\)")
_field_and_value_after = re.compile(rf"\([ ]*({RUN}),[ ]*({_SIMPLE})[ ]*\)")
_items_before = re.compile(rf"({OPERATOR})[ ]*({RUN}(?:,[ ]*{RUN})+)[ ]*\Z")
_item_before = re.compile(rf",[ ]*{RUN}[ ]*\Z")
_comma_number = re.compile(r"([+-]?[0-9]+),([0-9]+)")
_grouped_number = re.compile(r"([+-]?[0-9]{1,3})((?:,[0-9]{3})+|(?:\.[0-9]{3})+)(?:[.,]([0-9]+))?")
_more_groups = re.compile(r"(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])")
_bracketed_after = re.compile(r"[ ]*(?:\[([^\[\]();]+)\]|\{([^{}();]+)\})")
_not_before = re.compile(r"(?:^|[(;, ])not[ ]+\Z", re.IGNORECASE)
_not_call_before = re.compile(r"(?:^|[(;, ])not[ ]*\Z", re.IGNORECASE)
_negated_after = re.compile(rf"[!( ]*{RUN}[ ]*({OPERATOR})")
_quoted_key_after = re.compile(r"(['\"])([^'\"\\.\[\]]+)\1\]")
_joint_word_before = re.compile(r"(?:(?:^|[(])[ ]*|[ ](and|or)[ ]+)((and|or)[ ]+)\Z")
_and_in_value_before = re.compile(rf"{OPERATOR}[ ]*(?:{_SIMPLE}[ ]+)*?(and|or)[ ]+{_SIMPLE}(?:[ ]+{RUN})*+[ ]*\Z")
_clause_before = re.compile(r"^[ ]*(where|select)[ ]+\Z", re.IGNORECASE)
_parameter_before = re.compile(rf"^{PARAMETER}\Z", re.IGNORECASE)
_range = re.compile(r"([^&|]+?)\.\.([^&|]+)")

NO_NOT = "There is no NOT: use the opposite operator, such as '!='."
NO_EXPRESSIONS = "There are no regular expressions: the wildcard is '*', as in name==abc*."
WRITE_PATTERN = "Write a pattern, such as name==abc* or name==*abc."
WRITE_CALL = "A function is written @name[field]; a name with parentheses needs quotes."
CALL_FIELDS = "A function takes a field, as in @upper[name]: nothing else is computed."
LIST_IN_PARENTHESES = "A list stands in parentheses, as in name=in=(a,b); a value with ',' in it needs quotes."
QUOTE_FIELD = "Write an operator such as '==' after the field; a field with blanks in it needs quotes."
NO_QUANTIFIERS = "Quantifiers are not offered here: roles.code==admin tests for some related row, roles=na= for none."
ENCODED_TWICE = "The filter is percent-encoded twice: encode it once."


def operator_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """The advice where an operator is missing between a field and its value."""
    if _not_before.search(place.before) or (place.found == "(" and _not_call_before.search(place.before)):
        return not_advice(place, operators)
    corrected = (
        _joint_word_advice(place)
        or _clause_advice(place)
        or _suffix_advice(place, operators)
        or _word_advice(place, operators)
        or _sign_advice(place)
        or _colon_advice(place)
        or _comma_advice(place, operators)
    )
    if corrected:
        return corrected
    if place.found == "(":
        return call_advice(place, operators)
    if _item_before.search(place.before):
        return Advice(LIST_IN_PARENTHESES)
    if place.before.endswith(" ") and (grammar.run_pattern.match(place.found) or place.found[:1] in "'\""):
        return Advice(QUOTE_FIELD) if place.found else None
    return None


def not_advice(place: Place, operators: OperatorRegistry) -> Advice:
    """`not(field==value)`, `!field==value` and the like."""
    negated = _negated_after.match(place.after)
    operator = negated and operators.find(negated[1])
    opposite = OPPOSITES.get(operator.name, "") if operator else ""
    if negated is None or operators.find(opposite) is None:
        return Advice(NO_NOT)
    return Advice(f"There is no NOT: write the opposite operator, {opposite!r} instead of {negated[1]!r}.")


def _joint_word_advice(place: Place) -> Advice | None:
    """`and and`, which is read as a field behind a joint, and `and` where nothing is joined."""
    word = _joint_word_before.search(place.before)
    if word is None:
        return None
    if word[1] is None or word[1] == word[3]:
        return Advice(f"Leave out the '{word[3]}'.", "", place.ahead(word, 2))
    return Advice("Write 'and' or 'or', not both.")


def _clause_advice(place: Place) -> Advice | None:
    """`WHERE field = value`, and a filter that begins like the parameter, `filter=field==value`."""
    if clause := _clause_before.search(place.before):
        is_where = clause[1].lower() == "where"
        span = Span(0, place.span.start) if is_where else None
        return Advice("A filter is only the condition, such as name==abc*.", "" if is_where else None, span)
    if _parameter_before.search(place.before) and place.found == "=":
        return Advice(NO_PARAMETER, "", Span(0, place.span.end))
    return None


def _suffix_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`field[gt]=1`, `field__gt=1`, `field.gt=1`, and `field:gt:1`."""
    colons = _colons_before.search(place.before)
    if colons and (meant := operator_of(colons[1], operators)):
        return Advice(f"Write {meant!r}.", meant, place.ahead(colons))
    suffix = _suffix_before.search(place.before)
    if suffix is None or not place.after.startswith("="):
        return None
    operator = operator_of(suffix[1] or suffix[2], operators)
    if operator is None:
        return None
    return Advice(f"Write {operator!r}.", operator, Span(place.ahead(suffix).start, place.span.start + 1))


def _word_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    if words := _hyphened_after.match(place.after):
        meant = operator_of(f"{words[1]} {words[2]}", operators) or operator_of(words[1] + words[2], operators)
        span = place.behind(words.end())
        return Advice(f"Write {meant!r}.", meant, span) if meant else _without_operator(words[1] + words[2])
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
        if values := _bracketed_after.match(place.after, word.end()):
            meant = f"{meant}({values[1] or values[2]})"
        elif "like" in meant and (values := _pattern_after.match(place.after, word.end())):
            meant += values[1].replace("%", "*")
            return Advice(f"The wildcard is '*', not '%': write {meant!r}.", meant, place.behind(values.end()))
        return Advice(f"Write {meant!r}.", meant, place.behind((values or word).end()))
    return _without_operator(word[1] or word[2]) if word else None


def _without_operator(word: str) -> Advice | None:
    """The advice on an operator that only other languages have."""
    if word.lower() in (*BEGINNINGS, *ENDINGS):
        return Advice(WRITE_PATTERN)
    return Advice(NO_EXPRESSIONS) if word.lower() in EXPRESSIONS else None


def _sign_advice(place: Place) -> Advice | None:
    sign = _sign_after.match(place.after)
    if sign is None or not (meant := SIGNS.get(sign[0])):
        return None
    before, rest = place.before[-1:], place.after[sign.end() :].lstrip(" ")
    if _encoded_after.match(rest):
        return Advice(ENCODED_TWICE)
    if "~" in sign[0] and rest.startswith("/"):
        return Advice(NO_EXPRESSIONS)
    if before in ("^", "$", "*", ":") and sign[0] == "=":
        return _marked_sign_advice(place, before)
    return Advice(f"Write {meant!r}.", meant, place.behind(sign.end()))


def _marked_sign_advice(place: Place, mark: str) -> Advice:
    """`field^=value`, `field$=value`, `field*=value` and `field:=value`."""
    start = place.span.start - 1
    if mark in (":", "*"):
        meant = "==" if mark == ":" else "=like="
        return Advice(f"Write {meant!r}.", meant, Span(start, place.span.end))
    if (value := _css_after.match(place.after)) is None:
        return Advice(WRITE_PATTERN)
    meant = f"=={value[1]}*" if mark == "^" else f"==*{value[1]}"
    return Advice(f"Write {meant!r}.", meant, Span(start, place.span.start + value.end()))


def _colon_advice(place: Place) -> Advice | None:
    """`field:value`, which is read as a field, as are signs beyond ASCII and those that are encoded twice."""
    if wide := _wide_before.search(place.before) or _wide_before.search(place.before + place.found):
        meant = SIGNS.get(sign := wide[0].translate(WIDE), sign)
        return Advice(f"Write {meant!r}.", meant, place.part(*wide.span()))
    if _encoded_before.search(place.before):
        return Advice(ENCODED_TWICE)
    colon = _colon_before.search(place.before)
    if colon and (place.before[-1:] != ":" or place.found):
        return Advice("Write '==' instead of ':'.", "==", place.ahead(colon, 1))
    return None


def _comma_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`1,5` and `field=in=1,2`, whose comma is read as OR, and a value with ` and ` in it."""
    items = _items_before.search(place.before)
    operator = items and operators.find(items[1])
    if items is None or operator is None:
        word = _and_in_value_before.search(place.before) if place.found in ("", ";", ",", ")") else None
        return word and Advice(f"A value with ' {word[1]} ' in it needs quotes, and a field needs an operator.")
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


def key_advice(place: Place) -> Advice | None:
    """`field['key']`, whose quote is none."""
    key = _quoted_key_after.match(place.after) if place.before.endswith("[") else None
    if key is None:
        return None
    step = f".{key[2]}"
    return Advice(f"Write '{step}'.", step, Span(place.span.start - 1, place.span.start + key.end()))


def call_advice(place: Place, operators: OperatorRegistry) -> Advice:
    """`name(field)`, and `contains(field,value)` or `field.contains(value)`, which is a comparison elsewhere."""
    if no_arguments_after.match(place.after):
        return Advice(CALL_FIELDS)
    name, both = call_before.search(place.before), _field_and_value_after.match(place.after)
    if name and name[1].lower() in ("and", "or"):
        return Advice("Join comparisons with ';' (and) or ',' (or), as in (a==1,b==2);c==3.")
    if name and both:
        compared = _compared(both[1], name[1], both[2], operators)
        span = Span(place.ahead(name).start, place.span.start + both.end())
        return Advice(f"Write {compared!r}.", compared, span) if compared else Advice(WRITE_CALL)
    method, value = _method_before.search(place.before), _value_after.match(place.after)
    if method and value and (compared := _compared(method[1], method[2], value[1], operators)):
        span = Span(place.ahead(method).start, place.span.start + value.end())
        return Advice(f"Write {compared!r}.", compared, span)
    argument = call_after.match(place.after)
    if name is None or argument is None:
        return Advice(WRITE_CALL)
    span = Span(place.ahead(name).start, place.span.start + argument.end())
    return Advice(WRITE_CALL, f"@{name[1]}[{argument[1]}]", span)


def _compared(field: str, word: str, value: str, operators: OperatorRegistry) -> str | None:
    """The comparison that a word of other languages means with a field and a value."""
    word, bare = word.lower(), value.strip("'\"")
    if word in (*BEGINNINGS, *ENDINGS):
        return f"{field}=={render_value(f'{bare}*' if word in BEGINNINGS else f'*{bare}')}"
    operator = operators.find(operator_of(word, operators) or "")
    return None if operator is None or operator.minimum_arguments != 1 else f"{field}{operator.spelling}{value}"


# --- operators that exist ---


def operator_of(word: str, operators: OperatorRegistry) -> str | None:
    """The operator that a bare word stands for."""
    word = " ".join(word.lower().split())
    for spelling in (f"={word}=", WORDS.get(word, "")):
        if operators.find(spelling):
            return spelling
    return None


def spelling_advice(spelling: str, operators: OperatorRegistry) -> Advice | None:
    """The operator nearest to one that does not exist.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> spelling_advice("=IN=", DEFAULT_OPERATOR_REGISTRY).hint
    "Write '=in=': operators are in lower case."
    >>> spelling_advice("=betwen=", DEFAULT_OPERATOR_REGISTRY)
    Advice(hint="Did you mean '=between='?", replacement='=between=', span=None)
    >>> spelling_advice("=any=", DEFAULT_OPERATOR_REGISTRY) == Advice(NO_QUANTIFIERS)
    True
    """
    lower = spelling.lower()
    if operators.find(lower):
        return Advice(f"Write {lower!r}: operators are in lower case.", lower)
    if any(lower in quantifier.spellings for quantifier in QUANTIFIERS):
        return Advice(NO_QUANTIFIERS)
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


def arity_advice(written: tuple[str, str, str], arguments: Sequence[str], operators: OperatorRegistry) -> Advice | None:
    """The advice where an operator has another number of values than it takes.

    Args:
        written: the field, the operator and the values, as the client wrote them.
        arguments: the values.
        operators: the operators that clients may use.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> arity_advice(("a", "==", "(1,2)"), ("1", "2"), DEFAULT_OPERATOR_REGISTRY).replacement
    'a=in=(1,2)'
    >>> arity_advice(("a", "=bt=", "1..2"), ("1..2",), DEFAULT_OPERATOR_REGISTRY).replacement
    'a=bt=(1,2)'
    """
    field, spelling, values = written
    operator = operators.find(spelling)
    if operator is None:
        return None
    if operator.minimum_arguments == 2:
        bounds = range_of(arguments[0]) if len(arguments) == 1 else None
        meant = None if bounds is None else f"{field}{spelling}{bounds}"
        return Advice(f"Write the two bounds in parentheses: {bounds or '(1,5)'}.", meant)
    if not arguments and operator.name in ("equal", "not_equal"):
        return Advice("An empty text is written ''; rows without a value are found by =na=, all others by =nn=.")
    several = {"equal": "=in=", "not_equal": "=out="}.get(operator.name, "")
    if len(arguments) > 1 and operators.find(several):
        return Advice(f"Write {several!r} before a list.", f"{field}{several}{values}")
    return None


def range_of(text: str) -> str | None:
    """The bounds of `1..5`, as a list.

    >>> range_of("2024-01-01..2024-12-31"), range_of("1.5")
    ('(2024-01-01,2024-12-31)', None)
    """
    bounds = _range.fullmatch(text)
    return None if bounds is None else f"({render_value(bounds[1])},{render_value(bounds[2])})"

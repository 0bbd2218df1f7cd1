"""Laws of corrections: whoever follows them writes the filter that was meant."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from returns.result import Success

from pyrsql.language.parse import parse_filter, parse_sort
from pyrsql.language.render import render_value

FIELDS = ["name", "age", "company.name", "in_stock"]
NUMBERS = ["1", "23", "-4", "1.5"]
WORDS = ["demo", "two words", "O'Brien", "Ben & Jerry", "Rock (1984)", "C++"]

Pair = tuple[str, str]
"""A comparison as clients of other languages write it, and as it should be."""


def bare(field: str, number: str, other: str) -> list[Pair]:
    """Mistakes in comparisons of numbers."""
    return [
        (f"{field}={number}", f"{field}=={number}"),
        (f"{field} = {number}", f"{field}=={number}"),
        (f"{field}==={number}", f"{field}=={number}"),
        (f"{field}<>{number}", f"{field}!={number}"),
        (f"{field}=>{number}", f"{field}>={number}"),
        (f"{field}=>={number}", f"{field}>={number}"),
        (f"{field} gte {number}", f"{field}=ge={number}"),
        (f"{field}[gt]={number}", f"{field}=gt={number}"),
        (f"{field}__lt={number}", f"{field}=lt={number}"),
        (f"{field}=gt.{number}", f"{field}=gt={number}"),
        (f"{field}=gt:{number}", f"{field}=gt={number}"),
        (f"{field}:{number}", f"{field}=={number}"),
        (f"{field}:={number}", f"{field}=={number}"),
        (f"{field}＝{number}", f"{field}=={number}"),
        (f"{field} IS NULL", f"{field}=na="),
        (f"{field} is not null", f"{field}=nn="),
        (f"{field} is not {number}", f"{field}!={number}"),
        (f"{field} BETWEEN {number} AND {other}", f"{field}=bt=({number},{other})"),
        (f"{field}=bt={number}..{other}", f"{field}=bt=({number},{other})"),
        (f"{field} NOT IN ({number}, {other})", f"{field}=out=({number},{other})"),
        (f"{field}=in=[{number},{other}]", f"{field}=in=({number},{other})"),
        (f"{field}=in=({number};{other})", f"{field}=in=({number},{other})"),
        (f"{field}==({number},{other})", f"{field}=in=({number},{other})"),
        (f"{field}!=({number},{other})", f"{field}=out=({number},{other})"),
        (f"eq({field},{number})", f"{field}=={number}"),
        (f"{field}=IN=({number})", f"{field}=in=({number})"),
        (f"{field.replace('.', '->')}>{number}", f"{field}>{number}"),
    ]


def worded(field: str, word: str) -> list[Pair]:
    """Mistakes in comparisons of texts."""
    right, pattern = f"{field}=={render_value(word)}", render_value(f"{word.split(' ')[0]}*")
    found = [(f"{field}==“{word}”", right)] if " " in word and "'" not in word else []
    if "'" not in word:
        found += [
            (f"{field} = '{word}'", right),
            (f"{field} eq '{word}'", right),
            (f"{field} LIKE '{word}%'", f"{field}=like={render_value(f'{word}*')}"),
            (f"contains({field},'{word}')", f"{field}=like={render_value(word)}"),
            (f"startswith({field}, '{word}')", f"{field}=={render_value(f'{word}*')}"),
            (f"{field}.endswith('{word}')", f"{field}=={render_value(f'*{word}')}"),
        ]
    if word.isalpha():
        found += [(f"{field}^={word}", f"{field}=={pattern}"), (f"{field}*={word}", f"{field}=like={word}")]
    if set(" '&(") & set(word):
        found += [(f"{field}=={word}", right), (f"{field}=='{word}'", right)]
    if "'" in word:
        found += [(f"{field}=='{word.replace(chr(39), chr(39) * 2)}'", right)]
    return found


def mistakes(field: str, number: str, other: str, word: str) -> list[Pair]:
    return bare(field, number, other) + worded(field, word)


comparisons = st.builds(
    mistakes, st.sampled_from(FIELDS), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.sampled_from(WORDS)
).flatmap(st.sampled_from)
JOINTS = [(";", ";"), (",", ","), (" AND ", ";"), (" OR ", ","), (" and ", ";"), (";;", ";"), (" and and ", ";")]


@st.composite
def filters(draw: st.DrawFn) -> Pair:
    """Some comparisons with mistakes, in a group and joined with mistakes."""
    wrong, right = draw(comparisons)
    for _ in range(draw(st.integers(0, 3))):
        more, joint = draw(comparisons), draw(st.sampled_from(JOINTS))
        if draw(st.booleans()):
            wrong, right = f"({wrong})", f"({right})"
        wrong, right = f"{wrong}{joint[0]}{more[0]}", f"{right}{joint[1]}{more[1]}"
    return wrong, right


def corrected(text: str) -> str | None:
    """The text with the first correction of its problems; None where it has none."""
    for problem in parse_filter(text).failure():
        if problem.replacement is not None and problem.span is not None:
            return text[: problem.span.start] + problem.replacement + text[problem.span.end :]
    return None


@given(filters())
@example(("a^=x&&b==2", "a==x*;b==2"))
@example(("a between 1 and 5&&b==2", "a=bt=(1,5);b==2"))
@example(("a=='x';" * 9 + "name==two words", "a==x;" * 9 + "name=='two words'"))
def test_corrections_lead_to_what_was_meant(pair: Pair) -> None:
    text, meant = pair
    for _ in range(40):
        result = parse_filter(text)
        if isinstance(result, Success):
            assert result == parse_filter(meant), text
            return
        following = corrected(text)
        assert following is not None, (text, result.failure())
        text = following
    raise AssertionError(text)


DIRECTIONS = [
    *((",desc", ",desc"), (" desc", ",desc"), (" DESC", ",desc"), (",DESC", ",desc"), (",dsc", ",desc"), ("", "")),
    *(
        (",descending", ",desc"),
        (",nulls last", ",nullslast"),
        (" NULLS LAST", ",nullslast"),
        (",nulslast", ",nullslast"),
    ),
    *((",nullslast", ",nullslast"), (",ic,asc", ",ic,asc"), (",ci", ",ic")),
]
BETWEEN_KEYS = [(";", ";"), ("&", ";"), ("&&", ";"), ("|", ";"), (",", ";"), (";;", ";"), ("; ", ";")]


@given(
    st.lists(
        st.tuples(st.sampled_from(FIELDS), st.sampled_from(DIRECTIONS), st.sampled_from(BETWEEN_KEYS)),
        min_size=1,
        max_size=5,
    )
)
def test_corrections_of_a_sort_lead_to_what_was_meant(keys: list[tuple[str, Pair, Pair]]) -> None:
    text = meant = ""
    for place, (field, (wrong, right), (between, joint)) in enumerate(keys):
        # Without a modifier before it, a sign between keys is a part of the field.
        before, after = (between, joint) if place and keys[place - 1][1][0] else (";", ";")
        text += (before if place else "") + field + wrong
        meant += (after if place else "") + field + right
    for _ in range(100):
        result = parse_sort(text)
        if isinstance(result, Success):
            assert result == parse_sort(meant), text
            return
        problem = result.failure()[0]
        assert problem.replacement is not None, (text, problem)
        assert problem.span is not None
        assert problem.replacement != text[problem.span.start : problem.span.end], (text, problem)
        text = text[: problem.span.start] + problem.replacement + text[problem.span.end :]
    raise AssertionError(text)

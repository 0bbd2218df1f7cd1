"""The advice on percent signs and typographic quotes in a filter that is valid."""

import pytest

from pyrsql.language.parse import parse_filter
from pyrsql.language.plain_text import plain_text_advice


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("name=like=%demo%", "name=like=*demo*"),
        ("name==%demo%", "name==*demo*"),
        ("name!=%demo", "name!=*demo"),
        ("name=ilike=demo%", "name=ilike=demo*"),
        ("a==1;(name=notlike='%two words%',b==2)", "a==1;(name=notlike='*two words*',b==2)"),
        ("name=inotlike=a%b%", "name=inotlike=a*b*"),
    ],
)
def test_percent_signs_for_wildcards(text: str, meant: str) -> None:
    advice = plain_text_advice(parse_filter(text).unwrap(), percent=True)
    assert advice is not None
    assert advice.hint == "'%' is plain text: the wildcard is '*'."
    assert advice.replacement == meant
    assert plain_text_advice(parse_filter(meant).unwrap(), percent=True) is None


@pytest.mark.parametrize(
    "text",
    ["rate==5%", "name=like=%", "name==50%*", "name=like=*50%", "name=ic=%a", "name=in=(%a,%b)", "name=na=", "a%==b"],
)
def test_other_percent_signs(text: str) -> None:
    assert plain_text_advice(parse_filter(text).unwrap(), percent=True) is None


def test_percent_signs_that_are_wildcards() -> None:
    assert plain_text_advice(parse_filter("name=like=%demo%").unwrap(), percent=False) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("name==“UA”", "name==UA"),
        ("name!=„UA“;(b==1,c=in=(‘x’,y,«z»))", "name!=UA;(b==1,c=in=(x,y,z))"),
        ("name==`UA`", "name==UA"),
    ],
)
def test_typographic_quotes(text: str, meant: str) -> None:
    for percent in (True, False):
        advice = plain_text_advice(parse_filter(text).unwrap(), percent=percent)
        assert advice is not None
        assert advice.hint == "These quotes are plain text: write straight quotes, ' or \"."
        assert advice.replacement == meant


@pytest.mark.parametrize("text", ["name==“UA", "name==O’Brien", "name==”", "“name”==UA"])
def test_typographic_quotes_that_enclose_no_value(text: str) -> None:
    assert plain_text_advice(parse_filter(text).unwrap(), percent=True) is None

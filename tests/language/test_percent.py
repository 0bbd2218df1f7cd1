"""The advice on percent signs in a filter that is valid."""

import pytest

from pyrsql.language.parse import parse_filter
from pyrsql.language.percent import percent_advice


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
    advice = percent_advice(parse_filter(text).unwrap())
    assert advice is not None
    assert advice.hint == "'%' is plain text: the wildcard is '*'."
    assert advice.replacement == meant
    assert percent_advice(parse_filter(meant).unwrap()) is None


@pytest.mark.parametrize(
    "text",
    ["rate==5%", "name=like=%", "name==50%*", "name=like=*50%", "name=ic=%a", "name=in=(%a,%b)", "name=na=", "a%==b"],
)
def test_other_percent_signs(text: str) -> None:
    assert percent_advice(parse_filter(text).unwrap()) is None

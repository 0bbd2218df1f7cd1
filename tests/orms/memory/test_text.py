import time

import pytest

from pyrsql.orms.memory import fold, matches
from pyrsql.validation.predicates import (
    Pattern,
    SqlPattern,
)
from tests.orms.memory.sample import ids, users

NAMES = ("demo", "Demo", "50%", "a_b", "star*", "back\\slash", "", None, "GRÖẞE", "a\nb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name==demo", [1]),
        ("name==d*o", [1]),
        ("name==*em*", [1, 2]),
        ("name==*", [1, 2, 3, 4, 5, 6, 7, 9, 10]),
        ("name==a*b", [4, 10]),
        ("name==^DEMO", [1, 2]),
        ("name==^*EM*", [1, 2]),
        ("name=ic=DEMO", [1, 2]),
        ("name=ic=größe", [9]),
        ("name==^g*e", [9]),
        ("name!=^demo", [3, 4, 5, 6, 7, 9, 10]),
        ("name=like=%", [3]),
        ("name=like=_", [4]),
        ("name=like=\\*", [5]),
        ("name=like=\\", [6]),
        ("name=like=dem*", [1]),
        ("name=like=*emo", [1, 2]),
        ("name=ilike=DEM", [1, 2]),
        ("name=notlike=e", [3, 4, 5, 6, 7, 9, 10]),
        ("name=inotlike=E", [3, 4, 5, 6, 7, 10]),
        ("name==star\\*", [5]),
        ("name==''", [7]),
        ("name=in=(demo,'star*')", [1, 5]),
        ("name>star", [5]),
        ("name<E", [2, 3, 7]),
    ],
)
def test_text(text: str, expected: list[int]) -> None:
    assert ids(text, users("name", *NAMES)) == expected


def test_sql_patterns_where_a_developer_allows_them() -> None:
    rows = users("name", "50%", "500", "5", "a\nb", "Über")
    assert ids("name=like='5_!%'", rows, like_escape_character="!") == [1]
    assert ids("name=like=5%", rows, like_escape_character="!") == [1, 2, 3]
    assert ids("name=like=a_b", rows, like_escape_character="!") == [4]
    assert ids("name=ilike=ü%R", rows, like_escape_character="!") == [5]
    assert ids("name=ilike=5_A%", rows, like_escape_character="A") == [1]


@pytest.mark.parametrize(
    ("pieces", "text", "expected"),
    [
        (("a",), "a", True),
        (("a",), "ab", False),
        (("ab", "ba"), "aba", False),
        (("ab", "ba"), "abba", True),
        (("", "ab", "ab", ""), "xabxab", True),
        (("", "ab", "ab", ""), "xabx", False),
        (("", "a", "a"), "aa", True),
        (("", "a", "a"), "a", False),
        (("", ""), "", True),
    ],
)
def test_pieces_of_a_pattern_do_not_share_text(pieces: tuple[str, ...], text: str, expected: bool) -> None:
    assert matches(Pattern(pieces), text) is expected
    assert matches(SqlPattern("%".join(pieces), "!"), text) is expected


@pytest.mark.usefixtures("light_heap")
def test_patterns_take_linear_time() -> None:
    text = "a" * 20_000
    started = time.process_time()
    assert not matches(Pattern(("", *["a"] * 1_000, "b", "")), text)
    assert not matches(SqlPattern("%a_" * 300 + "b%", "!"), text)
    assert not matches(SqlPattern("%a_" * 300 + "%b", "!"), text)
    assert time.process_time() - started < 2


def test_case_is_ignored_character_by_character() -> None:
    assert fold("ΣΑΣ") == "σασ"
    assert fold("İK") == "ik"
    assert all(len(fold(character)) == 1 for character in map(chr, range(0x11000)))

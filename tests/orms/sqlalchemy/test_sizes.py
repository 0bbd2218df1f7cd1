"""The widest and the deepest filters that the limits let through reach the rows, on every database."""

from collections.abc import Callable, Iterator

import pytest

from pyrsql.options import ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.validation.functions import DEEPEST
from tests.orms.sqlalchemy.store import Store, ids, stocked
from tests.sample_models import Base, User, rows

EVERYONE = list(range(1, 13))
DEPTH = 64


@pytest.fixture(scope="module")
def people(store: Store) -> Iterator[Store]:
    with stocked(store, Base.metadata, rows()) as filled:
        yield filled


def nested(parts: list[str], last: str, depth: int) -> str:
    """`a,(b;(a,(b;(…))))`: to the right, AND and OR in turn."""
    opened = [f"{parts[level % len(parts)]}{',;'[level % 2]}(" for level in range(depth)]
    return "".join(opened) + last + ")" * depth


def nested_left(parts: list[str], last: str, depth: int) -> str:
    """`((((…),a);b),a);b`: the same to the left."""
    closed = [f"){',;'[level % 2]}{parts[level % len(parts)]}" for level in range(depth)]
    return "(" * depth + last + "".join(closed)


SIMPLE = ["id==1", "id>0"]
OTHERS = ["name==^zz*", "age>-2,age=na="]
RELATED = ["roles.code==nobody", "id>0"]
FAR = ["reports.roles.users.name==no", "company.users=nn=,id>0"]
LAST = "reports.roles.users.company.users.name==no,id>5"

FILTERS = {
    "wide or": (",".join(f"id=={one}" for one in range(500)), EVERYONE),
    "wide and": (";".join("id>0" for _ in range(800)), EVERYONE),
    "wide, in groups": (",".join(f"(id=={one};age>0)" for one in range(240)), [1, 2, 4, 5, 6, 7, 8, 9]),
    "wide, with functions of text": (
        ";".join(f"name!=^*{one}*" for one in range(270)),
        [1, 2, 3, 4, 7, 8, 9, 10, 11, 12],
    ),
    "wide, over a to-many relation": (",".join("roles.id==1" for _ in range(340)), [1, 8, 12]),
    "wide, over far relations": (";".join("roles.users.roles.id==1" for _ in range(24)), [1, 2, 4, 5, 8, 10, 12]),
    "wide list": (f"id=in=({','.join(map(str, range(100)))})", EVERYONE),
    "deep": (nested(SIMPLE, "id==2", DEPTH), [1, 2]),
    "deep to the left": (nested_left(SIMPLE, "id==2", DEPTH), [1, 2]),
    "deep, with text": (nested(OTHERS, "id==2", DEPTH), None),
    "deep to the left, with text": (nested_left(OTHERS, "id==2", DEPTH), None),
    "deep, over relations": (nested(RELATED, LAST, DEPTH), None),
    "deep to the left, over relations": (nested_left(RELATED, LAST, DEPTH), None),
    "deep, over far relations": (nested(FAR, LAST, DEPTH), None),
    "deep to the left, over far relations": (nested_left(FAR, LAST, DEPTH), None),
    "deep and wide": (nested_left(SIMPLE, ",".join("id==1;id>0" for _ in range(150)), DEPTH), [1]),
}

WIDE = QueryOptions(parse_limits=ParseLimits(to_many=5, to_many_tests=None, text_searches=None))


@pytest.mark.parametrize("name", FILTERS)
def test_accepted_filters_reach_the_rows(people: Store, name: str) -> None:
    text, wanted = FILTERS[name]
    if len(text) > 4_096:
        text = text.replace("reports.roles.users.", "reports.").replace("company.users=nn=,", "")
    assert len(text) <= 4_096, len(text)
    found = ids(people, User, text, "company.name;-roles.level;name,ic;id", options=WIDE)
    if wanted is not None:
        assert sorted(found) == wanted


LIFTED = ParseLimits(depth=None, query_length=None, nodes=None, to_many=None, to_many_tests=None)


@pytest.mark.parametrize("nest", [nested, nested_left])
@pytest.mark.parametrize("last", ["id==2", LAST])
def test_the_deepest_that_an_option_can_allow(people: Store, nest: Callable[..., str], last: str) -> None:
    options = QueryOptions(parse_limits=LIFTED)
    alone = ids(people, User, last, options=options)
    assert ids(people, User, nest(RELATED, last, DEEPEST - 2), options=options) == alone
    assert {*ids(people, User, nest(SIMPLE, last, DEEPEST - 1), options=options)} == {1, *alone}


@pytest.mark.parametrize("depth", [1, 7, 8, 9, 28, 60])
@pytest.mark.parametrize("last", ["@upper[roles.users.name]==X", "@abs[@abs[@abs[@abs[id]]]]==2", LAST])
def test_calls_and_relations_in_groups_of_any_depth(people: Store, depth: int, last: str) -> None:
    options = QueryOptions(parse_limits=LIFTED, procedure_whitelist=["upper", "abs"])
    alone = ids(people, User, last, options=options)
    for nest in (nested, nested_left):
        assert ids(people, User, nest(["id<0", "id>0"], last, depth), options=options) == alone


@pytest.mark.parametrize(("step", "times"), [("manager", 24), ("reports", 6), ("roles.users", 2)])
def test_a_path_of_many_relations(people: Store, step: str, times: int) -> None:
    options = QueryOptions(parse_limits=ParseLimits(to_many=6, to_many_tests=None))
    sort_options = SortOptions(sort_limits=SortLimits(to_many=6))
    far = ".".join([step] * times)
    reached = ids(people, User, f"{far}.name=nn=", options=options)
    assert ids(people, User, ";".join([f"{far}.id>0"] * 10), options=options) == reached
    assert sorted(ids(people, User, sort=f"{far}.name", options=options, sort_options=sort_options)) == EVERYONE

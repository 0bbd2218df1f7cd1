"""Limits on the work that a filter or a sort asks of the database: each counts the whole request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import ConfigurationError, CustomPredicateDefinition, ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.messages import LIMITS
from pyrsql.operators import ComparisonOperator
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import LimitExceeded, Span


class Base(DeclarativeBase):
    """Nodes of a tree, which lead to each other both ways."""


class Part(Base):
    __tablename__ = "usage_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    m_id: Mapped[int | None] = mapped_column(ForeignKey("usage_parts.id"))

    m: Mapped[Part | None] = relationship(remote_side=id, back_populates="r")
    r: Mapped[list[Part]] = relationship(back_populates="m")


OWN = ComparisonOperator("own", ("=own=",), 1, 1)
OPTIONS = QueryOptions(
    quantifiers=True,
    procedure_whitelist=["upper", "trim"],
    custom_predicates={"own": CustomPredicateDefinition(operator=OWN)},
)
SORTS = SortOptions(quantifiers=True, procedure_whitelist=["upper", "trim"])


def exceeded(
    filter: str | None = None,
    sort: str | None = None,
    limits: ParseLimits | None = None,
    sort_limits: SortLimits | None = None,
) -> list[tuple[str, int, str]]:
    """The limits that a request exceeds: name, number, and the text that each is about."""
    options = replace(OPTIONS, parse_limits=limits or OPTIONS.parse_limits)
    sorts = replace(SORTS, sort_limits=sort_limits or SORTS.sort_limits)
    judged = validate_request(schema(Part, options, sorts), filter=filter, sort=sort)
    if is_successful(judged):
        return []
    texts = {"filter": filter or "", "sort": sort or ""}
    found = [problem for problem in judged.failure() if isinstance(problem, LimitExceeded)]
    assert len(found) == len(judged.failure()), judged
    return [(one.limit, one.maximum, texts[str(one.source)][slice(*(one.span or (0, 0)))]) for one in found]


def test_the_defaults() -> None:
    limits, sorts = ParseLimits(), SortLimits()
    assert (limits.relations, limits.to_many, limits.to_many_tests) == (24, 2, 16)
    assert (limits.json_tests, limits.functions, limits.text_searches) == (16, 16, 32)
    assert (sorts.relations, sorts.to_many, sorts.json_keys, sorts.functions) == (24, 1, 3, 4)


CASES: list[tuple[str, str, str, int, str]] = [
    # limit, a filter that uses it up, one that exceeds it, the number, the place
    ("relations", "m." * 24 + "name==x", "m." * 25 + "name==x", 24, "m." * 25 + "name"),
    ("relations", "m." * 24 + "name=na=", "m." * 25 + "name=na=", 24, "m." * 25 + "name"),
    ("relations", "m." * 23 + "m=na=", "m." * 24 + "m=na=", 24, "m." * 24 + "m"),
    ("relations", "m." * 23 + "m=own=x", "m." * 24 + "m=own=x", 24, "m." * 24 + "m"),
    ("to_many", "r.r.name==x", "r.r.r.name==x", 2, "r.r.r.name"),
    ("to_many", "r.m.r.m.name==x", "r.m.r.m.r=na=", 2, "r.m.r.m.r"),
    ("to_many", "r=any='r.name==x'", "r=any='r.r.name==x'", 2, "r.r.name"),
    ("to_many", "r=any='r=none=\"id==1\"'", "r=any='r=none=\"r=any=\"'", 2, "r"),
    ("to_many", "@count[r.r]>1", "@count[r.r.r]>1", 2, "@count[r.r.r]"),
    # The part of a part is that of several: its parts are read once for each.
    ("to_many", "r.m.r.name==x", "@count[r.m.r]>1", 2, "@count[r.m.r]"),
    ("to_many", "r=any='@count[m.r]>1'", "m=any='@count[r.m.r]>1'", 2, "@count[r.m.r]"),
    ("to_many_tests", ";".join(["r.id==1"] * 16), "id==1;" + ";".join(["r.id!=1"] * 17), 16, "r.id"),
    ("to_many_tests", ";".join(["r=na="] * 16), ",".join(["r=nn="] * 17), 16, "r"),
    ("to_many_tests", ";".join(["m=na="] * 16), ",".join(["m=nn=", *["m.m=na="] * 16]), 16, "m.m"),
    ("to_many_tests", ";".join(["r=any='id==1;name==x'"] * 16), ";".join(["r=all='id==1'"] * 17), 16, "r"),
    ("to_many_tests", ";".join(["@count[r]>1"] * 16), ";".join(["@count[r]>1"] * 17), 16, "@count[r]"),
    (
        "to_many_tests",
        "r=any='" + ";".join(["r.id==1"] * 15) + "'",
        "r=any='" + ";".join(["r.id==1"] * 16) + "'",
        16,
        "r.id",
    ),
    ("json_tests", ";".join(["data.a==1"] * 16), ";".join(["data.a=na="] * 17), 16, "data.a"),
    ("json_tests", ";".join(["m.data==1"] * 16), ",".join(["m.data==1"] * 17), 16, "m.data"),
    (
        "functions",
        ";".join(["@upper[@trim[name]]==X"] * 8),
        ";".join(["@upper[@trim[name]]==X"] * 9),
        16,
        "@upper[@trim[name]]",
    ),
    ("text_searches", ";".join(["name==*a"] * 32), ";".join(["name==a*"] * 33), 32, "name"),
    ("text_searches", ";".join(["name=ic=a"] * 32), ";".join(["name!=^a"] * 33), 32, "name"),
    ("text_searches", f"name==*{'a' * 1_023}", f"name=like=a,name=ilike={'a' * 1_024}", 32, "name"),
]


@pytest.mark.parametrize(("limit", "fine", "much", "maximum", "place"), CASES)
def test_a_filter_up_to_each_limit(limit: str, fine: str, much: str, maximum: int, place: str) -> None:
    assert exceeded(fine) == []
    found = exceeded(much)
    assert found[0] == (limit, maximum, place)
    assert len(found) == 1
    lifted = replace(OPTIONS.parse_limits, **{limit: None})
    assert exceeded(much, limits=lifted) == []
    assert exceeded(fine, limits=replace(lifted, **{limit: maximum - 1}))[0][:2] == (limit, maximum - 1)


def test_a_count_says_which_relation_counts_twice() -> None:
    for filter, hint in (("@count[r.m.r]>1", True), ("@count[r.r.r]>1", False)):
        problem = validate_request(schema(Part, OPTIONS), filter=filter).failure()[0]
        assert isinstance(problem, LimitExceeded)
        assert bool(problem.hint) is hint
    assert exceeded("@count[r.m.r]>1", limits=ParseLimits(to_many=3)) == []


SORT_CASES: list[tuple[str, str, str, int, str]] = [
    ("relations", "m." * 24 + "name", "m." * 25 + "name", 24, "m." * 25 + "name"),
    ("to_many", "r.m.name;-r.id", "id;r.r.name", 1, "r.r.name"),
    ("to_many", "@count[m.r]", "@count[r.r]", 1, "@count[r.r]"),
    ("json_keys", "data.a;data.b;data.c", "data.a;data.b;-data.c;data.d", 3, "data.d"),
    ("functions", "@upper[@trim[name]];@upper[@trim[m.name]]", "@trim[@trim[@trim[@trim[@trim[name]]]]]", 4, ""),
]


@pytest.mark.parametrize(("limit", "fine", "much", "maximum", "place"), SORT_CASES)
def test_a_sort_up_to_each_limit(limit: str, fine: str, much: str, maximum: int, place: str) -> None:
    assert exceeded(sort=fine) == []
    assert exceeded(sort=much) == [(limit, maximum, place or much)]
    assert exceeded(sort=much, sort_limits=replace(SORTS.sort_limits, **{limit: None})) == []


def test_a_filter_inside_a_sort_counts() -> None:
    nested = ";".join(["r.id==1"] * 8)
    assert exceeded(sort=f"'@count[m|#{nested}]'", sort_limits=SortLimits(to_many=2)) == []
    assert exceeded(sort=f"'@count[r|#{nested}]'")[0][:2] == ("to_many", 1)
    both = f"'@count[m|#{nested}]';'@count[m|#{nested}]'"
    assert [one[:2] for one in exceeded(sort=both)] == [("to_many_tests", 16)]


@pytest.mark.parametrize(
    ("test", "weight"),
    [
        ("r.id==1", 1),
        ("m.r.id==1", 1),
        ("m.m=na=", 1),
        ("r=any=", 1),
        ("@count[r]>1", 1),
        ("r=any='id==1;name==x'", 1),
        # Relations behind a to-many one, however many.
        ("r.m.id==1", 4),
        ("r.m.m.id!=1", 4),
        ("r.r.id==1", 4),
        ("r.m=na=", 4),
        ("r=all='m.id==1'", 4),
        ("r=none='m.id==1;m.name==x;m.m.id==2'", 4),
        ("r.m=any='id==1'", 4),
        ("@count[r.m]>1", 4),
        # Every related row is read.
        ("'@count[r|#id>1]'>1", 4),
        ("'@count[r|#m.id>1]'>1", 7),
        # Each subquery has its own.
        ("r=any='m.id==1;r=any=\"m.id==1\"'", 8),
    ],
)
def test_work_for_each_row_weighs_more(test: str, weight: int) -> None:
    most = 16 // weight
    assert exceeded(",".join([test] * most)) == []
    assert [one[:2] for one in exceeded(",".join([test] * (most + 1)))] == [("to_many_tests", 16)]


@pytest.mark.parametrize(
    ("key", "most"),
    [("r.id", 4), ("-r.name", 4), ("m.r.id", 4), ("m.id", 10), ("@count[r]", 10), ("'@count[r|#id>1]'", 4)],
)
def test_sort_keys_of_related_rows_are_limited(key: str, most: int) -> None:
    assert exceeded(sort=";".join([key] * most)) == []
    assert [one[:2] for one in exceeded(sort=";".join([key] * (most + 1)))] in (
        [("to_many_tests", 16)],
        [("keys", 10)],
    )


def test_relations_are_counted_once_each_over_all_paths() -> None:
    both = "m." * 12 + "r.name==x;" + "r." * 2 + "m." * 9 + "name==x"
    assert exceeded(";".join([both] * 3)) == []
    assert exceeded(f"{both};r.r.m.m.name==y;m.m.id==1") == []
    assert [one[0] for one in exceeded(f"{both};m.r.name==x")] == ["relations"]


def test_one_path_may_exceed_several_limits_and_each_is_reported_once() -> None:
    text = "m." * 18 + "r." * 7 + "name==x"
    assert [one[0] for one in exceeded(f"{text};{text}")] == ["relations", "to_many"]


@pytest.mark.parametrize("wrong", [18, 19, 20])
@pytest.mark.parametrize("test", ["r=all='id>1'", "r=any='id>1;name==x'", "r=none='id>1'", "'@count[r|#id>1]'>1"])
def test_a_limit_may_be_the_last_problem_that_is_reported(test: str, wrong: int) -> None:
    text = ";".join(["id==x"] * wrong + [test] * 20)
    problems = validate_request(schema(Part, OPTIONS, SORTS), filter=text, max_problems=20).failure()
    assert [problem.code for problem in problems] == (["wrong-value"] * wrong + ["limit-exceeded"])[:20]


def test_nothing_may_be_allowed() -> None:
    none = ParseLimits(relations=0, to_many=0, to_many_tests=0, json_tests=0, functions=0, text_searches=0)
    assert exceeded("id==1;name==x", limits=none) == []
    assert [one[0] for one in exceeded("r=na=;data==1;@upper[name]==X;name==*x", limits=none)] == [
        "relations",
        "to_many",
        "to_many_tests",
        "json_tests",
        "functions",
        "text_searches",
    ]


@pytest.mark.parametrize("limits", [ParseLimits, SortLimits])
@pytest.mark.parametrize("wrong", [-1, True, "3", 1.5, [2]])
def test_a_wrong_limit_is_a_configuration_error(limits: Any, wrong: object) -> None:
    for name in vars(limits()):
        with pytest.raises(ConfigurationError, match=rf"{limits.__name__}\({name}="):
            limits(**{name: wrong})


def test_each_limit_has_words_of_its_own() -> None:
    assert {*vars(ParseLimits()), *vars(SortLimits())} <= set(LIMITS)


def test_the_place_of_a_limit_in_a_nested_filter_is_in_the_outer_text() -> None:
    text = "id==1;r=any='r=any=\"r.id==1\"'"
    judged = validate_request(schema(Part, OPTIONS, SORTS), filter=text).failure()
    assert [(problem.code, problem.span) for problem in judged] == [("limit-exceeded", Span(20, 24))]

"""Loader options as attributes and strategies, with every supported version of SQLAlchemy."""

from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import (
    contains_eager,
    defer,
    joinedload,
    load_only,
    raiseload,
    selectinload,
    undefer,
    with_expression,
    with_loader_criteria,
)

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy.loader_options import loader_steps, loads_joined_rows, refuse_rows_left_out
from tests.sample_models import Company, User


@pytest.mark.parametrize(
    ("option", "found"),
    [
        (joinedload(User.company, innerjoin=True), [(("company",), ("lazy", "joined"), {"innerjoin": True})]),
        (
            selectinload(User.reports).joinedload(User.company),
            [(("reports",), ("lazy", "selectin"), {}), (("reports", "company"), ("lazy", "joined"), {})],
        ),
        (undefer(User.name), [((), ("deferred", False), {})]),
        (defer(User.name), [((), ("deferred", True), {})]),
        (raiseload("*"), [((), ("lazy", "raise"), {})]),
        (with_loader_criteria(Company, Company.country == "DE"), []),
    ],
    ids=["joined", "chain", "undefer", "defer", "all", "criteria"],
)
def test_the_steps_of_an_option(option: Any, found: list[tuple[Any, ...]]) -> None:
    steps = [*loader_steps(select(User).options(option))]
    assert [step.path for step in steps] == [path for path, _, _ in found]
    for step, (_, strategy, settings) in zip(steps, found, strict=True):
        assert strategy in step.strategy.items()
        assert settings.items() <= step.settings.items()


def test_an_option_for_all_relations() -> None:
    for option, of_all in ((raiseload("*"), True), (joinedload(User.company), False), (undefer(User.name), False)):
        (step,) = loader_steps(select(User).options(option))
        assert step.is_of_all is of_all


def test_load_only_leaves_other_columns_out() -> None:
    steps = loader_steps(select(User).options(load_only(User.name)))
    assert [step.strategy["deferred"] for step in steps] == [False, True]


@pytest.mark.parametrize(
    ("base", "joined"),
    [
        (select(User).join(User.roles).options(contains_eager(User.roles)), True),
        (select(User).options(selectinload(User.roles)), False),
        (select(User), False),
    ],
)
def test_rows_that_the_select_joins_itself(base: Select[Any], joined: bool) -> None:
    assert loads_joined_rows(base) is joined


GERMAN = User.company.and_(Company.country == "DE")


@pytest.mark.parametrize(
    ("option", "offered", "is_refused"),
    [
        (selectinload(GERMAN), {("company", "name")}, True),
        (joinedload(GERMAN), {("id",), ("company",)}, True),
        (selectinload(User.reports).selectinload(GERMAN), {("reports", "company", "name")}, True),
        (selectinload(User.reports.and_(User.age > 1)).selectinload(User.company), {("reports", "company")}, True),
        # Clients may not use the relation, or nothing is left out.
        (selectinload(GERMAN), {("id",), ("company_id",)}, False),
        (selectinload(User.reports).selectinload(GERMAN), {("reports", "name"), ("company", "name")}, False),
        (selectinload(User.company), {("company", "name")}, False),
        (with_loader_criteria(Company, Company.country == "DE"), {("company", "name")}, False),
        (with_expression(User.name, func.lower(User.email)), {("name",)}, False),
    ],
)
def test_a_load_that_leaves_rows_out_is_refused_where_filters_would_find_them(
    option: Any, offered: set[tuple[str, ...]], is_refused: bool
) -> None:
    base = select(User).options(option)
    if is_refused:
        with pytest.raises(ConfigurationError, match=r"loads \w+(\.company)? with and_.*with_loader_criteria\("):
            refuse_rows_left_out(base, offered)
    else:
        refuse_rows_left_out(base, offered)

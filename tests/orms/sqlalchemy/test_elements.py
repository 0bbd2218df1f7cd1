"""Elements like another, groups, and parameters: each says what SQLAlchemy's own way to it says."""

import pytest
from sqlalchemy import ColumnElement, String, and_, false, func, literal, or_, true
from sqlalchemy.sql.elements import Grouping

from pyrsql.orms.sqlalchemy import elements
from tests.sample_models import User


def test_an_element_with_another_part() -> None:
    template = User.name == "x"
    made = elements.with_part(template, "right", elements.bound("y", String()))
    assert made.compile().params == {"param_1": "y"}
    assert template.compile().params == {"name_1": "x"}


@pytest.mark.parametrize("constant", [true(), false()])
def test_groups_are_those_of_and_and_or(constant: ColumnElement[bool]) -> None:
    one, other = User.id == 1, User.id == 2
    for ours, theirs in ((elements.all_of, and_), (elements.any_of, or_)):
        assert str(ours([one, other])) == str(theirs(one, other))
        assert str(ours([one, constant])) == str(theirs(one, constant))
        assert str(ours([constant, one])) == str(theirs(constant, one))
    grouped = elements.any_of([Grouping(elements.any_of([one, other])), one])
    assert str(grouped) == "(users.id = :id_1 OR users.id = :id_2) OR users.id = :id_1"


def test_a_function_with_other_arguments() -> None:
    template = func.coalesce(User.name, literal("a"))
    assert len(template.clauses) == 2  # remembered by SQLAlchemy
    made = elements.with_arguments(template, [User.email.__clause_element__(), literal("b")])
    assert str(made) == "coalesce(users.email, :param_1)"
    assert made.compile().params == {"param_1": "b"}
    assert str(template) == "coalesce(users.name, :param_1)"

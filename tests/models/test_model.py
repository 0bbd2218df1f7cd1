"""Rights on the model, and what a model says of itself."""

import pytest

from pyrsql import field_rights
from pyrsql.models.model import Field, Model, Relation, Shortcut
from pyrsql.models.rights import ALL_RIGHTS, FieldRights, narrowed
from pyrsql.operators import EQUAL, LIKE
from pyrsql.orms.sqlalchemy import schema
from tests.sample_models import Company, User


def test_rights_allow_everything_unless_they_say_otherwise() -> None:
    assert field_rights() == ALL_RIGHTS == FieldRights(filter=True, sort=True, operators=None)
    assert field_rights(sort=False) == FieldRights(filter=True, sort=False)


def test_rights_take_operators_and_their_names_alike() -> None:
    assert field_rights(operators=[EQUAL, "like"]) == field_rights(operators={"equal", LIKE})
    assert [
        field_rights(operators=names).sorts_values for names in (["equal"], ["greater"], ["between", "like"], None)
    ] == [
        False,
        True,
        True,
        True,
    ]
    assert field_rights(operators=["equal"], sort=True).sorts_values
    assert not field_rights(operators=["greater"], sort=False).sorts_values
    assert not narrowed([field_rights(operators=["equal"]), field_rights()]).sorts_values
    assert not narrowed([field_rights(sort=False), field_rights(operators=["greater"])]).sorts_values
    assert field_rights(operators=[]).operators == frozenset()


@pytest.mark.parametrize("operators", ["equal", ["=="], ["=in="], ["not an operator"]])
def test_rights_refuse_what_names_no_operator(operators: object) -> None:
    with pytest.raises(ValueError, match=r"collection|name of an operator"):
        field_rights(operators=operators)  # type: ignore[arg-type]  # a caller without types


def test_a_model_offers_its_members() -> None:
    users = schema(User).model
    assert (users.name, users.type) == ("User", User)
    assert [field.name for field in users.identity] == ["id"]
    name, email, company, roles = (users.members[one] for one in ("name", "email", "company", "roles"))
    assert isinstance(name, Field)
    assert isinstance(email, Field)
    assert (name.nullable, name.unique, email.nullable, email.unique) == (True, False, False, True)
    assert isinstance(company, Relation)
    assert isinstance(roles, Relation)
    assert (company.owner, company.many, roles.many) == ("User", False, True)
    assert company.target() is schema(Company).model


def test_parts_of_a_model_are_the_same_only_as_themselves() -> None:
    assert Model("M", object, {}) != Model("M", object, {})
    assert Shortcut("a", ("b",)) != Shortcut("a", ("b",))

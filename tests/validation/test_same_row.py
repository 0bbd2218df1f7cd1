"""The hint beside a valid filter whose comparisons may find a related row each."""

from typing import Any

import pytest

from pyrsql import QueryOptions
from pyrsql.integrations.fastapi.playground.assist import assist
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import parse, validate
from pyrsql.validation.same_row import same_row_advice
from tests.sample_models import Company, Role, User

OPTIONS = QueryOptions(quantifiers=True)


def advice(model: type, text: str, **settings: Any) -> tuple[str, str | None] | None:
    options = QueryOptions(**{"quantifiers": True, **settings})
    validated = validate(schema(model, options))(parse(text, options).unwrap()).unwrap()
    assert validated.node is not None
    found = same_row_advice(schema(model, options), validated.node)
    return None if found is None else (found.hint, found.replacement)


@pytest.mark.parametrize(
    ("model", "text", "relation", "replacement"),
    [
        (User, "roles.code==admin;roles.level>2", "roles", "roles=any='code==admin;level=gt=2'"),
        (User, "roles.level>1;name==a;roles.level<3", "roles", "roles=any='level=gt=1;level=lt=3';name==a"),
        (User, "(roles.code==a;roles.level>2),age>1", "roles", "roles=any='code==a;level=gt=2',age=gt=1"),
        (User, "company.users.age>1;company.users.name==a", "company.users", "company.users=any='age=gt=1;name==a'"),
        (
            Company,
            "users.roles.code==a;users.roles.level>2",
            "users.roles",
            "users.roles=any='code==a;level=gt=2'",
        ),
        (Company, "users.name==x;users.roles.code==a", "users", "users=any='name==x;roles.code==a'"),
        (Company, "users=any='roles.code==a;roles.level>2'", "roles", "users=any='roles=any=\\'code==a;level=gt=2\\''"),
        (User, "roles.code==a;roles.users.company.name==b", "roles", "roles=any='code==a;users.company.name==b'"),
    ],
)
def test_the_same_row_is_offered(model: type, text: str, relation: str, replacement: str) -> None:
    found = advice(model, text)
    assert found is not None
    hint, written = found
    assert hint.startswith(f"Did you mean the same row of '{relation}'? Write {relation}=any='")
    assert written == replacement
    assert advice(model, replacement) is None


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (User, "roles.code==admin"),
        (User, "roles.code==admin,roles.level>2"),
        (User, "company.name==a;company.country==DE"),
        (User, "roles.code==admin;reports.name==a"),
        # One role cannot be both.
        (User, "roles.code==admin;roles.code==editor"),
        (User, "roles=any='code==admin;level>2'"),
        (User, "roles=na=;roles.code==a"),
        (Role, "users=any='company.name==a;company.country==DE'"),
    ],
)
def test_there_is_nothing_to_say(model: type, text: str) -> None:
    assert advice(model, text) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"quantifiers": False},
        {"field_blacklist": {"roles.users"}, "negation": "complement"},
        {"field_whitelist": {"roles.code", "roles.level"}},
    ],
)
def test_only_what_a_client_may_write_is_offered(settings: dict[str, Any]) -> None:
    assert advice(User, "roles.code!=admin;roles.level!=2", **settings) is None


def test_the_playground_shows_it_beside_a_valid_filter() -> None:
    users = schema(User, OPTIONS)
    answer = assist(users, "roles.code==admin;roles.level>2", "", "", 0)
    assert answer["filter"]["problems"] == []
    assert answer["filter"]["advice"]["replacement"] == "roles=any='code==admin;level=gt=2'"
    assert assist(users, "roles.code==admin", "", "", 0)["filter"]["advice"] is None
    assert assist(users, "roles.code==admin;roles.levl>2", "", "", 0)["filter"]["advice"] is None
    assert assist(users, "", "", "", 0)["filter"]["advice"] is None
    assert assist(users, "name=like=%a%", "", "", 0)["filter"]["advice"]["replacement"] == "name=like=*a*"
    own = schema(User, QueryOptions(like_escape_character="$"))
    assert assist(own, "name=like=%a%", "", "", 0)["filter"]["advice"] is None

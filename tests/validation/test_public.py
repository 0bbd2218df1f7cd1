"""Endpoints that publish a closed list of fields."""

import pytest
from returns.result import Success

from pyrsql import ConfigurationError, QueryOptions
from pyrsql.messages import describe
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from tests.sample_models import User

FIELDS = {"id": "id", "label": "name", "firm.name": "company.name", "roles": "roles", "roles.code": "roles.code"}


def answers(text: str, **more: object) -> list[tuple[str, str | None]]:
    """What is wrong with a filter: messages and hints."""
    options = QueryOptions(public_fields=FIELDS, procedure_whitelist=["upper"], **more)  # type: ignore[arg-type]  # the options come by name
    judged = validate_request(schema(User, options), filter=text)
    return [] if isinstance(judged, Success) else [(describe(one), one.hint) for one in judged.failure()]


@pytest.mark.parametrize(
    "text", ["id==1", "label==x", "firm.name==x", "roles=na=", "roles.code==x", "@upper[label]==X"]
)
def test_published_names_are_allowed(text: str) -> None:
    assert answers(text) == []


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "company",
        "company.name",
        "company.id",
        "firm",
        "firm.id",
        "firm.name.x",
        "roles.id",
        "roles.level",
        "xyz",
    ],
)
def test_everything_else_does_not_exist(field: str) -> None:
    for text in (f"{field}==1", f"{field}=na=", f"@upper[{field}]==X"):
        ((message, _),) = answers(text)
        shown = field if "@" not in text else f"@upper[{field}]"
        assert message.startswith(f"There is no field '{field}'") or shown in message


def test_a_hint_names_only_what_is_published() -> None:
    assert answers("labe==x") == [("There is no field 'labe' to filter by.", "Did you mean 'label'?")]
    assert answers("firm.nmae==x") == [("There is no field 'firm.nmae' to filter by.", "Did you mean 'firm.name'?")]
    assert answers("firm==x") == [("There is no field 'firm' to filter by.", "Did you mean 'firm.name'?")]
    assert answers("emial==x") == [("There is no field 'emial' to filter by.", None)]


def test_lists_narrow_what_is_published() -> None:
    assert answers("label==x", field_blacklist={"name"})[0][1] is None
    assert answers("labe==x", field_blacklist={"name"})[0][1] is None
    assert answers("firm.name==x", field_whitelist={"id"}) != []


def test_a_published_path_that_leads_nowhere_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="public_fields makes 'x' of 'nmae', which leads nowhere"):
        schema(User, QueryOptions(public_fields={"x": "nmae"}))

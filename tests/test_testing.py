"""The strategies of `pyrsql.testing` write what the clients of an endpoint may write."""

import pytest
from hypothesis import HealthCheck, find, given, settings
from pydantic import BaseModel, Field
from returns.result import Success

from pyrsql import QueryOptions
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.language.nodes import Comparison
from pyrsql.language.render import render, render_sort
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.testing import filters_for, sorts_for
from tests.sample_models import Company, User


class CompanyOut(BaseModel):
    firmName: str = Field(validation_alias="name")


class UserOut(BaseModel):
    userId: int = Field(validation_alias="id")
    firm: CompanyOut | None = Field(validation_alias="company")


CLOSED = FastAPISQLAlchemyIntegration().resource(User, item=UserOut).endpoint.schema
MAPPED = schema(Company, QueryOptions(field_mapping={"title": "name"}, field_whitelist={"title"}))


@pytest.mark.parametrize(
    ("described", "name"), [(CLOSED, "firm.firmName"), (MAPPED, "title")], ids=["closed", "mapped"]
)
def test_fields_are_named_as_clients_name_them(described: Schema, name: str) -> None:
    comparison = find(filters_for(described, comparisons=1), lambda node: isinstance(node, Comparison))
    assert isinstance(validate_request(described, filter=render(comparison)), Success)
    keys = find(sorts_for(described), lambda keys: keys[0].selector == name)
    assert isinstance(validate_request(described, sort=render_sort(keys)), Success)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(filters_for(CLOSED).map(render), sorts_for(CLOSED).map(render_sort))
def test_the_requests_of_a_closed_endpoint_are_taken(filter: str, sort: str) -> None:
    assert isinstance(validate_request(CLOSED, filter=filter, sort=sort), Success)

"""Tests of JSON documents and of values below them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from pyrsql.options import QueryOptions
from pyrsql.predicates import Between, Compare, Match, Member, Null


def json_test(
    test: Compare | Match | Member | Between | Null, document: ColumnElement[Any], options: QueryOptions
) -> ColumnElement[bool]:
    raise NotImplementedError

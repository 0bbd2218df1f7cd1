"""Each family of databases gets its own SQL, and a dialect that nobody listed gets standard SQL or an error."""

from typing import Any

import pytest
from sqlalchemy import Select, column
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import CompileError
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.orms.sqlalchemy.dialects import FAMILIES
from pyrsql.orms.sqlalchemy.dialects.families import form
from tests.orms.sqlalchemy.store import paged
from tests.sample_models import User


def named(name: str) -> DefaultDialect:
    """A dialect without features of its own, of this name."""
    return type("Dialect", (DefaultDialect,), {"name": name, "supports_statement_cache": True})()


def conditions(statement: Select[Any], dialect: DefaultDialect) -> str:
    text = " ".join(str(statement.compile(dialect=dialect)).split())
    return text.partition(" WHERE ")[2] or text.partition(" ORDER BY ")[2]


@pytest.mark.parametrize(
    ("filter", "standard"),
    [
        ("name==a", "users.name = :param_1"),
        ("name==a*", "(users.name LIKE :param_1 ESCAPE '!')"),
        ("name==^a*", "(lower(users.name) LIKE lower(:param_1) ESCAPE '!')"),
    ],
)
def test_an_unlisted_dialect_gets_standard_sql(filter: str, standard: str) -> None:
    assert conditions(paged(User, filter).statement, named("unlisted")) == standard


def test_a_developer_adds_a_dialect_to_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "maxscale", "mysql")
    assert "COLLATE utf8mb4" in conditions(paged(User, "name==a").statement, named("maxscale"))


class Untold(FunctionElement[Any]):
    """Something that only one database knows."""

    inherit_cache = True


form(Untold, on="sqlite")(lambda element, compiler, **options: "told")


def test_a_construct_without_a_form_is_refused_by_its_name() -> None:
    assert str(Untold(column("a")).compile(dialect=named("sqlite"))) == "told"
    with pytest.raises(CompileError, match=r"Untold \(Something that only one database knows\) .*'unlisted'"):
        Untold(column("a")).compile(dialect=named("unlisted"))

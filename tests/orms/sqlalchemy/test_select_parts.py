"""Private parts of SQLAlchemy: which ones are used, where, and that this version of SQLAlchemy has them."""

# pyright: reportPrivateUsage=false

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from returns.result import Success
from sqlalchemy import (
    Select,
    String,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased, joinedload, selectinload, with_expression, with_loader_criteria

from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.criteria_parts import column_of_mapper
from pyrsql.orms.sqlalchemy.elements import bound
from pyrsql.orms.sqlalchemy.keyset import rebound
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_criteria, validate_request
from tests.sample_models import Base, Company, User

SOURCE = Path(__file__).parents[3] / "src" / "pyrsql" / "orms" / "sqlalchemy"
USERS = Base.metadata.tables[User.__tablename__]
OTHER = aliased(Company)

OF_A_SELECT = {
    "_auto_correlate",
    "_correlate",
    "_correlate_except",
    "_distinct",
    "_distinct_on",
    "_fetch_clause",
    "_for_update_arg",
    "_from_obj",
    "_generate",
    "_group_by_clauses",
    "_has_row_limiting_clause",
    "_having_criteria",
    "_limit_clause",
    "_memoized_select_entities",
    "_offset_clause",
    "_order_by_clauses",
    "_prefixes",
    "_raw_columns",
    "_setup_joins",
    "_suffixes",
    "_where_criteria",
    "_with_options",
}
OF_AN_ELEMENT = {"_annotate", "_annotations", "_from_objects"}
OF_AN_ATTRIBUTE = {"_extra_criteria", "_of_type"}
OF_A_TYPE = {"_variant_mapping"}
OF_AN_OPTION = {"_all_mappers", "_resolve_where_criteria"}
OF_A_FUNCTION = {"_resolve_with_args"}
"""The function of criteria as SQLAlchemy holds it."""
OF_AN_ALIAS = {"_adapter"}
OF_A_VERSION = {"_add_context_option"}
"""SQLAlchemy 2.1 calls it `_add_compile_state_func`."""


def private_attributes(file: Path) -> Iterator[str]:
    """The private attributes of others that a file reads or writes."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", "super")
            # The public methods of a named tuple.
            if not own and node.attr not in ("_asdict", "_replace"):
                yield node.attr


def test_two_files_use_private_attributes_and_here_they_are() -> None:
    used = {file.name: {*private_attributes(file)} for file in SOURCE.rglob("*.py")}
    known = OF_A_SELECT | OF_AN_ELEMENT | OF_AN_ATTRIBUTE | OF_A_TYPE | OF_AN_OPTION | OF_A_VERSION
    known |= OF_A_FUNCTION | OF_AN_ALIAS
    assert used.pop("select_parts.py") | used.pop("criteria_parts.py") == known
    assert {name: found for name, found in used.items() if found} == {}


@pytest.mark.parametrize("name", sorted(OF_A_SELECT))
def test_a_select_has_each_of_them(name: str) -> None:
    assert hasattr(select(User), name)


def test_elements_attributes_and_types_have_each_of_them() -> None:
    assert all(hasattr(User.id.__clause_element__(), name) for name in OF_AN_ELEMENT)
    assert all(hasattr(User.company, name) for name in OF_AN_ATTRIBUTE)
    assert all(hasattr(String(), name) for name in OF_A_TYPE)


def test_criteria_and_aliases_have_each_of_them() -> None:
    option = cast("Any", with_loader_criteria(User, lambda cls: cls.id > 0))
    assert all(hasattr(option, name) for name in OF_AN_OPTION)
    assert all(hasattr(option.where_criteria, name) for name in OF_A_FUNCTION)
    assert all(hasattr(inspect(aliased(User)), name) for name in OF_AN_ALIAS)


def test_what_a_select_is_made_of() -> None:
    plain = select(User)
    assert parts.is_plain(plain.where(User.age > 1).order_by(User.id))
    others = [
        plain.join(User.company),
        plain.select_from(User),
        plain.with_only_columns(User.id).options(joinedload(User.company)).with_only_columns(User.name),
        plain.distinct(),
        plain.group_by(User.id),
        plain.having(User.age > 1),
        plain.prefix_with("x"),
        plain.suffix_with("x"),
        plain.limit(1),
        plain.offset(1),
        plain.fetch(1),
    ]
    assert not any(parts.is_plain(cast("Select[Any]", other)) for other in others)
    bare = [plain, select(User.id, User.name), plain.options(joinedload(User.company)), select(OTHER)]
    assert all(parts.is_bare(cast("Select[Any]", base)) for base in bare)
    more = [*others, plain.where(User.age > 1), plain.order_by(User.id), plain.with_for_update()]
    assert not any(parts.is_bare(cast("Select[Any]", other)) for other in more)
    assert [parts.has_limit(other) for other in (plain, plain.limit(1), plain.offset(1), plain.fetch(1))] == [
        False,
        True,
        True,
        True,
    ]
    assert parts.is_distinct(plain.distinct())
    assert not parts.is_distinct_on(plain.distinct())
    assert list(parts.prefixes(plain.prefix_with("a").suffix_with("b"))) == ["a", "b"]
    assert parts.lock_of(plain.with_for_update(nowait=True)).nowait  # type: ignore[union-attr]  # there is a lock


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_distinct_on_is_told_from_distinct() -> None:
    assert parts.is_distinct_on(select(User).distinct(User.age))
    assert parts.is_distinct(select(User).distinct(User.age))
    try:
        from sqlalchemy.dialects.postgresql import distinct_on
    except ImportError:
        return
    extended = select(User).ext(distinct_on(User.age))
    assert parts.is_distinct_on(extended)
    assert not parts.is_plain(extended)


def test_the_joins_of_a_select() -> None:
    made: Any = (
        select(User)
        .join(User.company)
        .join(OTHER, User.company)
        .join(User.company.of_type(OTHER), full=True)
        .join(User.company.and_(Company.country == "DE"))
        .join(Company, User.company_id == Company.id)
        .join(USERS, literal(1) == 1)
    )
    found = [(join.link is not None, join.entity, join.narrowed, join.full) for join in parts.base_joins(made)]
    assert found == [
        (True, Company, False, False),
        (True, OTHER, False, False),
        (True, OTHER, False, True),
        (True, Company, True, False),
        (False, Company, False, False),
        (False, None, False, False),
    ]


def test_what_a_column_belongs_to() -> None:
    columns = parts.columns(cast("Select[Any]", select(User, OTHER, Company.name, USERS.c.id, func.count())))
    assert [parts.entity_of(column) for column in columns] == [User, OTHER, Company, None, None]
    assert [parts.is_entity(column, User) for column in columns] == [True, False, False, False, False]
    assert parts.tables_of(columns[3]) == [USERS]


def test_options() -> None:
    criteria = with_loader_criteria(Company, Company.country == "DE")
    base = select(User).options(selectinload(User.roles), criteria)
    assert parts.options_of(parts.without_loading(base)) == (criteria,)
    assert parts.options_of(base.with_only_columns(User)) == (criteria,)
    assert parts.criteria(base) == [criteria]
    (element,) = cast("Any", with_expression(User.name, func.lower(User.email))).context
    assert [str(value) for value in parts.expressions_of(element)] == ["lower(users.email)"]
    assert not parts.expressions_of(cast("Any", selectinload(User.roles)).context[0])
    alias: Any = inspect(OTHER)
    assert column_of_mapper(User.id.__clause_element__(), inspect(User)) is None
    own = column_of_mapper(User.__table__.c.id, inspect(User))
    assert str(own) == "users.id"
    assert column_of_mapper(own, inspect(User)) is None
    assert column_of_mapper(Company.id.__clause_element__(), inspect(User)) is None
    for_alias = parts.criteria_like(criteria, entity=alias)
    assert for_alias.where_criteria is criteria.where_criteria
    assert for_alias.entity is alias
    assert criteria.entity is inspect(Company)


def test_what_is_taken_away() -> None:
    base = select(User).where(text("a OR b"), User.id > 1)
    assert str(parts.without_lock(base.with_for_update())) == str(base)
    assert parts.without_lock(base) is base
    assert str(parts.without_distinct(base.distinct())) == str(base)
    assert str(parts.with_conditions_grouped(base)).endswith("WHERE (a OR b AND users.id > :id_1)")
    assert parts.without_loading(base) is base


BASES: dict[str, Any] = {
    "an entity": select(User),
    "a column": select(User.id),
    "a table": select(USERS),
    "a column of a table": select(USERS.c.id),
    "a constant": select(literal(1)).select_from(User),
    "with conditions": select(User).where(User.age > 1, User.id < 9),
    "with a join": select(User).join(User.company),
    "two entities": select(User, Company).join(User.company),
}


def asked(base: Any, filter: str | None = None, sort: str | None = None, page: PageRequest | None = None) -> Any:
    judged = validate_request(schema(User), filter=filter, sort=sort, page=Success(page))
    return judged.bind(apply_criteria(base)).unwrap().statement


@pytest.mark.parametrize("name", BASES)
def test_a_narrowed_select_is_what_its_methods_make(name: str) -> None:
    base = BASES[name]
    assert same(asked(base, filter="age>=3;id!=4"), base.where(User.age >= 3, User.id != 4))


@pytest.mark.parametrize("name", BASES)
def test_a_page_is_what_its_methods_make(name: str) -> None:
    base = BASES[name]
    assert same(asked(base, page=PageRequest(20, 10)), base.order_by(User.id).limit(10).offset(20))


def test_a_sorted_select_is_what_its_methods_make() -> None:
    made = asked(select(User).order_by(User.id, User.age), sort="-age")
    assert str(made) == str(select(User).order_by(User.age.desc().nulls_first(), User.id, User.age))


def same(made: Select[Any], by_hand: Select[Any]) -> bool:
    """Whether two selects say the same, and are the same to SQLAlchemy."""
    texts = [str(one.compile(compile_kwargs={"literal_binds": True})) for one in (made, by_hand)]
    keys = [one._generate_cache_key() for one in (made, by_hand)]
    assert texts[0] == texts[1]
    assert keys[0] == keys[1]
    return made._propagate_attrs == by_hand._propagate_attrs


def test_the_variants_of_a_type_are_found() -> None:
    variants = parts.variants(String(10).with_variant(postgresql.CITEXT(), "postgresql"))
    assert {name: type(form) for name, form in variants.items()} == {"postgresql": postgresql.CITEXT}
    assert not parts.variants(String(10))


def test_the_tables_that_a_subquery_reads_by_itself() -> None:
    companies = Company.__table__
    rows = select(func.count(Company.id)).where(Company.id == User.company_id)
    assert parts.own_froms(rows) == []
    for own in (rows.correlate(User), rows.correlate_except(Company)):
        assert parts.own_froms(own) == [companies]
    assert {*parts.own_froms(rows.correlate(None))} == {companies, USERS}
    assert parts.own_froms(rows.correlate_except(User)) == [USERS]


def test_a_name_with_a_number_of_its_own() -> None:
    first, second = User.__table__.alias(), User.__table__.alias()
    for alias in (first, second):
        alias.name = parts.numbered_name("people_", alias)
    written = str(select(first.c.id, second.c.id, aliased(User).id))
    assert [f"{name}.id" in written for name in ("people__1", "people__2", "users_1")] == [True] * 3


def test_a_parameter_with_a_value_of_its_own() -> None:
    template = bound(None, String())
    first, second = rebound(template, "a"), rebound(template, "b")
    statement = select(User.id).where(User.name == first, User.email == second)
    # Other values give the same cache key.
    other = select(User.id).where(User.name == rebound(template, "c"), User.email == rebound(template, "d"))
    assert statement._generate_cache_key() == other._generate_cache_key()
    assert {*statement.compile().params.values()} == {"a", "b"}
    assert template.value is None


def test_columns_conditions_and_order_in_one_step() -> None:
    base = select(User).where(User.age > 1).order_by(User.name)
    key = User.id.label("key")
    by_hand = base.add_columns(key).where(User.age < 9).order_by(None).order_by(User.id.desc())
    made = parts.positioned(base, [key], [User.age < 9], parts.order_of(by_hand))
    assert str(made) == str(by_hand)
    assert str(base) == str(select(User).where(User.age > 1).order_by(User.name))

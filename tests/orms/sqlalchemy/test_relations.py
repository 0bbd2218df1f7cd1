"""Paths over relations: to-one, to-many, nested, to oneself; in filters, sorts, pages and counts."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload
from sqlalchemy.orm import join as orm_join

from pyrsql.errors import ConfigurationError
from pyrsql.options import JoinHint, ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, parse, validate
from pyrsql.validation.plan import Filter
from pyrsql.validation.predicates import Complement, Conjunction, Disjunction, Predicate, RelationPath, Some
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.sample_models import Base, Company, Role, User, rows, user_roles


@pytest.fixture(scope="module")
def people(store: Store) -> Iterator[Store]:
    with stocked(store, Base.metadata, rows()) as filled:
        yield filled


USERS = sorted((one for one in rows() if isinstance(one, User)), key=lambda user: user.id)

Test = Callable[[User], Any]

FILTERS: dict[str, Test] = {
    "company.name==acme": lambda u: u.company and u.company.name == "acme",
    "company.name!=acme": lambda u: u.company and u.company.name != "acme",
    "company.name==acme,name==demo": lambda u: (u.company and u.company.name == "acme") or u.name == "demo",
    "company.country=na=": lambda u: not u.company or u.company.country is None,
    "company.country=nn=": lambda u: u.company and u.company.country,
    "company.name==^UMB*": lambda u: u.company and u.company.name == "Umbrella",
    "company=na=": lambda u: not u.company,
    "company=nn=": lambda u: u.company,
    "company.users=nn=": lambda u: u.company,
    "roles=na=": lambda u: not u.roles,
    "roles=nn=": lambda u: u.roles,
    "manager=na=": lambda u: not u.manager,
    "manager.company=nn=": lambda u: u.manager and u.manager.company,
    "manager.company=na=": lambda u: not (u.manager and u.manager.company),
    "manager.name==demo": lambda u: u.manager and u.manager.name == "demo",
    "manager.manager.name==demo": lambda u: u.manager and u.manager.manager and u.manager.manager.name == "demo",
    "manager.manager.name=na=": lambda u: not (u.manager and u.manager.manager),
    "manager.company.name==acme;company.name==Umbrella": lambda u: (
        u.manager and u.manager.company and u.manager.company.name == "acme" and u.company and u.company.id == 2
    ),
    "roles.code==admin": lambda u: any(r.code == "admin" for r in u.roles),
    "roles.code!=admin": lambda u: any(r.code != "admin" for r in u.roles),
    "roles.code==admin;roles.code==guest": lambda u: {"admin", "guest"} <= {r.code for r in u.roles},
    "roles.code==admin;roles.level<3": lambda u: (
        any(r.code == "admin" for r in u.roles) and any(r.level < 3 for r in u.roles)
    ),
    "roles.level=bt=(2,3)": lambda u: any(2 <= r.level <= 3 for r in u.roles),
    "roles.level=nb=(2,3)": lambda u: any(not 2 <= r.level <= 3 for r in u.roles),
    "roles.code=in=(admin,editor),age<0": lambda u: (
        any(r.code in ("admin", "editor") for r in u.roles) or (u.age is not None and u.age < 0)
    ),
    "roles.code=na=": lambda u: False,
    "reports.age=na=": lambda u: any(r.age is None for r in u.reports),
    "reports.name=like=em": lambda u: any(r.name and "em" in r.name for r in u.reports),
    "reports.roles.code==guest": lambda u: any(r.code == "guest" for x in u.reports for r in x.roles),
    "reports.roles=na=": lambda u: any(not x.roles for x in u.reports),
    "reports.reports.roles.level==1": lambda u: any(
        r.level == 1 for x in u.reports for y in x.reports for r in y.roles
    ),
    "reports.company.name==acme": lambda u: any(x.company and x.company.name == "acme" for x in u.reports),
    "reports.company=na=": lambda u: any(not x.company for x in u.reports),
    "reports.company.name=na=": lambda u: any(not x.company for x in u.reports),
    "reports.manager.company.users.name==demolition": lambda u: any(
        y.name == "demolition" for x in u.reports if x.manager and x.manager.company for y in x.manager.company.users
    ),
    "manager.reports.name==axb": lambda u: u.manager and any(x.name == "axb" for x in u.manager.reports),
    "company.users.roles.code==admin": lambda u: (
        u.company and any(r.code == "admin" for x in u.company.users for r in x.roles)
    ),
    "company.users.manager.name==Demo": lambda u: (
        u.company and any(x.manager and x.manager.name == "Demo" for x in u.company.users)
    ),
    "roles.users.roles.users.id==9": lambda u: False,
}


FAR = QueryOptions(text_order="code_point", parse_limits=ParseLimits(to_many=4))
FAR_SORTS = SortOptions(text_order="code_point", sort_limits=SortLimits(to_many=2))


def expected(test: Test) -> list[int]:
    return [user.id for user in USERS if test(user)]


def test_every_path(people: Store) -> None:
    wrong = {
        text: (found, wanted)
        for text, test in FILTERS.items()
        if (found := ids(people, User, text, options=FAR)) != (wanted := expected(test))
    }
    assert not wrong


DESCRIBED = schema(User)


def predicate(filter: str) -> Any:
    return parse(filter).bind(validate(DESCRIBED)).unwrap().predicate


def path(filter: str) -> RelationPath:
    return cast("RelationPath", predicate(f"{filter}=nn=").path)


def inner(filter: str) -> Predicate:
    """The predicate that some related row has to pass."""
    return cast("Predicate", predicate(filter).predicate)


BOTH = Conjunction((inner("roles.code==editor"), inner("roles.level<3")))
MANAGED = Conjunction((inner("reports.manager.name==demo"), inner("reports.company.name==acme")))

PLANS: dict[str, tuple[Predicate, Test]] = {
    "some role is both": (
        Some(path("roles"), BOTH),
        lambda u: any(r.code == "editor" and r.level < 3 for r in u.roles),
    ),
    "no role is both": (
        Complement(Some(path("roles"), BOTH)),
        lambda u: not any(r.code == "editor" and r.level < 3 for r in u.roles),
    ),
    "every role is above 1": (
        Complement(Some(path("roles"), Complement(inner("roles.level>1")))),
        lambda u: all(r.level > 1 for r in u.roles),
    ),
    "every report has an age above 20: NULL does not pass": (
        Complement(Some(path("reports"), Complement(inner("reports.age>20")))),
        lambda u: all(r.age is not None and r.age > 20 for r in u.reports),
    ),
    "paths to one beyond a collection": (
        Some(path("reports"), MANAGED),
        lambda u: any(
            x.manager and x.manager.name == "demo" and x.company and x.company.name == "acme" for x in u.reports
        ),
    ),
    "some report has no role that is editor": (
        Some(path("reports"), Complement(predicate("reports.roles.code==editor"))),
        lambda u: any(all(r.code != "editor" for r in x.roles) for x in u.reports),
    ),
    "some report whose every role is above 1, with or without a company": (
        Some(
            path("reports"),
            Disjunction(
                (
                    Complement(Some(path("reports.roles"), Complement(inner("reports.roles.level>1")))),
                    Some(path("reports.company")),
                )
            ),
        ),
        lambda u: any(all(r.level > 1 for r in x.roles) or x.company for x in u.reports),
    ),
    "the company as a collection of one at most": (
        Some(path("company"), Conjunction((predicate("company.name==acme"), predicate("company.country==DE")))),
        lambda u: u.company and u.company.name == "acme" and u.company.country == "DE",
    ),
    "some colleague of one's manager": (
        Some(path("manager.company.users"), predicate("manager.company.users.roles.code==guest")),
        lambda u: (
            u.manager and u.manager.company and any(r.code == "guest" for x in u.manager.company.users for r in x.roles)
        ),
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_over_related_rows(people: Store, name: str) -> None:
    plan, test = PLANS[name]
    wanted = [user.id for user in USERS if test(user)]
    assert 0 < len(wanted) < len(USERS)
    statement = apply_filter(select(User))(Filter(DESCRIBED, plan)).unwrap().select
    assert sorted(people.run(lambda session: [user.id for user in session.scalars(statement)])) == wanted
    orm, options = MemoryORM(), QueryOptions()
    rows_of_memory = orm.filter(USERS, DESCRIBED.model, options, lambda _: orm.lower(plan, {}, options)).target
    assert [user.id for user in rows_of_memory] == wanted


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("company.name!=acme", "company.name==acme"),
        ("roles.code!=admin", "roles.code==admin"),
        ("reports.roles.code=out=(guest)", "reports.roles.code=in=(guest)"),
        ("roles.code=nk=i", "roles.code=like=i"),
    ],
)
def test_complement(people: Store, negative: str, positive: str) -> None:
    options = QueryOptions(negation="complement")
    found = ids(people, User, positive, options=options)
    assert found
    assert ids(people, User, negative, options=options) == [user.id for user in USERS if user.id not in found]


def last(values: list[Any]) -> tuple[bool, Any]:
    """The place of the smallest of some related values, where nothing is the largest."""
    return (not values, min(values, default=0))


SORTS: dict[str, Callable[[User], Any]] = {
    "company.name": lambda u: (not u.company, u.company.name if u.company else ""),
    "company.name;-id": lambda u: (not u.company, u.company.name if u.company else "", -u.id),
    "company.country": lambda u: (not (u.company and u.company.country), u.company and u.company.country),
    "manager.company.name;company.name": lambda u: (
        (not (u.manager and u.manager.company), u.manager and u.manager.company and u.manager.company.name),
        (not u.company, u.company and u.company.name),
    ),
    "roles.level": lambda u: last([r.level for r in u.roles]),
    "-roles.level": lambda u: (bool(u.roles), -max((r.level for r in u.roles), default=0)),
    "roles.code,ic": lambda u: last([r.code for r in u.roles]),
    "roles.level,nullsfirst": lambda u: (bool(u.roles), min((r.level for r in u.roles), default=0)),
    "reports.roles.level": lambda u: last([r.level for x in u.reports for r in x.roles]),
    "reports.company.name": lambda u: last([x.company.name for x in u.reports if x.company]),
    "company.users.age": lambda u: last([x.age for x in u.company.users if x.age is not None] if u.company else []),
    "reports.created": lambda u: last([x.created for x in u.reports]),
}


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort(people: Store, sort: str) -> None:
    # Equal rows come in the order of their keys, in the direction of the last key.
    sign = -1 if sort.startswith("-") else 1
    wanted = sorted(USERS, key=lambda user: (SORTS[sort](user), sign * user.id))
    assert ids(people, User, sort=sort, sort_options=FAR_SORTS) == [user.id for user in wanted]


@pytest.mark.parametrize("sort", ["company.name", "-roles.level;name,ic", None, "-email", "age,nullsfirst"])
@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 13])
def test_pages_walked_in_order_give_every_row_once(people: Store, sort: str | None, size: int) -> None:
    filter = "roles=nn=,company=nn="
    whole = ids(people, User, filter, sort or "id")
    pages = [ids(people, User, filter, sort, page=PageRequest.of(number, size)) for number in range(12)]
    assert [one for page in pages for one in page] == whole


def test_the_count_has_no_sort_page_or_needless_join() -> None:
    found = paged(User, "name==demo;roles.code==admin", "company.name", PageRequest.of(1, 2))
    text = str(found.count_statement)
    assert "ORDER BY" not in text
    assert "LIMIT" not in text
    assert "companies" not in text


COMPANY = aliased(Company)
MANAGER = aliased(User)

BASES: dict[str, tuple[Select[Any], Test, int]] = {
    "where": (select(User).where(User.age > 20), lambda u: u.age and u.age > 20, 1),
    "inner join": (select(User).join(User.company), lambda u: u.company, 1),
    "inner join by hand": (select(User).join(Company, User.company), lambda u: u.company, 1),
    "inner join by ON": (select(User).join(Company, User.company_id == Company.id), lambda u: u.company, 2),
    "join of an alias": (select(User).join(User.company.of_type(COMPANY)), lambda u: u.company, 2),
    "join of an alias by hand": (select(User).join(COMPANY, User.company), lambda u: u.company, 2),
    "join of an alias with the name of a path's": (
        select(User).join(User.company.of_type(aliased(Company, name="of a path"))),
        lambda u: u.company,
        2,
    ),
    "outer join": (select(User).outerjoin(User.company), lambda u: True, 1),
    "narrowed join": (
        select(User).join(User.company).where(Company.country == "DE"),
        lambda u: u.company and u.company.country == "DE",
        1,
    ),
    "narrowed ON": (
        select(User).outerjoin(User.company.and_(Company.country == "DE")).where(User.age > 20),
        lambda u: u.age and u.age > 20,
        2,
    ),
    "joined manager": (select(User).join(MANAGER, User.manager), lambda u: u.manager, 1),
    "contains_eager": (select(User).join(User.company).options(contains_eager(User.company)), lambda u: u.company, 1),
    "joinedload": (select(User).options(joinedload(User.roles), joinedload(User.company)), lambda u: True, 2),
    "selectinload": (select(User).options(selectinload(User.roles)), lambda u: True, 1),
    "ordered": (select(User).order_by(User.name), lambda u: True, 1),
    "from a subquery": (select(User).where(User.id.in_(select(User.id).where(User.id > 0))), lambda u: True, 1),
    "joined to-many": (select(User).join(User.roles).group_by(User.id), lambda u: u.roles, 1),
    "distinct": (select(User).distinct().where(User.age > 20), lambda u: u.age and u.age > 20, 1),
    "distinct to-many": (select(User).join(User.roles).distinct(), lambda u: u.roles, 1),
    "two tables": (
        select(User).where(User.id == user_roles.c.user_id, user_roles.c.role_id == 1),
        lambda u: any(r.id == 1 for r in u.roles),
        1,
    ),
}


@pytest.mark.parametrize("name", BASES)
def test_a_base_statement_is_narrowed(people: Store, name: str) -> None:
    """A filter takes rows away, and a path whose class the base has joined already is not joined again."""
    base, kept, joins = BASES[name]
    text = "company.name==acme,company.name==Umbrella;roles=nn=,manager.name==demo"

    def passes(user: User) -> Any:
        named = user.company and user.company.name
        return kept(user) and (
            named == "acme" or (named == "Umbrella" and user.roles) or (user.manager and user.manager.name == "demo")
        )

    assert ids(people, User, text, base=base) == expected(passes)
    by_company = ids(people, User, text, "company.name,desc;id", base=base)
    assert sorted(by_company) == expected(passes)
    for page in range(3):
        assert (
            ids(people, User, text, "-company.name;id", base=base, page=PageRequest.of(page, 3))
            == (by_company[page * 3 : page * 3 + 3])
        )
    assert str(paged(User, "company.name==acme", "company.name", base=base).statement).count("JOIN companies") == joins


def test_an_aliased_root(people: Store) -> None:
    other = aliased(User)
    base = select(other).where(other.age > 20)
    wanted = expected(lambda u: u.age and u.age > 20 and u.company and u.company.name == "acme")
    assert sorted(ids(people, User, "company.name==acme", "-age", base=base)) == wanted


def test_a_base_with_columns_only(people: Store) -> None:
    found = paged(User, "company.name==acme", "-id", base=cast("Select[Any]", select(User.id, User.name)))
    assert people.run(lambda session: [row.id for row in session.execute(found.statement)]) == [11, 9, 6, 4, 1]


def test_the_order_of_the_base_comes_after_that_of_the_client(people: Store) -> None:
    base = select(User).where(User.age.is_not(None)).order_by(User.id.desc())
    wanted = sorted((u for u in USERS if u.age is not None), key=lambda u: (u.age, -u.id))
    assert ids(people, User, sort="age", base=base) == [user.id for user in wanted]


@pytest.mark.parametrize("base", [select(User).limit(3), select(User).offset(3), select(User).fetch(3)])
def test_a_base_with_a_limit_is_refused(base: Select[Any]) -> None:
    with pytest.raises(ConfigurationError, match="LIMIT"):
        paged(User, "name==demo", base=base)
    with pytest.raises(ConfigurationError, match="LIMIT"):
        PageRequest.of(0, 2).apply(base, User, orm=SQLAlchemyORM())


@pytest.mark.parametrize(
    "base",
    [
        select(User).join(User.roles),
        select(User).select_from(orm_join(User, Role, User.roles)),
        select(User).where(User.id == user_roles.c.user_id).order_by(User.age),
        select(User).join(User.roles).options(joinedload(User.roles)),
        select(Role).join(Role.users).with_only_columns(User),
    ],
)
def test_distinct(people: Store, base: Select[Any]) -> None:
    options = QueryOptions(distinct=True)
    wanted = expected(lambda u: u.roles)
    assert ids(people, User, base=base, options=options) == wanted
    by_company = ids(people, User, "roles=nn=", "company.name;-roles.level", base=base, options=options)
    assert sorted(by_company) == wanted
    assert (
        ids(people, User, None, "company.name;-roles.level", base=base, options=options, page=PageRequest.of(1, 2))
        == (by_company[2:4])
    )


def test_distinct_leaves_to_one_joins_as_they_are(people: Store) -> None:
    base = select(User).join(User.company).options(contains_eager(User.company)).order_by(Company.id, User.id)
    found = paged(User, "manager.name==demo", base=base, options=QueryOptions(distinct=True))
    assert "IN (SELECT" not in str(found.statement)
    assert people.run(lambda session: [user.id for user in session.scalars(found.statement)]) == [6, 11, 2, 12]


def test_distinct_with_an_order_over_many_rows_is_refused() -> None:
    base = select(User).join(User.roles).order_by(Role.code)
    with pytest.raises(ConfigurationError, match="orders by a joined table"):
        paged(User, base=base, options=QueryOptions(distinct=True))


def test_join_hints(people: Store) -> None:
    inner = QueryOptions(join_hints={"User.company": JoinHint.INNER})
    left = QueryOptions(join_hints={"User.company": JoinHint.LEFT})
    text = "company.name=na=,id>0"
    assert ids(people, User, text, options=inner) == expected(lambda u: u.company)
    assert ids(people, User, text, options=left) == expected(lambda u: True)
    assert sorted(ids(people, User, sort="company.name", options=inner)) == expected(lambda u: u.company)
    assert ids(people, User, "reports.company.name=na=", options=inner) == []


def test_from_the_other_side(people: Store) -> None:
    assert ids(people, Company, "users.roles.code==admin") == [1, 2]
    assert ids(people, Company, "users=na=") == [3]
    assert ids(people, Company, sort="-users.age") == [3, 1, 2]
    assert ids(people, Role, "users.company.name==acme;users.manager=nn=", "level") == [3, 2, 1]


def test_each_path_is_joined_once(people: Store) -> None:
    found = paged(User, "company.name==a*,company.country==DE;manager.company.name==b", "company.name;company.country")
    assert str(found.statement).count("JOIN companies") == 2

    def counted(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(found.statement.subquery())) or 0

    assert people.run(counted) == 5

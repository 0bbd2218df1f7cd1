"""Quantifiers and counts: the rows of three databases and of memory, against plain Python."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, with_loader_criteria

from pyrsql import ConfigurationError, CursorRequest, ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.language.builder import f
from pyrsql.language.nodes import Comparison
from pyrsql.models.schema import schema_for
from pyrsql.operators import ComparisonOperator
from pyrsql.options import CustomPredicateDefinition
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, parse, seek, validate
from pyrsql.problems import Span
from tests.orms.sqlalchemy.store import Store, ids, paged, problems, stocked
from tests.sample_models import Base, Company, Role, User, rows

OPTIONS = QueryOptions(
    quantifiers=True, text_order="code_point", procedure_whitelist={"upper", "lower", "coalesce", "abs"}
)
FAR = SortOptions(quantifiers=True, text_order="code_point", sort_limits=SortLimits(to_many=2))

Truth = bool | None


def greater(value: int | None, than: int) -> Truth:
    """SQL's `>`: unknown for NULL."""
    return None if value is None else value > than


def some(truths: Iterable[Truth]) -> bool:
    return any(truth is True for truth in truths)


def every(truths: Iterable[Truth]) -> bool:
    return all(truth is True for truth in truths)


Case = tuple[type, str, Callable[[Any], Truth]]

CASES: list[Case] = [
    (User, "roles=any='code==admin;level>2'", lambda u: some(r.code == "admin" and r.level > 2 for r in u.roles)),
    (User, "roles=any='code==editor;level>2'", lambda u: some(r.code == "editor" and r.level > 2 for r in u.roles)),
    (User, "roles=any='code==editor,level>2'", lambda u: some(r.code == "editor" or r.level > 2 for r in u.roles)),
    (User, "roles=none='code==admin'", lambda u: not some(r.code == "admin" for r in u.roles)),
    (User, "roles=all='level>1'", lambda u: every(r.level > 1 for r in u.roles)),
    (User, "roles=all='level>1';roles=nn=", lambda u: bool(u.roles) and every(r.level > 1 for r in u.roles)),
    (User, "roles=any=", lambda u: bool(u.roles)),
    (User, "roles=none=", lambda u: not u.roles),
    # NULL in the nested filter: unknown does not pass, and is not true of all.
    (Company, "users=any='age>20'", lambda c: some(greater(u.age, 20) for u in c.users)),
    (Company, "users=none='age>40'", lambda c: not some(greater(u.age, 40) for u in c.users)),
    (Company, "users=all='age>20'", lambda c: every(greater(u.age, 20) for u in c.users)),
    (Company, "users=all='age=nn='", lambda c: every(u.age is not None for u in c.users)),
    (Company, "users=none='name!=x'", lambda c: not some(None if u.name is None else u.name != "x" for u in c.users)),
    # To-one relations are collections of at most one.
    (User, "company=any='name==acme'", lambda u: u.company is not None and u.company.name == "acme"),
    (User, "company=none='name==acme'", lambda u: u.company is None or u.company.name != "acme"),
    (User, "company=all='name==acme'", lambda u: u.company is None or u.company.name == "acme"),
    (User, "company=any=", lambda u: u.company is not None),
    (User, "manager.company=none='name==acme'", lambda u: not (u.manager and u.manager.company.name == "acme")),
    # A path that breaks off before is an empty collection.
    (User, "company.users=all='age>20'", lambda u: every(greater(o.age, 20) for o in colleagues(u))),
    (User, "company.users=none='age>40'", lambda u: not some(greater(o.age, 40) for o in colleagues(u))),
    (User, "company.users=any='name==demo'", lambda u: some(o.name == "demo" for o in colleagues(u))),
    # Self-relations.
    (User, "reports=any='age<20;roles=any=\"code==admin\"'", lambda u: some(young_admin(r) for r in u.reports)),
    (User, "reports=none='age>20'", lambda u: not some(greater(r.age, 20) for r in u.reports)),
    # Two levels, and relations inside.
    (Company, "users=any='roles=none=;age>20'", lambda c: some(not u.roles and (u.age or 0) > 20 for u in c.users)),
    (
        Company,
        "users=all='roles=any=\"level>0\"'",
        lambda c: every(some(r.level > 0 for r in u.roles) for u in c.users),
    ),
    (
        Company,
        "users=any='roles=any=\"code==admin\";name==demo'",
        lambda c: some(some(r.code == "admin" for r in u.roles) and u.name == "demo" for u in c.users),
    ),
    (
        Role,
        "users=any='company.name==acme;manager=na='",
        lambda r: some(bool(u.company and u.company.name == "acme") and u.manager is None for u in r.users),
    ),
    (
        Role,
        "users=any='company.name==acme,manager.name==demo'",
        lambda r: some(
            bool(u.company and u.company.name == "acme") or bool(u.manager and u.manager.name == "demo")
            for u in r.users
        ),
    ),
    # An ordinary path inside a quantifier is some row of its own.
    (
        Company,
        "users=any='roles.code==admin;roles.code==editor'",
        lambda c: some({"admin", "editor"} <= {r.code for r in u.roles} for u in c.users),
    ),
    (Company, "users=any='roles=na='", lambda c: some(not u.roles for u in c.users)),
    (Company, "users.roles=any='level>2'", lambda c: some(r.level > 2 for u in c.users for r in u.roles)),
    (Company, "users.roles=none=", lambda c: not [r for u in c.users for r in u.roles]),
    (Company, "users.roles=all='level>1'", lambda c: every(r.level > 1 for u in c.users for r in u.roles)),
    (User, "roles.users=any='name==demo;age>1'", lambda u: some(o.name == "demo" for r in u.roles for o in r.users)),
    # Beside other tests, in groups.
    (User, "(roles=any='level>2',age>90);name=nn=", lambda u: u.name is not None and (leads(u) or (u.age or 0) > 90)),
    (User, "roles=any='(code==admin,code==guest);level<2'", lambda u: some(r.code == "guest" for r in u.roles)),
    # Functions, whose paths lead from the related row.
    (User, "roles=any='@upper[code]==ADMIN'", lambda u: some(r.code == "admin" for r in u.roles)),
    (Role, "users=any='@coalesce[age|#0]>40'", lambda r: some((u.age or 0) > 40 for u in r.users)),
    # Counts.
    (User, "@count[roles]>1", lambda u: len(u.roles) > 1),
    (User, "@count[roles]==0", lambda u: not u.roles),
    (User, "@count[roles]!=0", lambda u: bool(u.roles)),
    (User, "@count[roles]>=1", lambda u: bool(u.roles)),
    (User, "@count[roles]<1", lambda u: not u.roles),
    (User, "@count[roles]<=0", lambda u: not u.roles),
    (User, "@count[roles]=in=(0,2)", lambda u: len(u.roles) in (0, 2)),
    (User, "@count[roles]=bt=(1,2)", lambda u: len(u.roles) in (1, 2)),
    (User, "@count[roles]=out=(1,2)", lambda u: len(u.roles) not in (1, 2)),
    (User, "@count[roles]=na=", lambda u: False),
    (User, "@count[roles]=nn=", lambda u: True),
    (User, "@count[roles]>-1", lambda u: True),
    (User, "@count[company]==1", lambda u: u.company is not None),
    (User, "@count[company.users]==0", lambda u: not colleagues(u)),
    (User, "@count[company.users]>4", lambda u: len(colleagues(u)) > 4),
    (Company, "@count[users.roles]>2", lambda c: sum(len(u.roles) for u in c.users) > 2),
    (Company, "'@count[users|#age>20]'==2", lambda c: sum((u.age or 0) > 20 for u in c.users) == 2),
    (Company, "'@count[users|#company.name==acme]'>1", lambda c: c.name == "acme"),
    (Company, "'@count[users|#roles.code==admin]'==1", lambda c: sum(leads(u) for u in c.users) == 1),
    (Company, "users=any='@count[roles]>1'", lambda c: some(len(u.roles) > 1 for u in c.users)),
    (Company, "users=any='\\'@count[roles|#level>1]\\'==2'", lambda c: some(two_levels(u) for u in c.users)),
    (User, "company.users=any='@count[reports]>4'", lambda u: some(len(o.reports) > 4 for o in colleagues(u))),
]


def colleagues(user: User) -> list[User]:
    return user.company.users if user.company else []


def leads(user: User) -> bool:
    return any(role.level > 2 for role in user.roles)


def two_levels(user: User) -> bool:
    return sum(role.level > 1 for role in user.roles) == 2


def young_admin(user: User) -> bool:
    return user.age is not None and user.age < 20 and any(role.code == "admin" for role in user.roles)


def objects(model: type) -> list[Any]:
    return sorted((row for row in rows() if isinstance(row, model)), key=lambda row: row.id)


@pytest.fixture(scope="module")
def database_with_rows(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as store:
        yield store


@pytest.mark.parametrize(
    ("model", "text", "passes"), CASES, ids=[f"{model.__name__} {text}" for model, text, _ in CASES]
)
def test_rows_of_databases_and_memory(
    database_with_rows: Store, model: type, text: str, passes: Callable[[Any], Truth]
) -> None:
    everything = objects(model)
    expected = [row.id for row in everything if passes(row) is True]
    assert [row.id for row in in_memory(model, everything, text)] == expected
    assert ids(database_with_rows, model, text, options=OPTIONS) == expected


def in_memory(model: type, everything: list[Any], text: str | None, sort: str | None = None) -> list[Any]:
    described = schema_for(model, orm=MemoryORM(), options=OPTIONS, sort_options=FAR)
    found = parse(text, OPTIONS).bind(validate(described)).bind(apply_filter(everything)).bind(apply_sort(sort))
    return list(found.unwrap().select)


@pytest.mark.parametrize(
    ("model", "sort", "key"),
    [
        (User, "-@count[roles];id", lambda u: (-len(u.roles), u.id)),
        (User, "@count[company.users];-id", lambda u: (len(colleagues(u)), -u.id)),
        (Company, "-'@count[users|#age>20]';id", lambda c: (-sum((u.age or 0) > 20 for u in c.users), c.id)),
        (Company, "@count[users.roles],desc;name", lambda c: (-sum(len(u.roles) for u in c.users), c.name)),
    ],
)
def test_a_sort_by_a_count(database_with_rows: Store, model: type, sort: str, key: Callable[[Any], Any]) -> None:
    everything = objects(model)
    expected = [row.id for row in sorted(everything, key=key)]
    assert [row.id for row in in_memory(model, everything, None, sort)] == expected
    assert ids(database_with_rows, model, None, sort, options=OPTIONS, sort_options=FAR) == expected
    pages = [
        key
        for number in range(len(expected) // 2 + 1)
        for key in ids(
            database_with_rows, model, None, sort, options=OPTIONS, sort_options=FAR, page=PageRequest.of(number, 2)
        )
    ]
    assert pages == expected


@pytest.mark.parametrize("sort", ["-@count[roles]", "'@count[roles|#level>1]';-age"])
def test_cursor_pages_sorted_by_a_count(database_with_rows: Store, sort: str) -> None:
    whole = ids(database_with_rows, User, None, sort, options=OPTIONS)
    described = schema(User, OPTIONS)
    walked: list[int] = []
    cursor: str | None = None
    while True:
        statement = validate(described)(None).bind(apply_filter(select(User))).bind(apply_sort(sort))
        page = statement.bind(seek(CursorRequest.at(cursor, 5))).unwrap()
        found, cursor = database_with_rows.run(partial(collected, page))
        walked += found
        if cursor is None:
            break
    assert walked == whole


def collected(page: Any, session: Session) -> tuple[list[int], str | None]:
    cut = page.collect(session.execute)
    return [user.id for user in cut.items], cut.next


def test_any_and_none_part_the_rows_and_all_is_none_that_is_not(database_with_rows: Store) -> None:
    for inner in ("age>20", "name==de*", "roles.code==admin", "age=na=,age<0"):
        some_, none = (
            set(ids(database_with_rows, Company, f"users={q}='{inner}'", options=OPTIONS)) for q in ("any", "none")
        )
        assert some_ | none == {1, 2, 3}
        assert not some_ & none
    # Without NULL among the values, `not F` can be written.
    above, not_below = ("users=all='id>3'", "users=none='id<=3'")
    assert ids(database_with_rows, Company, above, options=OPTIONS) == ids(
        database_with_rows, Company, not_below, options=OPTIONS
    )


def test_an_aliased_root_and_loader_criteria_count_inside(database_with_rows: Store) -> None:
    person = aliased(User)
    text = "roles=any='users=any=\"name==demo\"'"
    plain = ids(database_with_rows, User, text, options=OPTIONS)
    assert plain == [1, 4, 8, 10, 12]
    assert ids(database_with_rows, User, text, base=select(person), options=OPTIONS) == plain
    visible = select(User).options(with_loader_criteria(Role, Role.code != "admin", include_aliases=True))
    assert ids(database_with_rows, User, text, base=visible, options=OPTIONS) == [1, 4, 10]
    assert ids(database_with_rows, User, "@count[roles]==1", base=visible, options=OPTIONS) == [1, 2, 5, 10, 12]


# --- names, rights, limits ---


@pytest.mark.parametrize(
    ("text", "code", "field", "pointed"),
    [
        ("roles=any='kode==admin'", "unknown-field", "roles.kode", "kode"),
        ("roles=any='code==admin;levl>2'", "unknown-field", "roles.levl", "levl"),
        ("roles=any='level>high'", "wrong-value", "roles.level", "high"),
        ("roles=any='level=like=2'", "unsupported-operator", "roles.level", "level=like=2"),
        ("reports=any='roles=any=\"kode==1\"'", "unknown-field", "reports.roles.kode", "kode"),
        (r"roles=any='users=any=\'nam==1\''", "unknown-field", "roles.users.nam", "nam"),
        ("roles=any='code=1'", "syntax-error", None, "="),
        ("roles=any=''", "syntax-error", None, ""),
        ("roles=any='@lower[kode]==1'", "unknown-field", "roles.kode", "@lower[kode]"),
        ("name=any='x==1'", "unsupported-operator", "name", "name=any='x==1'"),
        ("@count[name]>1", "wrong-call", "@count[name]", "@count[name]"),
        ("@count[rols]>1", "unknown-field", "rols", "rols"),
        ("@count[]>1", "wrong-call", "@count[]", "@count[]"),
        ("'@count[roles|#levl>1]'>1", "unknown-field", "roles.levl", "levl"),
        ("'@count[roles|#level=1]'>1", "syntax-error", None, "="),
        ("@count[roles]==x", "wrong-value", "@count[roles]", "x"),
        ("@count[roles]=like=1", "unsupported-operator", "@count[roles]", "@count[roles]=like=1"),
        ("@abs[@count[roles]]>1", "forbidden-function", "@abs[@count[roles]]", "@abs[@count[roles]]"),
        ("@abs[roles]>1", "wrong-call", "@abs[roles]", "@abs[roles]"),
    ],
)
def test_problems_of_nested_filters(text: str, code: str, field: str | None, pointed: str) -> None:
    problem, *others = problems(User, text, options=OPTIONS)
    assert others == []
    assert (problem.code, problem.field) == (code, field)
    assert problem.span is not None
    assert text[problem.span.start : problem.span.end] == pointed


@pytest.mark.parametrize(
    ("text", "hint", "replacement"),
    [
        ("roles=any='kode==admin'", "code", "code"),
        ("@count[rols]>1", "roles", "roles"),
        ("'@count[company.usrs|#age>1]'>1", "company.users", "company.users"),
        ("roles=any='@count[usrs]>1'", "users", "users"),
        # The path that a hint names may begin like the path around it.
        ("company=any='users.roles=any=\"users.company.nme==1\"'", "users.company.name", "users.company.name"),
        ("users=any='roles=any=\"usrs.name==1\"'", "users", "users.name"),
    ],
)
def test_a_hint_inside_is_written_as_it_is_inside(text: str, hint: str, replacement: str) -> None:
    problem, *others = problems(Company if text.startswith("users") else User, text, options=OPTIONS)
    assert others == []
    assert (problem.hint, problem.replacement) == (f"Did you mean '{hint}'?", replacement)


def test_a_tree_made_by_hand_has_problems_without_places() -> None:
    trees = (f.rols.count() > 1, f.roles.any(f.kode == "x"), f.roles.count(f.kode == "x") > 1)
    for tree in trees:
        problem = validate(schema(User, OPTIONS))(tree.node).failure()[0]
        assert problem.code == "unknown-field"


def test_a_tree_that_was_changed_by_hand_does_not_point_beside_its_text() -> None:
    node = parse("roles=any='code==a'", OPTIONS).unwrap()
    assert isinstance(node, Comparison)
    changed = replace(node, arguments=("a longer text;kode==x",))
    problem = validate(schema(User, OPTIONS))(changed).failure()[0]
    assert problem.span == Span(10, 19)


def test_only_the_first_problems_of_a_request_get_a_suggestion() -> None:
    nested = ";".join(f"roles=any='kode=={place}'" for place in range(30))
    options = QueryOptions(quantifiers=True, parse_limits=ParseLimits(to_many_tests=None))
    hints = [problem.hint for problem in problems(User, nested, options=options)]
    assert len(hints) == 30
    assert sum(hint is not None for hint in hints) == 10


def test_a_filter_of_a_count_may_hold_what_ends_a_call(database_with_rows: Store) -> None:
    text = "'@count[users|#@coalesce[name|#a]==demo,name==\\'|]\\',age>90]'==2"
    assert ids(database_with_rows, Company, text, options=OPTIONS) == [1]


def test_all_problems_of_all_levels_are_reported() -> None:
    text = "nam==1;roles=any='kode==1;users=any=\"nme==1\"';age==x"
    assert [problem.field for problem in problems(User, text, options=OPTIONS)] == [
        "nam",
        "roles.kode",
        "roles.users.nme",
        "age",
    ]


HIDDEN: dict[str, dict[str, Any]] = {
    "path": {"field_blacklist": {"roles.code", "reports.roles.code", "roles.users", "reports.roles.users"}},
    "name": {"field_blacklist": {"code", "users"}},
    "model": {"model_field_blacklist": {Role: {"code", "users"}}},
    "listed paths": {"field_whitelist": {"roles.level", "roles", "reports", "reports.roles", "reports.roles.level"}},
    "listed of models": {"model_field_whitelist": {Role: {"level"}, User: {"roles", "reports"}}},
    "published": {"public_fields": {path: path for path in ("roles", "roles.level", "reports", "reports.roles")}},
}
# A field and a relation that exist and are hidden, and names that do not exist.
NAMES = {"code": "kxyz", "users": "kwxyz"}
NESTED = [
    "roles=any='{}==a'",
    "roles=none='level>1;{}=na='",
    "roles=all='{}.name==a'",
    "roles=all='@upper[{}]==A'",
    "roles=any='@concat[level|{}]==A'",
    "roles=any='{}=any='",
    "roles=any='{}=none=\"level>1\"'",
    "roles=any='{}=all=\"level=1\"'",
    "roles=any='@count[{}]>1'",
    "roles=any='\\'@count[{}|#level>1]\\'==1'",
    "'@count[roles|#{}==a]'>1",
    "'@count[roles|#level>1,{}.id=in=(1,2)]'>1",
    "@count[roles.{}]>1",
    "reports=any='roles=any=\"{}==a\"'",
    "reports=any='roles.{}==a'",
    "'@count[reports|#@count[roles.{}]>1]'>1",
]


@pytest.mark.parametrize("settings", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("text", NESTED)
def test_a_hidden_name_answers_as_one_that_does_not_exist(settings: dict[str, Any], text: str) -> None:
    options = QueryOptions(quantifiers=True, procedure_whitelist={"upper", "concat"}, **settings)
    for hidden, absent in NAMES.items():
        seen, unseen = answers(text.format(hidden), hidden, options), answers(text.format(absent), absent, options)
        assert seen == unseen
        assert {code for code, *_ in seen} == {"unknown-field"}
    assert problems_or_none("roles=any='level>1'", options) is None


def answers(text: str, name: str, options: QueryOptions) -> list[tuple[Any, ...]]:
    """What a client sees of a filter, and of the same as a count to sort by, but for the name that it has written."""
    found = list(problems(User, text, options=options))
    sort: list[tuple[Any, ...]] = []
    if text.startswith("'@count"):
        sort = [
            (one.code, str(one.field).replace(name, "…"), one.hint, one.replacement)
            for one in problems(User, sort=text[: text.rindex("'") + 1], options=options)
        ]
        assert [one[:2] for one in sort] == [(one.code, str(one.field).replace(name, "…")) for one in found]
    starts = [one.span and one.span.start for one in found]
    shown = [(one.code, str(one.field).replace(name, "…"), one.hint, one.replacement) for one in found]
    return [*((*one, start) for one, start in zip(shown, starts, strict=True)), *sort]


@pytest.mark.parametrize("text", ["roles=any=", "roles=none=", "roles=any='level>1'", "@count[roles]>1"])
def test_a_hidden_relation_takes_no_quantifier(text: str) -> None:
    problem, *others = problems(User, text, options=QueryOptions(quantifiers=True, field_blacklist={"roles"}))
    assert others == []
    assert problem.code == "unknown-field"
    sort, *others = problems(
        User, sort="@count[roles]", options=QueryOptions(quantifiers=True, field_blacklist={"roles"})
    )
    assert others == []
    assert sort.code == "unknown-field"


def problems_or_none(text: str, options: QueryOptions) -> Any:
    result: Any = parse(text, options).bind(validate(schema(User, options)))
    return result.failure() if type(result).__name__ == "Failure" else None


def test_mappings_and_converters_count_for_the_whole_path(database_with_rows: Store) -> None:
    options = QueryOptions(
        quantifiers=True,
        field_mapping={"r": "roles", "roles.kind": "roles.code"},
        field_value_converters={"roles.level": lambda text: {"high": 3}[text]},
    )
    assert ids(database_with_rows, User, "r=any='code==admin'", options=options) == [1, 8, 12]
    assert ids(database_with_rows, User, "roles=any='kind==admin'", options=options) == [1, 8, 12]
    assert ids(database_with_rows, User, "roles=any='level==high'", options=options) == [1, 8, 12]


@pytest.mark.parametrize(
    ("text", "limits", "limit"),
    [
        ("roles=any='a==1;b==2'", ParseLimits(nodes=3), "nodes"),
        ("roles=any='users=any=\"((name==x))\"'", ParseLimits(depth=3), "depth"),
        ("roles=any='code==aaaaaaaaaa'", ParseLimits(argument_length=10), "argument_length"),
    ],
)
def test_limits_count_the_whole_request(text: str, limits: ParseLimits, limit: str) -> None:
    found = problems(User, text, options=QueryOptions(quantifiers=True, parse_limits=limits))
    assert [getattr(problem, "limit", None) for problem in found] == [limit]


def test_relations_of_nested_filters_count_together() -> None:
    steps = ["manager"] * 13
    text = f"{'.'.join(steps)}=any='{'.'.join(steps)}.name==x'"
    found = problems(User, text, options=OPTIONS)
    assert [getattr(problem, "limit", None) for problem in found] == ["relations"]


def test_reading_many_quantifiers_takes_linear_time() -> None:
    """Four times the text takes about four times the calls of Python's."""
    options = QueryOptions(quantifiers=True, parse_limits=ParseLimits(query_length=None, nodes=None))
    described = schema(User, options)

    def calls(parts: int) -> int:
        text = ";".join(["(roles=any='level==x;kode==\\'\\''),name==a"] * parts)
        counted = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            parse(text, options).bind(validate(described))
        finally:
            sys.setprofile(None)
        return counted

    few, many = calls(50), calls(200)
    assert many < 5 * few


def test_quantifiers_are_off_by_default() -> None:
    assert [problem.code for problem in problems(User, "roles=any='a==1'")] == ["unknown-operator"]
    assert [problem.code for problem in problems(User, "@count[roles]>1")] == ["forbidden-function"]
    assert [problem.code for problem in problems(User, sort="@count[roles]")] == ["forbidden-function"]
    assert (
        problems(User, sort="@count[roles]", options=OPTIONS, sort_options=SortOptions())[0].code
        == "forbidden-function"
    )


def test_an_operator_of_the_developers_own_may_not_have_the_same_spelling() -> None:
    own = ComparisonOperator("all_match", ("=all=",))
    custom = {"all_match": CustomPredicateDefinition(operator=own)}
    assert QueryOptions(custom_predicates=custom).operators.find("=all=") == own
    with pytest.raises(ConfigurationError, match="=all="):
        QueryOptions(custom_predicates=custom, quantifiers=True)


def test_counts_compared_with_nothing_are_existence() -> None:
    for text in ("@count[roles]>0", "@count[roles]>=1", "@count[roles]!=0", "@count[roles]==0"):
        sql = str(paged(User, text, options=OPTIONS).statement)
        assert "EXISTS" in sql
        assert "count(" not in sql


def test_sixteen_quantifiers_are_one_statement_of_bounded_depth(database_with_rows: Store) -> None:
    text = ";".join(f"roles=any='level>{place % 3};users=any=\"age>{place}\"'" for place in range(-8, 0))
    assert ids(database_with_rows, User, text, options=OPTIONS)


def test_memory_and_databases_agree_on_custom_operators_inside() -> None:
    even = ComparisonOperator("even", ("=even=",), 0, 0)
    options = QueryOptions(
        quantifiers=True, custom_predicates={"even": CustomPredicateDefinition(operator=even, argument_type=str)}
    )
    orm = MemoryORM(custom_predicates={"even": lambda payload: payload.expression % 2 == 0})
    described = schema_for(User, orm=orm, options=options)
    everything = objects(User)
    for text in ("roles=any='level=even='", "'@count[roles|#level=even=]'>0"):
        found = parse(text, options).bind(validate(described)).bind(apply_filter(everything)).unwrap().select
        assert [user.id for user in found] == [user.id for user in everything if any(r.level == 2 for r in user.roles)]


def nested_in_each_other(levels: int, between: str, inner: str) -> str:
    """A filter in so many others, with the two quotes in turn."""
    text = inner
    for level in range(levels):
        quote = "'\""[level % 2]
        escaped = re.sub(rf"[\\{quote}]", r"\\\g<0>", between.format(text))
        text = f"manager={('any', 'none', 'all')[level % 3]}={quote}{escaped}{quote}"
    return text


@pytest.mark.parametrize("inner", ["name==x", "roles.code==x", "@count[roles]>1", "roles.users.name==x;(id>1,id<0)"])
@pytest.mark.parametrize("between", ["{}", "id>0;({},age>1)"])
def test_filters_in_filters_are_as_deep_as_every_database_reads(
    database_with_rows: Store, between: str, inner: str
) -> None:
    """What is accepted runs on all databases; what is deeper is refused, with its place."""
    everything, accepted = objects(User), 0
    for levels in range(1, 8):
        text = nested_in_each_other(levels, between, inner)
        refused = problems_or_none(text, OPTIONS)
        if refused is None:
            accepted += 1
            assert ids(database_with_rows, User, text, options=OPTIONS) == [
                row.id for row in in_memory(User, everything, text)
            ]
        else:
            assert refused[0].limit in ("nested_filters", "depth")
            assert refused[0].span is not None
    assert 3 <= accepted <= 5

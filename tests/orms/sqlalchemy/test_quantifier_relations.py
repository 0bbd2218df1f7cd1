"""Quantifiers over every kind of relation, against plain Python over the rows that the relations load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    foreign,
    mapped_column,
    relationship,
    remote,
    with_loader_criteria,
)

from pyrsql import CursorRequest, QueryOptions, SortLimits, SortOptions
from pyrsql.language.builder import f
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, parse, seek, validate
from tests.orms.sqlalchemy import test_relation_kinds as kinds
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked

OPTIONS = QueryOptions(quantifiers=True, text_order="code_point")
# Counts of rows that are several to-many steps away.
SORT_OPTIONS = SortOptions(quantifiers=True, text_order="code_point", sort_limits=SortLimits(to_many=None))


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Group(Base):
    """A group of a tenant, by a key of two columns."""

    __tablename__ = "qr_group"
    tenant: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    members: Mapped[list[Member]] = relationship(back_populates="group", order_by="Member.id")


class Member(Base):
    """An association object; its person may be missing, and its group."""

    __tablename__ = "qr_member"
    __table_args__ = (ForeignKeyConstraint(["tenant", "group_id"], ["qr_group.tenant", "qr_group.id"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    group_id: Mapped[int | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("qr_person.id"))
    level: Mapped[int | None]
    group: Mapped[Group | None] = relationship(back_populates="members")
    person: Mapped[Person | None] = relationship(back_populates="members")


class Person(Base):
    __tablename__ = "qr_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("qr_person.id"))
    members: Mapped[list[Member]] = relationship(back_populates="person", order_by=Member.id)
    boss: Mapped[Person | None] = relationship(remote_side=id, back_populates="staff")
    staff: Mapped[list[Person]] = relationship(back_populates="boss")
    groups: AssociationProxy[list[Group]] = association_proxy("members", "group")
    clerks: Mapped[list[Clerk]] = relationship(
        viewonly=True, primaryjoin=lambda: remote(foreign(Clerk.boss_id)) == Person.id
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Clerk(Person):
    __mapper_args__ = {"polymorphic_identity": "clerk"}


class Step(Base):
    """A row of a chain: each leads to the one below it."""

    __tablename__ = "qr_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int | None]
    below_id: Mapped[int | None] = mapped_column(ForeignKey("qr_step.id"))
    below: Mapped[Step | None] = relationship(remote_side=id)


def rows() -> list[Base]:
    a, b, c = Group(tenant=1, id=1, name="a"), Group(tenant=1, id=2, name=None), Group(tenant=2, id=1, name="a")
    ann, bob = Person(id=1, name="ann"), Clerk(id=2, name="bob")
    people = [
        ann,
        bob,
        Person(id=3, name=None, boss=ann),
        Clerk(id=4, name="dan", boss=ann),
        Clerk(id=5, name=None, boss=bob),
        Person(id=6, name="fay", boss=bob),
    ]
    # The group, the person, the tenant and the level of each.
    joined: list[tuple[int | None, int | None, int, int | None]] = [
        *((1, 1, 1, 3), (1, 2, 1, None), (2, 1, 1, 1), (1, 3, 2, 3), (1, 4, 2, 1)),
        *((None, 4, 1, 2), (None, None, 2, 9), (1, None, 1, 5)),
    ]
    members = [
        Member(id=place, tenant=tenant, group_id=group, person_id=person, level=level)
        for place, (group, person, tenant, level) in enumerate(joined, 1)
    ]
    steps = [Step(id=1, size=3), Step(id=6, size=3)]
    for place, size in enumerate((None, 1, 2, 3), 2):
        steps.insert(place - 1, Step(id=place, size=size, below=steps[place - 2]))
    return [a, b, c, Group(tenant=2, id=2, name="empty"), *people, *members, *steps]


@pytest.fixture(scope="module")
def stored(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


@pytest.fixture(scope="module")
def kinds_stored(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, kinds.Base.metadata, kinds.rows()) as filled:
        yield filled


class Question(NamedTuple):
    """A relation of a model, a filter of its rows, and what the filter means."""

    model: type
    path: str
    inner: str
    passes: Callable[[Any], bool | None]


def above(value: int | None, least: int) -> bool | None:
    return None if value is None else value > least


QUESTIONS = [
    # A foreign key that may be NULL, to a key of two columns, both ways.
    Question(Group, "members", "level>1", lambda m: above(m.level, 1)),
    Question(Group, "members", "person=nn=;level=nn=", lambda m: m.person is not None and m.level is not None),
    Question(Group, "members", "group.name==a", lambda m: None if m.group.name is None else m.group.name == "a"),
    Question(Member, "group", "name==a", lambda g: None if g.name is None else g.name == "a"),
    Question(Member, "group", "name=na=", lambda g: g.name is None),
    Question(Member, "person", "name!=ann", lambda p: None if p.name is None else p.name != "ann"),
    Question(Member, "group.members", "level<5", lambda m: None if m.level is None else m.level < 5),
    # Association objects and a proxy through them.
    Question(
        Person,
        "members",
        "group.name==a;level>2",
        lambda m: bool(m.group and m.group.name == "a" and (m.level or 0) > 2),
    ),
    Question(Person, "members.group", "name==a", lambda g: g.name == "a"),
    Question(Person, "groups", "name==a;tenant>1", lambda g: g.name == "a" and g.tenant > 1),
    Question(Group, "members.person", "name=nn=", lambda p: p.name is not None),
    # Self-relations, a class and its subclass, as the root and as the target.
    Question(Person, "staff", "name=na=", lambda p: p.name is None),
    Question(Person, "boss", "name==ann", lambda p: p.name == "ann"),
    Question(Person, "boss.staff", "id>3", lambda p: p.id > 3),
    Question(Person, "clerks", "name=na=", lambda p: p.name is None),
    Question(Clerk, "staff", "id>0", lambda p: p.id > 0),
    Question(Clerk, "boss", "staff.name==dan", lambda p: any(one.name == "dan" for one in p.staff)),
    Question(Person, "staff", "clerks=any=", lambda p: bool(p.clerks)),
    # Two levels.
    Question(Group, "members", "person=any='name==ann;id<9'", lambda m: bool(m.person and m.person.name == "ann")),
    Question(Person, "staff", "members=none='level>1'", lambda p: not any(above(m.level, 1) for m in p.members)),
    Question(Person, "staff", "members=all='level>1'", lambda p: all(above(m.level, 1) for m in p.members)),
    Question(Person, "members", "group=none='name==a'", lambda m: not (m.group and m.group.name == "a")),
    Question(Person, "staff", "@count[members]>0", lambda p: len(p.members) > 0),
    Question(
        Group, "members", "person.staff=any='id>4'", lambda m: bool(m.person) and any(p.id > 4 for p in m.person.staff)
    ),
]

# The relations of `test_relation_kinds`: to aliases, with `uselist=False`, to subclasses of one and of two tables.
KINDS = [
    Question(kinds.Author, "newest", "number>7", lambda b: b.number > 7),
    Question(kinds.Author, "newest_two", "number>5", lambda b: b.number > 5),
    Question(kinds.Author, "live", "number<5", lambda b: b.number < 5),
    Question(kinds.Author, "plain", "deleted==true", lambda b: b.deleted),
    Question(kinds.Author, "plain", "author=any='live=any=\"number==7\"'", lambda b: b.author_id == 1),
    Question(kinds.Author, "profile", "text==one", lambda p: None if p.text is None else p.text == "one"),
    Question(kinds.Author, "profile", "text=na=", lambda p: p.text is None),
    Question(kinds.Author, "card", "text==two", lambda p: p.text == "two"),
    Question(kinds.Book, "author.newest", "number==7", lambda b: b.number == 7),
    Question(kinds.Worker, "chief", "name==chief1", lambda w: w.name == "chief1"),
    Question(kinds.Coder, "chief", "name==chief1", lambda w: w.name == "chief1"),
    Question(kinds.Worker, "coders", "name!=coder3", lambda w: w.name != "coder3"),
    Question(kinds.Chief, "coders", "chief=none='name==chief1'", lambda w: w.chief_id != 1),
    Question(kinds.Animal, "dogs", "tricks>1", lambda d: d.tricks > 1),
    Question(kinds.Animal, "dog_mother", "tricks>1", lambda d: d.tricks > 1),
    Question(kinds.Dog, "dogs", "tricks>1;name==d3", lambda d: d.tricks > 1 and d.name == "d3"),
]


def related(row: Any, path: str) -> list[Any]:
    """The rows at the end of a path; one that several ways lead to stands for each of them."""
    found = [row]
    for name in path.split("."):
        ends = [getattr(one, name) for one in found]
        found = [end for one in ends for end in (one if isinstance(one, list) or name == "groups" else [one])]
        found = [end for end in found if end is not None]
    return found


def asked(question: Question) -> dict[str, Callable[[list[bool | None]], bool]]:
    """Filters about a relation, and what each says of the truths of its rows."""
    path, inner = f[question.path], question.inner
    quoted = {
        operator: f"{question.path}={operator}='{inner.replace(chr(39), chr(92) + chr(39))}'"
        for operator in ("any", "none", "all")
    }
    count = f'"@count[{question.path}|#{inner.replace(chr(34), chr(92) + chr(34))}]"'
    return {
        quoted["any"]: lambda truths: any(truth is True for truth in truths),
        quoted["none"]: lambda truths: not any(truth is True for truth in truths),
        quoted["all"]: lambda truths: all(truth is True for truth in truths),
        str(path.any()): bool,
        str(path.none()): lambda truths: not truths,
        str(path.count() == 1): lambda truths: len(truths) == 1,
        f"{count}>0": lambda truths: truths.count(True) > 0,
        f"{count}=in=(0,2)": lambda truths: truths.count(True) in (0, 2),
    }


def check(store: Store, question: Question, base: Any = None, *options: Any, beside: str = "") -> None:
    """Filters, a sort and its pages give the rows that plain Python finds in what the relations load.

    Args:
        store: the database.
        question: the relation and the filter of its rows.
        base: the base statement.
        options: options of it.
        beside: a filter that every row passes.
    """
    model = question.model
    base = (select(model) if base is None else base).options(*options)

    def truths(session: Session) -> list[tuple[Any, list[bool | None]]]:
        rows = session.scalars(base).unique().all()
        return [(key_of(row), [question.passes(end) for end in related(row, question.path)]) for row in rows]

    loaded = store.run(truths)
    for text, means in asked(question).items():
        expected = sorted(key for key, found in loaded if means(found))
        whole = f"{beside};{text}" if beside else text
        assert ids(store, model, whole, base=base, options=OPTIONS) == expected, whole
    count = f"-'@count[{question.path}|#{question.inner.replace(chr(39), chr(92) + chr(39))}]'"
    by_count = sorted(loaded, key=lambda one: (one[1].count(True), one[0]), reverse=True)
    sorted_ = ids(store, model, beside or None, count, base=base, options=OPTIONS, sort_options=SORT_OPTIONS)
    assert sorted_ == [key for key, _ in by_count]


def key_of(row: Any) -> Any:
    return (row.tenant, row.id) if isinstance(row, Group) else row.id


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.model.__name__} {one.path} {one.inner}")
def test_what_the_relation_loads_counts(stored: Store, question: Question) -> None:
    check(stored, question)


@pytest.mark.parametrize("question", KINDS, ids=lambda one: f"{one.model.__name__} {one.path} {one.inner}")
def test_relations_of_all_kinds(kinds_stored: Store, question: Question) -> None:
    check(kinds_stored, question)


@pytest.mark.parametrize("question", QUESTIONS[::2], ids=lambda one: f"{one.model.__name__} {one.path} {one.inner}")
def test_the_rows_of_other_tenants_are_none(stored: Store, question: Question) -> None:
    criteria = [
        with_loader_criteria(Member, lambda cls: cls.tenant == 1, include_aliases=True),
        with_loader_criteria(Group, lambda cls: cls.tenant == 1, include_aliases=True),
        with_loader_criteria(Person, lambda cls: cls.id != 3, include_aliases=True),
    ]
    check(stored, question, None, *criteria)


@pytest.mark.parametrize("question", QUESTIONS[:12], ids=lambda one: f"{one.model.__name__} {one.path} {one.inner}")
def test_an_aliased_root(stored: Store, question: Question) -> None:
    check(stored, question, select(aliased(question.model)))


def size_below(step: Step | None, steps: int) -> int | None:
    for _ in range(steps):
        step = step and step.below
    return None if step is None else step.size


@pytest.mark.parametrize("steps", range(1, 5))
@pytest.mark.parametrize("start", range(1, 4))
@pytest.mark.parametrize("inner", range(4))
def test_relations_joined_outside_are_joined_again_inside(stored: Store, steps: int, start: int, inner: int) -> None:
    """A to-one relation that a filter reads a field behind, and a quantifier or count of the same relation."""
    outside = ".".join(["below"] * steps)
    question = Question(
        Step,
        ".".join(["below"] * start),
        ".".join([*["below"] * inner, "size>1"]),
        lambda step: above(size_below(step, inner), 1),
    )
    check(stored, question, beside=f"({outside}.size=na=,{outside}.size=nn=)")


def test_pages_of_rows_with_equal_counts(stored: Store) -> None:
    """Every row once, by number and by cursor, forwards and in the order of the whole list."""
    for sort in ("@count[members]", "-@count[members]", "-'@count[members|#level>1]';name,nullsfirst"):
        whole = ids(stored, Person, None, sort, options=OPTIONS)
        assert sorted(whole) == [1, 2, 3, 4, 5, 6]
        numbered = [
            one
            for number in range(4)
            for one in ids(stored, Person, None, sort, options=OPTIONS, page=PageRequest.of(number, 2))
        ]
        assert numbered == whole
        assert walked(stored, sort) == whole


def walked(store: Store, sort: str) -> list[int]:
    """All rows, by cursor."""
    statement = parse(None).bind(validate(schema(Person, OPTIONS))).bind(apply_filter(select(Person)))
    sorted_ = statement.bind(apply_sort(sort))
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = sorted_.bind(seek(CursorRequest.at(cursor, 2))).unwrap()

        def collect(session: Session, page: Any = page) -> tuple[list[int], str | None]:
            cut = page.collect(session.execute)
            return [row.id for row in cut.items], cut.next

        items, cursor = store.run(collect)
        found += items
        if cursor is None:
            return found


def test_a_nested_name_may_be_mapped_out_of_its_relation(stored: Store) -> None:
    """`members.own` stands for the name of the person: a nested `own` is the same selector."""
    options = QueryOptions(quantifiers=True, field_mapping={"members.own": "name"})
    dotted = ids(stored, Person, "members=nn=;members.own==ann", options=options)
    assert dotted == [1]
    assert ids(stored, Person, "members=any='own==ann'", options=options) == dotted
    assert ids(stored, Person, "'@count[members|#own==ann]'==2", options=options) == dotted


def test_arrays_take_no_quantifier() -> None:
    assert [one.code for one in problems(Person, "name=any='a==1'", options=OPTIONS)] == ["unsupported-operator"]

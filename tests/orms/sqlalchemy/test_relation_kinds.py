"""Relations as services have them: to aliases, to subclasses, over what is no key, with conditions of their own.

What a path means is said by what the relation loads: each filter is compared with the rows that `selectinload` gives.
"""

# SQLAlchemy gives a declared class a table at run time.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    foreign,
    mapped_column,
    relationship,
    remote,
)

from pyrsql.models.model import Relation
from pyrsql.orms.sqlalchemy.reflect import reflect
from tests.orms.sqlalchemy.store import Store, ids, stocked


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Author(Base):
    __tablename__ = "rk_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None]
    first_id: Mapped[int | None]
    second_id: Mapped[int | None]

    some_book: Mapped["Book | None"] = relationship(viewonly=True, uselist=False)
    profile: Mapped["Profile | None"] = relationship(uselist=False)
    """`uselist=False` over a unique foreign key."""
    card: Mapped["Card | None"] = relationship(uselist=False)
    """The same over a primary key that is the foreign key."""
    last_tag: Mapped["Tag | None"] = relationship(secondary="rk_author_tag", uselist=False, viewonly=True)


class Book(Base):
    __tablename__ = "rk_book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("rk_author.id"))
    number: Mapped[int]
    deleted: Mapped[bool]
    author: Mapped[Author] = relationship()
    by_code: Mapped["Label | None"] = relationship(
        viewonly=True, uselist=False, primaryjoin=lambda: foreign(Book.number) == remote(Label.number)
    )
    """Many-to-one by a column that several rows share."""


class Label(Base):
    __tablename__ = "rk_label"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    text: Mapped[str]


class Profile(Base):
    __tablename__ = "rk_profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("rk_author.id"), unique=True)
    text: Mapped[str | None]


class Card(Base):
    __tablename__ = "rk_card"
    author_id: Mapped[int] = mapped_column(ForeignKey("rk_author.id"), primary_key=True)
    text: Mapped[str | None]


author_tags = Table(
    "rk_author_tag",
    Base.metadata,
    Column("author_id", ForeignKey("rk_author.id"), primary_key=True),
    Column("tag_id", ForeignKey("rk_tag.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "rk_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


RANKED = select(
    Book, func.row_number().over(order_by=Book.number.desc(), partition_by=Book.author_id).label("place")
).subquery()
Ranked = aliased(Book, RANKED)
Live = aliased(Book, select(Book).where(Book.deleted.is_(False)).subquery())
Plain = aliased(Book)
Author.newest = relationship(
    Ranked, primaryjoin=and_(Ranked.author_id == Author.id, RANKED.c.place == 1), viewonly=True, uselist=False
)
Author.newest_two = relationship(
    Ranked, primaryjoin=and_(Ranked.author_id == Author.id, RANKED.c.place <= 2), viewonly=True, uselist=True
)
Coded = aliased(Author, select(Author).where(Author.code.is_not(None)).subquery())
Book.coded = relationship(Coded, primaryjoin=foreign(Book.author_id) == remote(Coded.id), viewonly=True)
Author.live = relationship(Live, primaryjoin=Live.author_id == Author.id, viewonly=True, uselist=True)
Author.plain = relationship(Plain, primaryjoin=Plain.author_id == Author.id, viewonly=True, uselist=True)


class Worker(Base):
    __tablename__ = "rk_worker"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    chief_id: Mapped[int | None] = mapped_column(ForeignKey("rk_worker.id"))
    chief: Mapped["Chief | None"] = relationship(
        viewonly=True, primaryjoin=lambda: foreign(Worker.chief_id) == remote(Chief.id)
    )
    coders: Mapped[list["Coder"]] = relationship(
        viewonly=True, primaryjoin=lambda: remote(foreign(Coder.chief_id)) == Worker.id
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}


class Chief(Worker):
    __mapper_args__ = {"polymorphic_identity": "chief"}


class Coder(Worker):
    __mapper_args__ = {"polymorphic_identity": "coder"}


class Animal(Base):
    __tablename__ = "rk_animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    mother_id: Mapped[int | None] = mapped_column(ForeignKey("rk_animal.id"))
    dog_mother: Mapped["Dog | None"] = relationship(
        viewonly=True, primaryjoin=lambda: foreign(Animal.mother_id) == remote(Dog.id)
    )
    dogs: Mapped[list["Dog"]] = relationship(
        viewonly=True, primaryjoin=lambda: remote(foreign(Dog.mother_id)) == Animal.id
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "rk_dog"
    id: Mapped[int] = mapped_column(ForeignKey("rk_animal.id"), primary_key=True)
    tricks: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "dog", "inherit_condition": id == Animal.id}


def rows() -> list[Base]:
    tags = [Tag(id=1, text="a"), Tag(id=2, text="b")]
    return [
        *tags,
        Author(id=1, code="c"),
        Author(id=2),
        Author(id=3),
        *(Book(id=n, author_id=1, number=number, deleted=number == 5) for n, number in enumerate((1, 5, 7), 1)),
        Book(id=4, author_id=2, number=9, deleted=True),
        *(Label(id=n, number=number, text=text) for n, (number, text) in enumerate([(7, "x"), (7, "y"), (9, "x")], 1)),
        Profile(id=1, author_id=1, text="one"),
        Profile(id=2, author_id=2, text=None),
        Card(author_id=2, text="two"),
        *(Chief(id=n, name=f"chief{n}", chief_id=None) for n in (1, 2)),
        Coder(id=3, name="coder3", chief_id=1),
        Coder(id=4, name="coder4", chief_id=3),
        Worker(id=5, name="worker5", chief_id=1),
        Coder(id=6, name="coder6", chief_id=2),
        Dog(id=1, name="d1", tricks=3),
        Animal(id=2, name="a2"),
        Dog(id=3, name="d3", tricks=1, mother_id=1),
        Animal(id=4, name="a4", mother_id=1),
        Dog(id=5, name="d5", tricks=7, mother_id=2),
    ]


@pytest.fixture(scope="module")
def stored(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:

        def tag(session: Any) -> None:
            session.execute(author_tags.insert(), [{"author_id": 1, "tag_id": one} for one in (1, 2)])

        filled.run(tag)
        yield filled


FILTERS: dict[tuple[type, str], list[int]] = {
    # The alias of a subquery stands for fewer rows than its class.
    (Author, "newest.number==7"): [1],
    (Author, "newest.number==5"): [],
    (Author, "newest=na="): [3],
    (Author, "newest_two.number==5"): [1],
    (Author, "newest_two.number==1"): [],
    (Author, "newest_two.number=ge=7"): [1, 2],
    (Author, "newest_two=nn="): [1, 2],
    (Author, "newest_two.author.id==1"): [1],
    (Author, "live.number==5"): [],
    (Author, "live.number==7"): [1],
    (Author, "live=na="): [2, 3],
    (Author, "plain.number==5"): [1],
    # A subquery of rows of one table has its keys: a path reads as NULL where the row is missing.
    (Book, "coded.code==c"): [1, 2, 3],
    (Book, "coded.id=na="): [4],
    (Book, "coded=na="): [4],
    (Book, "coded.newest.number==7,coded.code=na="): [1, 2, 3, 4],
    # One of several rows is loaded by a scalar relation, but all of them can be asked for.
    (Author, "some_book.number==1"): [1],
    (Author, "some_book.number==7"): [1],
    (Author, "some_book=na="): [3],
    (Author, "last_tag.text==a"): [1],
    (Author, "last_tag.text==b"): [1],
    (Book, "by_code.text==x"): [3, 4],
    (Book, "by_code.text==y"): [3],
    (Book, "by_code=na="): [1, 2],
    (Book, "author.newest.number==7"): [1, 2, 3],
    # A scalar relation reads as NULL where it has no row, also where nothing keeps it from having several.
    (Author, "some_book.number=na="): [3],
    (Author, "some_book.number=nn="): [1, 2],
    (Author, "last_tag.text=na="): [2, 3],
    (Author, "newest.number=na=,newest.number==7"): [1, 3],
    (Book, "by_code.text=na="): [1, 2],
    (Book, "author.some_book.number=na="): [],
    (Author, "some_book.by_code=na="): [3],
    (Author, "some_book.by_code.text=na="): [3],
    (Author, "live.by_code=na="): [1],
    (Author, "live.by_code.text=na="): [1],
    # At most one row, by a unique foreign key: as NULL where there is none.
    (Author, "profile.text=na="): [2, 3],
    (Author, "profile.text==one,id==3"): [1, 3],
    (Author, "card.text=na="): [1, 3],
    # Of a single-table subclass only its own rows, from a sibling and from the base class.
    (Worker, "chief=nn="): [3, 5, 6],
    (Worker, "chief=na="): [1, 2, 4],
    (Coder, "chief=nn="): [3, 6],
    (Coder, "chief=na="): [4],
    (Coder, "chief.name==chief1"): [3],
    (Coder, "chief.name=na="): [4],
    (Worker, "coders=nn="): [1, 2, 3],
    (Worker, "coders.name==worker5"): [],
    (Chief, "coders.name==coder6"): [2],
    (Worker, "coders.chief.name==chief2"): [2],
    (Worker, "chief.coders.name==coder3"): [3, 5],
    # The same of joined tables.
    (Animal, "dog_mother.tricks==3"): [3, 4],
    (Animal, "dog_mother=na="): [1, 2, 5],
    (Animal, "dogs.tricks>1"): [2],
    (Animal, "dogs.dog_mother.name==d1"): [1],
    (Dog, "dog_mother.dogs.tricks==1"): [3],
}


@pytest.mark.parametrize(
    ("model", "text"), FILTERS, ids=lambda value: value if isinstance(value, str) else value.__name__
)
def test_a_path_leads_to_the_rows_of_the_relation(stored: Store, model: type, text: str) -> None:
    assert ids(stored, model, text) == FILTERS[model, text]


SORTS: dict[tuple[type, str], list[int]] = {
    (Author, "newest.number"): [1, 2, 3],
    (Author, "-newest_two.number,nullslast"): [2, 1, 3],
    (Author, "live.number"): [1, 2, 3],
    (Author, "some_book.number"): [1, 2, 3],
    (Author, "-profile.text,nullslast"): [1, 3, 2],
    (Book, "by_code.text"): [3, 4, 1, 2],
    (Book, "-by_code.text,nullslast"): [3, 4, 2, 1],
    (Coder, "chief.name"): [3, 6, 4],
    (Worker, "coders.name"): [1, 3, 2, 4, 5, 6],
    (Animal, "dogs.tricks;-id"): [1, 2, 5, 4, 3],
}


@pytest.mark.parametrize(
    ("model", "text"), SORTS, ids=lambda value: value if isinstance(value, str) else value.__name__
)
def test_a_sort_sees_the_rows_of_the_relation(stored: Store, model: type, text: str) -> None:
    assert ids(stored, model, sort=text) == SORTS[model, text]


class Keys(DeclarativeBase):
    pass


class Target(Keys):
    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("tenant", "number"),
        Index("by_serial", "serial", unique=True),
        Index("by_part", "part", unique=True, postgresql_where=Column("part") > 0),
        Index("by_folded", func.lower(Column("folded")), unique=True),
        Index("by_plain", "plain"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    number: Mapped[int]
    serial: Mapped[int]
    part: Mapped[int]
    folded: Mapped[str]
    plain: Mapped[int]


class Owner(Keys):
    __tablename__ = "owner"
    __table_args__ = (ForeignKeyConstraint(["tenant", "parent_id"], ["owner.tenant", "owner.id"]),)
    tenant: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None]
    a: Mapped[int]
    b: Mapped[int]
    s: Mapped[str]
    parent: Mapped["Owner | None"] = relationship(
        viewonly=True,
        primaryjoin=lambda: and_(
            foreign(Owner.tenant) == remote(Owner.tenant), foreign(Owner.parent_id) == remote(Owner.id)
        ),
    )


AliasedTarget = aliased(Target)
JOINS: dict[str, tuple[Any, Callable[[], Any], bool]] = {
    "primary key": (Target, lambda: foreign(Owner.a) == remote(Target.id), True),
    "reversed": (Target, lambda: remote(Target.id) == foreign(Owner.a), True),
    "and more": (Target, lambda: and_(foreign(Owner.a) == remote(Target.id), Target.plain > 0), True),
    "unique index": (Target, lambda: foreign(Owner.a) == remote(Target.serial), True),
    "all of a unique constraint": (
        Target,
        lambda: and_(foreign(Owner.a) == remote(Target.tenant), foreign(Owner.b) == remote(Target.number)),
        True,
    ),
    "alias of a table": (AliasedTarget, lambda: foreign(Owner.a) == remote(AliasedTarget.id), True),
    "half a unique constraint": (Target, lambda: foreign(Owner.a) == remote(Target.number), False),
    "either of two": (
        Target,
        lambda: or_(foreign(Owner.a) == remote(Target.id), foreign(Owner.b) == remote(Target.id)),
        False,
    ),
    "partial index": (Target, lambda: foreign(Owner.a) == remote(Target.part), False),
    "index of an expression": (Target, lambda: foreign(Owner.s) == remote(Target.folded), False),
    "plain index": (Target, lambda: foreign(Owner.a) == remote(Target.plain), False),
    "function": (Target, lambda: foreign(Owner.a) == func.abs(remote(Target.id)), False),
    "range": (Target, lambda: foreign(Owner.a) >= remote(Target.id), False),
}

for _name, (_target, _condition, _) in JOINS.items():
    setattr(
        Owner,
        _name.replace(" ", "_"),
        relationship(_target, primaryjoin=_condition, viewonly=True, uselist=False),
    )


@pytest.mark.parametrize("name", JOINS)
def test_to_one_is_what_a_key_says(name: str) -> None:
    relation = reflect(Owner).members[name.replace(" ", "_")]
    assert isinstance(relation, Relation)
    assert relation.many is not JOINS[name][2]


def test_a_part_of_the_own_key_may_be_shared() -> None:
    """A tenant column that stands on both sides of the join condition."""
    relation = reflect(Owner).members["parent"]
    assert isinstance(relation, Relation)
    assert not relation.many


def test_a_list_stays_a_list() -> None:
    assert inspect(Author).relationships["live"].uselist

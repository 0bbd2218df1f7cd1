"""A count counts related rows, each once, also where the table between names a pair of rows several times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    join,
    select,
)
from sqlalchemy.dialects import mssql
from sqlalchemy.exc import CompileError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from pyrsql import CursorRequest, ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.loading import loading, reading
from pyrsql.orms.sqlalchemy.reflect import reflect
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, parse, seek, validate
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked

OPTIONS = QueryOptions(quantifiers=True, text_order="code_point", parse_limits=ParseLimits(to_many=4))
SORTS = SortOptions(quantifiers=True, text_order="code_point", sort_limits=SortLimits(to_many=None))


class Base(DeclarativeBase):
    pass


class Student(Base):
    __tablename__ = "rc_student"
    id: Mapped[int] = mapped_column(primary_key=True)
    courses: Mapped[list[Course]] = relationship(secondary="rc_enrolment", viewonly=True, back_populates="students")
    eager: Mapped[list[Course]] = relationship(secondary="rc_enrolment", viewonly=True, lazy="selectin")
    rooms: Mapped[list[Room]] = relationship(secondary="rc_booking", viewonly=True)
    friends: Mapped[list[Student]] = relationship(
        secondary="rc_meeting",
        primaryjoin="Student.id == rc_meeting.c.one_id",
        secondaryjoin="Student.id == rc_meeting.c.other_id",
        viewonly=True,
    )
    entered: Mapped[list[Course]] = relationship(
        secondary=lambda: join(Enrolment.__table__, Term.__table__, Enrolment.year == Term.year),
        primaryjoin="Student.id == Enrolment.student_id",
        secondaryjoin="Course.id == Enrolment.course_id",
        viewonly=True,
    )
    keyed: Mapped[list[Course]] = relationship(secondary="rc_keyed", viewonly=True)
    constrained: Mapped[list[Course]] = relationship(secondary="rc_constrained", viewonly=True)
    indexed: Mapped[list[Course]] = relationship(secondary="rc_indexed", viewonly=True)
    this_year: Mapped[list[Course]] = relationship(
        secondary="rc_yearly",
        primaryjoin="and_(Student.id == rc_yearly.c.student_id, rc_yearly.c.year == 2)",
        viewonly=True,
        overlaps="yearly",
    )
    yearly: Mapped[list[Course]] = relationship(secondary="rc_yearly", viewonly=True)


class Course(Base):
    __tablename__ = "rc_course"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int | None]
    students: Mapped[list[Student]] = relationship(secondary="rc_enrolment", viewonly=True, back_populates="courses")


class Room(Base):
    __tablename__ = "rc_room"
    house: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int | None]
    students: Mapped[list[Student]] = relationship(secondary="rc_booking", viewonly=True)


class Term(Base):
    __tablename__ = "rc_term"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]


class Enrolment(Base):
    """An entity as the table between: a student may enrol for a course again."""

    __tablename__ = "rc_enrolment"
    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("rc_student.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("rc_course.id"))
    year: Mapped[int]
    student: Mapped[Student] = relationship()
    course: Mapped[Course] = relationship()


class Booking(Base):
    __tablename__ = "rc_booking"
    __table_args__ = (ForeignKeyConstraint(["house", "number"], ["rc_room.house", "rc_room.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("rc_student.id"))
    house: Mapped[int]
    number: Mapped[int]


class Meeting(Base):
    __tablename__ = "rc_meeting"
    id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("rc_student.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("rc_student.id"))


def between(name: str, *more: Any, key: bool = False) -> Table:
    columns = (
        Column(f"{other}_id", Integer, ForeignKey(f"rc_{other}.id"), primary_key=key, nullable=False)
        for other in ("student", "course")
    )
    return Table(name, Base.metadata, *columns, *more)


KEYED = between("rc_keyed", key=True)
CONSTRAINED = between("rc_constrained", UniqueConstraint("course_id", "student_id"))
INDEXED = between("rc_indexed", Index("rc_indexed_pair", "student_id", "course_id", unique=True))
YEARLY = between("rc_yearly", Column("year", Integer), UniqueConstraint("student_id", "course_id", "year"))

Repeated = aliased(Course, select(Course).join(Enrolment, Enrolment.course_id == Course.id).subquery())
Student.repeated = relationship(  # pyright: ignore[reportAttributeAccessIssue]  # SQLAlchemy maps it
    Repeated,
    secondary=KEYED,
    primaryjoin=Student.id == KEYED.c.student_id,
    secondaryjoin=Repeated.id == KEYED.c.course_id,
    viewonly=True,
)

PAIRS = [(1, 1), (1, 1), (1, 2), (2, 1), (2, 1), (2, 1), (3, 3), (4, 2), (4, 3), (4, 3), (4, 1)]
"""A student and a course of each row between."""
ROOMS = {1: (1, 1), 2: (1, 2), 3: (2, 1)}
LEVELS = {1: 5, 2: 1, 3: None}


def rows() -> list[Base]:
    made: list[Base] = [Student(id=number) for number in range(1, 7)]
    made += [Course(id=number, level=level) for number, level in LEVELS.items()]
    made += [Room(house=ROOMS[n][0], number=ROOMS[n][1], level=level) for n, level in LEVELS.items()]
    made += [Term(id=1, year=1), Term(id=2, year=1), Term(id=3, year=2)]
    return made


def links() -> list[Base]:
    made: list[Base] = []
    for number, (student, course) in enumerate(PAIRS, 1):
        house, room = ROOMS[course]
        made.append(Enrolment(id=number, student_id=student, course_id=course, year=number % 2 + 1))
        made.append(Booking(id=number, student_id=student, house=house, number=room))
        made.append(Meeting(id=number, one_id=student, other_id=course))
    return made


@pytest.fixture(scope="module")
def stored(any_database: Store) -> Iterator[Store]:
    pairs = [{"student_id": student, "course_id": course} for student, course in sorted({*PAIRS})]

    def fill(session: Session) -> None:
        session.add_all(links())
        for table in (KEYED, CONSTRAINED, INDEXED):
            session.execute(table.insert(), pairs)
        session.execute(YEARLY.insert(), [pair | {"year": year} for pair in pairs for year in (1, 2)])

    with stocked(any_database, Base.metadata, rows()) as store:
        store.run(fill)
        yield store


COURSES = {number: sorted({course for student, course in PAIRS if student == number}) for number in range(1, 7)}
STUDENTS = {number: sorted({student for student, course in PAIRS if course == number}) for number in range(1, 4)}


class Relation(NamedTuple):
    """A relation of a student, and the numbers of the rows that it leads to."""

    name: str
    repeats: bool
    of: Callable[[int], list[int]] = COURSES.__getitem__


RELATIONS = [
    Relation("courses", True),
    Relation("rooms", True),
    Relation("entered", True),
    Relation("repeated", True),
    Relation("yearly", True),
    Relation("friends", True),
    Relation("keyed", False),
    Relation("constrained", False),
    Relation("indexed", False),
    Relation("this_year", False),
    # A row counts for each of the rows that lead to it.
    Relation("courses.students", True, lambda one: [end for course in COURSES[one] for end in STUDENTS[course]]),
    Relation("rooms.students", True, lambda one: [end for course in COURSES[one] for end in STUDENTS[course]]),
    Relation("keyed.students", True, lambda one: [end for course in COURSES[one] for end in STUDENTS[course]]),
]
BY_NAME = pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)


@BY_NAME
def test_each_related_row_counts_once(stored: Store, relation: Relation) -> None:
    name, of = relation.name, relation.of
    is_student = name == "friends" or "." in name
    inner, passes = ("id>1", lambda end: end > 1) if is_student else ("level>0", lambda end: bool(LEVELS[end]))
    for least in range(4):
        assert found(stored, f"@count[{name}]>{least}") == [one for one in COURSES if len(of(one)) > least]
        passing = [one for one in COURSES if sum(map(passes, of(one))) == least]
        assert found(stored, f"'@count[{name}|#{inner}]'=={least}") == passing
    assert found(stored, f"{name}=any='{inner}'") == [one for one in COURSES if any(map(passes, of(one)))]
    assert found(stored, f"{name}=all='{inner}'") == [one for one in COURSES if all(map(passes, of(one)))]
    # Among many counts, groups are counted; inside of a quantifier, rows of related rows.
    many = ";".join(f"@count[{name}]>{least}" for least in range(-2 if "." in name else -4, 1))
    assert found(stored, many) == [one for one in COURSES if of(one)]
    if "." not in name:
        by_friend = [one for one in COURSES if any(len(of(friend)) == 2 for friend in COURSES[one])]
        assert found(stored, f"friends=any='@count[{name}]==2'") == by_friend


def found(store: Store, text: str, sort: str | None = None, **settings: Any) -> list[Any]:
    return ids(store, Student, text, sort, options=OPTIONS, sort_options=SORTS, **settings)


@BY_NAME
@pytest.mark.parametrize("sign", ["", "-"])
def test_sorts_and_pages_follow_the_rows(stored: Store, relation: Relation, sign: str) -> None:
    sort = f"{sign}@count[{relation.name}]"
    turned = -1 if sign else 1
    expected = sorted(COURSES, key=lambda one: (turned * len(relation.of(one)), turned * one))
    assert ids(stored, Student, None, sort, options=OPTIONS, sort_options=SORTS) == expected
    pages = [
        ids(stored, Student, None, sort, options=OPTIONS, sort_options=SORTS, page=PageRequest.of(place, 2))
        for place in range(3)
    ]
    assert [one for page in pages for one in page] == expected
    assert walked(stored, sort, CursorRequest.first(2)) == pages
    assert walked(stored, sort, CursorRequest.last(2)) == pages[::-1]


def walked(store: Store, sort: str, start: CursorRequest) -> list[list[int]]:
    """The pages of a walk, forwards or backwards."""
    sorted_ = parse(None).bind(validate(schema(Student, OPTIONS, SORTS))).bind(apply_filter(select(Student)))
    sorted_ = sorted_.bind(apply_sort(sort))

    def walk(session: Session) -> list[list[int]]:
        request, pages = start, list[list[int]]()
        while True:
            cut = sorted_.bind(seek(request)).unwrap().collect(session.execute)
            pages.append([one.id for one in cut.items])
            cursor = cut.next if start == CursorRequest.first(2) else cut.prev
            if cursor is None:
                return pages
            request = CursorRequest.at(cursor, 2)

    return store.run(walk)


def test_rows_that_many_rows_share_count_once(stored: Store) -> None:
    """Counted by group, in a filter and in a sort."""
    enrolments = {number: pair[0] for number, pair in enumerate(PAIRS, 1)}
    settings: dict[str, Any] = {"options": OPTIONS, "sort_options": SORTS}
    for name in ("courses", "rooms", "keyed"):
        for number in range(4):
            expected = [one for one, student in enrolments.items() if len(COURSES[student]) == number]
            assert ids(stored, Enrolment, f"@count[student.{name}]=={number}", **settings) == expected
        in_order = sorted(enrolments, key=lambda one: (-len(COURSES[enrolments[one]]), -one))
        assert ids(stored, Enrolment, None, f"-@count[student.{name}]", **settings) == in_order


@BY_NAME
def test_memory_counts_the_same(stored: Store, relation: Relation) -> None:
    name = relation.name
    if name == "repeated":
        pytest.skip("the class does not declare it")

    def load(session: Session) -> list[Student]:
        students = session.scalars(select(Student).order_by(Student.id)).all()
        for least in range(4):
            described = schema_for(Student, orm=MemoryORM(), options=OPTIONS)
            text = f"@count[{name}]>{least}"
            kept = parse(text, OPTIONS).bind(validate(described)).bind(apply_filter(students)).unwrap().select
            assert [one.id for one in kept] == [one for one in COURSES if len(relation.of(one)) > least]
        return []

    stored.run(load)


def test_a_row_that_stands_in_a_list_twice_counts_once() -> None:
    course = Course(id=1)
    student = Student(id=1)
    set_committed_value(student, "courses", [course, course, Course(id=2)])
    described = schema_for(Student, orm=MemoryORM(), options=OPTIONS)
    kept = parse("@count[courses]==2", OPTIONS).bind(validate(described)).bind(apply_filter([student])).unwrap().select
    assert kept == [student]


@BY_NAME
def test_keys_are_compared_only_where_rows_can_repeat(relation: Relation) -> None:
    """`count(*)` lets a database count the entries of an index."""
    count = str(paged(Student, f"@count[{relation.name}]>1", options=OPTIONS).statement)
    assert ("count(*)" in count) is not relation.repeats
    assert ("DISTINCT" in count or "DistinctKeys" in count) is relation.repeats


def test_keys_of_several_columns_need_a_form() -> None:
    statement = paged(Student, "@count[rooms]>1", options=OPTIONS).statement
    with pytest.raises(CompileError, match="DistinctKeys"):
        statement.compile(dialect=mssql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it


@pytest.mark.parametrize("only", [False, True])
def test_an_answer_lists_each_related_row_once(stored: Store, only: bool) -> None:
    """As many rows as the count says: on pages of both kinds, and below other related rows."""
    paths = [("courses", "level"), ("courses", "students", "id"), ("rooms", "level"), ("friends", "id")]
    base = loading(reflect(Student), reading(reflect(Student), paths), only=only)(select(Student))
    sort = "-@count[courses];id"
    page = paged(Student, None, sort, PageRequest.of(0, 3), base=base, options=OPTIONS, sort_options=SORTS)
    by_cursor = validate(schema(Student, OPTIONS, SORTS))(None).bind(apply_filter(base)).bind(apply_sort(sort))

    def look(students: Any) -> list[int]:
        for one in students:
            assert sorted(course.id for course in one.courses) == COURSES[one.id]
            assert sorted(friend.id for friend in one.friends) == COURSES[one.id]
            assert len(one.rooms) == len(COURSES[one.id])
            for course in one.courses:
                assert sorted(student.id for student in course.students) == STUDENTS[course.id]
        return [one.id for one in students]

    def ask(session: Session) -> None:
        assert look(session.scalars(page.statement).unique().all()) == [4, 1, 2]
        session.expunge_all()
        cut = by_cursor.bind(seek(CursorRequest.first(3))).unwrap().collect(session.execute)
        assert look(cut.items) == [4, 1, 2]
        session.expunge_all()
        cut = by_cursor.bind(seek(CursorRequest.at(cut.next, 3))).unwrap().collect(session.execute)
        assert look(cut.items) == [3, 5, 6]

    stored.run(ask)


def test_an_answer_lists_each_row_once_also_where_the_mapping_loads_it(stored: Store) -> None:
    base = loading(reflect(Student), reading(reflect(Student), [("eager", "id")]))(select(Student))

    def ask(session: Session) -> None:
        students = session.scalars(base).unique().all()
        assert {one.id: sorted(course.id for course in one.eager) for one in students} == COURSES

    stored.run(ask)

"""Relations over more between than a table of two keys: a join of tables, a table that is mapped, conditions with
subqueries.

The oracle is SQLAlchemy: the rows that it loads for each row, one by one.
"""

# SQLAlchemy gives a declared class a table at run time.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table, and_, exists, func, join, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    configure_mappers,
    mapped_column,
    relationship,
    with_loader_criteria,
)

from pyrsql.options import ParseLimits, QueryOptions, SortLimits, SortOptions
from tests.orms.sqlalchemy.store import Store, ids, stocked

QUANTIFIED = QueryOptions(quantifiers=True, parse_limits=ParseLimits(to_many=9, to_many_tests=9))


class Base(DeclarativeBase):
    pass


links = Table(
    "tw_link",
    Base.metadata,
    Column("box_id", ForeignKey("tw_box.id"), primary_key=True),
    Column("pen_id", ForeignKey("tw_pen.id"), primary_key=True),
    Column("place", ForeignKey("tw_place.id")),
)


class Place(Base):
    __tablename__ = "tw_place"
    id: Mapped[int] = mapped_column(primary_key=True)


class Box(Base):
    __tablename__ = "tw_box"
    id: Mapped[int] = mapped_column(primary_key=True)
    outer_id: Mapped[int | None] = mapped_column(ForeignKey("tw_box.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("tw_place.id"))
    outer: Mapped["Box | None"] = relationship(remote_side=[id])


class Pen(Base):
    __tablename__ = "tw_pen"
    id: Mapped[int] = mapped_column(primary_key=True)
    boxes: Mapped[list[Box]] = relationship(secondary=links, order_by=Box.id)


class Label(Base):
    __tablename__ = "tw_label"
    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int] = mapped_column(ForeignKey("tw_box.id"))
    box: Mapped[Box] = relationship()


BOXES = Box.__table__
INNER, OUTER, NEXT = BOXES.alias("inner_box"), BOXES.alias("outer_box"), BOXES.alias("next_box")
OTHERS = links.alias("others")
OTHER = aliased(Pen)
LINKED_BOXES = join(links, BOXES, links.c.box_id == BOXES.c.id)
ALIASED = join(LINKED := links.alias(), NEXT, and_(LINKED.c.box_id == NEXT.c.id, NEXT.c.id > 1))

shown = partial(relationship, viewonly=True)

Pen.places = shown(
    Place, secondary=LINKED_BOXES, primaryjoin=Pen.id == links.c.pen_id, secondaryjoin=Place.id == BOXES.c.place_id
)
"""The ON of the join names columns that the two conditions do not."""
Pen.outers = shown(
    Box, secondary=ALIASED, primaryjoin=Pen.id == LINKED.c.pen_id, secondaryjoin=Box.id == NEXT.c.outer_id
)
Pen.first_box = shown(
    Box,
    secondary=links,
    uselist=False,
    primaryjoin=and_(
        Pen.id == links.c.pen_id,
        links.c.place == select(func.min(OTHERS.c.place)).where(OTHERS.c.pen_id == Pen.id).scalar_subquery(),
    ),
)
Pen.box_of_most = shown(
    Box,
    secondary=links,
    uselist=False,
    primaryjoin=and_(
        Pen.id == links.c.pen_id,
        links.c.place == select(func.max(links.c.place)).where(links.c.pen_id == Pen.id).scalar_subquery(),
    ),
)
"""Its subquery reads the table between itself, and no alias of it."""
Pen.last_place = shown(
    Place,
    secondary=LINKED_BOXES,
    uselist=False,
    primaryjoin=Pen.id == links.c.pen_id,
    secondaryjoin=and_(
        Place.id == BOXES.c.place_id,
        ~exists().where(OTHERS.c.pen_id == links.c.pen_id, OTHERS.c.place > links.c.place).correlate(links),
    ),
)
Pen.labelled = shown(
    Box,
    secondary=links,
    primaryjoin=Pen.id == links.c.pen_id,
    secondaryjoin=and_(Box.id == links.c.box_id, exists().where(Label.box_id == Box.id)),
)
Box.top_pen = shown(
    Pen,
    secondary=links,
    uselist=False,
    primaryjoin=Box.id == links.c.box_id,
    secondaryjoin=and_(
        Pen.id == links.c.pen_id,
        Pen.id
        == select(func.max(OTHER.id))
        .join(OTHERS, OTHERS.c.pen_id == OTHER.id)
        .where(OTHERS.c.box_id == links.c.box_id)
        .scalar_subquery(),
    ),
)
Box.within_inner = shown(
    Box, secondary=INNER, primaryjoin=Box.id == INNER.c.outer_id, secondaryjoin=Box.outer_id == INNER.c.id
)
Box.around_outer = shown(
    Box, secondary=OUTER, primaryjoin=Box.outer_id == OUTER.c.id, secondaryjoin=Box.id == OUTER.c.outer_id
)
Label.places = shown(
    Place, secondary=BOXES, primaryjoin=Label.box_id == BOXES.c.id, secondaryjoin=Place.id == BOXES.c.place_id
)
Place.labels = shown(
    Label, secondary=BOXES, primaryjoin=Place.id == BOXES.c.place_id, secondaryjoin=Label.box_id == BOXES.c.id
)
configure_mappers()


def rows() -> list[Base]:
    boxes = [(1, None, 1), (2, 1, 1), (3, 2, None), (4, 2, 2), (5, 1, 2), (6, 4, 3), (7, None, 3)]
    return [
        *(Place(id=key) for key in (1, 2, 3)),
        *(Box(id=key, outer_id=outer, place_id=place) for key, outer, place in boxes),
        *(Pen(id=key) for key in (1, 2, 3, 4)),
        *(Label(id=key, box_id=box) for key, box in enumerate((2, 3, 6), 1)),
    ]


LINKS = [(3, 1, 1), (2, 1, 2), (4, 2, 2), (6, 2, 3), (1, 3, 3), (2, 3, 1)]
"""A box, a pen, and the place that the link has of its own."""


@pytest.fixture(scope="module")
def stored(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        values = [{"box_id": box, "pen_id": pen, "place": place} for box, pen, place in LINKS]
        filled.run(lambda session: session.execute(links.insert(), values))
        yield filled


RELATIONS: dict[str, tuple[type, dict[int, list[int]]]] = {
    "places": (Pen, {1: [1], 2: [2, 3], 3: [1], 4: []}),
    "outers": (Pen, {1: [1, 2], 2: [2, 4], 3: [1], 4: []}),
    "first_box": (Pen, {1: [3], 2: [4], 3: [2], 4: []}),
    "box_of_most": (Pen, {1: [2], 2: [6], 3: [1], 4: []}),
    "last_place": (Pen, {1: [1], 2: [3], 3: [1], 4: []}),
    "labelled": (Pen, {1: [2, 3], 2: [6], 3: [2], 4: []}),
    "top_pen": (Box, {1: [3], 2: [3], 3: [1], 4: [2], 5: [], 6: [2], 7: []}),
    "within_inner": (Box, {1: [3, 4], 2: [6], 3: [], 4: [], 5: [], 6: [], 7: []}),
    "around_outer": (Box, {1: [], 2: [], 3: [1], 4: [1], 5: [], 6: [2], 7: []}),
    "Label.places": (Label, {1: [1], 2: [], 3: [3]}),
    "labels": (Place, {1: [1], 2: [], 3: [3]}),
}


SORTS = SortOptions(sort_limits=SortLimits(to_many=2))


def named(name: str) -> tuple[str, type, dict[int, list[int]]]:
    return name.rpartition(".")[2], *RELATIONS[name]


@pytest.mark.parametrize("name", RELATIONS)
def test_sqlalchemy_loads_these(stored: Store, name: str) -> None:
    relation, model, expected = named(name)

    def load(session: Any) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row in session.scalars(select(model)):
            related = getattr(row, relation)
            several: list[Any] = related if isinstance(related, list) else [] if related is None else [related]
            found[row.id] = sorted(each.id for each in several)
        return found

    assert stored.run(load) == expected


def holds(key: int, found: list[int]) -> bool:
    return key in found


def passing(expected: dict[int, list[int]], test: Callable[[list[int]], bool]) -> list[int]:
    return sorted(key for key, related in expected.items() if test(related))


@pytest.mark.parametrize("name", RELATIONS)
def test_a_filter_finds_them(stored: Store, name: str) -> None:
    relation, model, expected = named(name)

    def asked(filter: str) -> list[int]:
        return ids(stored, model, filter, options=QUANTIFIED)

    assert asked(f"{relation}=nn=") == passing(expected, bool)
    assert asked(f"{relation}=na=") == passing(expected, lambda found: not found)
    assert asked(f"{relation}=all='id<2'") == passing(expected, lambda found: all(key < 2 for key in found))
    assert asked(f"'@count[{relation}]'==2") == passing(expected, lambda found: len(found) == 2)
    for key in range(1, 7):
        assert asked(f"{relation}.id=={key}") == passing(expected, partial(holds, key))


@pytest.mark.parametrize("name", RELATIONS)
def test_a_sort_sees_them(stored: Store, name: str) -> None:
    relation, model, expected = named(name)
    in_order = sorted(expected, key=lambda key: (min(expected[key], default=99), -key))
    assert ids(stored, model, sort=f"{relation}.id;-id") == in_order


KEYS: dict[type, range] = {Pen: range(1, 5), Box: range(1, 8), Label: range(1, 4)}
ROWS: dict[str, tuple[type, str, Callable[[int], list[int]]]] = {
    "behind to-many": (Pen, "boxes", lambda pen: [box for box, of_pen, _ in LINKS if of_pen == pen]),
    "behind to-one": (Box, "outer", lambda box: {2: [1], 3: [2], 4: [2], 5: [1], 6: [4]}.get(box, [])),
    "behind rows that the subquery reads": (Label, "box", lambda label: [[2], [3], [6]][label - 1]),
}


@pytest.mark.parametrize("name", [name for name, (model, _) in RELATIONS.items() if model is Box])
@pytest.mark.parametrize("way", ROWS)
@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product:sqlalchemy.exc.SAWarning:")
def test_behind_other_rows(stored: Store, name: str, way: str) -> None:
    """A step that is joined, and not the first of its subquery.

    On MySQL SQLAlchemy warns of a third table that is joined ON an EXISTS: it looks for columns there alone.
    """
    (relation, _, of_box), (model, step, boxes_of) = named(name), ROWS[way]
    expected = {key: sorted({each for box in boxes_of(key) for each in of_box[box]}) for key in KEYS[model]}
    path = f"{step}.{relation}"
    for key in range(1, 7):
        assert ids(stored, model, f"{path}.id=={key}") == passing(expected, partial(holds, key))
    assert ids(stored, model, f"'@count[{path}]'>0", options=QUANTIFIED) == passing(expected, bool)
    in_order = sorted(expected, key=lambda key: (min(expected[key], default=99), -key))
    assert ids(stored, model, sort=f"{path}.id;-id", sort_options=SORTS) == in_order


BEYOND: list[tuple[type, str, list[int]]] = [
    (Box, "top_pen.labelled.id==3", [3]),
    (Box, "top_pen.last_place.id==3", [4, 6]),
    (Box, "top_pen.first_box.top_pen.id==3", [1, 2]),
    (Label, "box.top_pen.labelled.top_pen.id==3", [1, 2]),
    (Label, "box.top_pen.last_place.id==1", [1, 2]),
    (Pen, "first_box.top_pen.first_box.id==2", [3]),
    (Place, "labels.places.labels.box.top_pen.places.id==1", [1]),
]


@pytest.mark.parametrize(("model", "filter", "found"), BEYOND)
def test_one_behind_the_other(stored: Store, model: type, filter: str, found: list[int]) -> None:
    assert ids(stored, model, filter, options=QUANTIFIED) == found


@pytest.mark.parametrize("include_aliases", [False, True])
def test_criteria_count_behind_them(stored: Store, include_aliases: bool) -> None:
    def asked(model: type, hidden: Any, filter: str) -> list[int]:
        option = with_loader_criteria(hidden, hidden.id != 1, include_aliases=include_aliases)
        return ids(stored, model, filter, base=select(model).options(option))

    assert asked(Pen, Place, "places=nn=") == [2]
    assert asked(Pen, Place, "last_place=nn=") == [2]
    assert asked(Pen, Box, "outers.id>0") == [1, 2]
    assert asked(Label, Pen, "box.top_pen=nn=") == [1, 3]
    assert asked(Label, Pen, "box.top_pen.first_box.id>0") == [1, 3]

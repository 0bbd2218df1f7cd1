"""Subqueries in `with_loader_criteria` are about the row of the class and about their own tables, wherever a path or an
answer reads the class: also beside rows of the tables that they read themselves.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, event, exists, func, select, union
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)

import pyrsql
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.orms.sqlalchemy.loading import loading, reading
from pyrsql.orms.sqlalchemy.reflect import reflect
from tests.orms.sqlalchemy.store import Store, ids, stocked


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "cs_case"
    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[bool]
    notes: Mapped[list["Note"]] = relationship(back_populates="case", order_by="Note.id")


class Document(Base):
    __tablename__ = "cs_document"
    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[list["Note"]] = relationship(back_populates="document")


class Note(Base):
    __tablename__ = "cs_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cs_case.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("cs_document.id"))
    case: Mapped[Case] = relationship(back_populates="notes")
    document: Mapped[Document | None] = relationship(back_populates="notes")


class JoinedNote(Base):
    """The same rows. Its mapping joins what an answer reads."""

    __table__ = Note.__table__
    document: Mapped[Document | None] = relationship(viewonly=True, lazy="joined")


class Mark(Base):
    __tablename__ = "cs_mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("cs_note.id"))
    note: Mapped[Note] = relationship()


@pytest.fixture(scope="module")
def cases(any_database: Store) -> Iterator[Store]:
    rows: list[Any] = [Case(id=key, public=key == 1) for key in (1, 2, 3)]
    rows += [Document(id=key) for key in (1, 2, 3)]
    notes = [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 3), (5, 3, None)]
    rows += [Note(id=key, case_id=case, document_id=document) for key, case, document in notes]
    rows += [Mark(id=key, note_id=key) for key in range(1, 6)]
    with stocked(any_database, Base.metadata, rows) as store:
        yield store


OTHER = aliased(Note)
OF_CASE = Note.case_id == Case.id
CRITERIA: dict[str, Any] = {
    "two tables": select(Case.id).where(OF_CASE, Note.document_id == Document.id, Case.public).exists(),
    "a join": select(Note.id).join(Note.case).where(Note.document_id == Document.id, Case.public).exists(),
    "a list of two tables": Document.id.in_(select(Note.document_id).where(OF_CASE, Case.public)),
    "a list in a list": exists().where(
        Note.document_id == Document.id, Note.case_id.in_(select(Case.id).where(Case.public))
    ),
    "one in another": exists().where(Note.document_id == Document.id, exists().where(OF_CASE, Case.public)),
    "a count": select(func.count(Note.id)).where(Note.document_id == Document.id).scalar_subquery() > 1,
    "a union": Document.id.in_(
        union(
            select(Note.document_id).where(OF_CASE, Case.public),
            select(Note.document_id).where(OF_CASE, Case.public, Note.id < 0),
        )
    ),
    "told what to leave out": exists().where(OF_CASE, Note.document_id == Document.id, Case.public).correlate(Document),
    "an alias": select(Case.id).where(OTHER.case_id == Case.id, OTHER.document_id == Document.id, Case.public).exists(),
    "a function": lambda cls: select(Case.id).where(OF_CASE, Note.document_id == cls.id, Case.public).exists(),
    "any() in a function": lambda cls: cls.notes.any(Note.case.has(Case.public)),
}
"""Conditions for the first document alone: it has a note of a public case."""


def criteria(name: str, include_aliases: bool) -> Any:
    return with_loader_criteria(Document, CRITERIA[name], include_aliases=include_aliases)


ASKED: list[tuple[type, str | None, str | None, list[int]]] = [
    (Document, None, None, [1]),
    (Note, "document.id>0", None, [1, 2]),
    (Note, "document=na=", None, [3, 4, 5]),
    (Case, "notes.document.id>0", None, [1, 2]),
    (Case, "notes.document=na=", None, [2, 3]),
    (Case, "notes.document.notes.case.id==1", None, [1, 2]),
    (Note, "case.notes.document.id>0", None, [1, 2, 3]),
    (Document, "notes.case.notes.document.id>1", None, []),
    (Note, None, "document.id,nullslast;-id", [2, 1, 5, 4, 3]),
    (Case, None, "notes.document.id,nullslast;-id", [2, 1, 3]),
]


@pytest.mark.parametrize("include_aliases", [True, False])
@pytest.mark.parametrize("name", CRITERIA)
def test_paths(cases: Store, name: str, include_aliases: bool) -> None:
    option = criteria(name, include_aliases)
    found = [ids(cases, model, filter, sort, base=select(model).options(option)) for model, filter, sort, _ in ASKED]
    assert found == [expected for *_, expected in ASKED]


@pytest.mark.parametrize("name", CRITERIA)
def test_criteria_of_an_event(cases: Store, name: str) -> None:
    def ask(session: Session) -> list[int]:
        @event.listens_for(session, "do_orm_execute")
        def add(state: Any) -> None:
            state.statement = state.statement.options(criteria(name, include_aliases=True))

        asked = select(Case).options(joinedload(Case.notes))
        return [
            case.id
            for case in session.scalars(pyrsql.apply(asked, Case, "notes.document.id>0", orm=SQLAlchemyORM())).unique()
        ]

    assert cases.run(ask) == [1, 2]


SHOWN: dict[int, list[int | None]] = {1: [1], 2: [1, None], 3: [None, None]}
"""The document of each note of each case."""


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("alias", [False, True])
def test_answers(cases: Store, name: str, alias: bool) -> None:
    def ask(session: Session) -> tuple[Any, Any]:
        of_case, of_note = reflect(Case), reflect(Note)
        case, note = (aliased(Case), aliased(Note)) if alias else (Case, Note)
        option = criteria(name, include_aliases=True)
        nested = loading(of_case, reading(of_case, [("notes", "document", "id")]))
        direct = loading(of_note, reading(of_note, [("document", "id")]))
        notes = session.scalars(direct(select(note).options(option)).order_by(note.id))
        from_notes = [row.document and row.document.id for row in notes]
        session.expunge_all()
        rows = session.scalars(nested(select(case).options(option)).order_by(case.id))
        return from_notes, {row.id: [each.document and each.document.id for each in row.notes] for row in rows}

    from_notes, from_cases = cases.run(ask)
    assert from_notes == [1, 1, None, None, None]
    assert from_cases == SHOWN


def steps_to_document(model: type[Base]) -> tuple[str, ...]:
    return {Note: ("document",), Case: ("notes", "document"), Mark: ("note", "document")}[model]


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("filter", [None, "document.id>0"])
def test_answers_of_a_mapping_that_joins(cases: Store, name: str, filter: str | None) -> None:
    def ask(session: Session) -> list[int | None]:
        described = reflect(JoinedNote)
        base = select(JoinedNote).options(criteria(name, include_aliases=True))
        narrowed = pyrsql.apply(base, JoinedNote, filter, orm=SQLAlchemyORM())
        load = loading(described, reading(described, [("document", "id")]))
        notes = session.scalars(load(narrowed).order_by(Note.__table__.c.id))
        return [note.document and note.document.id for note in notes]

    assert cases.run(ask) == ([1, 1] if filter else [1, 1, None, None, None])


@pytest.mark.parametrize("name", CRITERIA)
def test_answers_of_a_mapping_that_joins_with_criteria_of_an_event(cases: Store, name: str) -> None:
    def ask(session: Session) -> list[int | None]:
        @event.listens_for(session, "do_orm_execute")
        def add(state: Any) -> None:
            if not state.is_relationship_load:
                state.statement = state.statement.options(criteria(name, include_aliases=True))

        described = reflect(JoinedNote)
        load = loading(described, reading(described, [("document", "id")]))
        notes = session.scalars(load(select(JoinedNote)).order_by(Note.__table__.c.id))
        return [note.document and note.document.id for note in notes]

    if name in {"an alias", "told what to leave out", "a join", "any() in a function"}:
        assert cases.run(ask) == [1, 1, None, None, None]
    else:
        with pytest.raises(ConfigurationError, match=r"joinedload reads .* reads 'cs_.*let it read an alias"):
            cases.run(ask)


LOADS: dict[type[Base], Any] = {
    Note: joinedload(Note.document),
    Case: joinedload(Case.notes).joinedload(Note.document),
    Mark: joinedload(Mark.note).joinedload(Note.document),
}


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("model", LOADS)
@pytest.mark.parametrize("filter", [None, "id>0"])
@pytest.mark.parametrize("by_event", [False, True])
def test_loads_of_the_base_statement(cases: Store, model: Any, name: str, filter: str | None, by_event: bool) -> None:
    """What SQLAlchemy would misread is refused, although no path joins anything."""
    kept = {"told what to leave out"} | {
        Note: {"a join", "an alias", "any() in a function"},
        Case: set[str](),
        Mark: {"an alias"},
    }[model]

    def ask(session: Session) -> list[int | None]:
        base = select(model).options(LOADS[model])
        if by_event:

            @event.listens_for(session, "do_orm_execute")
            def add(state: Any) -> None:
                state.statement = state.statement.options(criteria(name, include_aliases=True))

        else:
            base = base.options(criteria(name, include_aliases=True))
        rows = session.scalars(pyrsql.apply(base, model, filter, orm=SQLAlchemyORM()).order_by(model.id)).unique()
        notes = [note for row in rows for note in (getattr(row, "notes", None) or [getattr(row, "note", row)])]
        return [note.document and note.document.id for note in notes]

    if name in kept:
        assert cases.run(ask) == [1, 1, None, None, None]
    else:
        with pytest.raises(ConfigurationError, match=r"joinedload reads .* reads 'cs_.*let it read an alias"):
            cases.run(ask)


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("model", [Note, Case, Mark])
def test_answers_with_criteria_of_an_event(cases: Store, model: Any, name: str) -> None:
    """An answer may join a document to a note, where the criteria are not known before. What SQLAlchemy would misread
    there is refused: tables of several, and all tables where it joins the note as well.
    """
    kept = {"an alias", "told what to leave out"} | (set() if model is Mark else {"a join", "any() in a function"})

    def ask(session: Session) -> list[int | None]:
        @event.listens_for(session, "do_orm_execute")
        def add(state: Any) -> None:
            if not state.is_relationship_load:
                state.statement = state.statement.options(criteria(name, include_aliases=True))

        described = reflect(model)
        load = loading(described, reading(described, [(*steps_to_document(model), "id")]))
        rows = session.scalars(load(select(model)).order_by(model.id)).unique()
        notes = [note for row in rows for note in (getattr(row, "notes", None) or [getattr(row, "note", row)])]
        return [note.document and note.document.id for note in notes]

    if name in kept:
        assert cases.run(ask) == [1, 1, None, None, None]
    else:
        with pytest.raises(ConfigurationError, match=r"joinedload reads .* reads 'cs_.*let it read an alias"):
            cases.run(ask)

"""The mapped classes, and a database with the rows."""

from __future__ import annotations

from sqlalchemy import Engine, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

from benchmarks.data import ROWS, row


class Base(DeclarativeBase):
    """The tables of the benchmarks."""


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    age: Mapped[int]
    city: Mapped[str]
    email: Mapped[str]
    score: Mapped[int]
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))

    company: Mapped[Company] = relationship()


def entities() -> list[Base]:
    """New objects for one session: 1,000 users and their companies."""
    companies = [Company(id=number, name=f"company{number}") for number in range(1, 6)]
    return [*companies, *(User(**row(number)) for number in range(1, ROWS + 1))]


def database() -> Engine:
    """A database in memory that holds them."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(entities())
        session.commit()
    return engine

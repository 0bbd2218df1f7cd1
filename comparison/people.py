"""The table, rows and response model that all examples of the comparison use. Imports SQLAlchemy and Pydantic only."""

import datetime as dt
import enum
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, ForeignKey, StaticPool, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    LOW = "l"
    HIGH = "h"


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Role(Base):
    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    code: Mapped[str]
    level: Mapped[int]


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int | None]
    active: Mapped[bool]
    score: Mapped[float]
    level: Mapped[Level]
    born: Mapped[dt.date]
    created: Mapped[dt.datetime]
    doc: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    company: Mapped[Company | None] = relationship()
    roles: Mapped[list[Role]] = relationship()


class CompanyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    age: int | None
    company: CompanyOut | None


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


ROWS: tuple[tuple[str, int | None, int | None, str], ...] = (
    # name, age, company, roles
    ("demo", 20, 1, "admin:1 editor:3"),
    ("Demo", None, 1, "admin:5 admin:2"),
    ("a%b", 30, None, ""),
    ("a_b", 30, 2, "editor:1"),
    ("dem*o", 41, None, "admin:3"),
    ("ann (x)", 18, 2, ""),
)
DOCUMENTS: dict[int, dict[str, Any]] = {1: {"a": 1, "tags": ["x", "y"]}, 2: {"a": "1"}}

Base.metadata.create_all(engine)
with Session(engine) as _session:
    _session.add_all([Company(id=1, name="acme"), Company(id=2, name="globex")])
    _session.add_all(
        Person(
            id=number,
            name=name,
            age=age,
            active=number != 3,
            score=number * 1.5,
            level=Level.HIGH if number == 2 else Level.LOW,
            born=dt.date(2000, 1, number),
            created=dt.datetime(2024, 1, number, 12),
            doc=DOCUMENTS.get(number),
            company_id=company,
            roles=[Role(code=role.split(":")[0], level=int(role.split(":")[1])) for role in roles.split()],
        )
        for number, (name, age, company, roles) in enumerate(ROWS, 1)
    )
    _session.commit()

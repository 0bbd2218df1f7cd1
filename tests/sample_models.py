"""A small model for the tests: people, companies, managers and roles; and rows that are hard to get right."""

import datetime as dt

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The tables of the tests."""

    type_annotation_map = {str: String(100)}  # MariaDB has no VARCHAR without a length


user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
)


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str | None]

    users: Mapped[list["User"]] = relationship(back_populates="company")


class Role(Base):
    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    level: Mapped[int]

    users: Mapped[list["User"]] = relationship(secondary=user_roles, back_populates="roles")


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    age: Mapped[int | None]
    email: Mapped[str] = mapped_column(unique=True)
    created: Mapped[dt.datetime]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    company: Mapped[Company | None] = relationship(back_populates="users")
    manager: Mapped["User | None"] = relationship(remote_side=id, back_populates="reports")
    reports: Mapped[list["User"]] = relationship(back_populates="manager")
    roles: Mapped[list[Role]] = relationship(secondary=user_roles, back_populates="users")


def rows() -> list[Base]:
    """New objects for one session: twelve users, three companies, three roles.

    Among the users there are missing names, ages, companies and managers, equal ages, names that differ in
    case alone, and names with the characters that mean something in a pattern: `%`, `_`, `*`, backslash.
    """
    acme = Company(id=1, name="acme", country="DE")
    umbrella = Company(id=2, name="Umbrella", country=None)
    empty = Company(id=3, name="empty", country="FR")
    admin = Role(id=1, code="admin", level=3)
    editor = Role(id=2, code="editor", level=2)
    guest = Role(id=3, code="guest", level=1)

    def user(
        identity: int,
        name: str | None,
        age: int | None,
        company: Company | None = None,
        manager: User | None = None,
        roles: tuple[Role, ...] = (),
    ) -> User:
        return User(
            id=identity,
            name=name,
            age=age,
            email=f"user{identity}@example.org",
            created=dt.datetime(2024, 1, identity, 12, 30),
            company=company,
            manager=manager,
            roles=list(roles),
        )

    demo = user(1, "demo", 30, acme, roles=(admin, editor))
    upper = user(2, "Demo", 30, umbrella, demo, (guest,))
    users = [
        demo,
        upper,
        user(3, "DEMO", None, None, demo),
        user(4, "demolition", 41, acme, upper, (editor, guest)),
        user(5, None, 25, umbrella, None, (guest,)),
        user(6, "50%", 25, acme, demo),
        user(7, "a_b", 17, None, upper),
        user(8, "axb", 17, umbrella, upper, (admin,)),
        user(9, "star*", 99, acme),
        user(10, "back\\slash", 0, None, None, (editor,)),
        user(11, "", -1, acme, demo),
        user(12, "größe", None, umbrella, demo, (admin, guest)),
    ]
    return [acme, umbrella, empty, admin, editor, guest, *users]

"""A hidden field answers exactly as one that the class does not have: two classes, one of which lacks it, are asked the
same.
"""

from __future__ import annotations

from typing import Any

import pytest
from returns.result import Success
from sqlalchemy import JSON, ForeignKey, Integer, String, func
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, column_property, composite, mapped_column, relationship, synonym

from pyrsql import QueryOptions, SortOptions, field_rights
from pyrsql.adapters.fastapi.fields import filter_extension, sort_extension
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy import schema
from pyrsql.validation.validate import read_filter, read_sort

HIDDEN: Any = {"pyrsql": field_rights(filter=False, sort=False)}
EXACT: Any = {"pyrsql": field_rights(operators=["equal"])}


class Address:
    def __init__(self, zip: str | None, city: str | None) -> None:
        self.zip = zip
        self.city = city


def mapped(info: Any = None, *, secrets: bool = False, wide: int = 0) -> tuple[type, type, type]:
    """The classes of a firm, a user and an employee, with secrets or without them."""

    class Base(DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firms"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String)
        users = relationship(lambda: User, back_populates="firm")
        if secrets:
            secret = mapped_column(String, info=info)
            spies = relationship(lambda: User, viewonly=True, info=info)

    class User(Base):
        __tablename__ = "users"
        id = mapped_column(Integer, primary_key=True)
        if secrets:
            vars().update({f"secret_{place}": mapped_column(String, info=info) for place in range(wide)})
            secret = mapped_column(String, info=info)
            secret_day = column_property(func.upper("x"), info=info)
            secret_too = synonym("secret")
            zip_column = mapped_column(String, info=info)
            city_column = mapped_column(String, info=info)
            addr = composite(Address, "zip_column", "city_column")
            firm_secret = association_proxy("firm", "secret")

            @hybrid_property
            def secrety(self) -> Any:
                return self.secret

        vars().update({f"public_{place}": mapped_column(String) for place in range(wide)})
        name = mapped_column(String)
        secretz = mapped_column(String)
        addt = mapped_column(String)
        note = mapped_column(JSON)
        firm_id = mapped_column(Integer, ForeignKey("firms.id"))
        firm = relationship(lambda: Firm, back_populates="users")
        kind = mapped_column(String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}

    class Employee(User):
        __mapper_args__ = {"polymorphic_identity": "employee"}
        wage = mapped_column(Integer)
        if secrets:
            wages = mapped_column(Integer, info=info)

            @hybrid_property
            def wager(self) -> Any:
                return self.wages

    return Firm, User, Employee


CALLS: Any = {"quantifiers": True, "procedure_whitelist": {"upper"}}
OPEN = {"id", "name", "secretz", "addt", "note", "firm_id", "firm", "kind", "wage"}
SECRET = {"secret", "secret_day", "secret_too", "addr", "firm_secret", "secrety"}


def offered(entity: type, **lists: Any) -> Schema:
    return schema(entity, QueryOptions(**CALLS, **lists), SortOptions(**CALLS, **lists))


def by_info() -> Schema:
    return offered(mapped(HIDDEN, secrets=True)[1])


def by_blacklist() -> Schema:
    entries = {*(f"firm.{name}" for name in ("secret", "spies")), "wages", "spies", "addr", "secret_day"}
    firm, user, _ = mapped(secrets=True)
    own = {entity: {"secret"} for entity in (user, firm)}
    return offered(user, field_blacklist=entries, model_field_blacklist=own)


def by_models() -> Schema:
    firm, user, employee = mapped(secrets=True)
    lists = {user: {*SECRET, "zip_column", "city_column"}, firm: {"secret", "spies"}, employee: {"wages", "wager"}}
    return offered(user, model_field_blacklist=lists)


def by_columns() -> Schema:
    firm, user, employee = mapped(secrets=True)
    hidden = {user: {"secret", "secret_day", "zip_column", "city_column"}}
    return offered(user, model_field_blacklist={**hidden, firm: {"secret", "spies"}, employee: {"wages"}})


NAMES = [
    *("secret", "secrex", "secrets", "secret_day", "secret_too", "secret_tok", "secrety", "secretyy", "firm_secret"),
    *("addr", "addr.zip", "addr.zap", "addr.name", "adr", "zip_column", "zip_colum", "firm.secret", "firm.secrets"),
    *("firm.spies", "firm.spies.name", "firm.spie", "firm.users.secret", "firm.users.firm.secret", "wages", "wager"),
    *("firm.users.addr.zip", "firm.users.secrety", "wagers", "secret.x", "secretz.x", "user.secret", "firm->secret"),
]
FILTERS = [
    *("{}==1", "{}=na=", "{}=gt=2", "1=={}", "{}==null", "{}=in=(1,2)", "{}==a*", "{}=any='id==1'", "@count[{}]>1"),
    *("firm.users=any='{}==1'", "@upper[{}]==A", "@count[firm.users|#{}==1]==1", "{}==1;secrex==2,{}==3;id==x"),
    ";".join(f"{{}}{place}==1" for place in range(12)),
]
SORTS = ["{}", "-{}", "{},ic", "@count[{}]", "@upper[{}]", "{};{}", "{}:desc"]


def answer(described: Schema, kind: str, text: str) -> Any:
    found = read_filter(described, text) if kind == "filter" else read_sort(described, text)
    return "accepted" if isinstance(found, Success) else found.failure()


@pytest.mark.parametrize("hide", [by_info, by_blacklist, by_models, by_columns])
def test_an_answer_does_not_tell_a_hidden_field_from_an_absent_one(hide: Any) -> None:
    hidden, absent = hide(), offered(mapped()[1])
    for name in NAMES:
        for kind, patterns in (("filter", FILTERS), ("sort", SORTS)):
            for pattern in patterns:
                text = pattern.replace("{}", name)
                assert answer(hidden, kind, text) == answer(absent, kind, text), text
    assert filter_extension(hidden) == filter_extension(absent)
    assert sort_extension(hidden) == sort_extension(absent)


def test_whitelists_do_not_tell_either() -> None:
    lists = {"field_whitelist": {*OPEN, "users"}}
    hidden, absent = offered(mapped(secrets=True)[1], **lists), offered(mapped()[1], **lists)
    for name in NAMES:
        for pattern in FILTERS:
            text = pattern.replace("{}", name)
            assert answer(hidden, "filter", text) == answer(absent, "filter", text), text


MAPPED = {"firm.pay": "firm.secret", "name.x": "secret", "firm.users.x.y": "firm.users.secret", "staff": "firm.spies"}
MAPPED_NAMES = [
    *(
        "firm.pay",
        "firm.pay.x",
        "firm.pays",
        "Firm.pay",
        "name.x",
        "name.x.y",
        "name",
        "firm.users.x.y",
        "firm.users.x",
    ),
    *("firm.users.name.pay", "firm.users.firm.name.pay", "firm.name.pay", "staff", "staff.name", "user.firm.pay"),
]


def test_a_mapped_name_of_several_steps_does_not_tell_either() -> None:
    """It is read as separate steps, each with its advice, and yet leads nowhere."""
    firm, user, _ = mapped(HIDDEN, secrets=True)
    by_model = {user: {"name.pay": "secret"}, firm: {"name.pay": "secret", "users.pay": "spies.name"}}
    hidden = offered(user, field_mapping={**MAPPED, "n": "name"}, model_field_mapping=by_model)
    absent = offered(mapped()[1], field_mapping={"n": "name"})
    for name in MAPPED_NAMES:
        for kind, patterns in (("filter", FILTERS), ("sort", SORTS)):
            for pattern in patterns:
                text = pattern.replace("{}", name)
                assert answer(hidden, kind, text) == answer(absent, kind, text), text
    assert filter_extension(hidden) == filter_extension(absent)
    # Such a name conceals a field that the class has as well, whoever may use it.
    concealing = offered(user, model_field_mapping={firm: {"users.name": "users.secret"}})
    assert answer(concealing, "filter", "firm.users.name==x") != "accepted"


def test_hidden_fields_take_no_room_from_suggestions() -> None:
    hidden, absent = (offered(mapped(HIDDEN, secrets=has, wide=210)[1]) for has in (True, False))
    for text in ("nmae==1", "public_==1", ";".join(f"nmae{place}==1" for place in range(12))):
        assert answer(hidden, "filter", text) == answer(absent, "filter", text), text


# --- operators of a field --------------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


class Card(Base):
    __tablename__ = "absent_cards"
    id = mapped_column(Integer, primary_key=True)
    pin = mapped_column(String)


class Owner(Base):
    __tablename__ = "absent_owners"
    id = mapped_column(Integer, primary_key=True)
    code = mapped_column(String)
    zip_column = mapped_column(String)
    city_column = mapped_column(String)
    card_id = mapped_column(Integer, ForeignKey("absent_cards.id"))
    card = relationship(Card, info=EXACT)
    exact_code = synonym("code", info=EXACT)
    sorted_code = synonym("code", info={"pyrsql": field_rights(operators=["equal"], sort=True)})
    later_code = synonym("exact_code")
    exact_address = composite(Address, "zip_column", "city_column", info=EXACT)
    card_pin = association_proxy("card", "pin")


Owner.card_pin.info.update(EXACT)


@pytest.mark.parametrize(
    "name", ["exact_code", "later_code", "exact_address.zip", "card_pin", "card.pin", "sorted_code", "@upper[code]"]
)
def test_a_name_that_compares_no_order_is_no_key_of_a_sort(name: str) -> None:
    described = offered(Owner)
    sortable = name in ("card.pin", "sorted_code", "@upper[code]")
    assert (answer(described, "filter", f"{name}==1") == "accepted") is True
    assert (answer(described, "filter", f"{name}=gt=1") == "accepted") is (name in ("card.pin", "@upper[code]"))
    for key in (name, f"-{name},ic"):
        assert (answer(described, "sort", key) == "accepted") is sortable
    if not name.startswith("@"):
        assert (answer(described, "sort", f"@upper[{name}]") == "accepted") is (name == "card.pin")
    assert (name in {field["name"] for field in sort_extension(described)["fields"]}) is (
        name in ("sorted_code", "card.pin")
    )

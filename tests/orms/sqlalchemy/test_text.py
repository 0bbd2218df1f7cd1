"""Letter case is that of Unicode's simple mapping, on every database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.orms.sqlalchemy.store import Store, ids, stocked


class Base(DeclarativeBase):
    pass


class Letter(Base):
    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(10))


LETTERS = "aAiIİıkK\u212aåÅ\u212bωΩ\u2126θϴϑßẞσςΣǆǅǄéÉñÑжЖЯяⱥȺꭰᎠ𐐨𐐀ﬁſsS"


@pytest.fixture(scope="module")
def letters(store: Store) -> Iterator[Store]:
    with stocked(store, Base.metadata, [Letter(id=ord(one), text=one) for one in LETTERS]) as filled:
        yield filled


@pytest.mark.parametrize("operator", ["=ic=", "=ilike=", "==^"])
def test_ignoring_case(letters: Store, operator: str) -> None:
    wrong = {
        one: (found, wanted)
        for one in LETTERS
        if (found := "".join(map(chr, ids(letters, Letter, f"text{operator}{one}"))))
        != (wanted := "".join(sorted(other for other in LETTERS if other.lower()[0] == one.lower()[0])))
    }
    assert not wrong


def test_minding_case(letters: Store) -> None:
    for operator in ("==", "=like=", "=in="):
        assert {one: ids(letters, Letter, f"text{operator}{one}") for one in LETTERS} == {
            one: [ord(one)] for one in LETTERS
        }

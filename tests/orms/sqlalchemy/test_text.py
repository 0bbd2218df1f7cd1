"""Letter case is that of Unicode's simple mapping everywhere, and text is compared as it is, however it is kept."""

import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, NullPool, String, Table, create_engine, make_url, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry, relationship

import pyrsql
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.validation.text import fold, upper
from tests.databases import Database, embedded_postgres
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked


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


def test_a_nul_ends_no_text_where_case_is_ignored(sqlite_database: Database) -> None:
    # No client can send one, but a row of SQLite may have it, behind which SQLite counts no characters.
    texts = ["a\0c", "A\0b", "a", "É\0", "B"]
    engine = sqlite_database.engine()
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Letter(id=nth, text=one) for nth, one in enumerate(texts)])
        session.flush()
        options = QueryOptions(procedure_whitelist=["lower"])
        lowered = paged(Letter, "@lower[text]==a", options=options).statement.with_only_columns(Letter.text)
        assert session.scalars(lowered).all() == ["a"]
        assert session.scalars(paged(Letter, None, "text,ic").statement.with_only_columns(Letter.text)).all() == [
            "a",
            "A\0b",
            "a\0c",
            "B",
            "É\0",
        ]
    engine.dispose()


@pytest.fixture(scope="module")
def c_utf8() -> Iterator[Engine]:
    """A database of the builtin locale C.UTF-8, which PostgreSQL has since version 17, on any machine."""
    with embedded_postgres() as server:
        server = server.set(drivername="postgresql+psycopg")
        with create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
            if int((connection.dialect.server_version_info or (0,))[0]) < 17:
                pytest.skip("the embedded PostgreSQL is older than its builtin locales")
            how = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' TEMPLATE template0"
            connection.exec_driver_sql(f"CREATE DATABASE c_utf8 {how}")
        engine = create_engine(server.set(database="c_utf8"))
        yield engine
        engine.dispose()


def test_postgresql_agrees_with_memory_letter_by_letter(c_utf8: Engine) -> None:
    known = [
        letter for letter in map(chr, range(1, sys.maxunicode + 1)) if unicodedata.category(letter) not in ("Cs", "Cn")
    ]
    cases = sql("SELECT one, lower(one), upper(one) FROM unnest(CAST(:letters AS TEXT[])) AS letters (one)")
    with c_utf8.connect() as connection:
        found = connection.execute(cases, {"letters": known}).all()
    assert len(found) == len(known)
    assert [one for one, lower, _ in found if lower != fold(one)] == []
    # The server may know capitals that are younger than Python's tables.
    assert [one for one, _, capital in found if capital != upper(one) and unicodedata.category(capital) != "Cn"] == []


@pytest.mark.parametrize("operator", ["=ic={}", "=ilike={}", "==^{}", "==^{}*"])
def test_postgresql_ignores_case_as_memory_does(c_utf8: Engine, operator: str) -> None:
    with Session(c_utf8) as session:
        Base.metadata.create_all(session.connection())
        session.add_all([Letter(id=ord(one), text=one) for one in LETTERS])
        session.flush()
        for one in LETTERS:
            rows = session.scalars(paged(Letter, f"text{operator.format(one)}").statement)
            assert {row.text for row in rows} == {other for other in LETTERS if fold(other) == fold(one)}, one


def kept_as(**how: str) -> String:
    """A text as others have declared it, on MariaDB."""
    return String(10).with_variant(VARCHAR(10, **how), "mysql", "mariadb")


class Kept(Base):
    __tablename__ = "kept"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    as_usual: Mapped[str] = mapped_column(String(10))
    latin: Mapped[str] = mapped_column(kept_as(charset="latin1"))
    three_bytes: Mapped[str] = mapped_column(kept_as(charset="utf8mb3"))
    accents_alike: Mapped[str] = mapped_column(kept_as(collation="utf8mb4_unicode_ci"))
    swedish: Mapped[str] = mapped_column(kept_as(charset="latin1", collation="latin1_swedish_ci"))
    general: Mapped[str] = mapped_column(kept_as(charset="utf8mb3", collation="utf8mb3_general_ci"))
    of_the_dialect: Mapped[str] = mapped_column(
        VARCHAR(10, charset="latin1").with_variant(String(10), "postgresql", "sqlite")
    )


TEXTS = ("é", "e", "E", "a ", "a", "ÿ", "")
COLUMNS = ("as_usual", "latin", "three_bytes", "accents_alike", "swedish", "general", "of_the_dialect")


@pytest.fixture(scope="module")
def kept(store: Store) -> Iterator[Store]:
    rows = [Kept(id=nth, **dict.fromkeys(COLUMNS, text)) for nth, text in enumerate(TEXTS)]
    with stocked(store, Base.metadata, rows) as filled:
        yield filled


@pytest.mark.parametrize("column", COLUMNS)
def test_text_is_compared_as_it_is_however_it_is_kept(kept: Store, column: str) -> None:
    def found(comparison: str) -> set[str]:
        return {TEXTS[row] for row in ids(kept, Kept, f"{column}{comparison}")}

    for text in (*TEXTS, "\N{GRINNING FACE}", "Ÿ"):
        assert found(f"=='{text}'") == {text} & set(TEXTS)
        assert found(f"!='{text}'") == set(TEXTS) - {text}
        assert found(f">'{text}'") == {one for one in TEXTS if one > text}
        assert found(f"=in=('{text}',e)") == {text, "e"} & set(TEXTS)
        assert found(f"=out=('{text}',e)") == set(TEXTS) - {text, "e"}
        assert found(f"=bt=(a,'{text}')") == {one for one in TEXTS if "a" <= one <= text}
        assert found(f"=like='{text}'") == {one for one in TEXTS if text in one}


def test_a_comparison_is_bare_where_the_database_compares_as_it_should() -> None:
    base = select(Kept.id)
    ours, by_hand = pyrsql.apply(base, Kept, "as_usual==a", orm=SQLAlchemyORM()), base.where(Kept.as_usual == "a")
    condition = ours.whereclause
    assert condition is not None

    def written(on: str) -> str:
        return str(condition.compile(dialect=make_url(f"{on}://").get_dialect()()))

    assert written("sqlite") == "kept.as_usual = ?"
    assert written("postgresql+psycopg").startswith("kept.as_usual = %(")
    assert written("postgresql+psycopg").endswith(")s::VARCHAR")
    assert written("mysql+pymysql").startswith("kept.as_usual = CONVERT(")
    # SQLAlchemy would give one of them the SQL that it keeps of the other.
    ours_kept, by_hand_kept = ours._generate_cache_key(), by_hand._generate_cache_key()
    assert ours_kept is not None
    assert by_hand_kept is not None
    assert ours_kept.key != by_hand_kept.key


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("letter", ["Ж", "\N{GRINNING FACE}", "ſ", "\N{KELVIN SIGN}"])
def test_a_letter_that_the_character_set_lacks_is_no_error(kept: Store, column: str, letter: str) -> None:
    def found(comparison: str) -> set[str]:
        return {TEXTS[row] for row in ids(kept, Kept, f"{column}{comparison}", options=QueryOptions())}

    assert found(f"=={letter}") == found(f"=={letter}*") == found(f"==^{letter}*") == found(f"==^{letter}") == set()
    assert found(f"=in=({letter},a)") == {"a"}
    before, after = found(f"<{letter}"), found(f">{letter}")
    assert before | after == set(TEXTS)
    assert not before & after
    assert found(f"=bt=(a,{letter})") <= set(TEXTS)
    if letter == "Ж":
        assert after == set()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_prefix_is_exact_however_it_is_kept(kept: Store, column: str) -> None:
    for prefix in ("é", "e", "a", "a ", "ÿ", "E"):
        assert {TEXTS[row] for row in ids(kept, Kept, f"{column}=='{prefix}*'")} == {
            text for text in TEXTS if text.startswith(prefix)
        }
        assert {TEXTS[row] for row in ids(kept, Kept, f"{column}=='^{prefix.swapcase()}*'")} == {
            text for text in TEXTS if text.lower().startswith(prefix.lower())
        }


def test_ignoring_case_is_exact_under_every_collation_of_mariadb(mariadb_database: Database) -> None:
    """A collation is a help for the index, and no rule: in some, `i` is no `I`, or `K` is not the Kelvin sign."""
    words = [*LETTERS, "kiß", "KIß", "\u212aİß", "kiẞ", "kib", "ki", "ki ", "k%", "kxx"]
    engine = mariadb_database.engine()
    known = sql(
        "SELECT full_collation_name FROM information_schema.collation_character_set_applicability"
        " WHERE character_set_name = 'utf8mb4' AND full_collation_name LIKE '%\\_ci'"
    )
    with Session(engine) as session:
        names = session.scalars(known).all()
        assert {"utf8mb4_general_ci", "utf8mb4_unicode_520_nopad_ci", "utf8mb4_turkish_ci"} <= set(names)
        columns = [Column(f"text{nth}", VARCHAR(8, collation=name)) for nth, name in enumerate(names)]
        table = Table(
            "collated", Base.metadata, Column("id", Integer, primary_key=True), *columns, prefixes=["TEMPORARY"]
        )
        Base.metadata.remove(table)
        collated: Any = type("Collated", (), {})
        registry().map_imperatively(collated, table)
        table.create(session.connection())
        session.execute(table.insert(), [{column.name: word for column in columns} for word in words])
        for column in columns:
            for wanted in ("I", "kiß", "K%"):
                same = {word for word in words if fold(word) == fold(wanted)}
                prefixed = {word for word in words if fold(word).startswith(fold(wanted))}
                for filter, expected in (("==^{}", same), ("==^{}*", prefixed), ("!=^{}", {*words} - same)):
                    found = pyrsql.apply(
                        select(column), collated, f"{column.name}{filter.format(wanted)}", orm=SQLAlchemyORM()
                    )
                    assert {*session.scalars(found)} == expected, (column.type, filter, wanted)
    engine.dispose()


class InGreek(Base):
    """The table says how its columns are kept."""

    __tablename__ = "in_greek"
    __table_args__ = {"mysql_charset": "greek", "mariadb_charset": "greek"}

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    of_the_table: Mapped[str] = mapped_column(String(10))


class Lacking(Base):
    __tablename__ = "lacking"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    as_usual: Mapped[str] = mapped_column(String(10))
    ascii: Mapped[str] = mapped_column(kept_as(charset="ascii"))
    collated: Mapped[str] = mapped_column(kept_as(collation="ascii_bin"))
    greek: Mapped[str] = mapped_column(kept_as(charset="greek"))
    cyrillic: Mapped[str] = mapped_column(kept_as(charset="cp1251", collation="cp1251_general_cs"))
    swedish: Mapped[str] = mapped_column(kept_as(charset="swe7"))
    latin: Mapped[str] = mapped_column(kept_as(charset="latin1"))
    greek_id: Mapped[int] = mapped_column(ForeignKey("in_greek.id"))
    other: Mapped[InGreek] = relationship()


PLAIN = ("e", "E", "a ", "a", "", "zx")
LACKING = ("ascii", "collated", "greek", "cyrillic", "swedish", "latin", "as_usual", "other.of_the_table")
BEYOND = ("é", "\xa0", "Ж", "@[")
FUNCTIONS = QueryOptions(procedure_whitelist=["upper", "trim", "concat", "coalesce", "replace", "substring", "nullif"])


FOR_NO_ROW = (
    *("$=='{}'", "$=='{}*'", "$=='*{}'", "$=='a*{}'", "$=='*{}*'", "$=='^{}'", "$=='^{}*'", "$=ic='{}'"),
    *("$=like='{}'", "$=ilike='{}'", "$=in=('{}','{}')", "@upper[$]=='{}'", "@trim[$]=in=('{}','{}')"),
    *("@concat[$|#{}]=='a'", "@replace[$|#e|#{}]=='ab'", "@nullif[$|#{}]=='{}'", "@substring[$|#1|#1]=='{}'"),
)


@pytest.fixture(scope="module")
def lacking(store: Store) -> Iterator[Store]:
    others = [InGreek(id=nth, of_the_table=text) for nth, text in enumerate(PLAIN)]
    own = [name for name in LACKING if "." not in name]
    rows = [Lacking(id=nth, other=other, **dict.fromkeys(own, PLAIN[nth])) for nth, other in enumerate(others)]
    with stocked(store, Base.metadata, rows) as filled:
        yield filled


@pytest.mark.parametrize("column", LACKING)
def test_any_value_is_compared_with_any_character_set(lacking: Store, column: str) -> None:
    def found(comparison: str) -> list[str]:
        return [PLAIN[row] for row in ids(lacking, Lacking, comparison.replace("$", column), options=FUNCTIONS)]

    for text in BEYOND:
        nothing = [test for test in FOR_NO_ROW if "#" not in test or not text.isascii()]
        assert found(",".join(nothing).replace("{}", text)) == []
        assert found(f"$=in=('{text}',e)") == ["e"]
        assert found(f"$!='{text}'") == found(f"$=out=('{text}','{text}')") == list(PLAIN)
        for value in ("$", "@trim[$]", "@substring[$|#1|#9]"):
            below, above = found(f"{value}<'{text}'"), found(f"{value}>='{text}'")
            assert sorted(below + above) == sorted(PLAIN), (value, text)
            assert set(found(f"{value}=bt=('{text}','{text}')")) <= set(above)
        if not text.isascii():
            assert found(f"@concat[$|#{text}]=='a{text}'") == ["a"]
            assert found(f"@coalesce[$|#{text}]==e") == found(f"@replace[$|#{text}|#a]==e") == ["e"]
            assert found(f"@replace[$|#e|#{text}]=='{text}'") == ["e"]

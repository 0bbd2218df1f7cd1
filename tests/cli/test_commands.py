"""The command line, as a pipe sees it."""

import enum
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typer.testing import CliRunner

from examples.flights.models import Flight
from pyrsql.cli.commands import app
from pyrsql.cli.main import main
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, by_role
from pyrsql.version import __version__

FLIGHT = "examples.flights.models:Flight"
AIRPORTS = "examples.flights.app:airports"


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and all that is printed."""
    done = CliRunner().invoke(app, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_parse_prints_the_tree() -> None:
    assert run("parse", "a==1;(b==2,c==3)") == (
        0,
        "and\n├── a==1\n└── or\n    ├── b==2\n    └── c==3\n",
    )


def test_format_prints_the_canonical_spelling() -> None:
    assert run("format", "a ==  'x' and b>1", "--sort", "-a") == (0, "a==x;b=gt=1\na,desc\n")


def test_check_puts_carets_under_every_problem() -> None:
    code, text = run("check", "distanse==1;distance>=far", "--sort", "yaer", "--model", FLIGHT)
    assert code == 1
    lines = text.splitlines()
    assert lines[:2] == ["distanse==1;distance>=far", "^^^^^^^^              ^^^^"[:22] + "^^^"]
    assert "Did you mean 'distance'?" in text
    assert lines[4:6] == ["yaer", "^^^^"]


def test_carets_stand_under_wide_letters_and_behind_tabs() -> None:
    _, text = run("check", "名=foo=\t漢;e\u0301=bar=1")
    assert text.splitlines()[:2] == ["名=foo= 漢;e\u0301=bar=1", "  ^^^^^     ^^^^^"]


@pytest.mark.parametrize("command", ["parse", "format", "check", "explain"])
@pytest.mark.parametrize("text", ["\udcff==1", "a==\udcff", "a=\udcff", "name==\udcff;\udcff=any='\udcff'", "\0==1"])
def test_bytes_that_are_no_text_are_written_as_escapes(command: str, text: str) -> None:
    for model in ((), ("--model", FLIGHT)) if command in ("check", "explain") else ((),):
        code, output = run(command, *model, "--", text)
        assert code in (0, 1)
        assert "Traceback" not in output


NESTED = "arrivals=any='arrival_delay>500;plane.seats<9'"


def test_quantifiers_are_a_part_of_the_language() -> None:
    assert run("parse", NESTED) == (0, f"{NESTED}\n")
    assert run("format", "a=any='b == 1'") == (0, "a=any='b == 1'\n")
    assert run("check", NESTED) == (0, "")
    assert run("explain", NESTED)[0] == 0
    code, text = run("explain", NESTED, "--model", AIRPORTS)
    assert code == 0
    assert "flights_1.arrival_delay > ?" in text


def test_explain_says_what_the_client_may_have_meant() -> None:
    code, text = run("explain", "arrivals.date>2013-01-30;arrivals.plane.seats>300", "--model", AIRPORTS)
    assert code == 0
    assert "Did you mean the same row of 'arrivals'? Write arrivals=any='date=gt=2013-01-30;plane.seats=gt=300'" in text


def test_explain_says_which_characters_are_plain_text() -> None:
    for filter, hint in (("name==“JFK”", "These quotes are plain text"), ("name=like=%Intl%", "'%' is plain text")):
        code, text = run("explain", filter, "--model", AIRPORTS)
        assert (code, hint in text) == (0, True)


class Role(enum.Enum):
    PILOT = "pilot"
    GUEST = "guest"


async def current_role() -> Role:
    return Role.GUEST


RESOURCE = FastAPISQLAlchemyIntegration().resource
BY_ROLE = by_role(
    current_role,
    {
        Role.PILOT: RESOURCE(Flight, filterable_fields={"id", "distance"}),
        Role.GUEST: RESOURCE(Flight, filterable_fields={"id"}),
    },
    documented=Role.GUEST,
)
BY_ROLE_NAME = "tests.cli.test_commands:BY_ROLE"


def test_a_role_is_named() -> None:
    assert run("check", "distance==1", "--model", BY_ROLE_NAME, "--role", "pilot") == (0, "")
    assert run("check", "distance==1", "--model", BY_ROLE_NAME, "--role", "guest")[0] == 1
    assert "distance" in run("fields", "--model", BY_ROLE_NAME, "--role", "pilot")[1]
    assert "distance" not in run("fields", "--model", BY_ROLE_NAME, "--role", "guest")[1]
    assert "distance" in run("explain", "distance==1", "--model", BY_ROLE_NAME, "--role", "pilot")[1]
    assert run("indexes", "--model", BY_ROLE_NAME, "--role", "guest")[0] == 0


@pytest.mark.parametrize(
    "command", [("check", "a==1"), ("explain", "a==1"), ("fields",), ("indexes",)], ids=lambda command: command[0]
)
def test_a_role_that_is_not_there(command: tuple[str, ...]) -> None:
    for role in ((), ("--role", "nobody"), ("--role", "PILOT")):
        code, text = run(*command, "--model", BY_ROLE_NAME, *role)
        assert code == 2
        assert "pilot, guest" in text
    assert run(*command, "--model", FLIGHT, "--role", "pilot")[0] == 2
    assert run(*command, "--role", "pilot")[0] == 2


def given(text: str | bytes, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a command that reads a text from stdin."""
    done = CliRunner().invoke(app, list(arguments), input=text)
    return done.exit_code, done.output


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_dash_reads_the_filter_from_stdin(end: str) -> None:
    assert given(f"a == 'x y'{end}", "format", "-") == (0, "a=='x y'\n")
    assert given(f"a=='x y'{end}", "parse", "-") == (0, "a=='x y'\n")
    assert given(f"a=1{end}", "check", "-")[0] == 1
    assert given(f"distance==1{end}", "check", "-", "--model", FLIGHT) == (0, "")
    assert given(f"a==1{end}", "explain", "-") == (0, "Rows where a is 1.\n")
    assert given(end, "check", "-") == (0, "")
    assert given(end, "parse", "-")[0] == 2


def test_stdin_may_hold_anything() -> None:
    assert given("a=='é😀\nb'", "format", "-") == (0, "a==é😀\nb\n")
    assert given(b"a==\xff\n", "format", "-") == given("", "format", "a==\udcff")


@pytest.mark.parametrize("command", ["parse", "check", "format", "explain", "fields", "indexes", "query", "serve"])
def test_a_command_alone_shows_its_help(command: str) -> None:
    code, text = run(command)
    assert code == 2
    assert f"pyrsql {command}" in text or f"root {command}" in text


@pytest.mark.parametrize(
    "arguments", [("check", "a==1"), ("check", "", "--sort", "a"), ("check", "id==1", "--model", FLIGHT)]
)
def test_check_says_nothing_of_what_is_right(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == (0, "")


@pytest.mark.parametrize("arguments", [("parse", "a=1"), ("format", "", "--sort", "a,"), ("explain", "a==(")])
def test_a_wrong_text_exits_with_1(arguments: tuple[str, ...]) -> None:
    code, text = run(*arguments)
    assert code == 1
    assert "^" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("check", "a==1", "--model", "examples.flights.models"),
        ("check", "a==1", "--model", "examples.flights.models:Nothing"),
        ("check", "a==1", "--model", "nowhere:User"),
        ("check", "a==1", "--model", "pathlib:Path"),
        ("check", "a==1", "--model", "pyrsql.limits:__name__"),
        ("check", "a==1", "--model", f"{FLIGHT}.id"),
        ("explain", "plane.model==A*", "--model", FLIGHT, "--dialect", "mssql"),
        ("explain", "id==1", "--url", "sqlite://"),
        ("explain", "id==1", "--model", FLIGHT, "--dialect", "nothing"),
        ("parse", " "),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_explain_says_the_filter_in_words_and_shows_the_sql() -> None:
    code, text = run("explain", "plane.model==A*", "--sort", "-id", "--model", FLIGHT, "--dialect", "postgresql")
    assert code == 0
    assert text.startswith("Rows where plane.model begins with 'A'.\nSorted by id, largest first.\n\nSELECT ")
    assert "LIKE" in text
    assert "= 'A%'" in text


def test_explain_shows_the_plan_of_a_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    from examples.flights.load import prepare_database

    path = tmp_path_factory.mktemp("flights") / "flights.db"
    prepare_database(path)
    code, text = run("explain", "id==1", "--model", FLIGHT, "--url", f"sqlite:///{path}")
    assert code == 0
    assert "\nPlan\n" in text
    assert "PRIMARY KEY" in text


def test_fields_are_a_snapshot_of_what_is_offered() -> None:
    code, text = run("fields", "--model", FLIGHT)
    assert code == 0
    names = [line.split()[0] for line in text.splitlines()[1:]]
    assert names == sorted(names)
    assert "plane.manufacturer" in names
    code, text = run("fields", "--model", "examples.flights.app:planes")
    assert code == 0
    assert "tailnum" in text


def test_explain_names_what_no_index_serves() -> None:
    code, text = run("explain", "plane.model==A*;id==1", "--sort", "-distance", "--model", FLIGHT)
    assert code == 0
    assert "Indexes\n  plane.model (filter): Index('ix_planes_model', 'model')\n" in text
    assert "an index serves every field" in run("explain", "id==1", "--model", FLIGHT)[1]


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    place: Mapped[int]


def test_indexes_are_those_of_the_models_and_of_the_database(tmp_path: Path) -> None:
    this = f"{__name__}:Shelf"
    lines = "name (filter): Index('ix_shelves_name', 'name')\n", "place (filter): Index('ix_shelves_place', 'place')\n"
    code, text = run("indexes", "--model", this, "--dialect", "sqlite")
    assert code == 0
    assert all(line in text for line in lines)
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX by_migration ON shelves (name)")
    engine.dispose()
    code, text = run("indexes", "--model", this, "--url", f"sqlite:///{tmp_path}/shop.db")
    assert (code, [line in text for line in lines]) == (0, [False, True])
    assert run("indexes", "--model", this, "--dialect", "nothing")[0] == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nothing_here", "No module named 'nothing_here'"),
        ("1 / 0", "ZeroDivisionError"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1", "has no attribute"),
    ],
)
def test_a_module_that_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"broken{len(source)}"
    (tmp_path / f"{name}.py").write_text(source)
    for command in ("check", "explain"):
        code, text = run(command, "a==1", "--model", f"{name}:User")
        assert (code, words in " ".join(text.split()), "Traceback" in text) == (2, True, False), text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is no database URL"),
        ("sqlite:///nothing.db", "there is no file"),
        ("postgresql+psycopg://nobody:secret@127.0.0.1:1/x", "The database says"),
        ("mariadb://root@127.0.0.1/test", "install the driver"),
        ("mysql+mysqldb://root@127.0.0.1/test", "write mysql+pymysql://"),
        ("postgresql+asyncpg://nobody@127.0.0.1:1/x", "write postgresql+psycopg://"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", "The database says"),
        ("oracle://x/y", "read-only"),
    ],
)
def test_a_database_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pymysql", None)
    for arguments in (
        ("explain", "id==1", "--model", FLIGHT, "--url", url),
        ("indexes", "--model", FLIGHT, "--url", url),
        ("query", url, "users"),
        ("serve", url),
    ):
        code, text = run(*arguments)
        assert (code, words in text, "secret" in text, "Traceback" in text) == (2, True, False, False), text
    assert list(tmp_path.iterdir()) == []


def in_a_terminal(environment: dict[str, str], *arguments: str) -> str:
    """The output of a command in a terminal of 100 columns."""
    script = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'pyrsql', *sys.argv[1:]]) >> 8)"
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    given = {**kept, "TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, env=given, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_the_package_is_the_command() -> None:
    command = [sys.executable, "-m", "pyrsql", "format", "a == 1"]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == "a==1\n"


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shell = f"{sys.executable} -m pyrsql parse a==1 | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_ends_a_command_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyrsql.cli.commands.app", interrupt)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_colours_are_for_terminals() -> None:
    wrong = ("check", "titel=", "--sort", "a,")
    assert "\x1b[1;31m" in in_a_terminal({}, *wrong)
    plain = in_a_terminal({"NO_COLOR": "1"}, *wrong)
    assert "^" in plain
    assert "\x1b[1;31m" not in plain
    assert "\x1b[31m" not in plain
    assert "\x1b" not in run(*wrong)[1]


def test_the_version_is_shown() -> None:
    assert run("--version") == (0, f"pyrsql {__version__}\n")


def test_a_sort_alone_is_explained() -> None:
    code, text = run("explain", "", "--sort=-id", "--model", FLIGHT, "--dialect", "sqlite")
    assert code == 0, text
    assert "Sorted by id, largest first." in text
    assert "Rows where" not in text


def test_each_problem_of_a_text_of_several_lines_has_its_line() -> None:
    code, text = run("check", "a==1;\nb==2;c=foo=3")
    assert code == 1
    assert "b==2;c=foo=3\n      ^^^^^\n" in text

"""The command line, as a pipe sees it."""

import pytest
from typer.testing import CliRunner

from pyrsql.cli.commands import app

FLIGHT = "examples.flights.models:Flight"
AIRPORTS = "examples.flights.app:airports"


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and all that is printed."""
    done = CliRunner().invoke(app, list(arguments))
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

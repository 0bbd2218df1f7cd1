"""The rooms of the library: which file may import which, read from the imports themselves."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path
from typing import get_args

import pytest

from pyrsql.language.nodes import Node, Selector
from pyrsql.models.model import Member
from pyrsql.problems import Problem
from pyrsql.validation.predicates import ConstantOperand, Operand, Predicate

# A file imports from its own room and from rooms above it, never in a circle.
ROOMS = (
    "base",
    "language",
    "models",
    "validation",
    "orms",
    "pipeline",
    "adapters",
    "integrations",
    "cli",
    "testing",
)

# The files of `src/pyrsql` itself. Every folder is a room of its own name.
TOP_FILES = {
    "operators": "base",
    "options": "base",
    "given": "base",
    "limits": "base",
    "problems": "base",
    "messages": "base",
    "errors": "base",
    "formulas": "base",
    "text_cache": "base",
    "version": "base",
    "__main__": "cli",
    "page": "validation",
    "cursor": "validation",
    "caches": "pipeline",
    "criteria": "pipeline",
    "pipeline": "pipeline",
    "api": "pipeline",
    "testing": "testing",
    # Names that documentation before 1.0 has.
    "plan": "validation",
    "render": "language",
    "schema": "models",
}

# A protocol names the types of what it is given, and needs no more than their names.
TYPES_ONLY = "models/backend"

# The folders' own files only re-export.
DOORS = ("__init__", "orms/__init__", "adapters/__init__", "integrations/__init__", "cli/__init__")

# Everything else is the core: it knows nothing of databases and of the web.
OUTSIDE_THE_CORE = ("orms/sqlalchemy/*", "adapters/*", "integrations/*", "cli/*", "testing")
FRAMEWORKS = {"sqlalchemy", "fastapi", "starlette", "pydantic"}

SOURCE = Path(__file__).parent.parent / "src" / "pyrsql"
FILES = {path.relative_to(SOURCE).with_suffix("").as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}


def room_of(file: str) -> int | None:
    """The place of a file in the order, None when it has none."""
    folder, _, inside = file.partition("/")
    room = folder if inside else TOP_FILES.get(file)
    return ROOMS.index(room) if room in ROOMS else None


def file_of(module: str) -> str | None:
    """The file of a module of ours, `a/b` or `a/b/__init__`; None when there is none."""
    path = "/".join(module.split(".")[1:])
    door = f"{path}/__init__" if path else "__init__"
    return next((name for name in (path, door) if name in FILES), None)


def imported_modules(file: str) -> Iterator[str]:
    """The full name of each module that a file imports, wherever in the file the import stands."""
    package = ["pyrsql", *file.split("/")[:-1]]
    for node in ast.walk(ast.parse(FILES[file].read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                prefix = package[: len(package) + 1 - level] if level else []
                base = ".".join([*prefix, *([module] if module else [])])
                for alias in names:
                    is_module = base.startswith("pyrsql") and file_of(f"{base}.{alias.name}") is not None
                    yield f"{base}.{alias.name}" if is_module else base


def imported_files(file: str) -> set[str]:
    """The files of ours that a file imports."""
    ours = [module for module in imported_modules(file) if module.split(".")[0] == "pyrsql"]
    found = {module: file_of(module) for module in ours}
    assert None not in found.values(), f"{file} imports what is not there: {found}"
    return {name for name in found.values() if name is not None}


def foreign_packages(file: str) -> set[str]:
    """The top names of all that a file imports and that is not ours."""
    return {module.split(".")[0] for module in imported_modules(file)} - {"pyrsql"}


def test_every_file_has_a_room() -> None:
    homeless = [file for file in FILES if file not in DOORS and room_of(file) is None]
    assert homeless == [], "give each a place in ROOMS"


@pytest.mark.parametrize("file", [file for file in FILES if file not in DOORS and file != TYPES_ONLY])
def test_a_file_imports_only_from_its_room_and_from_rooms_above_it(file: str) -> None:
    own = room_of(file)
    assert own is not None
    for other in imported_files(file):
        place = room_of(other)
        assert place is not None, f"{file} imports {other}, which has no place in ROOMS"
        assert place <= own, f"{file} imports {other}, which is not above it"


def test_no_files_import_each_other_in_a_circle() -> None:
    TopologicalSorter({file: imported_files(file) for file in FILES if file != TYPES_ONLY}).prepare()


def test_the_memory_and_the_sqlalchemy_backend_do_not_know_each_other() -> None:
    for file in FILES:
        if file.startswith("orms/memory/"):
            assert not [other for other in imported_files(file) if other.startswith("orms/sqlalchemy/")]
        if file.startswith("orms/sqlalchemy/"):
            assert not [other for other in imported_files(file) if other.startswith("orms/memory/")]


def test_only_the_combinators_import_parsy() -> None:
    assert [file for file in FILES if "parsy" in foreign_packages(file)] == ["language/combinators"]


def test_the_core_imports_no_framework() -> None:
    core = [file for file in FILES if not any(fnmatch(file, room) for room in OUTSIDE_THE_CORE)]
    assert {file: found for file in core if (found := foreign_packages(file) & FRAMEWORKS)} == {}


def test_importing_pyrsql_loads_no_framework() -> None:
    code = f"import sys, pyrsql; print(*({FRAMEWORKS!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("__init__")])
def test_an_init_file_only_reexports(file: str) -> None:
    for statement in ast.parse(FILES[file].read_text(encoding="utf-8")).body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Expr(ast.Constant(str())):
                pass
            case ast.Assign([ast.Name("__all__")]):
                pass
            case _:
                pytest.fail(f"{file}:{statement.lineno} is more than a re-export")


# The files that may keep what a function returns, and what they keep.
KEEPING = {
    "caches": "results of whole requests",
    "language/nearest": "the letters of a name",
    "language/parse": "the parser under some options",
    "models/schema": "the schema of a class, which is compared by identity",
    "orms/memory/text": "patterns of the reference backend",
    "orms/sqlalchemy/dialects/sqlite": "the letters of Unicode",
    "orms/sqlalchemy/hybrids": "the result of a developer's code, which runs once",
    "orms/sqlalchemy/mapping_facts": "facts of a mapping",
    "orms/sqlalchemy/subclasses": "the result of a developer's code, which runs once",
    "integrations/fastapi/integration": "the base statement of a model",
    "integrations/fastapi/playground/complete": "the fields of a schema",
    "testing": "strategies",
    "validation/access": "the blacklists of a schema",
    "validation/rules": "the operators on the names of a schema",
    "validation/selectors": "the names of a schema",
}


def test_stages_keep_nothing_but_in_the_files_that_say_so() -> None:
    keeping = set()
    for file, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "functools":
                keeping |= {file for alias in node.names if alias.name in ("cache", "lru_cache")}
    assert keeping == KEEPING.keys()


# What keeps a value beyond a call, or guards one that is kept.
SHARED = {"cache", "lru_cache", "cached_property", "Lock", "RLock", "WeakKeyDictionary"}


def shares(file: str) -> bool:
    """Whether a file has state that threads share: a cache, a lock, or a collection that begins empty."""
    tree = ast.parse(FILES[file].read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(ast.Name(name), value=ast.Dict([]) | ast.List([])) if not name.startswith("__"):
                return True
            case _:
                pass
    return bool(named & SHARED)


def cells(page: str, column: int) -> list[set[str]]:
    """The files and rooms that a column of a page's table names, row by row."""
    text = (SOURCE.parent.parent / "docs" / "explanation" / page).read_text(encoding="utf-8")
    rows = [line.split("|")[column] for line in text.splitlines() if line.startswith("| ")][2:]
    return [set(re.findall(r"`([a-z_0-9/]+)`", row)) & {*FILES, *ROOMS, *TOP_FILES} for row in rows]


def test_the_documentation_lists_all_shared_state() -> None:
    # `testing` shares nothing between the threads of a service.
    assert set().union(*cells("threads.md", 2)) == {file for file in FILES if shares(file)} - {"testing"}


def test_the_documentation_lists_all_layers() -> None:
    rooms = [room for room in ROOMS if room != "base"]
    files = {room: {file for file, of in TOP_FILES.items() if of == room} for room in ROOMS}
    assert cells("architecture.md", 1) == [files["base"], *({room, *files[room]} for room in rooms)]


LONGEST = 400


@pytest.mark.parametrize("file", FILES)
def test_no_file_is_longer_than_400_lines(file: str) -> None:
    lines = len(FILES[file].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST


# The cases of closed unions. A `match` over one names all of them, so that type checkers find what a new one lacks.
CLOSED = {
    case.__name__
    for union in (Problem, Node, Selector, Member, Predicate, Operand | ConstantOperand)
    for case in get_args(union)
}


def matched_classes(pattern: ast.pattern) -> Iterator[str]:
    """The classes of the closed unions that a case is about."""
    match pattern:
        case ast.MatchClass(ast.Name(name)) if name in CLOSED:
            yield name
        case ast.MatchClass(ast.Attribute(ast.Name("kinds"), name)):
            yield name
        case ast.MatchOr(patterns):
            yield from (name for inner in patterns for name in matched_classes(inner))
        case ast.MatchAs(pattern=inner) if inner is not None:
            yield from matched_classes(inner)
        case _:
            pass


def open_matches(file: str) -> Iterator[int]:
    """The lines of matches over a closed union whose last case takes whatever is left."""
    for node in ast.walk(ast.parse(FILES[file].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Match) and any(any(matched_classes(case.pattern)) for case in node.cases):
            match node.cases[-1]:
                case ast.match_case(ast.MatchAs(None, None), None, [ast.Expr(ast.Call(ast.Name("assert_never")))]):
                    pass
                case ast.match_case(ast.MatchAs(None, None), None):
                    yield node.lineno
                case _:
                    pass


@pytest.mark.parametrize("file", FILES)
def test_a_match_over_a_closed_union_names_every_case(file: str) -> None:
    assert [*open_matches(file)] == []

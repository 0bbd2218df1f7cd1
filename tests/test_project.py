"""Workflows and hooks call targets that exist, a release holds what it must, recipes fit the source."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version

import pyrsql
from benchmarks import smoke
from tools import artifacts, lowest, recipes
from tools.version import fault, source_version

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = list(recipes.recipes(CONTRIBUTING))


def loaded(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def commands(workflow: dict[Any, Any]) -> list[str]:
    """Each command of a workflow, once for every value of its matrix."""
    found: list[str] = []
    for job in workflow["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        targets = [*matrix.get("target", []), *(one["target"] for one in matrix.get("include", []) if "target" in one)]
        for step in job["steps"]:
            if "run" in step:
                texts = [step["run"].replace("${{ matrix.target }}", target) for target in targets or [""]]
                found += dict.fromkeys(texts)
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_only_runs_targets_of_make(path: Path) -> None:
    found = commands(loaded(path))
    assert found
    for command in found:
        program, *words = command.split()
        assert program == "make", command
        assert set(words) <= TARGETS, command


def test_ci_runs_what_is_promised() -> None:
    ci = loaded(ROOT / ".github" / "workflows" / "ci.yml")
    matrix = ci["jobs"]["test"]["strategy"]["matrix"]
    pythons = {*matrix["python"], *(one["python"] for one in matrix["include"])}
    assert {"3.11", "3.12", "3.13", "3.14", "3.14t"} <= pythons
    assert {"postgres", "mariadb"} == set(ci["jobs"]["test"]["services"])
    ran = {word for command in commands(ci) for word in command.split()[1:]}
    assert {"lint", "types", "test", "coverage", "test-sqlalchemy20", "test-lowest", "test-free-threaded"} <= ran
    assert {"docs-check", "bench-smoke", "build", "recipes"} <= ran


def test_each_job_of_ci_that_runs_tests_has_the_databases() -> None:
    """`PYRSQL_REQUIRE_DATABASES` makes a missing database a failure, also in the tests of the recipes."""
    jobs = loaded(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    needing = {"test", "test-sqlalchemy20", "coverage", "recipes", "fuzz"}
    for name, job in jobs.items():
        ran = {word for command in commands({"jobs": {name: job}}) for word in command.split()[1:]}
        assert not ran & needing or {"postgres", "mariadb"} == set(job.get("services", ())), name


def test_the_classifiers_name_the_pythons_of_ci() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text))
    assert named == set(
        loaded(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    )


def test_the_hooks_before_a_commit_are_targets_of_make() -> None:
    for repository in loaded(ROOT / ".pre-commit-config.yaml")["repos"]:
        for hook in repository["hooks"]:
            program, target = hook["entry"].split()
            assert (program, target in TARGETS) == ("make", True), hook


def test_every_target_that_the_documents_name_exists() -> None:
    for page in (ROOT / "CONTRIBUTING.md", ROOT / "README.md", ROOT / "tests" / "README.md"):
        for found in re.findall(r"(?:`|^)make ([a-z0-9][a-z0-9 -]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert set(found.split()) <= TARGETS, f"{page.name}: make {found}"


FOLDERS = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._")
# A file or a folder of the checkout, in backticks; below `tests` also a file of tests by its name.
PLACE = re.compile(rf"`((?:{FOLDERS})/[\w./-]*|[A-Z]{{4,}}\.md|Makefile|pyproject\.toml|(?:\w+/)*test_\w+\.py)`")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(page: Path) -> None:
    made = {edit.file for recipe in RECIPES for edit in recipe.edits if not edit.before}
    named = set(PLACE.findall(page.read_text(encoding="utf-8"))) - (made if page.name == "CONTRIBUTING.md" else set())
    assert [place for place in named if not (ROOT / place).exists() and not [*ROOT.glob(f"tests/**/{place}")]] == []


# --- releases ---


def test_the_version_is_that_of_the_package() -> None:
    assert pyrsql.__version__ == source_version()
    assert str(Version(pyrsql.__version__)) == pyrsql.__version__


CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n"


@pytest.mark.parametrize(
    ("tag", "version", "wrong"),
    [
        ("v1.2.3", "1.2.3", None),
        ("1.2.3", "1.2.3", "tag v1.2.3"),
        ("v1.2.4", "1.2.3", "the tag is v1.2.4"),
        ("v1.2.4", "1.2.4", "has no section"),
    ],
)
def test_a_tag_is_the_version_and_has_a_section(tag: str, version: str, wrong: str | None) -> None:
    found = fault(tag, version, CHANGELOG)
    assert found is None if wrong is None else wrong in (found or "")


def wheel() -> list[str]:
    source = ROOT / "src"
    information = "pyrsql-1.0.dist-info/"
    return [
        *(path.relative_to(source).as_posix() for path in source.rglob("*.py")),
        *artifacts.DATA,
        *(information + name for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")),
    ]


def test_a_whole_wheel_passes() -> None:
    artifacts.check_wheel(wheel(), "1.0")


@pytest.mark.parametrize("lost", [*artifacts.DATA, "pyrsql/pipeline.py", "pyrsql-1.0.dist-info/licenses/LICENSE"])
def test_a_wheel_that_lacks_a_file_is_wrong(lost: str) -> None:
    with pytest.raises(artifacts.Wrong, match="lacks"):
        artifacts.check_wheel([name for name in wheel() if name != lost], "1.0")


def test_a_wheel_with_a_foreign_file_is_wrong() -> None:
    with pytest.raises(artifacts.Wrong, match="should not hold"):
        artifacts.check_wheel([*wheel(), "tests/__init__.py"], "1.0")


def test_all_files_that_are_no_python_are_listed() -> None:
    source = ROOT / "src"
    others = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert others == set(artifacts.DATA)


def test_a_sdist_that_lacks_a_file_is_wrong() -> None:
    names = [f"pyrsql-1.0/{name}" for name in (*artifacts.SDIST, *(f"src/{name}" for name in artifacts.DATA))]
    artifacts.check_sdist(names, "1.0")
    with pytest.raises(artifacts.Wrong, match="lacks"):
        artifacts.check_sdist(names[1:], "1.0")
    with pytest.raises(artifacts.Wrong, match="should not hold"):
        artifacts.check_sdist([*names, "pyrsql-1.0/.venv/bin/python"], "1.0")


def test_the_modules_of_the_core_import_without_extras() -> None:
    core, extra = artifacts.modules(wheel())
    assert {"pyrsql", "pyrsql.pipeline", "pyrsql.orms.memory", "pyrsql.language.parse"} <= set(core)
    assert {"pyrsql.orms.sqlalchemy.orm", "pyrsql.adapters.fastapi", "pyrsql.cli.main", "pyrsql.testing"} <= set(extra)
    for name in core:
        importlib.import_module(name)


def test_every_dependency_has_a_lowest_version() -> None:
    found = dict(one.split("==") for one in lowest.lowest())
    assert {"parsy", "returns", "sqlalchemy", "fastapi"} <= set(found)


# --- speed ---


@pytest.mark.parametrize(("ratio", "slower"), [(1.0, False), (1.5, False), (1.51, True), (3.0, True)])
def test_the_benchmark_in_ci_fails_on_a_regression(ratio: float, slower: bool) -> None:
    expected = json.loads(smoke.EXPECTED.read_text(encoding="utf-8"))
    found = {name: ratio * value for name, value in expected.items()}
    assert (smoke.regressions(found, expected) == list(expected)) is slower
    assert smoke.regressions({"new": 1.0}, expected) == ["new"]


# --- recipes ---


def test_there_are_four_recipes() -> None:
    assert [recipe.name for recipe in RECIPES] == ["operator", "column type", "database", "problem"]
    assert all(recipe.edits and recipe.tests for recipe in RECIPES)


def test_a_copy_of_the_checkout_has_every_folder_of_code(tmp_path: Path) -> None:
    code = {path.parent.name for path in ROOT.glob("*/*.py") if path.parent.name[0] != "."} - {"build", "dist"}
    assert code <= {path.name for path in recipes.copy(tmp_path).iterdir()}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_edits_of_a_recipe_fit_the_source(recipe: recipes.Recipe, tmp_path: Path) -> None:
    """`make recipes` also runs the tests of each."""
    checkout = recipes.copy(tmp_path)
    for edit in recipe.edits:
        recipes.apply(edit, checkout)
        if edit.file.endswith(".py"):
            compile((checkout / edit.file).read_text(encoding="utf-8"), edit.file, "exec")
    with pytest.raises(recipes.Stale):
        recipes.apply(recipe.edits[0]._replace(before="no such line\n"), checkout)

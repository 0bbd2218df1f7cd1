"""Mutation testing: small errors are put into a module, one at a time, and some test must fail for each.

Run it by `make mutate`, or `python -m mutation [module ...]`; `--only 12,55` looks at some mutants again. The modules
and the tests of each are in pyproject.toml. Nothing is written: a mutant lives in a process of its own, which imports
it in place of the module. See docs/mutation-testing.md.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from mutation.mutants import Mutant, mutants

# What the tests import besides pyrsql, so that only pyrsql is imported again for each mutant.
PRELOADED = (
    "_pytest.doctest",
    "asyncio",
    "hypothesis.strategies",
    "parsy",
    "pytest_asyncio.plugin",
    "returns.pipeline",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.ext.hybrid",
    "sqlalchemy.orm",
)
ENVIRONMENT = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "HYPOTHESIS_PROFILE": "mutation",
    # SQLite alone: nothing answers at these addresses.
    "PYRSQL_POSTGRES_URL": "postgresql://127.0.0.1:1/none",
    "PYRSQL_MARIADB_URL": "mysql://127.0.0.1:1/none",
    "PYRSQL_REQUIRE_DATABASES": "0",
    "PYRSQL_EMBEDDED_POSTGRES": "0",
}
PYTEST_ARGUMENTS = (
    *("-x", "-q", "--tb=no", "--assert=plain", "--override-ini=addopts=--import-mode=importlib"),
    *("-p", "pytest_asyncio.plugin"),
    *(f"-pno:{plugin}" for plugin in ("cacheprovider", "threadexception", "unraisableexception")),
)

MEMORY = 4 << 30
"""Bytes that one mutant may take."""


class Settings(NamedTuple):
    """A module of the project, where its source is, and the arguments of pytest that choose its tests."""

    module: str
    path: Path
    tests: list[str]


class Mutated(MetaPathFinder, Loader):
    """Imports one module from another source than its own."""

    def __init__(self, settings: Settings, source: str) -> None:
        self.settings = settings
        self.source = source

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self.settings.module:
            return None
        return spec_from_loader(name, self, origin=str(self.settings.path))

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, str(self.settings.path), "exec"), module.__dict__)


def run_tests(settings: Settings, source: str, quiet: bool) -> int:
    """The exit code of pytest over this source. For a process of its own."""
    sys.meta_path.insert(0, Mutated(settings, source))
    sys.modules["embedded_postgres"] = None  # type: ignore[assignment]  # not to be found: no server is started
    if quiet:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
    return int(pytest.main([*PYTEST_ARGUMENTS, *settings.tests]))


def outcome(settings: Settings, source: str, seconds: int, quiet: bool = True) -> str:
    """Whether the tests kill a source: "killed", "survived" or "timed out"."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(20 * seconds)
            code = run_tests(settings, source, quiet)
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM):
        return "timed out"
    return "killed" if status else "survived"


def examine(settings: Settings, only: Sequence[int]) -> bool:
    """Run the tests of a module over all of its mutants, and tell the score. Returns whether there is one."""
    original = settings.path.read_text()
    started = time.process_time(), os.times().children_user
    if outcome(settings, original, seconds=600, quiet=False) != "survived":
        print(f"{settings.module}: the tests fail without any mutant")
        return False
    seconds = 5 + 4 * round(os.times().children_user - started[1])
    counted = {"killed": 0, "survived": 0, "timed out": 0}
    begun = time.monotonic()
    for number, mutant in enumerate(mutants(original), start=1):
        if only and number not in only:
            continue
        found = outcome(settings, mutant.source, seconds)
        counted[found] += 1
        if found != "killed":
            print(f"{found} #{number} {described(mutant, settings.path)}", flush=True)
    total = sum(counted.values())
    print(
        f"{settings.module}: {total} mutants, {counted['killed']} killed, {counted['timed out']} timed out, "
        f"{counted['survived']} survived: {1 - counted['survived'] / total:.1%} "
        f"in {time.monotonic() - begun:.0f} seconds",
        flush=True,
    )
    return True


def described(mutant: Mutant, path: Path) -> str:
    """The place of a mutant and the lines that it changes."""
    return f"{path}:{mutant.line}\n" + "".join(f"    {line}\n" for line in mutant.changes)


def configured() -> dict[str, Settings]:
    """The modules that pyproject.toml lists, with their tests."""
    table = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutation"]
    return {
        module: Settings(module, Path("src", *module.split(".")).with_suffix(".py"), tests)
        for module, tests in table.items()
    }


def main() -> None:
    known = configured()
    parser = argparse.ArgumentParser(prog="python -m mutation", description="Mutation testing of pyrsql.")
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(known)}; all when none is given")
    parser.add_argument("--only", default="", help="numbers of mutants, with commas between them")
    arguments = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    for name in PRELOADED:
        importlib.import_module(name)
    import hypothesis

    hypothesis.settings.register_profile("mutation", max_examples=20, deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("mutation")
    gc.collect()
    gc.freeze()
    only = [int(number) for number in arguments.only.split(",") if number]
    whole = [examine(known[module], only) for module in arguments.modules or known]
    sys.exit(0 if all(whole) else 1)


if __name__ == "__main__":
    main()

"""`python -m benchmarks`: measure, print the tables, write benchmarks/README.md."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import environments, report, targets
from benchmarks.levels import AGAIN, BY_NAME, CHECKOUT, LEVELS, Level
from benchmarks.measure import Cell, check, measure, ratios, workers
from benchmarks.smoke import smoke

_OTHERS = ("scaling", "import", "memory", "worst")
_DOCUMENT = environments.ROOT / "benchmarks" / "README.md"
_SHOWN = ("SQLAlchemy", "fastapi", "starlette", "pydantic", "returns", "parsy", "fastapi-filter")


def main() -> int:
    """Run what the command line asks for."""
    arguments = _arguments()
    if arguments.smoke:
        return smoke(write=arguments.write_smoke)
    chosen = set(arguments.only or [*BY_NAME, *_OTHERS])
    environments.make()
    load = os.getloadavg()[0]
    results: report.Results = {
        "when": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "commit": _commit(),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "levels": [],
    }
    for level in LEVELS:
        if level.name in chosen:
            results["levels"] += _level(level, arguments)
    if "scaling" in chosen:
        results["scaling"] = _scaling(arguments)
    if "import" in chosen:
        results["import"] = _import(arguments)
    if "memory" in chosen:
        results["memory"] = _memory(arguments)
    if "worst" in chosen:
        results["worst"] = _script(CHECKOUT, arguments, "worst")
    results["machine"] = _machine(load)
    print(report.summary(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    if not (arguments.only or arguments.workload or arguments.quick or arguments.source or arguments.baseline):
        _DOCUMENT.write_text(report.document(results))
    failed = report.failed(results)
    print(f"{len(failed)} rows with a target that does not hold" if failed else "every target holds")
    return 1 if failed and arguments.strict else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short rounds: a first impression")
    parser.add_argument("--smoke", action="store_true", help="fail where a ratio is 1.5 times that of smoke.json")
    parser.add_argument("--write-smoke", action="store_true", help="with --smoke: write smoke.json")
    parser.add_argument("--only", action="append", choices=[*BY_NAME, *_OTHERS], help="this level; can be repeated")
    parser.add_argument("--workload", action="append", help="workloads whose name begins so; can be repeated")
    parser.add_argument("--contender", action="append", help="this contender beside the checkout; can be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was measured")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target does not hold")
    parser.add_argument("--source", type=Path, metavar="DIR", help="measure the package in DIR instead of src")
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="compare with the package in DIR, such as a prototype"
    )
    arguments = parser.parse_args()
    arguments.seconds = 0.005 if arguments.quick else 0.02
    arguments.rounds = arguments.rounds or (5 if arguments.quick else 21)
    return arguments


# --- levels ---


def _level(level: Level, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    names = level.contenders
    if arguments.contender:
        names = tuple(name for name in names if name in (CHECKOUT, AGAIN, *arguments.contender))
    if arguments.baseline:
        names = (*names, "baseline")
    entries: list[dict[str, Any]] = []
    with workers(names, _sources(arguments), _source(arguments)) as started:
        for workload in level.workloads:
            if arguments.workload and not workload.name.startswith(tuple(arguments.workload)):
                continue
            reasons = {name: check(worker, level, workload) for name, worker in started.items()}
            able = [name for name, reason in reasons.items() if reason is None]
            cells = [Cell(name, level, workload, same) for same in (False, True) for name in able]
            _progress(f"{level.name}: {workload.name}")
            timed = measure(started, cells, arguments.rounds, arguments.seconds)
            cannot = {name: reason for name, reason in reasons.items() if reason is not None}
            entries += [
                {
                    "level": level.name,
                    "workload": workload.name,
                    "texts": report.texts(same),
                    "cannot": cannot,
                    "seconds": {cell.contender: times for cell, times in timed.items() if cell.same is same},
                }
                for same in (False, True)
            ]
    return entries


def _scaling(arguments: argparse.Namespace) -> dict[str, float]:
    """One of 400 comparisons beside one of 20."""
    level = BY_NAME["tree"]
    with workers([CHECKOUT], {}, _source(arguments)) as started:
        short, long = (workload for workload in level.workloads if workload.comparisons in (20, 400))
        for workload in (short, long):
            check(started[CHECKOUT], level, workload)
        few, many = (Cell(CHECKOUT, level, workload) for workload in (short, long))
        timed = measure(started, [few, many], arguments.rounds, arguments.seconds)
    each_of_many = [seconds / long.comparisons for seconds in timed[many]]
    each_of_few = [seconds / short.comparisons for seconds in timed[few]]
    return vars(ratios(each_of_many, each_of_few))


def _source(arguments: argparse.Namespace) -> Path:
    chosen: Path | None = arguments.source
    return chosen.absolute() if chosen else environments.ROOT / "src"


def _sources(arguments: argparse.Namespace) -> dict[str, Path]:
    return {"baseline": arguments.baseline.absolute()} if arguments.baseline else {}


# --- what has a process to itself ---

_IMPORT = """
import json, sys, time
start = time.process_time()
import pyrsql
print(json.dumps([(time.process_time() - start) * 1e3, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def _import(arguments: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {name: {"milliseconds": [], "modules": []} for name in (CHECKOUT, "published")}
    _progress("import")
    for nth in range(arguments.rounds + 1):
        for name, entry in found.items():
            milliseconds, modules = json.loads(_run(name, arguments, "-c", _IMPORT))
            entry["modules"] = modules
            # The first time writes the bytecode.
            if nth:
                entry["milliseconds"].append(milliseconds)
    return found


def _memory(arguments: argparse.Namespace) -> dict[str, Any]:
    queries = 5_000 if arguments.quick else targets.MEMORY_QUERIES
    found: dict[str, Any] = {}
    for name in (CHECKOUT, "published"):
        _progress(f"memory: {name}")
        found[name] = {"queries": queries, **_script(name, arguments, "memory", name, str(queries))}
    return found


def _script(contender: str, arguments: argparse.Namespace, *command: str) -> Any:
    _progress(command[0])
    return json.loads(_run(contender, arguments, "-m", "benchmarks.scripts", *command))


def _run(contender: str, arguments: argparse.Namespace, *command: str) -> str:
    return subprocess.run(
        [environments.python(contender), *command],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=environments.ROOT,
        env=environments.variables(contender, _source(arguments)),
    ).stdout


# --- the machine ---


def _machine(load: float) -> dict[str, Any]:
    packages = environments.versions(CHECKOUT)
    return {
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": f"{load:.1f} and {os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "packages": {name: packages[name] for name in _SHOWN if name in packages},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(environments.ROOT), *arguments]
        return subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "src")
    return f"commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{' with changes' if changed else ''}"


def _progress(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

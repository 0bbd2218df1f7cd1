"""One contender in an interpreter of its own: takes commands as lines of JSON, answers each with a line of JSON.

`python -m benchmarks.worker CONTENDER` starts it. Its clock is the CPU time of the process with all its threads: a
machine that is busy with something else does not count, and neither does the time that a thread takes to wake up.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from importlib import import_module
from time import process_time
from typing import Any

from benchmarks.contract import Cannot, Job
from benchmarks.jobs import ids, job
from benchmarks.levels import BY_NAME, Level
from benchmarks.workloads import CHECKED, Case, Workload, cases, expected

_MODULES = {"again": "checkout", "baseline": "checkout"}


class Worker:
    """The jobs of one contender, made when they are first asked for."""

    def __init__(self, name: str) -> None:
        self._contender = import_module(f"benchmarks.contenders.{_MODULES.get(name, name)}")
        self._jobs: dict[tuple[str, str], Job] = {}

    def check(self, level: Level, workload: Workload) -> dict[str, str]:
        """Compare the rows with those that must come back. `cannot` says what is wrong, if anything is."""
        number = max(CHECKED, len(workload.shapes))
        checked = cases(workload, 0, number)
        try:
            if hasattr(self._contender, "statement") or level.request:
                found = ids(self._contender, level, workload, checked)
                for case, rows in zip(checked, found, strict=True):
                    wanted = expected(workload, case)
                    if rows != wanted:
                        return {"cannot": f"{case.text} gives {rows[:10]}, not {wanted[:10]}"}
            self._jobs[level.name, workload.name] = job(self._contender, level, workload)
        except Cannot as reason:
            return {"cannot": str(reason)}
        except Exception as error:
            return {"cannot": f"{type(error).__name__}: {error}"}
        return {}

    def time(self, level: Level, workload: Workload, seed: int, number: int, same: bool) -> dict[str, float]:
        """Seconds for each of so many calls, on average."""
        made = self._jobs[level.name, workload.name]
        return {"seconds": _timed(made, cases(workload, seed, number, same=same)) / number}


def _timed(made: Job, asked: list[Case]) -> float:
    items = [made.item(case) for case in asked]
    gc.collect()
    if made.awaited:
        from benchmarks.applications import loop

        return loop().run_until_complete(_timed_async(made.call, items))
    call = made.call
    start = process_time()
    for item in items:
        call(item)
    return process_time() - start


async def _timed_async(call: Callable[[Any], Any], items: list[Any]) -> float:
    start = process_time()
    for item in items:
        await call(item)
    return process_time() - start


def main() -> None:
    """Answer until the input ends."""
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        command = json.loads(line)
        level = BY_NAME[command["level"]]
        workload = next(known for known in level.workloads if known.name == command["workload"])
        if command["do"] == "check":
            answer: dict[str, Any] = worker.check(level, workload)
        else:
            answer = worker.time(level, workload, command["seed"], command["number"], command["same"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

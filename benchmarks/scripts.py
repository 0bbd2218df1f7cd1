"""What is measured in a process that does nothing else: memory, and the slowest texts that are accepted.

`python -m benchmarks.scripts memory CONTENDER QUERIES` and `python -m benchmarks.scripts worst` print JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import statistics
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from time import process_time, thread_time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.workloads import WORKLOADS, Case, cases

if TYPE_CHECKING:
    from fastapi import FastAPI

_WARM = 200


def memory(contender: str, queries: int) -> dict[str, float]:
    """How a process grows over distinct queries, from text to statement: nine of four comparisons, one varied, …"""
    module = import_module(f"benchmarks.contenders.{contender}")
    named = {workload.name: workload for workload in WORKLOADS}
    mixed = [named["4 comparisons"]] * 9 + [named["varied"]]
    jobs = {workload.name: module.statement(workload) for workload in mixed}

    def asked() -> Iterator[tuple[str, Case]]:
        for seed in count(1):
            batches = [(workload, cases(workload, seed * 10 + nth, 200)) for nth, workload in enumerate(mixed)]
            for workload, batch in batches:
                for case in batch:
                    yield workload.name, case

    def run(number: int, source: Iterator[tuple[str, Case]]) -> None:
        for _ in range(number):
            name, case = next(source)
            jobs[name].call(jobs[name].item(case))

    source = asked()
    run(_WARM, source)
    gc.collect()
    start = _megabytes()
    run(queries, source)
    gc.collect()
    return {"start": start, "growth": _megabytes() - start}


def _megabytes() -> float:
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize() / 1e6
    # Elsewhere only the most that it ever was, in kilobytes on Linux and in bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


_LENGTH = 4_080
"""As long as the default limits allow, but for a comparison in front that makes each text a new one."""


def _filled(part: str, start: str = "", end: str = "") -> str:
    return (start + part * ((_LENGTH - len(start) - len(end)) // len(part)) + end).rstrip(";,")


WORST = {
    "many comparisons of numbers": _filled("id>1;"),
    "many comparisons of texts": _filled("name==a;"),
    "AND and OR in turns": ("id>1;id<2," * 340).rstrip(","),
    "as many as are read on the event loop": ("id>1;id<2," * 50).rstrip(","),
    "many patterns": _filled("name==*a*;"),
    "one long pattern": "name==" + "*a" * 512,
    "long lists": _filled(f"id=in=({','.join(['1'] * 100)});"),
    "the deepest groups": "(id>1;" * 63 + "(id>1,id<2)" + ")" * 63,
    "deep and wide groups": "(id>1;" * 20 + "(id>1,id<2);" * 300 + "id>1" + ")" * 20,
    "many paths": _filled("company.name==a;"),
    "unknown fields": _filled("nmae==a;"),
    "unknown fields, all different": ";".join(f"nmae{number}==a" for number in range(340)),
    "wrong values": _filled("id==x;"),
    "unknown operators": _filled("id=eqq=1;"),
    "open parentheses": _filled("("),
    "a quote that never ends": "name=='" + "\\'" * 2_000,
    "blanks": "id==1" + " " * 4_000 + "x",
    "a long selector": "name" * 64 + "==a",
    "a long path": "company." * 31 + "name==a",
}
"""Texts at the default limits, right and wrong ones, each of them the slowest of its kind that we know."""


def worst() -> dict[str, dict[str, object]]:
    """Milliseconds from text to statement or problems, and of these the longest for which the event loop is held."""
    from returns.pipeline import is_successful
    from sqlalchemy import select

    from benchmarks.applications import statement_application
    from benchmarks.model import User
    from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
    from pyrsql.orms.sqlalchemy import schema
    from pyrsql.pipeline import apply_filter, parse, validate

    application = statement_application(FastAPISQLAlchemyIntegration().select_dependency(User))
    validated, filtered = validate(schema(User)), apply_filter(select(User))

    def answer(text: str) -> str:
        result = parse(text).bind(validated).bind(filtered)
        return "accepted" if is_successful(result) else result.failure()[0].code

    found: dict[str, dict[str, object]] = {}
    for name, text in WORST.items():
        times: list[float] = []
        held = [asyncio.run(_held(application, f"id!={nth};{text}")) for nth in range(15)]
        for nth in range(15, 30):
            fresh = f"id!={nth};{text}"
            start = process_time()
            answer(fresh)
            times.append((process_time() - start) * 1e3)
        found[name] = {
            "milliseconds": statistics.median(times),
            "held": statistics.median(held),
            "answer": answer(text),
        }
    return found


async def _held(application: FastAPI, text: str) -> float:
    """Milliseconds that a request takes of the loop's own thread before others have their turn, at most."""
    from benchmarks.applications import receive, request_scope

    async def send(message: object) -> None:
        pass

    scope = request_scope("request-async", urlencode({"filter": text}))
    request = asyncio.ensure_future(application(scope, receive, send))
    longest = 0.0
    while not request.done():
        start = thread_time()
        await asyncio.sleep(0)
        longest = max(longest, thread_time() - start)
    await request
    return longest * 1e3


def main() -> None:
    """Run the script that the command line names."""
    if sys.argv[1] == "memory":
        print(json.dumps(memory(sys.argv[2], int(sys.argv[3]))))
    else:
        print(json.dumps(worst()))


if __name__ == "__main__":
    main()

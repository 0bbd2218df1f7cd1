"""Rounds: in each, every contender runs the same cases for a moment, in an order that changes."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import environments
from benchmarks.levels import Level
from benchmarks.workloads import Workload

_LARGEST_BATCH = 2_000
_SEEDS = count(1)
"""No two batches of distinct texts share one."""


class Worker:
    """A contender's process."""

    def __init__(self, contender: str, source: Path) -> None:
        self.contender = contender
        self._process = subprocess.Popen(
            [environments.python(contender), "-m", "benchmarks.worker", contender],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=environments.ROOT,
            env=environments.variables(contender, source),
        )

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise RuntimeError(f"the process of {self.contender} ended with code {code} at {command}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def workers(contenders: Sequence[str], sources: dict[str, Path], default: Path) -> Iterator[dict[str, Worker]]:
    """A process for each contender."""
    started = {name: Worker(name, sources.get(name, default)) for name in contenders}
    try:
        yield started
    finally:
        for worker in started.values():
            worker.close()


@dataclass(frozen=True)
class Cell:
    """Who does what: one thing that is timed once in every round."""

    contender: str
    level: Level
    workload: Workload
    same: bool = False


def check(worker: Worker, level: Level, workload: Workload) -> str | None:
    """Compare a contender's rows with those that must come back; why it cannot take part, if it cannot."""
    reason: str | None = worker.ask(do="check", level=level.name, workload=workload.name).get("cannot")
    return reason


def measure(started: dict[str, Worker], cells: Sequence[Cell], rounds: int, seconds: float) -> dict[Cell, list[float]]:
    """Time cells side by side.

    Args:
        started: the processes.
        cells: what is timed.
        rounds: how often.
        seconds: how long each cell runs in a round, roughly.

    Returns:
        For each cell the seconds of one call, round by round.
    """

    def batch(cell: Cell, number: int, seed: int) -> float:
        answer = started[cell.contender].ask(
            do="time",
            level=cell.level.name,
            workload=cell.workload.name,
            seed=0 if cell.same else seed,
            number=number,
            same=cell.same,
        )
        return float(answer["seconds"])

    numbers: dict[Cell, int] = {}
    for cell in cells:
        shapes = len(cell.workload.shapes)
        fewest = max(shapes, 3)
        batch(cell, fewest, next(_SEEDS))
        once = batch(cell, fewest, next(_SEEDS))
        number = max(fewest, min(_LARGEST_BATCH, round(seconds / max(once, 1e-7))))
        numbers[cell] = number - number % shapes
    order = list(cells)
    shuffle = random.Random(len(cells))
    found: dict[Cell, list[float]] = {cell: [] for cell in cells}
    for _ in range(rounds):
        shuffle.shuffle(order)
        seed = next(_SEEDS)
        for cell in order:
            found[cell].append(batch(cell, numbers[cell], seed))
    return found


@dataclass(frozen=True)
class Spread:
    """A median with the quartiles around it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles of values."""
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(mine: Sequence[float], theirs: Sequence[float]) -> Spread:
    """What one contender took of another's time, round by round."""
    return spread([own / other for own, other in zip(mine, theirs, strict=True)])

"""What was measured -> tables in Markdown, for the terminal and for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmarks import targets
from benchmarks.levels import AGAIN, CHECKOUT, CONTENDERS, LEVELS, Level
from benchmarks.measure import Spread, ratios, spread
from benchmarks.targets import Texts
from benchmarks.workloads import CHECKED, WORKLOADS, cases, handwritten

Results = dict[str, Any]
"""What `--json` writes; `__main__` says what is in it."""

HOLDS, FAILS = "✓", "✗"


def summary(results: Results) -> str:
    """All tables."""
    return "\n".join(_lines(_sections(results)))


def failed(results: Results) -> list[str]:
    """The rows with a target that does not hold."""
    return [line for _, _, lines in _sections(results) for line in lines if FAILS in line]


def document(results: Results) -> str:
    """benchmarks/README.md."""
    machine = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    by_hand = "".join(
        f"# {workload.name}: {cases(workload, 0, 1)[0].text}\n{handwritten(workload)}\n"
        for workload in WORKLOADS
        if workload.name in ("4 comparisons", "8 nested groups", "sort with page", "varied")
    )
    return _DOCUMENT.format(
        when=results["when"],
        commit=results["commit"],
        system=machine["system"],
        processor=machine["processor"],
        cores=machine["cores"],
        load=machine["load"],
        python=machine["python"],
        packages=packages,
        checked=CHECKED,
        rounds=results["rounds"],
        milliseconds=round(results["seconds"] * 1e3),
        tables=summary(results),
        by_hand=by_hand.rstrip().replace("\n\n\n", "\n\n"),
    )


# --- tables ---

Section = tuple[str, str, list[str]]
"""A heading, a text below it, and a table."""


def _sections(results: Results) -> Iterator[Section]:
    for level in LEVELS:
        timed = [entry for entry in results["levels"] if entry["level"] == level.name]
        if timed:
            yield level.title, _cannot(timed), _level_table(level, timed)
    if results.get("scaling"):
        yield "Cost per comparison, text → tree", "", _scaling_table(results["scaling"])
    if results.get("import"):
        yield "Import", "", _import_table(results["import"])
    if results.get("memory"):
        yield "Memory", "", _memory_table(results["memory"])
    if results.get("worst"):
        yield "The slowest texts that the default limits accept, and wrong ones", "", _worst_table(results["worst"])


def _lines(sections: Iterable[Section]) -> Iterator[str]:
    for title, text, lines in sections:
        yield f"### {title}"
        yield ""
        if text:
            yield text
            yield ""
        yield from lines
        yield ""


def _level_table(level: Level, timed: list[dict[str, Any]]) -> list[str]:
    present = {name for entry in timed for name in (*entry["seconds"], *entry["cannot"])}
    order = [AGAIN, "baseline", *level.contenders]
    others = [name for name in dict.fromkeys(order) if name in present and name != CHECKOUT]
    header = ["workload", "texts", "checkout, µs", *(f"÷ {CONTENDERS[name]}" for name in others)]
    rows = [header]
    for entry in timed:
        workload = next(known for known in level.workloads if known.name == entry["workload"])
        row = [entry["workload"], entry["texts"], "–"]
        mine = entry["seconds"].get(CHECKOUT)
        if mine is not None:
            row[2] = _microseconds(spread(mine).median)
        for name in others:
            theirs = entry["seconds"].get(name)
            goal = targets.target(level.name, name, entry["texts"], workload)
            if mine is None:
                # A checkout that gives wrong rows holds no target.
                row.append("–" if goal is None else f"– ≤ {goal:.2f} {FAILS}")
            elif theirs is None:
                row.append("–")
            else:
                row.append(_cell(ratios(mine, theirs), theirs, goal, noise=name == AGAIN))
        rows.append(row)
    return _table(rows)


def _cell(ratio: Spread, theirs: Sequence[float], goal: float | None, *, noise: bool) -> str:
    text = f"{_ratio(ratio.median)} ({_ratio(ratio.low)}–{_ratio(ratio.high)})"
    if not noise:
        text += f" of {_microseconds(spread(theirs).median)}"
    return text if goal is None else f"{text} ≤ {goal:.2f} {_verdict(ratio.median <= goal)}"


def _cannot(timed: list[dict[str, Any]]) -> str:
    reasons = {
        (CONTENDERS[name], entry["workload"], reason) for entry in timed for name, reason in entry["cannot"].items()
    }
    return "\n".join(f"- {name}, {workload}: not timed. {reason}" for name, workload, reason in sorted(reasons))


def _scaling_table(scaling: dict[str, Any]) -> list[str]:
    ratio = Spread(**scaling)
    verdict = _verdict(ratio.median <= targets.SCALING)
    cell = f"{_ratio(ratio.median)} ({_ratio(ratio.low)}–{_ratio(ratio.high)}) ≤ {targets.SCALING:.2f} {verdict}"
    return _table([["one of 400 comparisons ÷ one of 20", "checkout"], ["distinct texts", cell]])


def _import_table(imported: dict[str, Any]) -> list[str]:
    rows = [["import of pyrsql", "ms", "packages that it brings in"]]
    for name, found in imported.items():
        time = spread(found["milliseconds"])
        cell = f"{time.median:.0f} ({time.low:.0f}–{time.high:.0f})"
        heavy = [package for package in targets.IMPORTED if package in found["modules"]]
        others = ", ".join(heavy) or f"none of {', '.join(targets.IMPORTED)}"
        if name == CHECKOUT:
            cell += f" ≤ {targets.IMPORT_MILLISECONDS} {_verdict(time.median <= targets.IMPORT_MILLISECONDS)}"
            others += f" {_verdict(not heavy)}"
        rows.append([CONTENDERS[name], cell, others])
    return _table(rows)


def _memory_table(memory: dict[str, Any]) -> list[str]:
    queries = next(iter(memory.values()))["queries"]
    rows = [[f"{queries:,} distinct queries, text → Select", "at the start, MB", "growth, MB"]]
    for name, found in memory.items():
        cell = f"{found['growth']:.1f}"
        if name == CHECKOUT:
            cell += f" ≤ {targets.MEMORY_MEGABYTES} {_verdict(found['growth'] <= targets.MEMORY_MEGABYTES)}"
        rows.append([CONTENDERS[name], f"{found['start']:.0f}", cell])
    return _table(rows)


def _worst_table(worst: dict[str, Any]) -> list[str]:
    rows = [["text", "answer", "text → Select or problems, ms", "a request holds the event loop for, ms"]]
    for name, found in worst.items():
        holds = found["held"] <= targets.WORST_MILLISECONDS
        cell = f"{found['held']:.2f} ≤ {targets.WORST_MILLISECONDS} {_verdict(holds)}"
        rows.append([name, found["answer"], f"{found['milliseconds']:.2f}", cell])
    return _table(rows)


def _verdict(holds: bool) -> str:
    return HOLDS if holds else FAILS


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _microseconds(seconds: float) -> str:
    value = seconds * 1e6
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    header, *body = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [header, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *body]


def texts(same: bool) -> Texts:
    """What tables call the two ways to ask."""
    return "same" if same else "distinct"


_DOCUMENT = """\
# Benchmarks

Written by `make bench`, on {when}, at {commit}. `make bench-smoke` compares a few ratios with those of `smoke.json`.

How long pyrsql takes to turn a filter into a statement, compared with the alternatives: the statement written by hand,
the package on PyPI, a route with typed parameters, fastapi-filter, and a regular expression that only tokenises the
text. Every contender starts from a new `select(User)` on every call.

## How to read the tables

- A cell is a *ratio*: the time of this checkout divided by that of the contender at the head of the column. Below 1 is
  faster. It is the median of the ratios of all rounds, with the quartiles in parentheses, then the contender's own
  time in microseconds, then, where a target is set, the target and whether the median keeps to it.
- The column *A/A* divides the checkout by a second process of the same checkout: what is not 1 there is noise.
- *distinct*: no filter is repeated. *same*: one filter is repeated (200 filters in turn, where shapes are varied).

## Method

- Every contender has an interpreter of its own, which lives as long as its level. The package on PyPI has an
  environment of its own with the same versions of everything else.
- Before it is timed, every contender answers {checked} cases or one of each shape; the rows of each are compared with
  those that a few lines of plain Python pick. A contender that returns different rows is not timed; the table marks it.
- {rounds} rounds of {milliseconds} ms for each contender, in an order that changes from round to round. All get the
  same texts in the same round. A ratio is taken within a round, so that what slows the machine down slows both.
- The clock is the CPU time of the process with all its threads. Texts, values and requests are made before it starts.
  The garbage collector stays on.
- *Hand-written* is what a person would write for these rows with the values at hand: nothing is read from a text, no
  value is converted. A route by hand takes each comparison as a typed parameter and builds the statement in its body.
- *checkout* is `validate_request` and `apply_criteria`, which recall filters that come again. *Object surface* is
  `pyrsql.parse(text).apply(…)`. *Stage by stage* is `parse`, `validate`, `apply_filter`: pure, without a cache.
- *tree*: parsing alone. *Select*: parsing, validating, lowering. *SQL string*: also compiling, with no help of
  SQLAlchemy's cache. *rows*: a new session runs the statement on SQLite in memory, with SQLAlchemy's cache; there are
  1,000 users, and few of them pass.
- A *request* goes through the whole FastAPI application by its ASGI interface. *Dependency only* answers 204 once the
  statement is there; *with rows* runs it and answers with 25 users as JSON.
- `varied` takes turns among 200 random shapes of four comparisons or more.
- *Holds the event loop*: the most CPU time that the thread of the loop gives to a request before another task has its
  turn. Long filters are parsed in a worker thread.

The statements "by hand":

```text
{by_hand}
```

## Results

{tables}
## Machine

{system}; {processor}, {cores} cores, load {load} at the start and at the end; Python {python}; {packages}.
"""

"""A benchmark of half a minute for CI: it fails where the checkout has become much slower beside hand-written code."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import environments
from benchmarks.levels import BY_NAME, CHECKOUT
from benchmarks.measure import Cell, check, measure, ratios, workers

EXPECTED = Path(__file__).parent / "smoke.json"
REGRESSION = 1.5
"""A ratio may be this multiple of the one that `smoke.json` holds."""

_WORKLOADS = ("1 comparison", "4 comparisons", "typical", "sort with page")
_ROUNDS, _SECONDS = 9, 0.02


def smoke(*, write: bool) -> int:
    """Measure text -> Select beside hand-written code.

    Args:
        write: keep what was measured as what is expected.

    Returns:
        The exit code: 1 where a ratio has grown too much.
    """
    found = _measured()
    if write:
        EXPECTED.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    expected: dict[str, float] = json.loads(EXPECTED.read_text())
    slower = regressions(found, expected)
    for name, ratio in found.items():
        verdict = "too slow" if name in slower else "fine"
        print(f"{name:<26} {ratio:.2f} of hand-written, {expected.get(name, 0):.2f} expected: {verdict}")
    return 1 if slower else 0


def regressions(found: dict[str, float], expected: dict[str, float]) -> list[str]:
    """The names of the ratios that have grown too much; a ratio that nothing is expected of has."""
    return [name for name, ratio in found.items() if ratio > REGRESSION * expected.get(name, 0)]


def _measured() -> dict[str, float]:
    level = BY_NAME["select"]
    found: dict[str, float] = {}
    with workers([CHECKOUT, "handwritten"], {}, environments.ROOT / "src") as started:
        for workload in level.workloads:
            if workload.name not in _WORKLOADS:
                continue
            for name, worker in started.items():
                reason = check(worker, level, workload)
                if reason is not None:
                    raise SystemExit(f"{name} cannot do {workload.name!r}: {reason}")
            cells = [Cell(name, level, workload, same) for same in (False, True) for name in started]
            timed = measure(started, cells, _ROUNDS, _SECONDS)
            for same in (False, True):
                mine, theirs = (timed[Cell(name, level, workload, same)] for name in (CHECKOUT, "handwritten"))
                texts = "same text" if same else "distinct"
                found[f"{workload.name}, {texts}"] = round(ratios(mine, theirs).median, 3)
    return found

"""`re.finditer` over the same text, its matches left alone."""

from __future__ import annotations

from benchmarks.contenders.finditer import TOKEN
from benchmarks.contract import Job
from benchmarks.workloads import SORT, Workload


def _walk(text: str) -> bool:
    for _ in TOKEN.finditer(text):
        pass
    return True


def tree(workload: Workload) -> Job:
    """Reads the text, and the sort where there is one."""
    if workload.paged:
        return Job(lambda case: case.text, lambda text: (_walk(text), _walk(SORT)))
    return Job(lambda case: case.text, _walk)

"""`re.finditer` tokenising the same text: kind and text of each token, and nothing made of them."""

from __future__ import annotations

import re

from benchmarks.contract import Job
from benchmarks.workloads import SORT, Workload

TOKEN = re.compile(
    r"""(?P<run>[^"'();,=<>!~ ]+)"""
    r"""|(?P<operator>=[A-Za-z]*=|!=|[<>]=?)"""
    r"""|(?P<and>;|[ ]and[ ])|(?P<or>,|[ ]or[ ])|(?P<open>\()|(?P<close>\))"""
    r"""|(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<blank>[ ]+)"""
)


def _tokens(text: str) -> list[tuple[str | None, str]]:
    return [(token.lastgroup, token.group()) for token in TOKEN.finditer(text)]


def tree(workload: Workload) -> Job:
    """Reads the text, and the sort where there is one."""
    if workload.paged:
        return Job(lambda case: case.text, lambda text: (_tokens(text), _tokens(SORT)))
    return Job(lambda case: case.text, _tokens)

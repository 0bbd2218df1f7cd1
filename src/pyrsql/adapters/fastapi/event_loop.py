"""How the event loop is spared: what a request asks for is found out on the loop, unless that takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from pyrsql.adapters.fastapi.reading import Given

ResultT = TypeVar("ResultT")

_LONG = 512
"""Characters that are read, judged and lowered in some two milliseconds. Most requests have a tenth of them: a thread
would take them longer than the work does."""


async def sparing_the_loop(work: Callable[[Given], ResultT], given: Given) -> ResultT:
    """Do what `work` does with the texts of a request; in a thread where they are long, so that others are served.

    Args:
        work: the texts -> what the request asks for. It waits for nothing.
        given: the texts.

    Raises:
        Whatever `work` raises.
    """
    length = 0
    for texts in given.values():
        length += sum(map(len, texts))
    return work(given) if length <= _LONG else await run_in_threadpool(work, given)

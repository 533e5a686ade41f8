"""Running asyncio work from plain code."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` for large results: in Python 3.11 that writes them out as text on its way.

    (Setting SIGINT back asks whether the old handler is one of an enumeration; the `ValueError`
    that says no holds the task's `repr`, and so the result's.)
    """
    results: list[Result] = []

    async def kept() -> None:
        results.append(await work)

    asyncio.run(kept())
    return results[0]

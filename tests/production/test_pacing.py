"""Work that must not be broken off ends well, however often somebody says stop."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from seedance_assets.core.errors import Throttled
from seedance_assets.production.ordering.pacing import finish_despite_cancel

TOLD = 3


async def _told_to_stop(work: Callable[[], Awaitable[None]], patience_s: float) -> None:
    """Begin the work, say stop `TOLD` times, and see what comes of it."""

    async def begun() -> None:
        await work()

    task = asyncio.ensure_future(finish_despite_cancel(begun(), patience_s))
    for _ in range(TOLD):
        for _ in range(5):  # turns of the event loop, until it has heard
            await asyncio.sleep(0)
        task.cancel()
    await task


def test_work_goes_on_however_often_it_is_told_to_stop() -> None:
    async def film() -> list[str]:
        done: list[str] = []
        loop = asyncio.get_running_loop()

        async def work() -> None:
            answer = loop.create_future()
            loop.call_later(0.2, answer.set_result, "paid")  # the service takes its time
            done.append(await answer)

        with pytest.raises(asyncio.CancelledError):
            await _told_to_stop(work, patience_s=60)
        return done

    assert asyncio.run(film()) == ["paid"]


def test_work_that_never_ends_is_given_up_after_our_patience() -> None:
    async def film() -> None:
        await _told_to_stop(asyncio.get_running_loop().create_future, patience_s=0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(film())


def test_what_has_just_ended_when_we_are_told_is_not_lost() -> None:
    async def film() -> list[str]:
        got: list[str] = []

        async def work() -> str:
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(shot.cancel)
            return "paid"

        async def wait_for_it() -> None:
            got.append(await finish_despite_cancel(work(), 60))
            await asyncio.get_running_loop().create_future()  # here we are told

        shot = asyncio.ensure_future(wait_for_it())
        with pytest.raises(asyncio.CancelledError):
            await shot
        return got

    assert asyncio.run(film()) == ["paid"]


def test_what_fails_when_nobody_waits_for_it_any_more_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def film() -> None:
        loop = asyncio.get_running_loop()

        async def work() -> None:
            answer = loop.create_future()
            loop.call_later(0.2, answer.set_exception, Throttled("too many orders"))
            await answer

        await _told_to_stop(work, patience_s=60)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(film())

    assert [record.getMessage() for record in caplog.records] == [
        f"too many orders. {Throttled.advice}"
    ]

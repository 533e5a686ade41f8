"""A run that ends before its takes loses nothing, and cancels only what it is told to."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator

import pytest

from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import (
    Pace,
    SlowAnswer,
    Stuck,
)
from seedance_assets.production.events import (
    LineEvent,
    TakeOrdered,
    TakeQueued,
    TakeRunning,
)
from seedance_assets.production.line import ProductionLine
from seedance_assets.production.line_thread import detach_all
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ordering.orders import Orders
from seedance_assets.production.planning.requests import prepare_request
from seedance_assets.wiring import open_address, open_production, read_production
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Outcome, Stage, when


def test_a_run_that_let_go_is_carried_on_for_free(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        with stage.line_thread() as line_thread:
            next(e for e in line_thread.events() if isinstance(e, TakeRunning))
            line_thread.stop(cancel_queued=False)
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]

        stage.clock.let_time_pass()
        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_stopping_cancels_what_is_queued_if_a_person_asked_for_it(open_stage: OpenStage) -> None:
    with open_stage(slots=1, service_s=60.0) as stage:
        stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})
        with stage.line_thread() as line_thread:
            seen: set[str] = set()
            for event in line_thread.events():
                if isinstance(event, TakeQueued):
                    seen.add("queued")
                if isinstance(event, TakeRunning):
                    seen.add("running")
                if seen == {"queued", "running"}:
                    break
            line_thread.stop(cancel_queued=True)

        assert sorted(t.state for t in stage.takes()) == [TakeState.CANCELLED, TakeState.SUBMITTED]
        assert stage.charges() == 1


def test_a_take_that_outlives_our_patience_is_parked_not_failed(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Stuck(where="in_queue"))) as stage:
        (stage.folder / "production.toml").write_text(
            SETTINGS + "[patience]\nsoft_timeout_s = 0.2\nhard_timeout_s = 0.5\n", encoding="utf-8"
        )
        stage.write_sheet({"sh010": "A boat drifts."})

        outcome = stage.film()

        assert outcome.failed["sh010"].kind == "still_running"
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]
        assert stage.charges() == 1


@pytest.mark.parametrize("_round", range(3))
def test_stopping_at_any_moment_loses_nothing(open_stage: OpenStage, _round: int) -> None:
    with open_stage() as stage:
        stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(8)})
        with stage.line_thread() as line_thread:
            threading.Timer(0.1 * _round, line_thread.stop, kwargs={"cancel_queued": False}).start()
            list(line_thread.events())

        assert len(stage.film().done) == 8
        assert stage.charges() == 8


def test_a_shot_that_is_to_leave_and_then_everybody_does_not_break_off_its_order(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", SlowAnswer(delay_s=2.0), Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh020": "A gull lands."})

        def told() -> Iterator[Collection[str]]:
            while not stage.requests():  # the service has the order, and answers late
                yield ()
            yield {"sh020"}  # its run was cancelled
            line_thread.stop(cancel_queued=True)  # and then the one that makes its shot
            while True:
                yield ()

        with stage.line_thread() as line_thread:
            telling = told()
            list(line_thread.events(lambda: next(telling)))

        assert [t.state for t in stage.takes()] == [TakeState.CANCELLED]
        assert stage.charges() == 0


def film_and_tell(
    stage: Stage,
    tell: Callable[[ProductionLine], None],
    at: type[LineEvent] | None = None,
    **options: object,
) -> Outcome:
    """A run of the line, which is told something at the first event of a kind.

    Without a kind: before the first of its shots has begun.
    """
    shot_list, settings = read_production(stage.sheet)
    outcome = Outcome([])

    async def film() -> None:
        def on_event(event: LineEvent) -> None:
            outcome.events.append(event)
            if at is type(event):
                asyncio.get_running_loop().call_soon(tell, line)

        async with address.open() as service:
            given = RunOptions(**options)  # type: ignore[arg-type]
            line = ProductionLine(production, service, given, on_event)
            run = asyncio.ensure_future(
                line.run(shot_list.shots, shot_list.place, shot_list.model_id)
            )
            await asyncio.sleep(0)  # one turn of the event loop
            if at is None:
                tell(line)
            await asyncio.wait_for(run, 120)

    environment = stage.environment
    with open_production(environment, settings) as production, open_address(environment) as address:
        asyncio.run(film())
    return outcome


def test_a_run_that_is_stopped_in_the_moment_an_order_is_written_down_cancels_it(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh020": "A gull lands."})

        film_and_tell(stage, lambda line: line.stop(cancel_queued=True), at=TakeOrdered)

        assert [t.state for t in stage.takes()] == [TakeState.CANCELLED]


def test_what_has_begun_before_the_run_has_asked_is_not_asked_to_be_cancelled(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", Pace(service_s=60.0))) as stage:
        stage.write_sheet({"sh020": "A gull lands."})

        film_and_tell(stage, lambda line: line.stop(cancel_queued=True), at=TakeOrdered)

        (take,) = stage.takes()
        assert (take.state, take.cancel_refused_at) == (TakeState.SUBMITTED, None)
        assert stage.history(take.name)[-1].cause == "ordered"


def test_a_service_that_is_slow_to_cancel_is_given_up_before_the_line_is(
    open_stage: OpenStage,
) -> None:
    slow = (SlowAnswer(on=("cancel",), delay_s=60.0), Pace(queue_s=60.0))
    with open_stage(when("gull", *slow)) as stage:
        stage.write_sheet({"sh020": "A gull lands."})
        with stage.line_thread() as line_thread:
            next(e for e in line_thread.events() if isinstance(e, TakeQueued))
            line_thread.stop(cancel_queued=True)

            assert not line_thread._thread.is_alive()
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]


@pytest.mark.parametrize("retry_failed", [True, False], ids=["looks at the ledger", "at once"])
def test_a_shot_that_is_to_leave_before_it_has_begun_orders_nothing_and_keeps_nobody_waiting(
    plain_stage: Stage, retry_failed: bool
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})

    outcome = film_and_tell(
        plain_stage, lambda line: line.leave({"sh020"}), retry_failed=retry_failed
    )

    assert outcome.done == ["sh010"]
    assert [t.shot for t in plain_stage.takes()] == ["sh010"]


@pytest.mark.parametrize("retry_failed", [True, False], ids=["looks at the ledger", "at once"])
def test_a_run_that_is_stopped_before_its_shots_have_begun_orders_nothing(
    plain_stage: Stage, retry_failed: bool
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})

    outcome = film_and_tell(
        plain_stage, lambda line: line.stop(cancel_queued=True), retry_failed=retry_failed
    )

    assert outcome.events == []
    assert plain_stage.takes() == []


def test_an_order_of_a_shot_that_has_left_is_withdrawn_once(plain_stage: Stage) -> None:
    sheet = plain_stage.write_sheet({"sh010": "A boat drifts."})
    shot_list, settings = read_production(sheet)
    (shot,) = shot_list.shots

    async def order() -> None:
        async with address.open() as service:
            ledger = AsyncLedger(production.ledger, production.scope.key, None)
            orders = Orders(production, service, RunOptions(), ledger, lambda _e: None)
            request = await prepare_request(
                shot, model_id=shot_list.model_id, sheet=sheet, frames=production.frames
            )
            orders.leave({"sh010"})
            await asyncio.wait_for(orders.fulfil(shot, request, 1), 120)

    environment = plain_stage.environment
    with (
        open_production(environment, settings) as production,
        open_address(environment) as address,
        pytest.raises(asyncio.CancelledError),
    ):
        asyncio.run(order())

    assert [t.state for t in plain_stage.takes()] == [TakeState.WITHDRAWN]
    assert plain_stage.requests() == []


def cannot_say() -> bool:
    raise OSError("the storage is gone")


def is_interrupted() -> bool:
    raise KeyboardInterrupt


def test_a_caller_that_cannot_say_what_it_would_have_lets_go_and_cancels_nothing(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh020": "A gull lands."})
        with stage.line_thread(cancels=cannot_say) as line_thread:
            next(e for e in line_thread.events() if isinstance(e, TakeQueued))
            line_thread.break_off()

            assert not line_thread._thread.is_alive()
        assert [order["status"] for order in stage.orders()] == ["in_queue"]


def test_a_caller_that_is_interrupted_while_it_is_asked_lets_go_all_the_same(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh020": "A gull lands."})
        with stage.line_thread(cancels=is_interrupted) as line_thread:
            next(e for e in line_thread.events() if isinstance(e, TakeQueued))
            with pytest.raises(KeyboardInterrupt):
                line_thread.break_off()

            assert not line_thread._thread.is_alive()


def test_a_line_that_ends_while_it_is_told_to_stop_keeps_no_other_from_stopping(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})
        with (
            stage.line_thread(shots=["sh010"]) as ended,
            stage.line_thread(shots=["sh020"]) as other,
        ):
            next(e for e in other.events() if isinstance(e, TakeQueued))
            assert Outcome(list(ended.events())).done == ["sh010"]

            ended.stop(cancel_queued=False)
            detach_all()

            assert not other._thread.is_alive()

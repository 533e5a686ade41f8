"""A 429 lowers the number in flight and waits; stuck takes and large orders hold nobody up."""

import asyncio
from dataclasses import dataclass, field

import pytest

from seedance_assets.core.errors import Throttled
from seedance_assets.emulator.jobs.scenario import Habits, Pace, Scenario, Stuck
from seedance_assets.production.ordering.in_flight_limit import (
    RAISE_EVERY_S,
    InFlightLimit,
    PlaceTaken,
)
from seedance_assets.production.ordering.pacing import PrioritySemaphore
from seedance_assets.production.ordering.uplink import UploadQueue
from tests.conftest import OpenStage
from tests.runcomfy.conftest import Clock
from tests.stage import SETTINGS, when


@dataclass
class SpendingByPeriod:
    """May have so many takes at the service; refuses all others."""

    most: int
    clock: Clock = field(default_factory=Clock)
    there: int = 0
    refused: int = 0
    sent: list[int] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.limit = InFlightLimit(lambda _shot, text: self.notices.append(text), clock=self.clock)

    async def take(self, number: int) -> None:
        while True:
            try:
                async with self.limit.order("sh010", (number,)):
                    await asyncio.sleep(0.001)
                    self._order(number)
                break
            except PlaceTaken:
                continue
        with self.limit.at_service():
            await asyncio.sleep(0.01)
        self.there -= 1

    def _order(self, number: int) -> None:
        if self.there >= self.most:
            self.refused += 1
            raise Throttled("429")
        self.there += 1
        self.sent.append(number)

    def takes(self, count: int) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(self.take(n) for n in range(count)))

        asyncio.run(all_of_them())


def test_twelve_takes_come_home_though_the_account_may_have_two_at_once() -> None:
    account = SpendingByPeriod(most=2)

    account.takes(12)

    assert sorted(account.sent) == list(range(12))
    assert account.sent[2:] == sorted(account.sent[2:]), "the first of the sheet go first"
    assert account.refused <= 12
    assert account.notices


def test_a_429_with_nothing_of_ours_there_is_left_to_the_caller() -> None:
    with pytest.raises(Throttled):
        SpendingByPeriod(most=0).takes(1)


def test_after_a_quiet_minute_one_more_is_tried() -> None:
    account = SpendingByPeriod(most=2)
    account.takes(6)
    account.most = 3
    account.clock.now_s += RAISE_EVERY_S
    refused = account.refused

    account.takes(3)

    assert account.refused == refused


def test_an_account_with_few_places_is_filled_in_one_run(open_stage: OpenStage) -> None:
    slow = when("boat", Pace(service_s=0.5))
    scenario = Scenario(rules=(slow,), habits=Habits(most_at_once=2))
    with open_stage(scenario=scenario) as stage:
        stage.write_sheet({f"sh{n:03}": f"Boat {n}." for n in range(8)})

        outcome = stage.film()

        assert len(outcome.done) == 8
        assert stage.charges() == 8


def test_stuck_takes_give_their_place_away(open_stage: OpenStage) -> None:
    settings = SETTINGS.replace("in_flight = 16", "in_flight = 2")
    settings += "[patience]\nsoft_timeout_s = 0.5\nhard_timeout_s = 20.0\n"
    with open_stage(when("stuck", Stuck(where="in_queue"))) as stage:
        (stage.folder / "production.toml").write_text(settings)
        stuck = {"sh000": "stuck", "sh001": "stuck too"}
        stage.write_sheet(stuck | {f"sh{n:03}": f"Boat {n}." for n in range(2, 6)})

        with stage.line_thread() as line_thread:
            done = []
            for event in line_thread.events():
                if type(event).__name__ == "ShotDone":
                    done.append(event.shot)
                if len(done) == 4:
                    break

        assert sorted(done) == ["sh002", "sh003", "sh004", "sh005"]


def test_a_place_is_given_away_once() -> None:
    async def give_away_twice() -> int:
        semaphore, inside = PrioritySemaphore(1), 0

        async def enter() -> None:
            nonlocal inside
            async with semaphore.place((0,)):
                inside += 1
                await asyncio.sleep(10)

        async with semaphore.place((0,)) as place:
            place.give_away()
            place.give_away()
            others = [asyncio.create_task(enter()) for _ in range(3)]
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return inside

    assert asyncio.run(give_away_twice()) == 1


def test_large_orders_go_up_one_after_the_other_and_small_ones_side_by_side() -> None:
    async def most_at_once(size_bytes: int) -> int:
        uplink, sending, most = UploadQueue(bytes_at_once=1000), 0, 0

        async def send() -> None:
            nonlocal sending, most
            async with uplink.send(size_bytes) as sent:
                sending += 1
                most = max(most, sending)
                await asyncio.sleep(0.001)
                sending -= 1
                sent()
                await asyncio.sleep(0.01)  # for the answer, nobody waits

        await asyncio.gather(*(send() for _ in range(8)))
        return most

    assert asyncio.run(most_at_once(5000)) == 1
    assert asyncio.run(most_at_once(300)) == 3
    assert asyncio.run(most_at_once(1)) == 8

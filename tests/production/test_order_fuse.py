"""After a few lost answers in a row no further order is sent blind."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from seedance_assets.core.errors import (
    AnswerLost,
    NeverSent,
    RequestRefused,
    ServiceError,
)
from seedance_assets.core.take import TakeState
from seedance_assets.core.timing import Timing
from seedance_assets.emulator.jobs.scenario import LoseAnswer, RefuseSubmit
from seedance_assets.production.ordering.circuit_breaker import MOST_UNANSWERED, CircuitBreaker
from tests.conftest import OpenStage
from tests.runcomfy.conftest import Clock
from tests.stage import when


@dataclass
class Service:
    """Answers orders as its script says; the last word holds for all that follow."""

    script: Sequence[type[ServiceError] | AnswerLost | None]
    well: bool = True
    clock: Clock = field(default_factory=Clock)
    sent: list[int] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    questions: int = 0

    def __post_init__(self) -> None:
        self.fuse = CircuitBreaker(
            self.is_answering,
            lambda _shot, text: self.notices.append(text),
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    async def is_answering(self) -> bool:
        self.questions += 1
        return self.well

    async def order(self, number: int) -> str:
        try:
            async with self.fuse.order("sh010") as taken:
                answer = self.script[min(len(self.sent), len(self.script) - 1)]
                self.sent.append(number)
                await asyncio.sleep(0)
                if answer is not None:
                    raise answer("x") if isinstance(answer, type) else answer
                taken()
        except ServiceError as exc:
            return exc.code
        return "taken"

    def orders(self, count: int) -> list[str]:
        async def all_of_them() -> list[str]:
            return list(await asyncio.gather(*(self.order(n) for n in range(count))))

        return asyncio.run(all_of_them())


def test_orders_stop_when_every_answer_is_lost() -> None:
    service = Service([AnswerLost])

    ends = service.orders(30)

    assert ends.count("answer_lost") == len(service.sent) <= 6
    assert ends.count("orders_stopped") == 30 - len(service.sent)
    assert "orders in a row were lost" in service.notices[0]
    assert len(service.notices) == 1


def test_a_service_in_trouble_gets_no_order_until_it_answers_a_question() -> None:
    service = Service([AnswerLost], well=False)

    ends = service.orders(30)

    assert len(service.sent) <= 4
    assert ends.count("orders_stopped") >= 26
    assert service.questions > 3
    assert 100 < service.clock.now_s < 200


def test_orders_go_on_when_the_service_is_well_again() -> None:
    service = Service([*[AnswerLost] * 4, None])

    ends = service.orders(30)

    assert ends.count("taken") == 26


def test_a_503_that_names_a_time_stops_orders_at_once_until_then() -> None:
    service = Service([None, AnswerLost("x", retry_after_s=60.0), None])

    async def one_after_the_other() -> list[str]:
        return [await service.order(n) for n in range(5)]

    assert asyncio.run(one_after_the_other()) == ["taken", "answer_lost", *["taken"] * 3]
    assert service.clock.now_s >= 60.0
    assert "60 s of rest" in service.notices[0]


def test_a_service_that_wants_a_long_rest_is_left_to_the_next_run() -> None:
    service = Service([AnswerLost("x", retry_after_s=3600.0)])

    assert service.orders(9).count("orders_stopped") >= 5
    assert service.clock.now_s == 0.0


@pytest.mark.parametrize("other", [None, RequestRefused])
def test_lost_answers_with_others_between_them_stop_nothing(
    other: type[ServiceError] | None,
) -> None:
    service = Service([AnswerLost, AnswerLost, other] * 4)

    async def one_after_the_other() -> list[str]:
        return [await service.order(n) for n in range(12)]

    assert "orders_stopped" not in asyncio.run(one_after_the_other())
    assert len(service.sent) == 12


def test_orders_that_were_never_sent_say_nothing_of_the_answers() -> None:
    service = Service([AnswerLost, NeverSent, AnswerLost, NeverSent, AnswerLost, AnswerLost])

    assert service.orders(20).count("orders_stopped") >= 10


def test_only_few_orders_are_unanswered_at_a_time() -> None:
    at_once: list[int] = []

    async def measure() -> None:
        clock, open_orders = Clock(), 0
        fuse = CircuitBreaker(_always, lambda _s, _t: None, clock=clock, sleep=clock.sleep)

        async def order() -> None:
            nonlocal open_orders
            async with fuse.order("sh010") as taken:
                open_orders += 1
                at_once.append(open_orders)
                await asyncio.sleep(0.001)
                open_orders -= 1
                taken()

        await asyncio.gather(*(order() for _ in range(60)))

    asyncio.run(measure())

    assert len(at_once) == 60
    assert at_once[0] == 1
    assert max(at_once[:4]) <= 4
    assert max(at_once) <= MOST_UNANSWERED


async def _always() -> bool:
    return True


def test_of_thirty_orders_into_an_outage_few_are_charged(open_stage: OpenStage) -> None:
    clock = Clock()
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet({f"sh{n:03}": "A boat." + "!" * n for n in range(30)})

        outcome = stage.film(timing=Timing(sleep=clock.sleep, clock=clock))

        kinds = [failure.kind for failure in outcome.failed.values()]
        assert stage.charges() == kinds.count("answer_lost") <= 6
        assert kinds.count("orders_stopped") == 30 - stage.charges()
        assert [take.state for take in stage.takes()] == [TakeState.UNKNOWN] * stage.charges()
        assert stage.film(timing=Timing(sleep=clock.sleep, clock=clock)).done == []


def test_one_order_that_is_forbidden_holds_nobody_up_and_a_bad_token_everybody(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("drop table", RefuseSubmit(answer="forbidden"))) as stage:
        rows = {f"sh{n:03}": f"Boat {n}." for n in range(6)}
        stage.write_sheet(rows | {"sh003": "He says: drop table."})

        outcome = stage.film()

        assert list(outcome.failed) == ["sh003"]
        assert "firewall" in outcome.failed["sh003"].advice

    with open_stage(when("boat", RefuseSubmit(answer="unauthorised"))) as stage:
        stage.write_sheet({f"sh{n:03}": f"Boat {n}." for n in range(40)})

        stage.film()

        assert len(stage.takes()) < 40, "the rest of the run was spared the question"

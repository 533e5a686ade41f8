"""What the production relies on, of every provider: money, states, failures, downloads."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from seedance_assets.core.errors import (
    AnswerLost,
    Charge,
    GenerationMissing,
    HostRefused,
    Moderated,
    NeverSent,
    NotAuthorised,
    Throttled,
    UnknownModel,
    UsageError,
)
from seedance_assets.core.generation import CancelAnswer, GenerationResult, GenerationState
from seedance_assets.core.model_schema import known_models
from seedance_assets.core.scope import Scope
from seedance_assets.core.timing import Timing
from seedance_assets.production.ports import GenerationService, ServiceAddress
from tests.providers.conftest import CLIP, Case, Running
from tests.runcomfy.conftest import Clock

T = TypeVar("T")
PATIENCE_S = 60.0  # of the test itself, for a loaded machine
WRONG = "another-token-0123456789"


def talk(
    address: ServiceAddress, words: Callable[[GenerationService], Awaitable[T]], clock: Clock
) -> T:
    """One conversation with a service; pauses pass at once."""
    timing = Timing(sleep=clock.sleep, clock=clock, chance=lambda: 0.0)

    async def conversation() -> T:
        async with asyncio.timeout(PATIENCE_S), address.open(timing) as service:
            return await words(service)

    return asyncio.run(conversation())


async def order(case: Case, service: GenerationService) -> tuple[str, list[GenerationState]]:
    """Order and wait until it is over; the id and the states that were seen."""
    request_id = await service.submit(case.model_id, case.order)
    states: list[GenerationState] = []
    while not states or not states[-1].over:
        states.append((await service.status(request_id)).state)
    return request_id, states


async def ordered(case: Case, service: GenerationService) -> GenerationResult:
    request_id, _ = await order(case, service)
    return await service.result(request_id)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_order_becomes_one_video_on_disk(case: Case, clock: Clock, tmp_path: Path) -> None:
    part = tmp_path / "video.part"

    async def buy(service: GenerationService) -> tuple[list[GenerationState], str]:
        request_id, states = await order(case, service)
        result = await service.result(request_id)
        assert result.state is GenerationState.SUCCEEDED
        assert result.video_url is not None
        download = await service.download(result.video_url, part, max_bytes=len(CLIP))
        return states, download.sha256

    with case.start("good") as running:
        states, sha256 = talk(case.address(running), buy, clock)
        charges = running.charges()

    assert charges == 1
    assert states[-1] is GenerationState.COMPLETED
    assert set(states) <= {"in_queue", "in_progress", "completed"}
    assert part.read_bytes() == CLIP
    assert sha256 == hashlib.sha256(CLIP).hexdigest()


@pytest.mark.parametrize(
    ("kind", "state"),
    [("queued", GenerationState.IN_QUEUE), ("running", GenerationState.IN_PROGRESS)],
)
def test_what_is_not_over_has_no_result_yet(
    case: Case, clock: Clock, kind: str, state: GenerationState
) -> None:
    async def look(service: GenerationService) -> tuple[GenerationState, GenerationResult]:
        request_id = await service.submit(case.model_id, case.order)
        seen = (await service.status(request_id)).state
        return seen, await service.result(request_id)

    with case.start(kind) as running:  # type: ignore[arg-type]
        seen, result = talk(case.address(running), look, clock)

    assert seen is state
    assert not result.state.over


def test_a_failure_comes_with_its_reason_and_without_the_token_that_it_repeats(
    case: Case, clock: Clock
) -> None:
    with case.start("broken") as running:
        result = talk(case.address(running), lambda s: ordered(case, s), clock)

    assert result.state is GenerationState.FAILED
    assert "Too dark." in (result.error_text or "")
    assert case.token not in (result.error_text or "")
    assert not issubclass(result.failure, Moderated)


def test_moderation_is_told_from_other_failures(case: Case, clock: Clock) -> None:
    with case.start("moderated") as running:
        result = talk(case.address(running), lambda s: ordered(case, s), clock)

    assert result.state is GenerationState.FAILED
    assert issubclass(result.failure, Moderated)


def test_a_queued_order_can_be_cancelled(case: Case, clock: Clock) -> None:
    async def cancel(service: GenerationService) -> tuple[CancelAnswer, GenerationState]:
        request_id = await service.submit(case.model_id, case.order)
        hint = await service.cancel(request_id)
        return hint, (await service.status(request_id)).state

    with case.start("queued") as running:
        hint, state = talk(case.address(running), cancel, clock)

    assert hint in {CancelAnswer.CANCELLED, CancelAnswer.REQUESTED}
    assert state is GenerationState.CANCELLED


def test_a_finished_order_is_too_late_to_cancel(case: Case, clock: Clock) -> None:
    async def cancel(service: GenerationService) -> tuple[CancelAnswer, GenerationState]:
        request_id, _ = await order(case, service)
        hint = await service.cancel(request_id)
        return hint, (await service.status(request_id)).state

    with case.start("good") as running:
        hint, state = talk(case.address(running), cancel, clock)

    assert (hint, state) == (CancelAnswer.NOT_CANCELLABLE, GenerationState.COMPLETED)


def test_an_unknown_id_is_missing_and_a_malformed_one_is_never_asked(
    case: Case, clock: Clock
) -> None:
    with case.start("good") as running:
        address = case.address(running)
        with pytest.raises(GenerationMissing):
            talk(address, lambda s: s.status("nobody-knows"), clock)
        with pytest.raises(UsageError):
            talk(address, lambda s: s.result("../../etc"), clock)


def test_a_lost_answer_is_unknown_and_the_order_is_not_sent_again(case: Case, clock: Clock) -> None:
    with case.start("lost") as running:
        with pytest.raises(AnswerLost) as lost:
            talk(case.address(running), lambda s: s.submit(case.model_id, case.order), clock)
        charges = running.charges()

    assert charges == 1
    assert lost.value.charge is Charge.UNKNOWN


def test_without_a_connection_nothing_was_bought(case: Case, clock: Clock) -> None:
    with case.start("good") as running:
        address = case.address(running)

    with pytest.raises(NeverSent) as never:
        talk(address, lambda s: s.submit(case.model_id, case.order), clock)

    assert never.value.charge is Charge.NOTHING


@pytest.mark.parametrize("paid", [True, False], ids=["order", "question"])
def test_a_wrong_token_is_told_by_the_name_of_its_variable(
    case: Case, clock: Clock, *, paid: bool
) -> None:
    async def knock(service: GenerationService) -> object:
        if paid:
            return await service.submit(case.model_id, case.order)
        return await service.status("r1")

    with case.start("good") as running:
        with pytest.raises(NotAuthorised) as refused:
            talk(case.address(running, WRONG), knock, clock)
        charges = running.charges()

    assert charges == 0
    assert case.provider.token_name in refused.value.advice
    assert WRONG not in f"{refused.value} {refused.value.advice}"


def test_a_throttled_order_is_refused_once_with_the_pause_that_was_asked(
    case: Case, clock: Clock
) -> None:
    with case.start("busy") as running:
        with pytest.raises(Throttled) as throttled:
            talk(case.address(running), lambda s: s.submit(case.model_id, case.order), clock)
        charges = running.charges()

    assert throttled.value.retry_after_s == 7
    assert charges == 0
    assert clock.slept_s == []


def test_a_throttled_question_is_asked_again_after_the_pause(case: Case, clock: Clock) -> None:
    with case.start("busy later") as running:
        result = talk(case.address(running), lambda s: ordered(case, s), clock)

    assert result.state is GenerationState.SUCCEEDED
    assert 3 in clock.slept_s


def test_a_model_of_nobody_is_refused(case: Case, clock: Clock) -> None:
    with case.start("good") as running:
        with pytest.raises(UnknownModel):
            talk(case.address(running), lambda s: s.submit("nobody/knows", case.order), clock)
        charges = running.charges()

    assert charges == 0


def test_a_video_elsewhere_is_not_fetched(case: Case, clock: Clock, tmp_path: Path) -> None:
    async def fetch(service: GenerationService) -> None:
        part = tmp_path / "v.part"
        await service.download("https://cdn.example.com/v.mp4", part, max_bytes=100)

    with case.start("good") as running, pytest.raises(HostRefused):
        talk(case.address(running), fetch, clock)


def test_price_and_balance_are_told_or_known_to_be_untold(case: Case, clock: Clock) -> None:
    async def ask(service: GenerationService) -> tuple[float | None, float | None, bool]:
        entry = await service.catalogue_entry(case.model_id)
        return entry.base_price_usd, await service.balance_usd(), await service.is_answering()

    with case.start("good") as running:
        price, balance, answering = talk(case.address(running), ask, clock)

    told = case.provider.name == "runcomfy"
    assert (price is not None, balance is not None) == (told, told)
    assert answering


def test_a_service_that_is_down_is_not_answering(case: Case, clock: Clock) -> None:
    with case.start("good") as running:
        address = case.address(running)

    assert not talk(address, lambda s: s.is_answering(), clock)


def test_takes_are_filed_under_the_provider_and_its_address(case: Case) -> None:
    running = Running("", {}, lambda: 0)
    scope = case.address(running).scope

    assert scope.provider == case.provider.name
    assert not scope.emulated
    assert Scope.parse(scope.key) == scope


def test_the_token_is_taken_out_of_texts(case: Case) -> None:
    address = case.address(Running("", {}, lambda: 0))

    assert case.token not in address.redact(f"echo of {case.token}")
    assert case.token not in repr(address)


def test_the_order_fits_the_schema_of_the_model(case: Case) -> None:
    schema = known_models()[case.model_id]

    assert not list(schema.problems_with(case.order))

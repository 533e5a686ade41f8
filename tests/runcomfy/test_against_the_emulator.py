"""The client and the project's emulator: two readings of one contract meet over real HTTP."""

import asyncio
import base64
import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PIL import Image

from seedance_assets.adapters.providers.runcomfy import RunComfy, ServiceAddress
from seedance_assets.core.errors import (
    AnswerLost,
    BalanceTooLow,
    DownloadBroken,
    GenerationMissing,
    HostRefused,
    NotAuthorised,
    RequestRefused,
    SeedanceError,
    Throttled,
    UnknownModel,
    VideoGone,
)
from seedance_assets.core.generation import CancelAnswer, GenerationResult, GenerationState
from seedance_assets.core.timing import Timing
from seedance_assets.emulator import EmulatorSettings, RunningEmulator, Scenario, running_emulator
from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    ErrorName,
    FailJob,
    Fault,
    LateCost,
    LoseAnswer,
    OddCancel,
    OddNotReady,
    OddOutput,
    OddSubmitAnswer,
    PassingFault,
    RefuseSubmit,
    Rule,
    Spelling,
    Stuck,
)
from tests.runcomfy.conftest import TOKEN, Door

MODEL = "bytedance/seedance-v1.5-pro/image-to-video"
CLIP = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 100
PATIENCE_S = 60  # of the test itself, for a loaded machine

Emulate = Callable[..., AbstractContextManager[RunningEmulator]]
"""An emulator in which these faults befall every order."""


def first_frame() -> str:
    png = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(png, "PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


ORDER = {
    "prompt": "A lighthouse in the rain.",
    "first_frame_image_url": first_frame(),
    "resolution": "480p",
    "ratio": "16:9",
    "duration": 4,
    "generate_audio": False,
    "camera_fixed": False,
}


@pytest.fixture
def emulate(tmp_path: Path) -> Emulate:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)

    def emulate(*faults: Fault) -> AbstractContextManager[RunningEmulator]:
        scenario = Scenario(rules=(Rule(faults=faults),) if faults else ())
        return running_emulator(
            EmulatorSettings(
                state_dir=tmp_path / "state",
                token=TOKEN,
                queue_s=0,
                service_s=0,
                clip=clip,
                scenario=scenario,
            )
        )

    return emulate


def door(emulator: RunningEmulator, timing: Timing, token: str = TOKEN) -> Door:
    return Door(ServiceAddress(emulator.base_url, token, embedded=True), timing)


async def ordered(service: RunComfy) -> tuple[str, GenerationResult]:
    """Order, wait until it is over, and read the result."""
    async with asyncio.timeout(PATIENCE_S):
        request_id = await service.submit(MODEL, ORDER)
        while not (await service.status(request_id)).state.over:
            pass
        return request_id, await service.result(request_id)


def test_an_order_becomes_a_video_at_home_with_its_cost(
    emulate: Emulate, timing: Timing, tmp_path: Path
) -> None:
    async def buy_and_fetch(service: RunComfy) -> tuple[float, float]:
        before = await service.balance_usd()
        _, result = await ordered(service)
        assert result.state is GenerationState.SUCCEEDED
        assert result.video_url is not None
        download = await service.download(
            result.video_url, tmp_path / "v.part", max_bytes=len(CLIP)
        )
        assert download.sha256 == hashlib.sha256(CLIP).hexdigest()
        assert result.cost_usd is not None
        return result.cost_usd, before - await service.balance_usd()

    with emulate() as emulator:
        cost, paid = door(emulator, timing)(buy_and_fetch)

    assert cost == pytest.approx(paid, abs=1e-4)
    assert cost > 0


@pytest.mark.parametrize(
    "faults",
    [
        (OddSubmitAnswer(shape="accepted_202"),),
        (Spelling(upper_case=True, result_succeeded="completed"),),
        (Spelling(status_completed="succeeded"),),
        (OddOutput(shape="videos"),),
        (OddOutput(shape="string"),),
        (OddOutput(shape="list"),),
        (OddOutput(shape="two_videos"),),
        (OddNotReady(shape="bad_request"),),
        (PassingFault(times=5, answer="bad_gateway"),),
        (PassingFault(times=5, answer="drop"),),
        (PassingFault(times=2, when="first", answer="not_found"),),
        (PassingFault(times=2, when="first", answer="too_many", retry_after_s=3),),
    ],
    ids=lambda faults: f"{faults[0]}".replace("'", ""),
)
def test_every_shape_of_success_is_understood(
    emulate: Emulate, timing: Timing, faults: tuple[Fault, ...]
) -> None:
    with emulate(*faults) as emulator:
        _, result = door(emulator, timing)(ordered)

    assert result.state is GenerationState.SUCCEEDED
    assert result.video_url is not None
    assert result.video_url.startswith(emulator.root)


@pytest.mark.parametrize("shape", ["missing", "empty", "null"])
def test_a_success_without_a_video_says_so(emulate: Emulate, timing: Timing, shape: str) -> None:
    with emulate(OddOutput(shape=shape)) as emulator:  # type: ignore[arg-type]
        _, result = door(emulator, timing)(ordered)

    assert (result.state, result.video_url) == (GenerationState.SUCCEEDED, None)
    assert result.error_text is not None


@pytest.mark.parametrize("shown_in", ["result", "status"])
@pytest.mark.parametrize("error", ["string", "object", "array", "absent"])
def test_every_shape_of_failure_is_understood(
    emulate: Emulate, timing: Timing, error: str, shown_in: str
) -> None:
    fault = FailJob(error=error, shown_in=shown_in, message="Too dark.")  # type: ignore[arg-type]

    with emulate(fault) as emulator:
        _, result = door(emulator, timing)(ordered)

    assert result.state is GenerationState.FAILED
    expected = "The service gives no reason." if error == "absent" else "Too dark."
    assert result.error_text is not None
    assert expected in result.error_text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("no_balance", BalanceTooLow),
        ("payment_required", BalanceTooLow),
        ("bad_token", NotAuthorised),
        ("unauthorised", NotAuthorised),
        ("forbidden", NotAuthorised),
        ("permission_denied", NotAuthorised),
        ("wrong_id", UnknownModel),
        ("not_found", UnknownModel),
        ("bad_request", RequestRefused),
        ("unprocessable", RequestRefused),
        ("too_many", Throttled),
        ("server_error", AnswerLost),
        ("bad_gateway", AnswerLost),
        ("unavailable", AnswerLost),
    ],
)
def test_a_refused_order_is_told_by_its_class(
    emulate: Emulate, timing: Timing, answer: ErrorName, error: type[SeedanceError]
) -> None:
    with emulate(RefuseSubmit(answer=answer)) as emulator, pytest.raises(error) as refused:
        door(emulator, timing)(lambda s: s.submit(MODEL, ORDER))

    assert type(refused.value) is error


@pytest.mark.parametrize(
    "fault", [LoseAnswer(), OddSubmitAnswer(shape="no_request_id")], ids=["dropped", "without id"]
)
def test_a_lost_answer_was_paid_for_once(emulate: Emulate, timing: Timing, fault: Fault) -> None:
    async def lose_it(service: RunComfy) -> list[float]:
        balances = [await service.balance_usd()]
        with pytest.raises(AnswerLost):
            await service.submit(MODEL, ORDER)
        async with asyncio.timeout(PATIENCE_S):
            while (balance := await service.balance_usd()) == balances[0]:
                pass
        return [*balances, balance]

    with emulate() as emulator:
        before, _ = door(emulator, timing)(ordered_and_balance)
    price = 1000.0 - before
    with emulate(fault) as emulator:
        first, second = door(emulator, timing)(lose_it)

    assert first - second == pytest.approx(price, abs=1e-6)


async def ordered_and_balance(service: RunComfy) -> tuple[float, str]:
    request_id, _ = await ordered(service)
    return await service.balance_usd(), request_id


def test_an_input_that_breaks_the_schema_is_refused(emulate: Emulate, timing: Timing) -> None:
    with emulate() as emulator, pytest.raises(RequestRefused):
        door(emulator, timing)(lambda s: s.submit(MODEL, {**ORDER, "duration": 3}))


def test_a_wrong_token_is_not_let_in(emulate: Emulate, timing: Timing) -> None:
    with emulate() as emulator, pytest.raises(NotAuthorised):
        door(emulator, timing, token="another-token")(lambda s: s.balance_usd())


def test_a_stranger_among_models_and_requests_is_told_as_such(
    emulate: Emulate, timing: Timing
) -> None:
    with emulate() as emulator:
        talk = door(emulator, timing)
        with pytest.raises(UnknownModel):
            talk(lambda s: s.catalogue_entry("nobody/knows"))
        with pytest.raises(UnknownModel):
            talk(lambda s: s.submit("nobody/knows", ORDER))
        with pytest.raises(GenerationMissing):
            talk(lambda s: s.status("nobody-knows"))


def test_the_catalogue_has_a_price(emulate: Emulate, timing: Timing) -> None:
    with emulate() as emulator:
        entry = door(emulator, timing)(lambda s: s.catalogue_entry(MODEL))

    assert entry.base_price_usd is not None
    assert entry.price_unit is not None


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Stuck(where="in_queue"), GenerationState.IN_QUEUE),
        (Stuck(where="in_progress"), GenerationState.IN_PROGRESS),
        (Stuck(where="reviewing"), GenerationState.UNKNOWN),
    ],
    ids=["queued", "in progress", "unknown"],
)
def test_a_stuck_generation_is_neither_over_nor_failed(
    emulate: Emulate, timing: Timing, fault: Fault, state: GenerationState
) -> None:
    async def look(service: RunComfy) -> None:
        request_id = await service.submit(MODEL, ORDER)
        assert (await service.status(request_id)).state is state
        assert not (await service.result(request_id)).state.over

    with emulate(fault) as emulator:
        door(emulator, timing)(look)


@pytest.mark.parametrize(
    ("faults", "hint", "state"),
    [
        ((Stuck(where="in_queue"),), CancelAnswer.CANCELLED, GenerationState.CANCELLED),
        (
            (Stuck(where="in_queue"), OddCancel(answer="words_in_status")),
            CancelAnswer.CANCELLED,
            GenerationState.CANCELLED,
        ),
        (
            (Stuck(where="in_queue"), OddCancel(answer="cancellation_requested")),
            CancelAnswer.REQUESTED,
            GenerationState.CANCELLED,
        ),
        (
            (Stuck(where="in_progress"),),
            CancelAnswer.NOT_CANCELLABLE,
            GenerationState.IN_PROGRESS,
        ),
    ],
    ids=["queued", "words in status", "requested", "running"],
)
def test_a_cancel_is_a_hint_that_the_status_confirms(
    emulate: Emulate,
    timing: Timing,
    faults: tuple[Fault, ...],
    hint: CancelAnswer,
    state: GenerationState,
) -> None:
    async def cancel(service: RunComfy) -> None:
        request_id = await service.submit(MODEL, ORDER)
        assert await service.cancel(request_id) is hint
        assert (await service.status(request_id)).state is state

    with emulate(*faults) as emulator:
        door(emulator, timing)(cancel)


def test_a_cost_that_is_not_told_yet_is_unknown(emulate: Emulate, timing: Timing) -> None:
    with emulate(LateCost(after_s=86_400.0)) as emulator:
        _, result = door(emulator, timing)(ordered)

    assert (result.state, result.cost_usd) == (GenerationState.SUCCEEDED, None)


@pytest.mark.parametrize("how", ["cut_length", "cut_chunked", "server_error"])
def test_a_download_that_stumbles_twice_comes_home(
    emulate: Emulate, timing: Timing, tmp_path: Path, how: str
) -> None:
    part = tmp_path / "v.part"

    async def fetch(service: RunComfy) -> None:
        _, result = await ordered(service)
        await service.download(str(result.video_url), part, max_bytes=len(CLIP))

    with emulate(BreakDownload(how=how, times=2)) as emulator:  # type: ignore[arg-type]
        door(emulator, timing)(fetch)

    assert part.read_bytes() == CLIP


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("cut_length", DownloadBroken),
        ("empty", DownloadBroken),
        ("not_a_video", DownloadBroken),
        ("forbidden", VideoGone),
        ("gone", VideoGone),
        ("redirect", HostRefused),
    ],
)
def test_a_download_that_stays_broken_is_told_by_its_class(
    emulate: Emulate, timing: Timing, tmp_path: Path, how: str, error: type[SeedanceError]
) -> None:
    part = tmp_path / "v.part"

    async def fetch(service: RunComfy) -> None:
        _, result = await ordered(service)
        with pytest.raises(error):
            await service.download(str(result.video_url), part, max_bytes=len(CLIP))

    with emulate(BreakDownload(how=how)) as emulator:  # type: ignore[arg-type]
        door(emulator, timing)(fetch)

    assert not part.exists()

"""Where a shot stands: a table of every state of its takes, and of what a person may ask."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seedance_assets.core.assessment import (
    Assessment,
    ShotStatus,
    assess,
    assess_blocked,
    assess_retired,
    is_bought,
)
from seedance_assets.core.errors import ShotRefused
from seedance_assets.core.failures import FailureSettings
from seedance_assets.core.model_schema import InputValue, model_schema
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from tests.ledger.conftest import MODEL

NOW = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
SHOT = Shot(key="sh010", row=2, prompt="A boat.", first_frame="", settings={})
LIVING, DEAD = (lambda _take: False), (lambda take: take.state is TakeState.INTENT)
NOT_SENT: dict[str, Any] = {"error": "a word is missing", "error_kind": "RequestRefused"}
NO_SOUND: dict[str, Any] = {
    "error": "the sound was refused",
    "error_kind": "AudioModerated",
    "cost_usd": 0.0,
}
FREE: dict[str, Any] = {
    "error": "no gulls today",
    "error_kind": "GenerationFailed",
    "cost_usd": 0.0,
}


def make_request(prompt: str = "A boat.", *, audio: bool = True) -> GenerationRequest:
    inputs: dict[str, InputValue] = {"prompt": prompt, "generate_audio": audio}
    return GenerationRequest(MODEL, model_schema(MODEL).with_defaults(inputs), None)


REQUEST = make_request()
SILENT = make_request(audio=False)
BEFORE = make_request("A ship.")


def take(state: str, number: int = 1, **facts: Any) -> Take:
    """The `number`-th take of the shot: of its request, its first ordinal, if nothing is said."""
    request = facts.pop("of", REQUEST)
    unset: dict[str, Any] = dict.fromkeys(Take.__dataclass_fields__)
    usual = {
        "id": number,
        "shot": SHOT.key,
        "number": number,
        "fingerprint": request.fingerprint,
        "ordinal": 1,
        "model_id": MODEL,
        "request": {},
        "state": TakeState(state),
        "created_at": NOW,
        "owner": "here/17/mark",
        "resubmission": 0,
    }
    return Take(**(unset | usual | facts))


def assessed(
    *takes: Take,
    dead: bool = False,
    failures: FailureSettings | None = None,
    shot: Shot = SHOT,
    request: GenerationRequest = REQUEST,
    unreported: frozenset[tuple[str, int]] = frozenset(),
    **asked: Any,
) -> Assessment:
    return assess(
        shot,
        request,
        takes,
        RunOptions(**asked),
        is_abandoned=DEAD if dead else LIVING,
        failures=failures or FailureSettings(),
        unreported=unreported,
    )


def ordinals(found: Assessment) -> list[int]:
    return [bought.ordinal for bought in found.to_buy]


# -- one take, in each of its states -------------------------------------------------------------

# state, process is dead: status, takes to buy, doubtful, to collect, something went wrong
STATES = {
    "intent of a living process": ("intent", False, "in flight", 0, 0, 0, False),
    "intent of a dead process": ("intent", True, "unknown", 0, 1, 0, True),
    "submitted": ("submitted", False, "in flight", 0, 0, 1, False),
    "succeeded": ("succeeded", False, "in flight", 0, 0, 1, False),
    "stored": ("stored", False, "in flight", 0, 0, 1, False),
    "measured": ("measured", False, "up to date", 0, 0, 0, False),
    "failed": ("failed", False, "failed", 0, 0, 0, True),
    "retried": ("retried", False, "new", 1, 0, 0, False),
    "cancelled": ("cancelled", False, "new", 1, 0, 0, False),
    "withdrawn": ("withdrawn", False, "new", 1, 0, 0, False),
    "unknown": ("unknown", False, "unknown", 0, 1, 0, True),
    "written off": ("written_off", False, "new", 1, 0, 0, False),
}


def test_the_table_has_every_state_of_a_take() -> None:
    assert {row[0] for row in STATES.values()} == set(TakeState)


@pytest.mark.parametrize("row", STATES.values(), ids=STATES)
def test_a_shot_of_one_take_in_each_state(row: tuple[str, bool, str, int, int, int, bool]) -> None:
    state, dead, status, buys, doubtful, collects, wrong = row

    found = assessed(take(state), dead=dead)

    assert found.status.value == status
    assert (len(found.to_buy), len(found.doubtful)) == (buys, doubtful)
    assert (len(found.to_collect), found.went_wrong) == (collects, wrong)
    assert bool(found.reason) is (status not in {"up to date"} and state != "retried")
    assert bool(found.advice) is (wrong or status == "in flight")


@pytest.mark.parametrize("row", STATES.values(), ids=STATES)
def test_a_take_of_an_edited_row_is_nobodys_purchase_and_never_forgotten(
    row: tuple[str, bool, str, int, int, int, bool],
) -> None:
    state, dead, _, _, doubtful, collects, _ = row
    old = take(state, of=BEFORE)

    edited = assessed(old, dead=dead)
    gone = assess_retired([old], DEAD if dead else LIVING)
    broken = assess_blocked(ShotRefused("no"), [old], DEAD if dead else LIVING)

    assert (edited.status, ordinals(edited)) == (ShotStatus.CHANGED, [1])
    assert (gone.status, broken.status) == (ShotStatus.RETIRED, ShotStatus.BLOCKED)
    for found in (edited, gone, broken):
        assert (len(found.doubtful), len(found.to_collect)) == (doubtful, collects)
        assert (old.name in found.reason) is bool(doubtful or collects)
    assert not gone.to_buy
    assert not broken.to_buy


def test_a_shot_without_takes_is_new() -> None:
    found = assessed()

    assert (found.status, ordinals(found), found.reason) == (ShotStatus.NEW, [1], "")


def test_a_parked_take_is_at_the_service() -> None:
    found = assessed(take("submitted", parked_at=NOW))

    assert found.status is ShotStatus.PARKED
    assert [t.name for t in found.at_service] == ["sh010_t001"]
    assert "parked since" in found.reason


def test_what_a_collected_take_is_missing_is_told() -> None:
    found = assessed(take("succeeded", error="no such host", error_kind="HostRefused"))

    assert (found.status, found.went_wrong) == (ShotStatus.IN_FLIGHT, True)
    assert "no such host" in found.reason


def test_an_order_that_was_refused_is_told_and_bought_again() -> None:
    found = assessed(take("withdrawn", **NOT_SENT))

    assert (found.status, ordinals(found), found.went_wrong) == (ShotStatus.NEW, [1], True)
    assert "sh010_t001 was not ordered: " in found.reason


def test_only_the_latest_order_of_a_purchase_counts() -> None:
    found = assessed(take("withdrawn", 1, **NOT_SENT), take("cancelled", 2))

    assert not found.went_wrong
    assert found.reason == "sh010_t002 was cancelled at the service"


# -- several takes -------------------------------------------------------------------------------

PRESSING = ("unknown", "failed", "submitted", "measured")


@pytest.mark.parametrize("worse", PRESSING)
@pytest.mark.parametrize("better", PRESSING)
def test_of_two_takes_the_more_pressing_decides(worse: str, better: str) -> None:
    status = {"submitted": "in flight", "measured": "up to date"}
    pressing = min(worse, better, key=PRESSING.index)

    found = assessed(take(worse), take(better, 2, ordinal=2), takes=2)

    assert found.status.value == status.get(pressing, pressing)
    assert not found.to_buy


def test_a_row_that_asks_for_more_buys_the_difference() -> None:
    found = assessed(take("measured"), shot=SHOT.model_copy(update={"takes": 3}))

    assert (found.status, ordinals(found)) == (ShotStatus.MORE_TAKES, [2, 3])


def test_a_take_that_another_shot_bought_for_the_same_request_is_shared() -> None:
    found = assessed(take("measured", shot="sh020"))

    assert (found.status, found.to_buy) == (ShotStatus.UP_TO_DATE, ())


def test_a_run_that_may_not_buy_wants_what_there_is_and_buys_nothing() -> None:
    found = assessed(take("submitted", 1, ordinal=3), buy=False)

    assert (found.ordinals, found.to_buy) == ((1, 3), ())


def test_takes_are_measured_and_kept_though_the_row_asks_for_fewer() -> None:
    found = assessed(take("measured"), take("submitted", 2, ordinal=2), takes=1)
    kept = assessed(take("measured"), take("stored", 2, ordinal=2), takes=1)

    assert (found.status, found.ordinals) == (ShotStatus.UP_TO_DATE, (1,))
    assert [t.name for t in found.to_collect] == ["sh010_t002"]
    assert (kept.status, kept.ordinals) == (ShotStatus.IN_FLIGHT, (1, 2))


# -- a retake ------------------------------------------------------------------------------------


def test_a_retake_is_one_more_than_there_is() -> None:
    assert ordinals(assessed(take("measured"), retake="softer")) == [2]


@pytest.mark.parametrize(
    "how",
    [
        {"run_id": "now", "unreported": frozenset()},
        {"run_id": "another", "unreported": frozenset({(REQUEST.fingerprint, 2)})},
    ],
    ids=["by this run", "for the same words"],
)
def test_a_retake_that_was_bought_is_not_bought_again(how: dict[str, Any]) -> None:
    second = take("measured", 2, ordinal=2, run_id=how["run_id"])

    found = assessed(
        take("measured"), second, retake="softer", run_id="now", unreported=how["unreported"]
    )

    assert not found.to_buy
    assert "sh010_t002 was bought for the same --retake" in found.reason


# -- after a failure -----------------------------------------------------------------------------

SILENT_ALLOWED = FailureSettings(audio_fallback="silent")
TWICE = FailureSettings(resubmit=2)

# what failed, what the production allows, retry: the requests that are bought
REMEDIES = {
    "left to a person": (FREE, FailureSettings(), False, []),
    "a person asks": (FREE, FailureSettings(), True, [REQUEST]),
    "resubmitted": (FREE, TWICE, False, [REQUEST]),
    "the bound is reached": (FREE | {"resubmission": 2}, TWICE, False, []),
    "it was charged": (FREE | {"cost_usd": 0.1}, TWICE, False, []),
    "silent": (NO_SOUND, SILENT_ALLOWED, False, [SILENT]),
}


@pytest.mark.parametrize("row", REMEDIES.values(), ids=REMEDIES)
def test_what_is_bought_in_the_place_of_a_failed_take(
    row: tuple[dict[str, Any], FailureSettings, bool, list[GenerationRequest]],
) -> None:
    facts, failures, retry, bought = row

    found = assessed(take("failed", **facts), failures=failures, retry_failed=retry)
    collecting = assessed(take("failed", **facts), failures=failures, retry_failed=retry, buy=False)

    assert found.status is ShotStatus.FAILED
    assert [buys.request for buys in found.to_buy] == bought
    assert [buys.fingerprint for buys in found.to_buy] == [r.fingerprint for r in bought]
    assert not collecting.to_buy


# the silent take's state: status of the shot, requests that are bought
STAND_INS = {
    "intent": ("in flight", []),
    "submitted": ("in flight", []),
    "measured": ("up to date", []),
    "unknown": ("unknown", []),
    "failed": ("failed", []),
    "cancelled": ("failed", [SILENT]),
}


@pytest.mark.parametrize("state", STAND_INS)
def test_a_silent_take_stands_in(state: str) -> None:
    status, bought = STAND_INS[state]
    quiet = take(state, 2, of=SILENT, fallback_of=REQUEST.fingerprint, **FREE)

    found = assessed(take("failed", **NO_SOUND), quiet, failures=SILENT_ALLOWED)

    assert (found.status.value, [b.request for b in found.to_buy]) == (status, bought)
    stands_in = state != "cancelled"
    assert [t.name for t in found.stand_ins] == ["sh010_t002"] * stands_in
    assert [t.name for t in found.current] == ["sh010_t002" if stands_in else "sh010_t001"]


def test_a_silent_take_stays_if_the_fallback_is_switched_off_until_a_person_asks() -> None:
    loud = take("failed", **NO_SOUND)
    quiet = take("measured", 2, of=SILENT, fallback_of=REQUEST.fingerprint)

    assert assessed(loud, quiet).status is ShotStatus.UP_TO_DATE
    assert [b.request for b in assessed(loud, quiet, retry_failed=True).to_buy] == [REQUEST]


# -- the rest ------------------------------------------------------------------------------------


def test_a_row_that_cannot_be_asked_for_says_why() -> None:
    why = ShotRefused("row 2: no prompt", advice="Write one.")

    found = assess(SHOT, why, [], RunOptions(), is_abandoned=LIVING, failures=FailureSettings())

    assert found == Assessment(ShotStatus.BLOCKED, "row 2: no prompt", "Write one.")


@pytest.mark.parametrize("state", TakeState)
def test_whether_a_take_stands_for_its_purchase(state: TakeState) -> None:
    stands = {"intent", "submitted", "succeeded", "stored", "measured", "unknown"}

    assert is_bought(replace(take("intent"), state=state)) is (state.value in stands)

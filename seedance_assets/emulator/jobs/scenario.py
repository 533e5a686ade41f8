"""Scenarios: faults, the rules that assign them to orders, and the service's habits.

All of it is off by default and is plain frozen data, so that a test can write it inline and a
TOML file can use the same names (see `scenario_file.py` and the README).
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Question = Literal["status", "result", "cancel", "output"]
Call = Literal["submit"] | Question
ErrorName = Literal[
    "no_balance",
    "payment_required",
    "bad_token",
    "unauthorised",
    "permission_denied",
    "forbidden",
    "wrong_id",
    "not_found",
    "not_ready",
    "bad_request",
    "unprocessable",
    "moderated",
    "too_many",
    "error_in_200",
    "server_error",
    "bad_gateway",
    "unavailable",
]


class _Strict:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class RefuseSubmit(_Strict):
    """The order is refused and not charged."""

    kind: Literal["refuse_submit"] = "refuse_submit"
    answer: ErrorName = "no_balance"
    message: str | None = None
    retry_after_s: Count | None = None


@dataclass(frozen=True, kw_only=True)
class LoseAnswer(_Strict):
    """The connection is dropped without an answer; with `taken`, the order is still charged."""

    kind: Literal["lose_answer"] = "lose_answer"
    taken: bool = True


@dataclass(frozen=True, kw_only=True)
class OddSubmitAnswer(_Strict):
    """The order is accepted, but the answer has an unusual shape."""

    kind: Literal["odd_submit_answer"] = "odd_submit_answer"
    shape: Literal["accepted_202", "no_request_id"] = "accepted_202"


@dataclass(frozen=True, kw_only=True)
class FailJob(_Strict):
    """The job fails at its end and reports it in one of the observed shapes."""

    kind: Literal["fail_job"] = "fail_job"
    error: Literal["string", "object", "array", "absent"] = "string"
    message: str = "The model run failed."
    code: int = 500001
    shown_in: Literal["result", "status"] = "result"


@dataclass(frozen=True, kw_only=True)
class Spelling(_Strict):
    """Other spellings of the states; `upper_case` applies to all of them."""

    kind: Literal["spelling"] = "spelling"
    status_completed: str = "completed"
    status_cancelled: str = "cancelled"
    result_succeeded: str = "succeeded"
    upper_case: bool = False


@dataclass(frozen=True, kw_only=True)
class OddOutput(_Strict):
    """The result succeeds, but its `output` has an unusual shape."""

    kind: Literal["odd_output"] = "odd_output"
    shape: Literal["videos", "two_videos", "string", "list", "missing", "empty", "null"] = "videos"


@dataclass(frozen=True, kw_only=True)
class OddNotReady(_Strict):
    """What /result answers before the job has finished."""

    kind: Literal["odd_not_ready"] = "odd_not_ready"
    shape: Literal["not_ready", "bad_request"] = "not_ready"


@dataclass(frozen=True, kw_only=True)
class PassingFault(_Strict):
    """The first `times` calls of each kind fail, counted per kind; later calls succeed."""

    kind: Literal["passing_fault"] = "passing_fault"
    on: tuple[Question, ...] = ("status", "result")
    when: Literal["first", "completed"] = "completed"
    times: Count = 3
    answer: ErrorName | Literal["drop"] = "server_error"
    retry_after_s: Count | None = None


@dataclass(frozen=True, kw_only=True)
class SlowAnswer(_Strict):
    """Calls of a kind are answered late."""

    kind: Literal["slow_answer"] = "slow_answer"
    on: tuple[Call, ...] = ("submit",)
    delay_s: Seconds = 5.0


@dataclass(frozen=True, kw_only=True)
class Stuck(_Strict):
    """The job hangs: queued at position 0, in progress, or in an undocumented state."""

    kind: Literal["stuck"] = "stuck"
    where: Literal["in_queue", "in_progress", "reviewing"] = "in_progress"


@dataclass(frozen=True, kw_only=True)
class Pace(_Strict):
    """Queue and service times for this job, instead of those of the settings."""

    kind: Literal["pace"] = "pace"
    queue_s: Seconds | None = None
    service_s: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class OddCancel(_Strict):
    """Cancel answers unusually; with `takes_effect`, a queued job is still cancelled."""

    kind: Literal["odd_cancel"] = "odd_cancel"
    answer: Literal["cancellation_requested", "not_cancellable", "words_in_status"] = (
        "cancellation_requested"
    )
    takes_effect: bool = True


@dataclass(frozen=True, kw_only=True)
class BreakDownload(_Strict):
    """The first `times` downloads of the output fail; None: all of them.

    `gone` and `forbidden` begin `after_s` seconds after the URL was issued; reading the result
    again returns a new URL.
    """

    kind: Literal["break_download"] = "break_download"
    how: Literal[
        "cut_length",
        "cut_chunked",
        "empty",
        "forbidden",
        "gone",
        "wrong_type",
        "not_a_video",
        "redirect",
        "trickle",
        "server_error",
    ] = "cut_length"
    times: Count | None = None
    after_s: Seconds = 0.0
    location: str = "http://elsewhere.invalid/output.mp4"
    content_type: str = "text/html"
    bytes_per_s: Annotated[int, Field(ge=1)] = 20_000


@dataclass(frozen=True, kw_only=True)
class LateCost(_Strict):
    """The cost is missing until `after_s` seconds after the job's end; `inf`: forever."""

    kind: Literal["late_cost"] = "late_cost"
    after_s: Seconds = math.inf


@dataclass(frozen=True, kw_only=True)
class OddCost(_Strict):
    """The cost that is reported for the job, instead of its charge."""

    kind: Literal["odd_cost"] = "odd_cost"
    usd: Annotated[float, Field(allow_inf_nan=False)] = 40_500.0


@dataclass(frozen=True, kw_only=True)
class OddClip(_Strict):
    """The file differs: 24·d frames instead of 24·d+1, or a silent track that was not ordered."""

    kind: Literal["odd_clip"] = "odd_clip"
    frames: Literal["24d+1", "24d"] = "24d+1"
    silent_track: bool = False


@dataclass(frozen=True, kw_only=True)
class Defect(_Strict):
    """The clip is drawn with a typical fault of generated video; several can be combined.

    `at_s` is where a black, frozen, flickering or flashing stretch begins, and where a cut is;
    `for_s` is how long the stretch lasts, and how much too short a clip of wrong length is.
    """

    kind: Literal["defect"] = "defect"
    what: Literal[
        "black",
        "freeze",
        "cut",
        "flicker",
        "flash",
        "wrong_picture",
        "wrong_size",
        "wrong_length",
        "letterbox",
        "moving_camera",
        "silent_audio",
        "clipped_audio",
        "missing_audio",
    ] = "black"
    at_s: Seconds = 1.0
    for_s: Seconds = 1.0


Fault = (
    RefuseSubmit
    | LoseAnswer
    | OddSubmitAnswer
    | FailJob
    | Spelling
    | OddOutput
    | OddNotReady
    | PassingFault
    | SlowAnswer
    | Stuck
    | Pace
    | OddCancel
    | BreakDownload
    | LateCost
    | OddCost
    | OddClip
    | Defect
)


F = TypeVar("F", bound=Fault)


def first_of(faults: tuple[Fault, ...], kind: type[F]) -> F | None:
    """The first fault of a kind: if several match, the earlier rule wins."""
    return next((fault for fault in faults if isinstance(fault, kind)), None)


def delay_s(faults: tuple[Fault, ...], call: Call) -> float:
    """The delay before a call is answered, in seconds."""
    return sum(
        fault.delay_s for fault in faults if isinstance(fault, SlowAnswer) and call in fault.on
    )


@dataclass(frozen=True, kw_only=True)
class Rule(_Strict):
    """Assigns `faults` to every order that matches all conditions, at most `times` times.

    `prompt` is a part of the prompt, case-insensitive. `orders` are arrival numbers from 1,
    counted as long as the state folder exists. `audio` is whether sound was ordered.
    `probability` is decided by the scenario's seed, the input and how often it came before.
    """

    faults: tuple[Annotated[Fault, Field(discriminator="kind")], ...]
    prompt: str | None = None
    orders: tuple[Annotated[int, Field(ge=1)], ...] = ()
    audio: bool | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    times: Count | None = None


@dataclass(frozen=True, kw_only=True)
class Habits(_Strict):
    """How the service behaves where its documentation leaves it open."""

    bad_input: Literal["refused", "fails_later"] = "refused"
    picture_edges: Literal["strict", "inclusive"] = "strict"
    extra_keys: Literal["refused", "ignored"] = "refused"
    missing_required: Literal["refused", "filled"] = "refused"
    data_uris: bool = True
    picture_fetch: Literal["allowed", "refused"] = "allowed"
    picture_hosts: Literal["any", "public"] = "any"
    picture_fetch_delay_s: Seconds = 0.0
    price: Literal["present", "absent", "other_unit"] = "present"
    ids_expire_s: Seconds = math.inf
    outputs_expire_s: Seconds = math.inf
    most_at_once: Annotated[int, Field(ge=1)] | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario(_Strict):
    """A scenario: its seed, the service's habits, and the rules in order."""

    seed: int = 0
    habits: Habits = Habits()
    rules: tuple[Rule, ...] = ()

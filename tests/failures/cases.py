"""Every setting of the emulator's scenarios as a case, with the expected result.

A case gives the kind of failure (empty: the shot is done) and the number of charges, after a first
and after a second run. Everything else (sentences, states, money) is observed and written to
`docs/failures.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    Defect,
    ErrorName,
    FailJob,
    Fault,
    Habits,
    LateCost,
    LoseAnswer,
    OddCancel,
    OddClip,
    OddCost,
    OddNotReady,
    OddOutput,
    OddSubmitAnswer,
    Pace,
    PassingFault,
    RefuseSubmit,
    SlowAnswer,
    Spelling,
    Stuck,
)

Way = Literal["together", "alone", "parked", "stopped", "hurried", "own"]
SOUND = {"generate_audio": "true"}


@dataclass(frozen=True)
class Expected:
    """How a run ends, and how often it was charged."""

    kind: str = ""
    charges: int = 1


@dataclass(frozen=True)
class Case:
    """One setting of a fault, or a few."""

    title: str
    does: str
    first: Expected
    then: Expected
    faults: tuple[Fault, ...] = ()
    way: Way = "together"
    """In one run with others, in its own run, with short timeouts, stopped while queued, with an
    impatient client, or on its own emulator."""
    times: int | None = None
    """How many orders get the faults; None: all."""
    row: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)
    toml: str = ""

    @property
    def section(self) -> str:
        """The heading in the table: the fault's kind, or habits and settings."""
        return self.faults[0].kind if self.faults else "habits and settings"


DONE = Expected("", 1)
FREE = 0


def refused(kind: str) -> tuple[Expected, Expected]:
    """The order was not accepted; the next run may send it again."""
    return Expected(kind, FREE), Expected(kind, FREE)


_REFUSALS: dict[ErrorName, tuple[str, str, Way]] = {
    "no_balance": ("400002: no balance is left", "balance_too_low", "alone"),
    "payment_required": ("402 without a code", "balance_too_low", "alone"),
    "bad_token": ("400004: the token is missing, invalid or expired", "not_authorised", "alone"),
    "unauthorised": ("401 without a code", "not_authorised", "alone"),
    "permission_denied": ("403001: no permission", "not_authorised", "alone"),
    "forbidden": ('a gateway\'s 403 `{"message": "Forbidden"}`', "not_authorised", "alone"),
    "wrong_id": ("400001: the model's id is wrong", "unknown_model", "alone"),
    "not_found": ("404001: no such model", "unknown_model", "alone"),
    "error_in_200": ("HTTP 200 with error_code 400002", "balance_too_low", "alone"),
    "bad_request": ("a bare 400", "request_refused", "together"),
    "unprocessable": ("422 with `detail`", "request_refused", "together"),
    "moderated": ("422: the input may contain sensitive content", "moderated_input", "together"),
    "too_many": ("429, with no other order at the service", "throttled", "alone"),
    "not_ready": ("400005, which makes no sense for an order", "answer_lost", "alone"),
    "server_error": ("500: it may have been accepted before", "answer_lost", "alone"),
    "bad_gateway": ("502 in HTML: it may have been accepted before", "answer_lost", "alone"),
    "unavailable": ("503: it may have been accepted before", "answer_lost", "alone"),
}


def _refusals() -> list[Case]:
    cases = []
    for name, (does, kind, way) in _REFUSALS.items():
        first, then = refused(kind)
        if kind == "answer_lost":
            then = Expected("take_unknown", FREE)
        fault = RefuseSubmit(answer=name)
        cases.append(
            Case(f"refuse {name}", f"refused the order: {does}", first, then, (fault,), way)
        )
    return [
        *cases,
        Case(
            "refuse with words",
            "refused the order with a 403 and its own text: a real person in the first frame",
            *refused("moderated_input"),
            (RefuseSubmit(answer="forbidden", message="the input image may contain real person"),),
        ),
        Case(
            "refuse once with Retry-After",
            "refused the first order with 429, Retry-After 1 s; accepted the second",
            Expected("throttled", FREE),
            DONE,
            (RefuseSubmit(answer="too_many", retry_after_s=1),),
            "alone",
            times=1,
        ),
    ]


_REASONS = {
    "the input": ("InputImageSensitiveContentDetected.PrivacyInformation", "moderated_input"),
    "the video": ("OutputVideoSensitiveContentDetected", "moderated_video"),
    "the sound": ("The output audio may contain sensitive information.", "moderated_audio"),
    "something": ("content_policy_violation", "moderated"),
    "bad input": ("The image could not be decoded.", "input_failed"),
}


def _failed_jobs() -> list[Case]:
    failed = Expected("generation_failed", FREE)
    cases = [
        Case(
            f"fail with {shape}",
            f"accepted the order and failed it; the reason on /result: {shape}",
            failed,
            failed,
            (FailJob(error=shape, message="Out of film.", code=500007),),
        )
        for shape in ("string", "object", "array", "absent")
    ]
    for what, (reason, kind) in _REASONS.items():
        cases.append(
            Case(
                f"fail for {what}",
                f"failed the job: `{reason}`",
                Expected(kind, FREE),
                Expected(kind, FREE),
                (FailJob(message=reason),),
                row=SOUND,
            )
        )
    return [
        *cases,
        Case(
            "fail on status",
            "answered `failed` already on /status, which is not documented",
            failed,
            failed,
            (FailJob(shown_in="status"),),
        ),
        Case(
            "fail once",
            "failed the job; no retry was requested, so nothing was ordered",
            failed,
            failed,
            (FailJob(),),
            times=1,
        ),
        Case(
            "fail and charge",
            "failed the job but still charged it (setting `failed_jobs_charged`)",
            Expected("generation_failed", 1),
            Expected("generation_failed", 1),
            (FailJob(),),
            way="own",
            settings={"failed_jobs_charged": True},
        ),
    ]


def _answers() -> list[Case]:
    lost, unknown = Expected("answer_lost", 1), Expected("take_unknown", 1)
    return [
        Case("lose the answer", "accepted and charged the order, then dropped the connection",
             lost, unknown, (LoseAnswer(),), "alone"),
        Case("lose the order",
             "dropped the connection before it accepted the order, which looks the same",
             Expected("answer_lost", FREE), Expected("take_unknown", FREE),
             (LoseAnswer(taken=False),), "alone"),
        Case("answer 202", "answered 202 with a status and no addresses", DONE, DONE,
             (OddSubmitAnswer(shape="accepted_202"),)),
        Case("no request id", "accepted and charged the order, but returned no request id",
             lost, unknown, (OddSubmitAnswer(shape="no_request_id"),), "alone"),
        Case("answer too late", "accepted the order and answered after our client's timeout",
             lost, unknown, (SlowAnswer(on=("submit",), delay_s=1.5),), way="hurried"),
        Case("answer every call late", "answered each call after 0.1 s", DONE, DONE,
             (SlowAnswer(on=("submit", "status", "result", "output"), delay_s=0.1),)),
    ]  # fmt: skip


def _output(shape: str) -> OddOutput:
    return OddOutput(shape=shape)  # type: ignore[arg-type]  # the callers' words are its own


def _shapes() -> list[Case]:
    spellings = {
        "succeeded on status": Spelling(status_completed="succeeded"),
        "completed on result": Spelling(result_succeeded="completed"),
        "in upper case": Spelling(upper_case=True),
    }
    cases = [
        Case(f"spell {what}", f"spelled the state {what}", DONE, DONE, (fault,))
        for what, fault in spellings.items()
    ]
    for shape in ("videos", "two_videos", "string", "list"):
        does = f"returned the output as {shape!r}"
        cases.append(Case(f"output {shape}", does, DONE, DONE, (_output(shape),)))
    none = Expected("download_broken", 1)
    for shape in ("missing", "empty", "null"):
        does = f"succeeded with output {shape.replace('_', ' ')}"
        cases.append(Case(f"output {shape}", does, none, none, (_output(shape),)))
    for odd in ("not_ready", "bad_request"):
        does = f"answered /result before the end with {odd!r}"
        faults = (OddNotReady(shape=odd), FailJob(shown_in="status"), Pace(service_s=0.2))
        failed = Expected("generation_failed", FREE)
        cases.append(Case(f"result too early: {odd}", does, failed, failed, faults))
    pace = (Pace(queue_s=0.2, service_s=0.3),)
    return [*cases, Case("own pace", "used its own times", DONE, DONE, pace)]


def _passing_faults() -> list[Case]:
    names = [*get_args(ErrorName), "drop"]
    cases = [
        Case(
            f"pass {name}",
            f"answered the first /status with {name}, then correctly",
            DONE,
            DONE,
            (PassingFault(on=("status",), when="first", times=1, answer=name),),
        )
        for name in names
    ]
    return [
        *cases,
        Case(
            "pass at completion",
            "answered 500 three times when the job was done, then correctly",
            DONE,
            DONE,
            (PassingFault(on=("status", "result"), when="completed", times=3),),
        ),
        Case(
            "pass on output",
            "answered the first download with 503, Retry-After 0 s",
            DONE,
            DONE,
            (PassingFault(on=("output",), times=1, answer="unavailable", retry_after_s=0),),
        ),
        Case(
            "never known",
            "accepted and charged the order, then never recognised its id",
            Expected("generation_missing", 1),
            Expected("generation_missing", 1),
            (PassingFault(on=("status",), when="first", times=100_000, answer="not_found"),),
        ),
        Case(
            "never well",
            "accepted the order, then answered every /status with 500",
            Expected("service_fault", 1),
            Expected("service_fault", 1),
            (PassingFault(on=("status",), when="first", times=100_000),),
            "parked",
        ),
    ]


def _stuck() -> list[Case]:
    parked = Expected("still_running", 1)
    words = {
        "in_queue": "left the job at position 0 of the queue forever",
        "in_progress": "left the job in progress forever",
        "reviewing": "left the job in an undocumented state",
    }
    places: tuple[Literal["in_queue", "in_progress", "reviewing"], ...]
    places = ("in_queue", "in_progress", "reviewing")
    return [
        Case(f"stuck {place}", words[place], parked, parked, (Stuck(where=place),), "parked")
        for place in places
    ]


def _cancels() -> list[Case]:
    """The run is stopped while the job is queued, and requests its cancellation."""
    cancelled, runs_on = Expected("", FREE), Expected("", 1)
    queued = Pace(queue_s=60.0)
    odd: list[tuple[str, str, tuple[Fault, ...], Expected]] = [
        ("cancel", "cancelled the queued job", (), cancelled),
        ("cancel requested", "answered `cancellation_requested` and cancelled",
         (OddCancel(answer="cancellation_requested"),), cancelled),
        ("cancel requested in vain", "answered `cancellation_requested` but did not cancel",
         (OddCancel(answer="cancellation_requested", takes_effect=False),), runs_on),
        ("cancel denied", "answered `not_cancellable`",
         (OddCancel(answer="not_cancellable", takes_effect=False),), runs_on),
        ("cancel in other words", "put the outcome into `status`",
         (OddCancel(answer="words_in_status"),), cancelled),
        ("cancel spelled canceled", "called it `canceled`",
         (Spelling(status_cancelled="canceled"),), cancelled),
        ("cancel after a fault", "answered the first cancel with 502 in HTML",
         (PassingFault(on=("cancel",), when="first", times=1, answer="bad_gateway"),), cancelled),
        ("cancel late", "answered the cancel after 0.2 s",
         (SlowAnswer(on=("cancel",), delay_s=0.2),), cancelled),
    ]  # fmt: skip
    return [
        Case(title, does, first, DONE, (*faults, queued), "stopped", times=1)
        for title, does, faults, first in odd
    ]


def _downloads() -> list[Case]:
    broken, gone = Expected("download_broken", 1), Expected("video_gone", 1)
    whys: dict[str, tuple[str, Expected]] = {
        "cut_length": ("cut the video short of its Content-Length", broken),
        "cut_chunked": ("cut the video short, in chunks", broken),
        "empty": ("returned an empty file", broken),
        "forbidden": ("answered 403 for the video", gone),
        "gone": ("answered 404 for the video", gone),
        "wrong_type": ("sent the video as text/html", DONE),
        "not_a_video": ("sent something that is not a video", broken),
        "redirect": ("redirected to a host that is not allowed", Expected("host_refused", 1)),
        "server_error": ("answered 500 for the video", broken),
    }
    cases = [
        Case(f"download {how}", f"{does}, each time", first, first,
             (BreakDownload(how=how),))  # type: ignore[arg-type]  # the keys are its words
        for how, (does, first) in whys.items()
    ]  # fmt: skip
    return [
        *cases,
        Case("download slow", "sent the video very slowly", DONE, DONE,
             (BreakDownload(how="trickle", bytes_per_s=40_000),)),
        Case("download cut once", "cut the first download short", DONE, DONE,
             (BreakDownload(how="cut_length", times=1),)),
        Case("download gone after a time", "expired the first URL; the result returned a new one",
             DONE, DONE, (BreakDownload(how="gone", times=1, after_s=0.01),)),
        Case("download elsewhere", "redirected to another host", Expected("host_refused", 1),
             Expected("host_refused", 1),
             (BreakDownload(how="redirect", location="https://cdn.example.net/x.mp4"),)),
        Case("download of another type", "sent the video as application/json", DONE, DONE,
             (BreakDownload(how="wrong_type", content_type="application/json"),)),
    ]  # fmt: skip


def _costs_and_clips() -> list[Case]:
    return [
        Case("cost never reported", "never reported the cost of the take", DONE, DONE,
             (LateCost(),)),
        Case("cost reported late", "reported the cost of the take 60 s later", DONE, DONE,
             (LateCost(after_s=60.0),)),
        Case("cost too high", "reported a charge of 40500 USD; no further order is sent",
             DONE, DONE, (OddCost(usd=40_500.0),), "own"),
        Case("cost that cannot be", "reported a charge of 1e308 USD, which is ignored", DONE, DONE,
             (OddCost(usd=1e308),)),
        Case("frames", "sent 24·d frames instead of 24·d+1", DONE, DONE,
             (OddClip(frames="24d"),), "own", settings={"clip": None}),
        Case("silent track", "sent a silent track although no sound was ordered", DONE, DONE,
             (OddClip(silent_track=True, frames="24d+1"),), "own", settings={"clip": None}),
    ]  # fmt: skip


def _defects() -> list[Case]:
    """Clips with typical faults of generated video: the take is done; the rules check the clip."""
    kinds = get_args(get_type_hints(Defect)["what"])
    return [
        Case(
            f"defect {what}",
            "drew a clip with this defect: it is paid for, kept, and checked by the quality rules",
            DONE,
            DONE,
            (Defect(what=what, at_s=1.5, for_s=0.8),),
            "own",
            row=SOUND if "audio" in what else {},
            settings={"clip": None},
        )
        for what in kinds
    ]


def _habits_and_settings() -> list[Case]:
    def own(
        title: str, does: str, first: Expected, then: Expected | None = None, **how: Any
    ) -> Case:
        return Case(title, does, first, then or first, way="own", **how)

    refused_input, edge = Expected("request_refused", FREE), Expected("frame_refused", FREE)
    catalogue = '\n[price]\nsource = "catalogue"\n'
    return [
        own("no data URIs", "accepts only links and refused our picture at once", refused_input,
            habits=Habits(data_uris=False)),
        own("no data URIs, failed later", "accepts only links and failed the job for our picture",
            Expected("input_failed", FREE),
            habits=Habits(data_uris=False, bad_input="fails_later")),
        own("edges strict", "refuses a picture of exactly 300 px; our own check refuses it first",
            edge, row={"first_frame": "edge.png"}, habits=Habits(picture_edges="strict")),
        own("edges inclusive",
            "accepts a picture of exactly 300 px; our check follows the schema's text",
            edge, row={"first_frame": "edge.png"}, habits=Habits(picture_edges="inclusive")),
        own("extra keys ignored", "ignores unknown inputs; we send none", DONE,
            habits=Habits(extra_keys="ignored")),
        own("missing filled", "fills in missing inputs; we send all of them", DONE,
            habits=Habits(missing_required="filled")),
        own("no picture fetched", "fetches no links; a picture beside the sheet needs none", DONE,
            habits=Habits(picture_fetch="refused", picture_fetch_delay_s=0.1)),
        own("public hosts only", "fetches from public hosts only; our picture comes inside", DONE,
            habits=Habits(picture_hosts="public")),
        own("price absent", "reports no price, and production.toml has none",
            Expected("price_unknown", FREE), habits=Habits(price="absent"), toml=catalogue),
        own("price by the video", "reports a price per video", DONE,
            habits=Habits(price="other_unit"), toml=catalogue),
        own("ids expire", "forgets a job when it is done", Expected("generation_missing", 1),
            habits=Habits(ids_expire_s=0.0)),
        own("outputs expire", "no longer serves a video when it is done",
            Expected("video_gone", 1), habits=Habits(outputs_expire_s=0.0)),
        own("few at once", "accepts one job at a time and refuses others with 429", DONE,
            habits=Habits(most_at_once=1)),
        own("another token", "accepts only another token", Expected("not_authorised", FREE),
            settings={"token": "another"}),
        own("balance too low", "has a balance lower than the price of the take",
            Expected("balance_too_low", FREE), settings={"balance_usd": 0.01}),
        own("balance below zero", "has a negative balance",
            Expected("balance_too_low", FREE), settings={"balance_usd": -5.0}),
    ]  # fmt: skip


CASES: tuple[Case, ...] = (
    *_refusals(),
    *_answers(),
    *_failed_jobs(),
    *_shapes(),
    *_passing_faults(),
    *_stuck(),
    *_cancels(),
    *_downloads(),
    *_costs_and_clips(),
    *_defects(),
    *_habits_and_settings(),
)

"""All errors, on one page.

Each error knows its short name in the ledger and for programs (`code`, which never changes); its
name in messages (`label`); whether the shot may be retried automatically for free (`retryable`);
what has been paid for the take (`charge`); whether the same order may have another result next time
(`may_differ`); and what the user should do (`advice`). Branches end in *Error*; leaves say what
happened. The exit codes are those of sysexits.h.
"""

from enum import StrEnum
from typing import ClassVar, Self

from seedance_assets.core.next_step import Action, NextStep, in_terminal
from seedance_assets.core.redaction import redact


class Charge(StrEnum):
    """What has been paid for a take by the time of its failure."""

    NOTHING = "nothing"
    CHARGED = "charged"
    """It is ordered and paid for once, or will be. It is in the ledger and is not paid again."""
    UNKNOWN = "unknown"
    """The service may bill it; the program cannot find out."""


ERRORS: dict[str, type["SeedanceError"]] = {}
"""Every error by its code."""


class SeedanceError(Exception):
    """What went wrong, in one sentence, with the facts that help to correct it.

    Secrets from the environment are removed from message and advice.
    """

    code: ClassVar[str] = "error"
    label: ClassVar[str] = "our own bug"
    retryable: bool = False
    may_differ: ClassVar[bool] = False
    exit_code: int = 70  # EX_SOFTWARE
    charge: Charge = Charge.NOTHING
    advice: str = ""
    """What a person should do, in the words of the terminal."""
    next_step: NextStep | None = None
    """The same, if its words depend on the place; `advice` follows from it."""

    def __init_subclass__(cls, *, code: str) -> None:
        cls.code = code
        if "advice" in vars(cls):
            cls.next_step = None  # not that of the class above
        elif cls.next_step is not None:
            cls.advice = in_terminal(cls.next_step)
        if ERRORS.setdefault(code, cls) is not cls:
            raise TypeError(f"{cls.__name__}: the code {code!r} is taken")

    def __init__(
        self, message: str, *, advice: str | NextStep | None = None, **facts: object
    ) -> None:
        super().__init__(redact(message))
        self.facts = facts
        if advice is not None:
            self.next_step = advice if isinstance(advice, NextStep) else None
            self.advice = redact(in_terminal(advice) if isinstance(advice, NextStep) else advice)

    def with_charge(self, charge: Charge) -> Self:
        """This error, where more is known of the charge than its kind can say."""
        self.charge = charge
        return self


class InputError(SeedanceError, code="bad_input"):
    """Invalid input from the user."""

    label = "bad input"
    exit_code = 65  # EX_DATAERR


class UsageError(InputError, code="bad_usage"):
    """The command has invalid options or arguments."""

    exit_code = 64  # EX_USAGE


class InputMissing(InputError, code="input_missing"):
    """A given file does not exist or cannot be read."""

    exit_code = 66  # EX_NOINPUT


class SheetRefused(InputError, code="sheet_refused"):
    """The whole sheet cannot be used: empty, not a table, a column missing."""


class ShotRefused(InputError, code="shot_refused"):
    """A shot's row has problems; it was never sent."""

    advice = "Correct the row in the sheet and run again; nothing was paid for."


class FrameRefused(InputError, code="frame_refused"):
    """A first frame is not a picture, or breaks a rule of the model."""

    advice = "Replace the picture and run again; nothing was paid for."

    def afresh(self) -> Self:
        """A copy for another shot, so that each raised error has its own traceback."""
        return type(self)(str(self), advice=self.advice, **self.facts)


class FrameOutOfReach(FrameRefused, code="frame_out_of_reach"):
    """The host of a first frame's link did not answer or reported an error."""

    label = "first frame out of reach"
    retryable = True
    exit_code = 75  # EX_TEMPFAIL
    advice = (
        "Check the link and the network and run again, or download the file and give its path; "
        "nothing was paid for."
    )


class FrameNotDelivered(SeedanceError, code="frame_not_delivered"):
    """A first frame could not be delivered to the service; nothing was ordered."""

    label = "first frame out of reach"
    exit_code = 69  # EX_UNAVAILABLE
    advice = (
        "Check [first_frames] in production.toml and the network, then run again; nothing was "
        "paid for."
    )


class SettingsRefused(InputError, code="settings_refused"):
    """The production's settings or the environment are invalid."""

    exit_code = 78  # EX_CONFIG


class ServiceError(SeedanceError, code="service_error"):
    """The service, or the connection to it, failed or refused."""

    label = "service fault"
    exit_code = 69  # EX_UNAVAILABLE

    @property
    def retry_after_s(self) -> float | None:
        """The delay that the service requested, if any."""
        asked_s = self.facts.get("retry_after_s")
        return asked_s if isinstance(asked_s, int | float) else None


class NotAuthorised(ServiceError, code="not_authorised"):
    """The token is missing, wrong, expired or not allowed."""

    label = "auth"
    exit_code = 77  # EX_NOPERM
    advice = "Check the provider's token, then run again; nothing was paid for."


class BalanceTooLow(ServiceError, code="balance_too_low"):
    """The service refused a request because of the balance; nothing was generated."""

    label = "balance"
    advice = "Top up the account and run again: no take was paid for."


class UnknownModel(ServiceError, code="unknown_model"):
    """The service does not know the model."""

    label = "bad input"
    exit_code = 78  # EX_CONFIG
    advice = "Check `model` in production.toml."


class RequestRefused(ServiceError, code="request_refused"):
    """The service refused the input and accepted no order."""

    label = "bad input"
    exit_code = 65  # EX_DATAERR
    advice = "Change what the service objects to in the sheet and run again; nothing was paid for."


class Throttled(ServiceError, code="throttled"):
    """The service asks us to retry later. A refused order is not sent again automatically."""

    label = "throttled"
    may_differ = True
    exit_code = 75  # EX_TEMPFAIL
    advice = "Run again later, or lower `in_flight` in production.toml; nothing was paid for."


class ServiceFault(ServiceError, code="service_fault"):
    """A free call failed: 5xx, a broken connection, no JSON."""

    charge = Charge.CHARGED
    retryable = True
    exit_code = 75  # EX_TEMPFAIL
    advice = "Run again later: paid takes are in the ledger and will be collected for free."


class NeverSent(ServiceError, code="no_connection"):
    """There was no connection, so the order was never sent; nothing was bought."""

    label = "no connection"
    may_differ = True
    advice = "Check the network and the service's address, then run again; nothing was paid for."


class NotOrdered(ServiceError, code="not_ordered"):
    """There is no such take, and this run may not buy one."""

    label = "not ordered"
    exit_code = 64  # EX_USAGE
    advice = "Materialise `generation` as well, or run `seedance produce`: only these buy."


class AnswerLost(ServiceError, code="answer_lost"):
    """The order was sent but its answer did not arrive: it may be running and may be billed."""

    label = "lost answer"
    charge = Charge.UNKNOWN
    advice = (
        "Only a person can resolve this: look for the take on the service's Generations page. "
        "It is not sent again automatically."
    )


class OrdersStopped(ServiceError, code="orders_stopped"):
    """The answers to earlier orders were lost, so this one was not sent."""

    label = "orders stopped"
    exit_code = 75  # EX_TEMPFAIL
    advice = (
        "Check the unknown takes (`seedance ledger list`), then run again; nothing was paid for "
        "this shot."
    )


class OtherAccount(ServiceError, code="other_account"):
    """The generation belongs to another account than the token."""

    label = "auth"
    charge = Charge.CHARGED
    exit_code = 77  # EX_NOPERM
    advice = (
        "Set the token that ordered it and run again: the take is paid for and "
        "will be collected for free."
    )


class GenerationMissing(ServiceError, code="generation_missing"):
    """The service does not know, or no longer knows, the generation."""

    label = "not found or expired"
    charge = Charge.UNKNOWN
    advice = (
        "Run again later, with the token that ordered it. If it is permanently gone, "
        "use `seedance ledger write-off`, and the next run buys it again."
    )


class GenerationFailed(ServiceError, code="generation_failed"):
    """The service accepted the order but delivered no video."""

    may_differ = True
    charge = Charge.UNKNOWN
    next_step = NextStep("Read the reason; change the shot", Action.RETRY_FAILED)


class InputFailed(GenerationFailed, code="input_failed"):
    """The service accepted the order and refused its input later."""

    label = "bad input"
    may_differ = False
    exit_code = 65  # EX_DATAERR
    advice = "Change what the service objects to in the sheet, then run again."


class Moderated(GenerationFailed, code="moderated"):
    """The service's moderation refused the take without saying what it refused."""

    label = "moderation"
    may_differ = False
    exit_code = 65  # EX_DATAERR
    next_step = NextStep("Change the prompt or the first frame", Action.RETRY_FAILED)


class InputModerated(Moderated, code="moderated_input"):
    """Moderation refused the input: the prompt or the first frame."""

    label = "moderation of input"
    advice = "Change the prompt or the first frame, then run again; a real face is refused too."


class VideoModerated(Moderated, code="moderated_video"):
    """Moderation refused the generated pictures."""

    label = "moderation of output (video)"
    may_differ = True
    next_step = NextStep("Each video is another: change the shot", Action.RETRY_FAILED)


class AudioModerated(Moderated, code="moderated_audio"):
    """Moderation refused the generated sound, but not the pictures."""

    label = "moderation of output (audio)"
    may_differ = True
    next_step = NextStep(
        'Have it made without sound: audio_fallback = "silent" in [failures] of production.toml, '
        "or TRUE in the row's column audio_fallback",
        Action.RETRY_FAILED,
    )


class GenerationCancelled(ServiceError, code="generation_cancelled"):
    """The generation was cancelled before it began."""

    label = "cancelled"
    advice = "Run again to order it once more."


class OutOfPatience(ServiceError, code="still_running"):
    """The take is still running after the hard time limit; it continues and is parked."""

    label = "still running"
    charge = Charge.CHARGED
    exit_code = 75  # EX_TEMPFAIL
    advice = "Run again later: the take is in the ledger and will be collected for free."


class BudgetSpent(SeedanceError, code="budget_spent"):
    """An order would exceed a cap of the production's budget; it was not sent."""

    label = "budget"
    exit_code = 73  # EX_CANTCREAT: the take may not be created
    advice = "Raise the cap in [budget] of production.toml and run again; nothing was paid for."


class PlanOutdated(SeedanceError, code="plan_outdated"):
    """A run would buy something else than the plan by which it was approved; nothing was sent."""

    label = "plan changed"
    exit_code = 73  # EX_CANTCREAT: what was asked for may not be made
    advice = (
        "Nothing was bought. Look at the plan again (`seedance plan`, or `production_plan` in "
        "Dagster), then start the run anew."
    )


class PriceUnknown(SeedanceError, code="price_unknown"):
    """The price of a take is unknown, and buying at an unknown price is not allowed."""

    label = "budget"
    exit_code = 78  # EX_CONFIG
    next_step = NextStep(
        "Nothing was paid for. Write the rates into [price] of production.toml",
        Action.ACCEPT_UNKNOWN_COST,
    )


class DownloadError(SeedanceError, code="download_failed"):
    """A video that was paid for was not downloaded."""

    label = "download broken"
    charge = Charge.CHARGED
    exit_code = 75  # EX_TEMPFAIL


class HostRefused(DownloadError, code="host_refused"):
    """The video is on a host that is not allowed."""

    exit_code = 77  # EX_NOPERM
    advice = "If you trust the host, add it to SEEDANCE_DOWNLOAD_HOSTS and run again for free."


class DownloadBroken(DownloadError, code="download_broken"):
    """The video is incomplete, empty, or not a video."""

    retryable = True
    advice = "Run again: the take is paid for and will be fetched for free."


class VideoGone(DownloadError, code="video_gone"):
    """The service no longer serves the video (403, 404, 410)."""

    retryable = True  # after reading the result again, for a new URL
    advice = "Run again soon: result URLs expire, and each run gets a new one."


class ClipRefused(SeedanceError, code="clip_unreadable"):
    """The downloaded file cannot be measured as a video."""

    label = "download broken"
    charge = Charge.CHARGED
    exit_code = 65  # EX_DATAERR
    advice = "Check the file; if it is broken, delete it and run again to download it for free."


class ClipCrashed(ClipRefused, code="measuring_crashed"):
    """The process that measures clips cannot start, or failed twice on this one."""

    advice = (
        "Run `seedance doctor`: it measures a test clip. The take is paid for and stored; "
        "the next run measures it again for free."
    )


class QualityRefused(SeedanceError, code="quality_refused"):
    """A rule of a blocking family fails, so the shot does not count as measured."""

    exit_code = 65  # EX_DATAERR
    advice = (
        "Watch the clip. Change the shot and run again, or change the limits in [quality] in "
        "production.toml (per shot: [quality.shots.NAME]): judging again is free."
    )


class LedgerError(SeedanceError, code="ledger_error"):
    """The ledger cannot do the operation."""

    label = "storage"
    exit_code = 74  # EX_IOERR


class LedgerBehind(LedgerError, code="ledger_behind"):
    """Known paid takes are missing in the ledger: buying now might pay for them again."""

    advice = (
        "`seedance ledger rebuild` restores them for free; or first restore a copy of the ledger "
        "from `backups/` in SEEDANCE_HOME. Nothing was bought."
    )


class TakeUnknown(LedgerError, code="take_unknown"):
    """The answer to an earlier order of this take was lost; a person must resolve it."""

    label = "lost answer"
    charge = Charge.UNKNOWN
    exit_code = 75  # EX_TEMPFAIL
    advice = AnswerLost.advice


class TransitionRefused(LedgerError, code="transition_refused"):
    """A take cannot change from its state to that one: a bug, or two concurrent writers."""

    label = "our own bug"
    exit_code = 70  # EX_SOFTWARE


class StorageError(SeedanceError, code="storage_error"):
    """A file cannot be written or read."""

    label = "storage"
    exit_code = 74  # EX_IOERR
    advice = (
        "Check the disk and the permissions of SEEDANCE_HOME, then run again; paid takes are kept."
    )


class StorageFull(StorageError, code="storage_full"):
    """The disk is full."""

    label = "storage full"
    advice = "Free some space, then run again; paid takes are kept and will be collected for free."


class Defect(SeedanceError, code="defect"):
    """An unexpected error. It affects only its shot; the others continue."""

    charge = Charge.UNKNOWN
    advice = (
        "This is a bug in this program: please report it with the log. Paid takes are in the "
        "ledger and are never paid for again."
    )


class NoticeError(SeedanceError, code="notice_failed"):
    """A message about a run was not delivered; nothing else is affected."""

    exit_code = 69  # EX_UNAVAILABLE
    advice = "Check [notices] in production.toml and the address in the environment."


class NoticeNotTaken(NoticeError, code="notice_not_taken"):
    """The message was not accepted: no connection, or the receiver refused it."""

    retryable = True


class NoticeDoubtful(NoticeError, code="notice_unconfirmed"):
    """The message was sent without an answer; it may have arrived, so it is not sent again."""

"""Response bodies about a job: sections 2.2 to 2.4, and the variants that were observed."""

from datetime import UTC, datetime
from typing import Any

from seedance_assets.emulator.api import addresses
from seedance_assets.emulator.api.answers import Answer, error
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    FailJob,
    LateCost,
    OddCancel,
    OddCost,
    OddNotReady,
    OddOutput,
    Spelling,
)

_Body = dict[str, Any]


def true_status(job: Job) -> str:
    """A job's actual status, without the odd spellings of a scenario."""
    if job.state == "completed":
        return "failed" if job.failure else "succeeded"
    return job.state


def status_body(job: Job, position: int | None, root: str) -> _Body:
    """The body of /status; `position` is given only while the job is queued."""
    body: _Body = {"request_id": job.request_id, "status": _status_word(job)}
    if position is not None:
        body["queue_position"] = 0 if job.stuck == "in_queue" else position
    failure = job.failure
    if job.state == "completed" and failure and failure.shown_in == "status":
        body["error"] = failure.message
    return body | addresses.of_request(root, job.request_id, cancel=False)


def _status_word(job: Job) -> str:
    spelling = job.fault(Spelling) or Spelling()
    failure = job.failure
    word: str = job.state
    if job.state == "in_progress" and job.stuck == "reviewing":
        word = "reviewing"
    elif job.state == "completed":
        in_status = failure is not None and failure.shown_in == "status"
        word = "failed" if in_status else spelling.status_completed
    elif job.state == "cancelled":
        word = spelling.status_cancelled
    return word.upper() if spelling.upper_case else word


def odd_not_ready(job: Job) -> Answer | None:
    """The error that /result returns for an unfinished job with that fault, else None."""
    odd = job.fault(OddNotReady)
    return None if odd is None else error(odd.shape)


def result_body(job: Job, root: str, now: float) -> _Body:
    """The body of /result, without the cost."""
    body: _Body = {"request_id": job.request_id, "status": _result_word(job)}
    if job.state == "completed":
        if failure := job.failure:
            body |= _error_field(failure)
        else:
            body |= _output_field(job, root, now)
    body["created_at"] = _timestamp(job.accepted_at)
    if job.finished_at is not None:
        body["finished_at"] = _timestamp(job.finished_at)
    return body


def _result_word(job: Job) -> str:
    if job.state != "completed":
        return _status_word(job)
    spelling = job.fault(Spelling) or Spelling()
    word = "failed" if job.failure else spelling.result_succeeded
    return word.upper() if spelling.upper_case else word


def _error_field(failure: FailJob) -> _Body:
    shapes: dict[str, _Body] = {
        "string": {"error": failure.message},
        "object": {"error": {"type": "ModelError", "message": failure.message}},
        "array": {
            "error": [{"errorCode": failure.code, "error": failure.message, "debugInfo": ""}]
        },
        "absent": {},
    }
    return shapes[failure.error]


def _output_field(job: Job, root: str, now: float) -> _Body:
    fault = job.fault(BreakDownload)
    fresh = fault is not None and fault.how in {"gone", "forbidden"}
    url = addresses.of_output(root, job.output, now if fresh else job.finished_at or now)
    odd = job.fault(OddOutput)
    shapes: dict[str, _Body] = {
        "video": {"output": {"video": url}},
        "videos": {"output": {"videos": [url]}},
        "two_videos": {"output": {"videos": [url, url.replace("_output", "_second")]}},
        "string": {"output": url},
        "list": {"output": [url]},
        "missing": {},
        "empty": {"output": {}},
        "null": {"output": None},
    }
    return shapes["video" if odd is None else odd.shape]


def cost_of(job: Job, now: float) -> float | None:
    """The cost of a finished job (0 if it was not charged); None until it is known."""
    if not job.finished or job.finished_at is None:
        return None
    late = job.fault(LateCost)
    if late is not None and now < job.finished_at + late.after_s:
        return None
    odd = job.fault(OddCost)
    if odd is not None:
        return odd.usd
    return job.usd if job.charged else 0.0


def cancel_body(job: Job, odd: OddCancel | None, *, done: bool) -> _Body:
    """The body of a cancel; `done` means that this call ended the job."""
    outcome = "cancelled" if done else "not_cancellable"
    # The documented example pairs status `completed` with outcome `cancelled`.
    body = {
        "request_id": job.request_id,
        "status": "completed" if done else job.state,
        "outcome": outcome,
    }
    if odd is None:
        return body
    if odd.answer == "cancellation_requested":
        return body | {"status": "cancelled", "outcome": "cancellation_requested"}
    if odd.answer == "not_cancellable":
        return body | {"status": job.state, "outcome": "not_cancellable"}
    return {"request_id": job.request_id, "status": outcome}


def _timestamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")

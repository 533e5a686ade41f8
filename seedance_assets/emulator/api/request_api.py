"""The calls about requests: status, result, cancel, and the charges."""

from collections.abc import Callable
from typing import Any

from seedance_assets.emulator.api import addresses, replies
from seedance_assets.emulator.api.answers import Answer, refusal
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.scenario import Call, OddCancel, Question, delay_s
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.jobs.transient_faults import apply_transient_faults
from seedance_assets.emulator.settings import EmulatorSettings


class RequestApi:
    """Answers calls about jobs from the stored state."""

    def __init__(
        self, settings: EmulatorSettings, store: Store, wake_workers: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._store = store
        self._wake_workers = wake_workers

    def status(self, request_id: str, root: str) -> Answer:
        """GET /v1/requests/{id}/status."""
        job = self._look_up(request_id, "status")
        position = self._store.queue_position(job) if job.state == "in_queue" else None
        return self._paced(job, "status", replies.status_body(job, position, root))

    def result(self, request_id: str, root: str, include_cost: bool) -> Answer:
        """GET /v1/requests/{id}/result."""
        job = self._look_up(request_id, "result")
        if not job.finished and (odd := replies.odd_not_ready(job)):
            return odd
        now = self._settings.clock()
        body = replies.result_body(job, root, now)
        if include_cost and (cost := replies.cost_of(job, now)) is not None:
            body["cost"] = cost
        return self._paced(job, "result", body)

    def cancel(self, request_id: str) -> Answer:
        """POST /v1/requests/{id}/cancel: only a queued job is cancelled."""
        job = self._look_up(request_id, "cancel")
        odd = job.fault(OddCancel)
        done = False
        if odd is None or odd.takes_effect:
            done = self._store.cancel(request_id, self._settings.clock())
        job = self._found(request_id)
        return self._paced(job, "cancel", replies.cancel_body(job, odd, done=done), 202)

    def charges(self) -> Answer:
        """GET /_emulator/charges: what a real service would have billed."""
        self._catch_up()
        jobs = self._store.all_jobs()
        charged = [job for job in jobs if job.charged]
        return Answer(
            {
                "charges": len(charged),
                "usd": round(sum(job.usd for job in charged), 6),
                "requests": [self._charge(job) for job in jobs],
            }
        )

    def _charge(self, job: Job) -> dict[str, Any]:
        schema = self._settings.schemas.get(job.model_id)
        prompt = None if schema is None else job.inputs.get(schema.roles.get("prompt", ""))
        return {
            "request_id": job.request_id,
            "model_id": job.model_id,
            "prompt": prompt,
            "status": replies.true_status(job),
            "usd": job.usd,
            "charged": job.charged,
        }

    def _catch_up(self) -> None:
        self._store.catch_up(self._settings.clock(), self._settings.slots)

    def _look_up(self, request_id: str, question: Question) -> Job:
        if not addresses.REQUEST_ID.fullmatch(request_id):
            raise refusal("wrong_id", "Malformed request_id.")
        self._catch_up()
        job = self._found(request_id)
        if job.drawn_at is None:
            self._wake_workers()  # the process that was drawing it may have died
        expire_s = self._settings.scenario.habits.ids_expire_s
        if job.finished_at is not None and self._settings.clock() - job.finished_at >= expire_s:
            raise refusal("not_found")
        apply_transient_faults(self._store, job, question)
        return job

    def _found(self, request_id: str) -> Job:
        job = self._store.find(request_id)
        if job is None:
            raise refusal("not_found")
        return job

    @staticmethod
    def _paced(job: Job, call: Call, body: Any, status: int = 200) -> Answer:
        return Answer(body, status, delay_s=delay_s(job.faults, call))

"""Receive an order: check, price, then accept and charge it, or refuse it."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.emulator.api import addresses
from seedance_assets.emulator.api.answers import Answer, Refused, error, refusal
from seedance_assets.emulator.api.order import (
    Problem,
    fill_defaults,
    problems_with,
    read_body,
    read_order,
)
from seedance_assets.emulator.api.price import Rates
from seedance_assets.emulator.drawing.pictures import PictureRefused, examine
from seedance_assets.emulator.jobs.clip_plan import ClipPlan, final_plan, plan_clip
from seedance_assets.emulator.jobs.fault_selection import select_faults
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.scenario import (
    FailJob,
    Fault,
    LoseAnswer,
    OddSubmitAnswer,
    Pace,
    RefuseSubmit,
    Stuck,
    delay_s,
    first_of,
)
from seedance_assets.emulator.jobs.scenario_file import faults_as_text
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.settings import EmulatorSettings


@dataclass(frozen=True, slots=True)
class Draft:
    """A parsed submit; `address` is the URL of its picture, None if it has problems."""

    schema: ModelSchema
    inputs: Mapping[str, Any]
    faults: tuple[Fault, ...]
    problems: tuple[Problem, ...]
    address: str | None


@dataclass(frozen=True, slots=True)
class _Work:
    """What is needed to carry out a valid order, and its price."""

    picture: bytes
    plan: ClipPlan
    usd: float


class OrderIntake:
    """Turns submits into jobs: `read`, then the caller fetches the picture, then `accept`."""

    def __init__(
        self, settings: EmulatorSettings, store: Store, wake_workers: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._store = store
        self._wake_workers = wake_workers
        self._rates = Rates(
            settings.usd_per_million_tokens_with_audio, settings.usd_per_million_tokens_silent
        )

    def read(self, model_id: str, raw: bytes) -> Draft:
        """Parse a submit and select its faults. Raises `Refused` if it cannot be parsed."""
        schema = self._settings.schemas.get(model_id)
        if schema is None:
            raise refusal("wrong_id", f"Unknown model_id: {model_id[:200]!a}.")
        body = read_body(raw)
        habits = self._settings.scenario.habits
        inputs = fill_defaults(body, schema, habits)
        faults = self._select_faults(body, inputs, schema)
        _raise_if_refused(faults)
        problems = tuple(problems_with(body, schema, habits))
        address = None if problems else read_order(inputs, schema).picture
        return Draft(schema, inputs, faults, problems, address)

    def _select_faults(
        self, body: Mapping[str, Any], inputs: Mapping[str, Any], schema: ModelSchema
    ) -> tuple[Fault, ...]:
        prompt = inputs.get(schema.roles.get("prompt", ""))
        return select_faults(
            self._settings.scenario,
            self._store,
            body,
            prompt=prompt if isinstance(prompt, str) else "",
            audio=inputs.get(schema.roles.get("audio", "")) is True,
        )

    def accept(self, draft: Draft, picture: bytes | PictureRefused, root: str) -> Answer:
        """Answer a submit whose picture was fetched or refused. Raises `Refused`."""
        work = draft.problems or self._plan_work(draft, picture)
        if isinstance(work, _Work):
            self._refuse_if_full()
            job = self._enter(draft, work)
        elif self._settings.scenario.habits.bad_input == "fails_later":
            failing = (FailJob(message=_sentence(work)), *draft.faults)
            job = self._enter(replace(draft, faults=failing), None)
        else:
            detail = [problem.as_detail() for problem in work]
            raise refusal("unprocessable", _sentence(work), detail=detail)
        return _answer(job, root)

    def _refuse_if_full(self) -> None:
        most = self._settings.scenario.habits.most_at_once
        if most is None:
            return
        self._store.catch_up(self._settings.clock(), self._settings.slots)
        if sum(not job.finished for job in self._store.all_jobs()) >= most:
            raise refusal("too_many", "Too many requests: concurrent task limit reached.")

    def _plan_work(
        self, draft: Draft, picture: bytes | PictureRefused
    ) -> _Work | tuple[Problem, ...]:
        """The clip plan and price of an order, or the problems of its picture."""
        schema = draft.schema
        name = schema.roles["first_frame"]
        try:
            if isinstance(picture, PictureRefused):
                raise picture
            field = schema.input_schema.properties[name]
            size = examine(picture, field, self._settings.scenario.habits)
        except PictureRefused as exc:
            return exc.problems(name)
        order = read_order(draft.inputs, schema)
        plan = plan_clip(order, schema.video, size)
        usd = self._rates.usd(
            width=plan.width, height=plan.height, frames=plan.frames, audio=order.audio
        )
        return _Work(picture, plan, usd)

    def _enter(self, draft: Draft, work: _Work | None) -> Job:
        job = self._new_job(draft, work)
        if work is not None:
            _store_picture(self._settings.state_dir / "pictures" / job.picture, work.picture)
        accepted = self._store.add(
            job,
            fails_free=not self._settings.failed_jobs_charged,
            wallet_usd=self._settings.balance_usd,
        )
        if not accepted:
            raise refusal("no_balance")
        if job.drawn_at is None:
            self._wake_workers()
        return job

    def _new_job(self, draft: Draft, work: _Work | None) -> Job:
        now = self._settings.clock()
        faults = draft.faults
        pace, stuck = first_of(faults, Pace) or Pace(), first_of(faults, Stuck)
        idle = stuck or first_of(faults, FailJob) or self._settings.clip
        request_id = str(uuid.uuid4())
        return Job(
            request_id=request_id,
            model_id=draft.schema.model_id,
            inputs_json=json.dumps(_without_picture(draft)),
            faults_json=faults_as_text(faults),
            picture=hashlib.sha256(work.picture).hexdigest() if work else "",
            plan_json=final_plan(work.plan, faults, request_id).to_json() if work else "",
            output=addresses.new_output_name(),
            usd=work.usd if work else 0.0,
            accepted_at=now,
            ready_at=now + (self._settings.queue_s if pace.queue_s is None else pace.queue_s),
            service_s=self._settings.service_s if pace.service_s is None else pace.service_s,
            stuck=stuck.where if stuck else "",
            drawn_at=now if idle or work is None else None,
        )


def _raise_if_refused(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        if isinstance(fault, RefuseSubmit):
            raise Refused(error(fault.answer, fault.message, retry_after_s=fault.retry_after_s))
        if isinstance(fault, LoseAnswer) and not fault.taken:
            raise Refused(Answer(drop=True))


def _answer(job: Job, root: str) -> Answer:
    late_s = delay_s(job.faults, "submit")
    if job.fault(LoseAnswer):
        return Answer(drop=True, delay_s=late_s)
    odd = job.fault(OddSubmitAnswer)
    if odd is None:
        urls = addresses.of_request(root, job.request_id)
        return Answer({"request_id": job.request_id, **urls}, delay_s=late_s)
    if odd.shape == "no_request_id":
        return Answer({"status": "in_queue"}, delay_s=late_s)
    return Answer({"request_id": job.request_id, "status": "in_queue"}, 202, delay_s=late_s)


def _sentence(problems: tuple[Problem, ...]) -> str:
    return " ".join(str(problem) for problem in problems)


def _without_picture(draft: Draft) -> dict[str, Any]:
    """The inputs to store, without the picture: its URL may be signed, a data URI is long."""
    name = draft.schema.roles.get("first_frame", "")
    shown = re.sub(r"[?#].*|(?<=,).*", "…", str(draft.inputs.get(name, "")), flags=re.DOTALL)
    return {**draft.inputs, name: shown} if name in draft.inputs else dict(draft.inputs)


def _store_picture(target: Path, data: bytes) -> None:
    """Store a picture under its hash, whole or not at all."""
    if target.exists():
        return
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)

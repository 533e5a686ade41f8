"""Transient faults: the first calls of a kind fail, later ones succeed."""

from seedance_assets.emulator.api.answers import Answer, Refused, error
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.scenario import PassingFault, Question
from seedance_assets.emulator.jobs.store import Store


def apply_transient_faults(store: Store, job: Job, question: Question) -> None:
    """Raise `Refused` with the job's next transient fault for a call, if one is left."""
    for number, fault in enumerate(job.faults):
        if not isinstance(fault, PassingFault) or question not in fault.on:
            continue
        if fault.when == "completed" and not job.finished:
            continue
        if store.count_up(f"{job.request_id} {number} {question}") <= fault.times:
            if fault.answer == "drop":
                raise Refused(Answer(drop=True))
            raise Refused(error(fault.answer, retry_after_s=fault.retry_after_s))

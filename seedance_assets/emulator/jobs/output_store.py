"""Finished clips on disk, and whether a URL is still valid for one."""

from dataclasses import dataclass
from pathlib import Path

from seedance_assets.emulator.api import addresses
from seedance_assets.emulator.api.answers import Answer, Refused
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.scenario import BreakDownload, delay_s
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.jobs.transient_faults import apply_transient_faults
from seedance_assets.emulator.settings import EmulatorSettings


@dataclass(frozen=True, slots=True)
class FoundOutput:
    """A clip to serve, the fault of its download if it has one, and the delay before it starts."""

    file: Path
    fault: BreakDownload | None
    delay_s: float


class OutputStore:
    """The outputs of one state folder."""

    def __init__(self, settings: EmulatorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def file_of(self, job: Job) -> Path:
        """The path of the job's clip, drawn or not."""
        return self._settings.clip or self._settings.state_dir / "outputs" / job.output

    def find(self, name: str, stamp: str) -> FoundOutput:
        """The clip of a URL; `stamp` is the part with the time when it was issued."""
        self._store.catch_up(self._settings.clock(), self._settings.slots)
        job = self._store.find_output(name)
        if job is None or job.state != "completed" or job.failure or self._expired(job):
            raise _no(404)
        if not (file := self.file_of(job)).is_file():
            raise _no(404)
        apply_transient_faults(self._store, job, "output")
        return FoundOutput(file, self._break(job, stamp), delay_s(job.faults, "output"))

    def _expired(self, job: Job) -> bool:
        age_s = self._settings.clock() - (job.finished_at or 0.0)
        return age_s >= self._settings.scenario.habits.outputs_expire_s

    def _break(self, job: Job, stamp: str) -> BreakDownload | None:
        fault = job.fault(BreakDownload)
        if fault is None:
            return None
        if fault.how in {"gone", "forbidden"}:
            since = addresses.given_out_at(stamp)
            if since is not None and self._settings.clock() < since + fault.after_s:
                return None
        tried = self._store.count_up(f"{job.request_id} download")
        if fault.times is not None and tried > fault.times:
            return None
        if fault.how == "gone":
            raise _no(404)
        if fault.how == "forbidden":
            raise _no(403)
        return fault


def _no(status: int) -> Refused:
    words = {403: "Access denied.", 404: "Not found."}[status]
    return Refused(Answer(html=words, status=status))

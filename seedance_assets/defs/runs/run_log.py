"""A run's log: who was ordered, came home, was parked or failed, each line with its facts.

One form throughout, `what: name=value …`, so that a shot or a request id finds its lines. Each
line is an event in Dagster's storage (about 12 ms on SQLite): so two for a take that this run pays
for or fetches, none for one that was stored already.
"""

import logging

from seedance_assets.core.errors import OutOfPatience
from seedance_assets.core.stage import Stage
from seedance_assets.production.events import (
    FileKept,
    FrameNotice,
    LineEvent,
    MoneyNotice,
    OrderFollows,
    ShotFailed,
    SilentByFallback,
    TakeFound,
    TakeOrdered,
    TakePassed,
)


class RunLog:
    """Writes down what a person may look for after the run."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._under_way: dict[int, str] = {}
        """Request ids by take, of takes that are not stored yet."""
        self._asked_by: dict[str, list[str]] = {}
        """Request ids by shot."""

    def on_event(self, event: LineEvent) -> None:
        """Write a line, if the event is worth one."""
        match event:
            case TakeOrdered(shot=shot, take=take):
                self._expect(shot, take.id, take.request_id)
                self._write(
                    logging.INFO,
                    "ordered",
                    shot=shot,
                    take=take.name,
                    request_id=take.request_id,
                    estimate_usd=take.estimate_usd,
                )
            case TakeFound(shot=shot, take=take) if not take.state.is_stored:
                self._expect(shot, take.id, take.request_id)
            case TakePassed(shot=shot, stage=Stage.VIDEO, clip=clip):
                if self._under_way.pop(clip.take.id, None) is not None:
                    self._write(
                        logging.INFO,
                        "home",
                        shot=shot,
                        take=clip.take.name,
                        request_id=clip.take.request_id,
                        cost_usd=clip.take.cost_usd,
                        service_s=clip.take.service_time_s,
                    )
            case MoneyNotice() | FrameNotice() | FileKept() | OrderFollows() | SilentByFallback():
                self._write(logging.WARNING, "notice", event.sentence, shot=event.shot)
            case ShotFailed():
                self._failed(event)

    def _expect(self, shot: str, take_id: int, request_id: str | None) -> None:
        self._under_way[take_id] = request_id or ""
        self._asked_by.setdefault(shot, []).append(request_id or "")

    def _failed(self, event: ShotFailed) -> None:
        parked = event.kind == OutOfPatience.code
        self._write(
            logging.WARNING if parked else logging.ERROR,
            "parked" if parked else "failed",
            f"{event.reason}. {event.advice}\n{event.traceback}".rstrip(),
            shot=event.shot,
            stage=event.stage.asset,
            kind=event.kind,
            request_id=",".join(filter(None, self._asked_by.get(event.shot, []))) or None,
        )

    def _write(
        self, level: int, what: str, sentence: str = "", **facts: str | float | None
    ) -> None:
        said = " ".join(
            f"{name}={round(value, 4) if isinstance(value, float) else value}"
            for name, value in facts.items()
            if value is not None
        )
        self._log.log(level, "%s: %s%s", what, said, f" | {sentence}" if sentence else "")

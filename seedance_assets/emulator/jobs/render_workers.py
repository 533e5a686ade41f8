"""The threads that draw the clips of accepted jobs."""

import logging
import sqlite3
import threading
import time
from pathlib import Path

import av

from seedance_assets.emulator.drawing.clip import DrawingStopped, draw_clip
from seedance_assets.emulator.drawing.pictures import PictureRefused, decode
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.output_store import OutputStore
from seedance_assets.emulator.jobs.render_locks import job_to_draw
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.settings import EmulatorSettings

_IDLE_S = 5.0  # how often to check for jobs that other processes abandoned
_STALE_S = 20.0  # a partial file that nobody has written to for so long is nobody's

logger = logging.getLogger(__name__)


class RenderWorkers:
    """Draws clips, the oldest job first, until it is closed."""

    def __init__(self, settings: EmulatorSettings, store: Store, output_store: OutputStore) -> None:
        self._settings = settings
        self._store = store
        self._output_store = output_store
        self._closing = threading.Event()
        self._calls = 0
        self._called = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"emulator-draws-{number}", daemon=True)
            for number in range(settings.draw_threads)
        ]

    def open(self) -> None:
        """Start the workers."""
        for name in ("pictures", "outputs", "drawing"):
            folder = self._settings.state_dir / name
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Wake the workers: there may be a job to draw."""
        with self._called:
            self._calls += 1
            self._called.notify_all()

    def close(self) -> None:
        """Stop before the next frame and leave unfinished clips to others."""
        self._closing.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        seen_calls = -1
        while not self._closing.is_set():
            with self._called:
                if seen_calls == self._calls:
                    self._called.wait(_IDLE_S)
                seen_calls = self._calls
            try:
                while not self._closing.is_set() and self._draw_next():
                    pass
            except (sqlite3.Error, OSError) as exc:  # for example a full disk
                logger.warning("the emulator's state cannot be written: %s", exc)

    def _draw_next(self) -> bool:
        """Draw the oldest job that nobody draws; False if there is none."""
        with job_to_draw(self._store, self._settings.state_dir / "drawing") as job:
            if job is not None:
                self._draw(job)
        return job is not None

    def _draw(self, job: Job) -> None:
        def should_continue(_frame: int) -> bool:
            return not self._closing.is_set()

        trouble = None
        try:
            picture = decode((self._settings.state_dir / "pictures" / job.picture).read_bytes())
            draw_clip(
                self._output_store.file_of(job),
                picture,
                ClipPlan.from_json(job.plan_json),
                should_continue,
            )
        except DrawingStopped:
            return
        except (OSError, PictureRefused, av.FFmpegError, MemoryError) as exc:
            trouble = f"EMULATOR: the clip could not be drawn: {exc}"
        self._store.note_drawn(job, self._settings.clock(), trouble)


def _sweep(folder: Path) -> None:
    """Remove partial files that killed processes left behind."""
    for part in folder.glob("*.part"):
        try:
            if part.stat().st_mtime < time.time() - _STALE_S:
                part.unlink()
        except FileNotFoundError:  # another process removed it
            continue

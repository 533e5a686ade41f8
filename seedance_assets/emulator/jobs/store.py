"""The state on disk: jobs, charges and counters, shared by every emulator over the same folder.

SQLite in WAL mode; one connection per process behind a lock, since each use is short. `catch_up`
records the transitions that are due, before each read; `job_schedule.py` computes them.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.job_schedule import NEVER, Transitions, Waiting, Working, advance

_FORMAT = 1
_BUSY_S = 30.0
_TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    model_id TEXT NOT NULL,
    inputs_json TEXT NOT NULL,
    faults_json TEXT NOT NULL,
    picture TEXT NOT NULL,
    plan_json TEXT NOT NULL,
    output TEXT NOT NULL UNIQUE,
    usd REAL NOT NULL,
    charged INTEGER NOT NULL,
    stuck TEXT NOT NULL,
    state TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    ready_at REAL NOT NULL,
    service_s REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    drawn_at REAL,
    trouble TEXT,
    fails INTEGER NOT NULL,
    fails_free INTEGER NOT NULL
);
CREATE INDEX jobs_by_state ON jobs (state, ready_at, number);
CREATE TABLE counters (what TEXT PRIMARY KEY, n INTEGER NOT NULL);
"""
_UNFINISHED = "SELECT * FROM jobs WHERE state IN ('in_queue', 'in_progress') AND stuck = ''"
_UNSTUCK_UNTIL = (
    "UPDATE jobs SET state = 'in_progress', started_at = ready_at "
    "WHERE state = 'in_queue' AND stuck IN ('in_progress', 'reviewing') AND ready_at <= ?"
)
_NEXT_STUCK = (
    "SELECT min(ready_at) FROM jobs "
    "WHERE state = 'in_queue' AND stuck IN ('in_progress', 'reviewing')"
)
_POSITION = (
    "SELECT count(*) FROM jobs "
    "WHERE state = 'in_queue' AND stuck = '' AND (ready_at, number) < (?, ?)"
)
_UNDRAWN = (
    "SELECT * FROM jobs WHERE state IN ('in_queue', 'in_progress') AND drawn_at IS NULL "
    "ORDER BY number"
)


class Store:
    """The jobs of one state folder. Any thread may call; `close` it at the end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._seen = -1  # the database's version at the last `catch_up`
        self._next_at = -NEVER  # until this time nothing can happen at this version
        self._db = sqlite3.connect(
            folder / "emulator.db", timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._write_ahead()
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.writing():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_FORMAT}")
            elif version != _FORMAT:
                raise ValueError(
                    f"the emulator's state has format {version}, but this version needs {_FORMAT}: "
                    "delete the folder or choose another one"
                )

    def _write_ahead(self) -> None:
        """Turn the write-ahead log on. SQLite does not wait for a lock here, so we do."""
        deadline = time.monotonic() + _BUSY_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as exc:
                if "locked" not in str(exc) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def close(self) -> None:
        """Close the database; the state stays on disk."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        with self._lock:
            row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return row

    def count_up(self, what: str) -> int:
        """Increment a named counter, over all processes, and return it."""
        with self.writing() as db:
            (count,) = db.execute(
                "INSERT INTO counters VALUES (?, 1) "
                "ON CONFLICT (what) DO UPDATE SET n = n + 1 RETURNING n",
                (what,),
            ).fetchone()
            return int(count)

    def add(self, job: Job, *, fails_free: bool, wallet_usd: float) -> bool:
        """Accept a job and record its charge if the balance covers it; whether it was accepted.

        `fails_free` voids the charge if the job fails.
        """
        row = asdict(job) | {
            "number": None,
            "fails": job.failure is not None,
            "fails_free": fails_free,
        }
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        with self.writing() as db:
            if job.usd > wallet_usd - self.charged_usd():
                return False
            db.execute(f"INSERT INTO jobs ({names}) VALUES ({places})", row)  # noqa: S608 - our names
            self._next_at = min(self._next_at, job.ready_at)
            return True

    def find(self, request_id: str) -> Job | None:
        """The job with a request id."""
        row = self._one("SELECT * FROM jobs WHERE request_id = ?", request_id)
        return None if row is None else Job.from_row(row)

    def find_output(self, output: str) -> Job | None:
        """The job whose output has this file name."""
        row = self._one("SELECT * FROM jobs WHERE output = ?", output)
        return None if row is None else Job.from_row(row)

    def all_jobs(self) -> list[Job]:
        """Every accepted job, in order."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM jobs ORDER BY number").fetchall()
        return [Job.from_row(row) for row in rows]

    def charged_usd(self) -> float:
        """The sum of all charges that are not voided."""
        row = self._one("SELECT coalesce(sum(usd), 0.0) AS usd FROM jobs WHERE charged")
        return 0.0 if row is None else float(row["usd"])

    def queue_position(self, job: Job) -> int:
        """A queued job's position; the next one to start has position 1."""
        row = self._one(_POSITION, job.ready_at, job.number)
        return 1 if row is None else int(row[0]) + 1

    def cancel(self, request_id: str, now: float) -> bool:
        """Cancel a queued job and void its charge; whether it was still queued."""
        with self.writing() as db:
            done = db.execute(
                "UPDATE jobs SET state = 'cancelled', finished_at = ?, charged = 0 "
                "WHERE request_id = ? AND state = 'in_queue'",
                (now, request_id),
            )
            self._next_at = -NEVER
            return done.rowcount == 1

    def catch_up(self, now: float, slots: int) -> None:
        """Record the transitions that are due since the last call."""
        with self._lock:
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
            if version == self._seen and now < self._next_at:
                return
            with self.writing() as db:
                db.execute(_UNSTUCK_UNTIL, (now,))
                self._record_transitions(
                    transitions := _pass(db.execute(_UNFINISHED).fetchall(), slots, now)
                )
                (stuck_at,) = db.execute(_NEXT_STUCK).fetchone()
            self._seen = version
            self._next_at = min(transitions.next_at, NEVER if stuck_at is None else stuck_at)

    def _record_transitions(self, transitions: Transitions) -> None:
        self._db.executemany(
            "UPDATE jobs SET state = 'in_progress', started_at = ? WHERE number = ?",
            [(moment, number) for number, moment in transitions.started.items()],
        )
        self._db.executemany(
            "UPDATE jobs SET state = 'completed', finished_at = ?, "
            "charged = charged AND NOT (fails AND fails_free) WHERE number = ?",
            [(moment, number) for number, moment in transitions.ended.items()],
        )

    def undrawn(self) -> list[sqlite3.Row]:
        """The rows of all jobs without a clip, oldest first."""
        with self._lock:
            return self._db.execute(_UNDRAWN).fetchall()

    def note_drawn(self, job: Job, now: float, trouble: str | None) -> None:
        """Record that a job's clip is drawn, or that it failed because of `trouble`."""
        with self.writing() as db:
            db.execute(
                "UPDATE jobs SET drawn_at = ?, trouble = ?, fails = ? "
                "WHERE number = ? AND drawn_at IS NULL",
                (now, trouble, trouble is not None, job.number),
            )
            self._next_at = -NEVER


def _pass(rows: Sequence[sqlite3.Row], slots: int, now: float) -> Transitions:
    waiting = (
        Waiting(row["number"], row["ready_at"], row["service_s"], row["drawn_at"])
        for row in rows
        if row["state"] == "in_queue"
    )
    working = (
        Working(row["number"], row["started_at"], row["service_s"], row["drawn_at"])
        for row in rows
        if row["state"] == "in_progress"
    )
    return advance(waiting, working, slots, now)

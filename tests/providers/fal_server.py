"""A small server that speaks fal's queue API as it is documented, over real HTTP.

It shares no code with the client. Orders cost what the meter counts: `charges`.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

MODEL = "fal-ai/bytedance/seedance/v1.5/pro/image-to-video"
APP = "/fal-ai/bytedance/requests/"
KEY = "key-id-0123456789:key-secret-9876543210"
POLICY = [
    {
        "loc": ["body", "prompt"],
        "msg": "The content could not be processed.",
        "type": "content_policy_violation",
        "url": "https://docs.fal.ai/errors#content_policy_violation",
        "input": "…",
    }
]
Kind = Literal["good", "broken", "moderated", "queued", "running", "lost", "busy", "busy later"]


@dataclass
class Job:
    """One request in the queue."""

    order: dict[str, Any]
    asked: int = 0
    cancelled: bool = False
    busy: int = 0


@dataclass
class FalServer:
    """What the server does with orders, and what it has seen."""

    clip: bytes
    kind: Kind = "good"
    port: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    seen: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def charges(self) -> int:
        """How many orders were taken, each for money."""
        return len(self.jobs)

    def posts(self) -> int:
        return sum(method == "POST" for method, _, _ in self.seen)

    def status(self, job: Job) -> tuple[int, dict[str, Any]]:
        job.asked += 1
        if job.cancelled:
            return 200, {"status": "COMPLETED", "error": "Cancelled", "error_type": "cancelled"}
        if self.kind == "queued" or (self.kind not in {"running"} and job.asked == 1):
            return 202, {"status": "IN_QUEUE", "queue_position": 0}
        if self.kind == "running" or job.asked == 2:
            return 202, {"status": "IN_PROGRESS", "logs": None}
        failed = {"broken": ("Internal error", "internal_error"), "moderated": ("422", "")}
        if self.kind in failed:
            error, error_type = failed[self.kind]
            return 200, {"status": "COMPLETED", "error": error, "error_type": error_type}
        return 200, {"status": "COMPLETED", "metrics": {"inference_time": 41.2}}

    def response(self, job: Job) -> tuple[int, dict[str, Any]]:
        if self.kind == "broken":
            return 500, {"detail": f"Too dark. Key {KEY}", "error_type": "internal_error"}
        if self.kind == "moderated":
            return 422, {"detail": POLICY}
        if job.asked < 3:
            return 400, {"detail": "Request is still in progress"}
        url = f"{self.root}/files/clip.mp4"
        return 200, {"video": {"url": url, "content_type": "video/mp4"}, "seed": 42}

    def cancel(self, job: Job) -> tuple[int, dict[str, Any]]:
        if self.kind == "queued":
            job.cancelled = True
            return 202, {"status": "CANCELLATION_REQUESTED"}
        return 400, {"status": "ALREADY_COMPLETED"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fal: FalServer

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _send(self, status: int, document: object, **headers: str) -> None:
        self._send_bytes(status, json.dumps(document).encode(), "application/json", **headers)

    def _send_bytes(self, status: int, body: bytes, media_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _let_in(self) -> bool:
        self.fal.seen.append((self.command, self.path, dict(self.headers)))
        if self.path.startswith("/files/"):
            return True
        if self.headers.get("Authorization") != f"Key {KEY}":
            self._send(401, {"detail": "Cannot access application. Authentication is required."})
            return False
        return True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._let_in():
            return
        if self.path != f"/{MODEL}":
            self._send(404, {"detail": "Application not found"})
            return
        if self.fal.kind == "busy":
            self._send(429, {"detail": "Too many requests"}, Retry_After="7")
            return
        request_id = str(uuid.uuid4())
        busy = 2 if self.fal.kind == "busy later" else 0
        self.fal.jobs[request_id] = Job(json.loads(body), busy=busy)
        if self.fal.kind == "lost":
            self.close_connection = True
            return
        base = f"{self.fal.root}{APP}{request_id}"
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/c"}
        self._send(200, {"status": "IN_QUEUE", "request_id": request_id, **urls})

    def do_GET(self) -> None:
        if not self._let_in():
            return
        if self.path.startswith("/files/"):
            self._send_bytes(200, self.fal.clip, "video/mp4")
            return
        ends = {"/status": self.fal.status, "": self.fal.response}
        self._about(next(end for end in ends if self.path.endswith(end)), ends)

    def do_PUT(self) -> None:
        if self._let_in():
            self._about("/cancel", {"/cancel": self.fal.cancel})

    def _about(
        self, end: str, answers: Mapping[str, Callable[[Job], tuple[int, dict[str, Any]]]]
    ) -> None:
        request_id = self.path.removeprefix(APP).removesuffix(end)
        job = self.fal.jobs.get(request_id)
        if job is None:
            self._send(404, {"detail": "Request not found", "status": "NOT_FOUND"})
        elif job.busy:
            job.busy -= 1
            self._send(429, {"detail": "Too many requests"}, Retry_After="3")
        else:
            status, document = answers[end](job)
            self._send(status, {"request_id": request_id, **document})


@contextmanager
def running_fal(clip: Path, kind: Kind = "good") -> Iterator[FalServer]:
    """A server on a free port of this machine, for as long as the context is open."""
    fal = FalServer(clip.read_bytes(), kind)
    handler = type("Handler", (_Handler,), {"fal": fal})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        fal.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fal
        finally:
            server.shutdown()
            thread.join()

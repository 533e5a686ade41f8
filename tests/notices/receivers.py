"""A Slack and a mail server for tests: real servers on loopback that record what they receive."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP

PATH = "/services/T000/B000/SENTINEL-WEBHOOK"


@dataclass
class Webhook:
    """What was posted, and what is answered: a status for each post, the last one for all others.

    A status of 0 breaks the connection off without an answer.
    """

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    posts: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def running_webhook(*answers: int) -> Iterator[Webhook]:
    """A webhook that answers so."""
    hook = Webhook(answers=list(answers or [200]))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((self.path, body))
            status = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
            if not status:
                self.close_connection = True
                return
            answer = b"ok" if status == 200 else f"no: {hook.url}".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Letterbox:
    """What a mail server took, and whom it refuses. Without an `answer` it hangs up on a letter."""

    url: str = ""
    refuses: tuple[str, ...] = ()
    answer: str = "250 OK"
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if not self.answer:
            server.transport.abort()
        if self.answer.startswith("250"):
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        return self.answer


@contextmanager
def running_letterbox(**settings: Any) -> Iterator[Letterbox]:
    """A mail server on loopback; `settings` are aiosmtpd's own."""
    box = Letterbox()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(box, loop=loop, **settings), "127.0.0.1", 0)
    )
    box.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_end_of(loop))
        loop.close()


async def _end_of(loop: asyncio.AbstractEventLoop) -> None:
    """The end of whatever still hangs on a session."""
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""Messages by e-mail, through a server that the environment names. Its address may hold a password.

A password goes to another machine over TLS only.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from seedance_assets.core.errors import NoticeDoubtful, NoticeNotTaken, SettingsRefused
from seedance_assets.core.notice import Notice, one_line
from seedance_assets.core.scope import is_loopback

VARIABLE = "SEEDANCE_SMTP_URL"
_TIMEOUT_S = 8.0
_ADVICE = (
    f"Set {VARIABLE} to smtps://user:password@host or smtp://host:port (percent-encode what is "
    "special in the password), or choose another `way` in [notices] of production.toml."
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls: bool
    """From the first byte on; else STARTTLS if the server offers it."""
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, url: str) -> "MailServer":
        """The server that a URL names. Raises `SettingsRefused`, which never holds the URL."""
        try:
            parts = urlsplit(url)
            server = cls._of(parts) if parts.hostname else None
        except ValueError:
            server = None
        if server is None or parts.scheme not in {"smtp", "smtps"} or parts.path.strip("/"):
            problem = "is no URL of a mail server" if url else "is not set"
            raise SettingsRefused(f"{VARIABLE} {problem}", advice=_ADVICE)
        return server

    @classmethod
    def _of(cls, parts: SplitResult) -> "MailServer":
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if tls else 25 if not parts.username else 587),
            tls=tls,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class MailNotifier:
    """Hands in messages at a mail server."""

    def __init__(
        self,
        server: MailServer,
        sender: str,
        recipients: Sequence[str],
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)
        self._timeout_s = timeout_s

    def send(self, notice: Notice) -> str:
        """Hand the message in once."""
        message = self._message(notice)
        with self._connected() as smtp:
            try:
                refused = smtp.send_message(message)
            except smtplib.SMTPRecipientsRefused as exc:
                raise NoticeNotTaken(f"the mail server refused: {_said(exc.recipients)}") from None
            except smtplib.SMTPResponseException as exc:
                raise NoticeNotTaken(f"the mail server {_answered(exc)}") from None
            except (smtplib.SMTPException, OSError) as exc:
                raise NoticeDoubtful(f"the mail server broke off ({type(exc).__name__})") from None
        told = f"told by e-mail, {len(self._recipients) - len(refused)} addresses"
        return f"{told}; refused: {_said(refused)}" if refused else told

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        # an encoded word in it would be decoded into a header of its own (Python before 3.11.10)
        message["Subject"] = one_line(notice.title, 150).replace("=?", "= ?")
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
        message.set_content(notice.text)
        return message

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A session; whatever fails before it is open, no message was handed in."""
        smtp = None
        try:
            smtp = self._connect()
            self._greet(smtp)
        except (smtplib.SMTPException, OSError) as exc:
            _hang_up(smtp)
            why = (
                _answered(exc)
                if isinstance(exc, smtplib.SMTPResponseException)
                else (f"cannot be reached ({type(exc).__name__})")
            )
            raise NoticeNotTaken(f"the mail server {why}") from None
        try:
            yield smtp
        finally:
            _hang_up(smtp)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls:
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                timeout=self._timeout_s,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        server = self._server
        smtp.ehlo_or_helo_if_needed()
        secret = server.tls
        if not server.tls and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            secret = True
        if not server.user:
            return
        if not secret and not is_loopback(server.host):
            raise NoticeNotTaken("the mail server offers no TLS, so the password was not sent")
        smtp.login(server.user, server.password)


def _hang_up(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        with suppress(smtplib.SMTPException, OSError):  # the message is in, or was refused
            smtp.quit()


def _answered(exc: smtplib.SMTPResponseException) -> str:
    text = exc.smtp_error
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"answered {exc.smtp_code}: {one_line(said, 200)}"


def _said(refused: dict[str, tuple[int, bytes]]) -> str:
    return one_line(
        "; ".join(
            f"{address}: {code} {said.decode('utf-8', 'replace')}"
            for address, (code, said) in refused.items()
        )
    )

"""Messages to Slack by an incoming webhook. Its address is a secret: whoever has it may post.

Source of the form: Slack's documentation of incoming webhooks and of mrkdwn (`&`, `<` and `>` are
its only control characters).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from seedance_assets.core.errors import NoticeDoubtful, NoticeNotTaken, SettingsRefused
from seedance_assets.core.notice import Notice, one_line
from seedance_assets.core.scope import is_loopback

VARIABLE = "SEEDANCE_SLACK_WEBHOOK"
MAX_TEXT = 12_000  # Slack cuts a text at 40 000 characters
_TIMEOUT_S = 8.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class SlackNotifier:
    """Posts messages to a webhook. Raises `SettingsRefused`, which never holds the address."""

    def __init__(self, webhook: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._webhook = _checked(webhook)
        self._timeout_s = timeout_s

    def send(self, notice: Notice) -> str:
        """Post the message once."""
        text = f"*{_escaped(notice.title)}*\n{_escaped(notice.text)}"[:MAX_TEXT]
        try:
            with _unlogged(self._webhook):
                answer = httpx.post(self._webhook, json={"text": text}, timeout=self._timeout_s)
        except _NEVER_SENT as exc:
            raise NoticeNotTaken(f"Slack cannot be reached ({type(exc).__name__})") from None
        except httpx.HTTPError as exc:
            raise NoticeDoubtful(f"Slack did not answer ({type(exc).__name__})") from None
        if not answer.is_success:
            said = one_line(answer.text[:200]).replace(self._webhook, VARIABLE)
            raise NoticeNotTaken(f"Slack answered {answer.status_code}: {said}")
        return "told by Slack"


def _checked(webhook: str) -> str:
    try:
        url = urlsplit(webhook)
        whole = bool(url.hostname and url.path.strip("/") and url.port != 0)
    except ValueError:
        whole = False
    if whole and (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))):
        return webhook
    problem = "is no https URL" if webhook else "is not set"
    raise SettingsRefused(
        f"{VARIABLE} {problem}",
        advice="Set it to the address of an incoming webhook of Slack, or choose another `way` in "
        "[notices] of production.toml.",
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@contextmanager
def _unlogged(secret: str) -> Iterator[None]:
    """httpx logs the URL of every request; keep those records that would hold the secret back."""

    def fit(record: logging.LogRecord) -> bool:
        return secret not in record.getMessage()

    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.connection")]
    for logger in loggers:
        logger.addFilter(fit)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(fit)

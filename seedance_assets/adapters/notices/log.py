"""The way that always works: the log."""

import logging

from seedance_assets.core.notice import Notice


class LogNotifier:
    """Writes messages to a log."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def send(self, notice: Notice) -> str:
        """Write the message."""
        self._log.info("%s\n%s", notice.title, notice.text)
        return "written to the log"

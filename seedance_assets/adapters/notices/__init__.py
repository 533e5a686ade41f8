"""The ways by which people hear of a run that has ended: the log, Slack, e-mail."""

from typing import Protocol

from seedance_assets.core.notice import Notice


class Notifier(Protocol):
    """One way to tell people something."""

    def send(self, notice: Notice) -> str:
        """Send a message; returns a few words on how that went.

        Raises `NoticeNotTaken` if it surely did not arrive and may be sent again, `NoticeDoubtful`
        if it may have arrived, `SettingsRefused` if the way is not set up.
        """
        ...

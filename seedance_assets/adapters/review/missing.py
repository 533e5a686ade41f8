"""Clips whose files have been deleted since the download: no links to them, and a message."""

import os
from pathlib import Path

from seedance_assets.core.review import Review, ReviewShot, ReviewTake

_ADVICE = (
    "Run `seedance produce` again: a paid clip is downloaded for free as long as the service "
    "keeps it."
)


def without_missing(review: Review, folder: Path) -> Review:
    """The review without links to missing files; its links are relative to `folder`.

    Files elsewhere (https) are not checked.
    """
    shots = tuple(_shot(shot, folder) for shot in review.shots)
    return review.model_copy(update={"shots": shots})


def _shot(shot: ReviewShot, folder: Path) -> ReviewShot:
    takes = tuple(_take(take, folder) for take in shot.takes)
    gone = ", ".join(take.name for take in takes if take.missing and take.current)
    message = {"reason": f"The file of {gone} is missing.", "advice": _ADVICE}
    return shot.model_copy(update={"takes": takes} | (message if gone and not shot.reason else {}))


def _take(take: ReviewTake, folder: Path) -> ReviewTake:
    if take.video is None or _is_there(take.video, folder):
        return take
    links = {"poster": take.poster, "strip": take.strip}
    kept = {
        name: link if link and _is_there(link, folder) else None for name, link in links.items()
    }
    return take.model_copy(update={**kept, "video": None, "missing": True})


def _is_there(link: str, folder: Path) -> bool:
    if "://" in link:
        return True
    try:
        # by its text, like the links: the folder may not exist yet
        return Path(os.path.normpath(folder / link)).is_file()
    except OSError:  # no permission
        return False

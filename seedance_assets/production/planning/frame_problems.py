"""What is wrong with the first frames of a sheet, told by row like everything else in it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from seedance_assets.adapters.first_frame import FrameStore, Header, described, link_expiry, shown
from seedance_assets.core.errors import FrameRefused, SeedanceError
from seedance_assets.core.model_schema import Role, model_schema
from seedance_assets.core.picture import Crop, Size, expected_crop, expected_ratio
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import Problem, RefusedRow, Severity, Shot, ShotList

CROP_WORTH_A_WORD = 0.03
"""Share of a picture; what is lost below it is a matter of a few lines of pixels."""

_SHOWN_LOSS = 0.005


def late_fetch(settings: ProductionSettings, expected_s: float | None) -> datetime:
    """When the service may come for a picture at the latest, if all goes as expected.

    That is the expected time of the run, if there is a history to tell it, and then as long as a
    take may last before it is called slow.
    """
    slow_s = settings.patience.soft_timeout_s
    return datetime.now(UTC) + timedelta(seconds=(expected_s or 0.0) + slow_s)


def delivery_problems(settings: ProductionSettings) -> Iterator[Problem]:
    """Signed links of ours that would end before the service is likely to have come by."""
    delivery, needed_s = settings.first_frames, settings.patience.soft_timeout_s
    if delivery.delivery == "s3" and delivery.s3.link_life_s < needed_s:
        yield Problem(
            row=None,
            shot=None,
            column=None,
            value=str(delivery.s3.link_life_s),
            rule="first_frames_link_life",
            reason="links to first frames in the bucket end before a queue is likely to be through",
            fix=f"Set link_life_s in [first_frames.s3] of production.toml to {needed_s:g} or more.",
            severity=Severity.WARNING,
        )


class FrameProblems:
    """Finds them, and names columns as the user of one sheet does."""

    def __init__(self, shot_list: ShotList) -> None:
        self._shot_list = shot_list
        self._schema = model_schema(shot_list.model_id)

    def of(
        self, shot: Shot, found: GenerationRequest | SeedanceError, reached_by: datetime
    ) -> Iterator[Problem]:
        """Those of a shot whose request was made, or could not be.

        By `reached_by` the queue is likely to have come to it.
        """
        if isinstance(found, FrameRefused):
            yield self.refusal(shot, found)
        if isinstance(found, GenerationRequest) and found.first_frame is not None:
            yield from self.crop(shot, found.first_frame.size)
            yield from self.expiry(shot, reached_by)

    def in_headers(self, frames: FrameStore) -> Iterator[Problem]:
        """What the headers of files and data URIs tell, row by row; links are not fetched.

        Quick, and less than the whole truth: a picture may yet prove damaged when it is decoded.
        """
        if "first_frame" not in self._schema.roles:
            return
        seen: dict[str, Header | FrameRefused | None] = {}
        for shot in (*self._shot_list.shots, *map(self.of_refused, self._shot_list.refused)):
            if not shot.first_frame:
                continue
            if shot.first_frame not in seen:
                seen[shot.first_frame] = self._header(shot, frames)
            found = seen[shot.first_frame]
            if isinstance(found, FrameRefused):
                yield self.refusal(shot, found)
            elif found is not None:
                yield from self.crop(shot, found.size)

    def of_refused(self, row: RefusedRow) -> Shot:
        """A row with errors as a shot, as far as its picture goes: that is looked at, too."""
        return Shot(
            key=row.shot or f"row {row.row}",
            row=row.row,
            prompt="",
            first_frame=row.first_frame,
            settings={},
        )

    def _header(self, shot: Shot, frames: FrameStore) -> Header | FrameRefused | None:
        folder = self._shot_list.place.parent
        try:
            return frames.header(shot.first_frame, beside=folder, schema=self._schema)
        except FrameRefused as refusal:
            return refusal

    def refusal(self, shot: Shot, refusal: FrameRefused) -> Problem:
        """The error of a row whose first frame was refused."""
        says = str(refusal).removeprefix(f"first frame {described(shot.first_frame)}").strip(": ")
        says = re.sub(r"^\(", "does not keep the model's rules (", says).rstrip(".")
        return self._problem(shot, "first_frame", "first_frame", says, refusal.advice)

    def crop(self, shot: Shot, picture: Size) -> Iterator[Problem]:
        """The warning of a row whose settings make the model film only a part of its picture."""
        resolution, ratio = self._setting(shot, "resolution"), self._setting(shot, "ratio")
        if not resolution or not ratio:  # a model that leaves no choice
            return
        crop = expected_crop(self._schema.video, resolution, ratio, picture)
        if crop.share_lost(picture) < CROP_WORTH_A_WORD:
            return
        adaptive = ratio == self._schema.video.adaptive_ratio
        yield self._problem(
            shot,
            "first_frame" if adaptive else "ratio",
            "first_frame_crop",
            self._loss(resolution, ratio, picture, crop),
            self._way_out(resolution, ratio, picture),
            Severity.WARNING,
        )

    def _loss(self, resolution: str, ratio: str, picture: Size, crop: Crop) -> str:
        name = expected_ratio(self._schema.video, resolution, ratio, picture)
        named = name if name == ratio else f"the nearest ratio, {name},"
        axis = "width" if crop.width < picture.width else "height"
        lost = crop.share_lost(picture)
        return (
            f"{named} films the middle {1 - lost:.0%} of the picture's {axis} ({picture}): "
            f"{lost:.0%} of it is lost"
        )

    def _way_out(self, resolution: str, ratio: str, picture: Size) -> str:
        video = self._schema.video
        name = expected_ratio(video, resolution, ratio, picture)
        other = ""
        if video.adaptive_ratio is not None:
            near = expected_ratio(video, resolution, video.adaptive_ratio, picture)
            loses = expected_crop(video, resolution, near, picture).share_lost(picture)
            how_much = f"{loses:.0%}" if loses >= _SHOWN_LOSS else "nothing"
            other = f", or ask for {near}, which loses {how_much}" if near != name else ""
        return (
            f"Crop the picture to {name} yourself and choose what stays{other}. "
            "`seedance plan --previews FOLDER` shows what is filmed."
        )

    def expiry(self, shot: Shot, reached_by: datetime) -> Iterator[Problem]:
        """The warning of a row whose link ends before the queue is likely to have reached it."""
        ends = link_expiry(shot.first_frame) if shot.first_frame.startswith("https://") else None
        if ends is not None and ends < reached_by:
            says = (
                f"the link expires at {ends:%Y-%m-%d %H:%M} UTC, but the queue may reach it only "
                f"at {reached_by:%H:%M}; after that, our copy of the picture is sent"
            )
            fix = "Make a link that lives longer, or give the picture as a file."
            yield self._problem(
                shot, "first_frame", "first_frame_link", says, fix, Severity.WARNING
            )

    def _setting(self, shot: Shot, role: Role) -> str:
        return str(shot.settings.get(self._schema.roles.get(role, ""), ""))

    def _problem(
        self,
        shot: Shot,
        word: Role,
        rule: str,
        reason: str,
        fix: str,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        frame = shown(shot.first_frame)
        return Problem(
            row=shot.row,
            shot=shot.key,
            column=self._shot_list.columns.get(word, word),
            value=frame if word == "first_frame" else self._setting(shot, word),
            rule=rule,
            reason=reason,
            fix=fix,
            severity=severity,
        )

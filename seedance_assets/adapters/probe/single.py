"""One frame of a clip as a small picture, such as the frame with a fault."""

from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from seedance_assets.adapters.probe.files import exact, open_mp4, reason_of, regular_file
from seedance_assets.adapters.probe.limits import DEFAULT_LIMITS, Deadline, ProbeLimits
from seedance_assets.adapters.probe.picture_track import PictureTrack, open_picture
from seedance_assets.adapters.probe.stills import small_jpeg
from seedance_assets.core.errors import ClipRefused

_BOX_PX = 320
_NEAR_S = 0.001


def frame_picture(path: Path, at_s: float, limits: ProbeLimits = DEFAULT_LIMITS) -> bytes:
    """JPEG, at most 320 pixels a side, of the frame at `at_s` seconds after the first.

    After the end it is the last one. Raises `ClipRefused`.
    """
    try:
        regular_file(path, limits).close()
        deadline = Deadline(limits.wall_s)
        with open_mp4(path, limits) as container:
            frame = _frame_at(container, open_picture(container, limits), at_s, deadline)
            return small_jpeg(frame, _BOX_PX)
    except (ClipRefused, FFmpegError, OSError, ValueError) as exc:
        raise ClipRefused(f"{path.name} cannot be read: {reason_of(exc)}.") from exc


def _frame_at(
    container: InputContainer, track: PictureTrack, at_s: float, deadline: Deadline
) -> VideoFrame:
    stream = track.stream
    base = exact(stream.time_base)
    start_s = float((stream.start_time or 0) * base) if base else 0.0
    if base and at_s > 0:
        container.seek(int((at_s + start_s) / base), stream=stream)
    last: VideoFrame | None = None
    for frame in container.decode(stream):
        deadline.check()
        last = frame
        if frame.time is not None and frame.time - start_s >= at_s - _NEAR_S:
            break
    if last is None:
        raise ClipRefused("none of its frames can be decoded")
    return last

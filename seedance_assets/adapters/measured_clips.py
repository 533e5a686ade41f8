"""Measurements stored by clip content, so that an interrupted check continues where it stopped.

A record is reused only for the same bytes, the same first frame and the same version of the
measuring code. Verdicts are not stored: they are derived with the current limits.
"""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

import av
from pydantic import ValidationError

from seedance_assets.adapters.probe import InputPicture, ProbePool
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.request import sha256_hex


class MeasuredClips:
    """A folder with a record (`measurements/`) and a picture (`pictures/`) of each clip."""

    def __init__(self, folder: Path, pool: ProbePool) -> None:
        self._folder = folder
        self._pool = pool

    def measure(self, clip: Path, opening: InputPicture | None) -> Measurements:
        """The clip's measurements, decoded only if not stored. Raises like a probe."""
        if (kept := self._kept(clip, opening)) is not None:
            return kept
        found = self._pool.probe(clip, opening)
        measured = found.measurements  # the file may have changed since: use its current hash
        write_whole(picture_of(self._folder, measured.sha256), found.strip)
        record = measured.model_dump_json(by_alias=True).encode()
        write_whole(self._record(measured.sha256, opening), record)
        return measured

    def _kept(self, clip: Path, opening: InputPicture | None) -> Measurements | None:
        if not clip.is_file():
            return None
        try:
            sha256 = _sha256(clip)
            kept = Measurements.model_validate_json(self._record(sha256, opening).read_bytes())
        except (OSError, ValidationError):  # missing, or of another version
            return None
        return (
            kept if kept.sha256 == sha256 and picture_of(self._folder, sha256).is_file() else None
        )

    def _record(self, sha256: str, opening: InputPicture | None) -> Path:
        compared = f"{opening.sha256} {opening.ratio}" if opening else ""
        key = sha256_hex(f"{sha256} {compared} {_measuring_code()}".encode())
        return self._folder / "measurements" / f"{key}.json"


def picture_of(folder: Path, sha256: str) -> Path:
    """The path of the picture (a strip of frames) of the clip with this content."""
    return folder / "pictures" / f"{sha256}.jpg"


def _sha256(clip: Path) -> str:
    with clip.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _measuring_code() -> str:
    """A hash of the measuring code: other code may get other figures from the same file."""
    digest = hashlib.sha256(f"av {av.__version__}".encode())
    package = resources.files("seedance_assets")
    probe = sorted(package.joinpath("adapters", "probe").iterdir(), key=lambda each: each.name)
    for source in (*probe, package.joinpath("core", "measurement.py")):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    return digest.hexdigest()

"""Video files in folders, with or without a record beside each."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.core.errors import InputMissing
from seedance_assets.core.sentences import file_name

SUFFIXES = (".mp4", ".m4v", ".mov")
_MAX_SIDECAR_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class FoundClips:
    """Clips, and the given folders without any."""

    clips: tuple[Path, ...]
    empty: tuple[Path, ...]


def find_clips(paths: Iterable[Path]) -> FoundClips:
    """The given files, and all clips in and below the given folders, sorted by name.

    Hidden files and folders and links to folders are skipped. A file that is given twice appears
    once. Raises `InputMissing` if there is no clip at all, or if a folder cannot be read.
    """
    found: dict[Path, Path] = {}
    empty = []
    for path in paths:
        clips = list(_inside(path)) if path.is_dir() else [path]
        if not clips:
            empty.append(path)
        for clip in clips:
            found.setdefault(clip.absolute(), clip)
    if not found:
        raise InputMissing(
            f"no clips in {', '.join(map(file_name, empty))}",
            advice=f"Name a folder with files that end in {', '.join(SUFFIXES)}.",
        )
    return FoundClips(tuple(found.values()), tuple(empty))


def _inside(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(place, name)


def _refuse(exc: OSError) -> None:
    raise InputMissing(
        f"folder {exc.filename} cannot be read: {exc.strerror}", advice="Check its permissions."
    ) from exc


def shot_in_sidecar(clip: Path) -> str:
    """The shot in the record beside a clip (`sh010_t001.json`); empty if there is none."""
    sidecar = clip.with_suffix(".json")
    try:
        if not sidecar.is_file() or sidecar.stat().st_size > _MAX_SIDECAR_BYTES:
            return ""
        record = json.loads(sidecar.read_bytes())
    except (OSError, ValueError, RecursionError):  # not one of our files
        return ""
    shot = record.get("shot") if isinstance(record, dict) else None
    return shot if isinstance(shot, str) else ""

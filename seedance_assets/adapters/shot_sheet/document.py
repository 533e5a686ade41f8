"""Where a sheet comes from: a file, standard input, or a link that anybody may follow."""

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from seedance_assets.adapters.first_frame.download import Downloader
from seedance_assets.adapters.first_frame.sources import ByteLimit
from seedance_assets.core.errors import FrameRefused, InputMissing, SheetRefused
from seedance_assets.core.request import sha256_hex
from seedance_assets.core.sentences import file_name
from seedance_assets.core.shot import STANDARD_INPUT, sheet_name

MAX_SHEET_BYTES = 64 * 1024 * 1024
LINK_TIMEOUT_S = 60.0

_LINK = re.compile(r"https?:/{1,2}(?=[^/])", re.IGNORECASE)
_GOOGLE_SHEET = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([\w-]+)(/.*)?")
_GOOGLE_HOST = "docs.google.com"


@dataclass(frozen=True, slots=True)
class Document:
    """A sheet's bytes, and where they came from."""

    source: str
    """Its absolute path, its link, or `-`."""
    name: str
    """For messages: nothing that a link may keep secret."""
    folder: Path
    """Where paths in it begin."""
    content: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes."""
        return sha256_hex(self.content)


def is_link(named: str | Path) -> bool:
    """Whether a sheet is named by a link. A `Path` made of one has lost a slash."""
    return _LINK.match(str(named)) is not None


def is_file_here(named: str | Path) -> bool:
    """Whether a sheet is a file of this machine: no link, no standard input, no pipe."""
    return not (is_link(named) or str(named) == STANDARD_INPUT or _is_pipe(named))


def folder_of(named: str | Path) -> Path:
    """Where `production.toml` and the pictures of a sheet are looked for."""
    return Path(named).parent if is_file_here(named) else Path.cwd()


def read_document(named: str | Path, *, allow_private: bool = False) -> Document:
    """The sheet at a path, behind an https link, or from standard input (`-`).

    A named pipe (`/dev/fd/63`, a shell's `<(…)`) is standard input by another name. A Google Sheets
    link is taken for its export as CSV. At most `MAX_SHEET_BYTES`. Raises `InputMissing` if there
    is no such file or it cannot be read, `SheetRefused` if it is too large or the link gives none.
    Must not be called from a running event loop.
    """
    if is_link(named):
        link = _LINK.sub(lambda found: found[0].rstrip("/") + "//", str(named), count=1)
        content = _fetched(export_link(link), sheet_name(link), allow_private=allow_private)
        return Document(link, sheet_name(link), Path.cwd(), content)
    path = Path(named)
    if str(named) == STANDARD_INPUT or _is_pipe(path):
        piped = _standard_input() if str(named) == STANDARD_INPUT else _piped(path.absolute())
        name = sheet_name(STANDARD_INPUT)
        return Document(STANDARD_INPUT, name, Path.cwd(), _within(piped, name))
    return Document(str(path.absolute()), str(path), path.absolute().parent, _read_file(path))


def export_link(link: str) -> str:
    """A link to a Google sheet as the link to its CSV, of the same tab; any other as it is."""
    parts = urlsplit(link)
    found = _GOOGLE_SHEET.fullmatch(parts.path) if parts.hostname == _GOOGLE_HOST else None
    if found is None or found[1] == "e":  # /d/e/…/pub is published, and says its own format
        return link
    if (found[2] or "").startswith(("/export", "/gviz", "/pub")):
        return link
    tabs = parse_qs(parts.fragment).get("gid") or parse_qs(parts.query).get("gid")
    tab = f"&gid={tabs[0]}" if tabs and tabs[0].isdecimal() else ""
    return f"https://{_GOOGLE_HOST}/spreadsheets/d/{found[1]}/export?format=csv{tab}"


def _fetched(link: str, name: str, *, allow_private: bool) -> bytes:
    import asyncio

    limit = ByteLimit(MAX_SHEET_BYTES, _too_large_reason())
    downloader = Downloader(allow_private=allow_private, timeout_s=LINK_TIMEOUT_S)
    try:
        return asyncio.run(downloader.fetch(link, limit, name)).content or b""
    except FrameRefused as exc:  # the downloader speaks of first frames; this is a sheet
        reason = str(exc).removeprefix("first frame ")
        advice = exc.advice if "login" not in reason else f"{_SHARE} {exc.advice}"
        raise SheetRefused(f"sheet {reason}", advice=advice) from exc


_SHARE = "Share the sheet with everyone who has the link."


def _read_file(path: Path) -> bytes:
    if (shown := file_name(path.absolute())) != str(path.absolute()):
        raise InputMissing(
            f"the name of the sheet {shown} is not UTF-8",
            advice="Rename it or its folder: the name is stored with the results.",
        )
    try:
        if not path.is_file():
            other = "is a folder" if path.is_dir() else "is not a file"
            what = other if path.exists() else "is not there"
            raise InputMissing(f"sheet {path} {what}", advice=_GIVE)
        with path.open("rb") as file:
            content = file.read(MAX_SHEET_BYTES + 1)
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise InputMissing(
            f"sheet {str(path)!r} cannot be read: {reason}",
            advice="Check its path and permissions.",
        ) from exc
    return _within(content, str(path))


_GIVE = "Give the path of a CSV or .xlsx file, an https link, or - for standard input."


@cache
def _standard_input() -> bytes:
    """Once for the whole process: what was read from a pipe cannot be read again."""
    if sys.stdin is None or sys.stdin.isatty():
        raise InputMissing("standard input is empty: no sheet", advice=_GIVE)
    return sys.stdin.buffer.read(MAX_SHEET_BYTES + 1)


@cache
def _piped(path: Path) -> bytes:
    """Once for the whole process, for the same reason."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SHEET_BYTES + 1)
    except OSError as exc:
        raise InputMissing(f"sheet {path} cannot be read: {exc.strerror}", advice=_GIVE) from exc


def _is_pipe(named: str | Path) -> bool:
    try:
        return Path(named).is_fifo()
    except (OSError, ValueError):
        return False


def _within(content: bytes, name: str) -> bytes:
    if len(content) > MAX_SHEET_BYTES:
        raise SheetRefused(
            f"sheet {name} {_too_large_reason()}",
            advice="Split it, or leave out what is not needed: pictures belong beside the sheet.",
        )
    return content


def _too_large_reason() -> str:
    return f"is larger than {MAX_SHEET_BYTES // 1024**2} MiB"

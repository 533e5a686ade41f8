"""The source of a first frame in the sheet: a file, a link, or a data URI."""

import base64
import binascii
import difflib
import itertools
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.parse import unquote

from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?=//)|(data|file):", re.IGNORECASE)
_DATA = re.compile(r"data:image/[\w.+-]+(;[\w-]+=[\w.-]+)*;base64,", re.IGNORECASE)
_PICTURE = re.compile(r"\.(png|jpe?g|jfif|webp|hei[cf]|avif|tiff?|gif|bmp)$", re.IGNORECASE)
_SHOWN = 160  # characters of a source in a message
_SHOWN_OF_DATA = 40
_LISTED = 5000  # files of a folder that are searched for a similar name
_WITHOUT_RULE_BYTES = 64 * 1024 * 1024
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class ByteLimit:
    """The maximum size of a picture in bytes, and the service's sentence for it."""

    max_bytes: int
    sentence: str

    def refusal(self, name: str) -> FrameRefused:
        """The error for a larger picture."""
        return FrameRefused(f"first frame {name} is too large: {self.sentence}")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """An existing file; a changed file is a different one."""

    path: Path
    modified_ns: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Link:
    """An http or https URL; hosts are checked at each hop."""

    url: str


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture in the sheet itself, in base64."""

    uri: str
    begins: int
    """Where the base64 starts."""


def byte_limit(schema: ModelSchema) -> ByteLimit:
    """The model's limit for the size of a file; without one, 64 MiB."""
    field = schema.field("first_frame")
    for rule in field.validations if field else ():
        if rule.validation_rule == "file_size_mb<":
            return ByteLimit(int(rule.validation_value * 1e6), rule.validation_error)
    return ByteLimit(_WITHOUT_RULE_BYTES, f"more than {_WITHOUT_RULE_BYTES} bytes.")


def described(source: str) -> str:
    """`source` for messages: like `shown`, in quotes."""
    return repr(shown(source))


def shown(source: str) -> str:
    """`source` for display: short, without a link's password, key or signature."""
    text = source
    if source[:5].lower() == "data:":
        text = f"{source[:_SHOWN_OF_DATA]}… ({len(source)} characters)"
    elif "://" in source:
        text = re.sub(r"(?<=://)[^/?#]*@", "…@", re.sub(r"[?#].*", "?…", source, flags=re.DOTALL))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class Reach:
    """Which paths a sheet may use: an untrusted sheet must not read arbitrary files."""

    outside: bool = False
    """Whether paths may leave the sheet's folder."""
    follow_symlinks: bool = False
    """Whether symbolic links in that folder may leave it."""


INSIDE = Reach()


def find_source(source: str, beside: Path, reach: Reach = INSIDE) -> LocalFile | Link | Inline:
    """Resolve `source`; paths are relative to the folder of `beside`, or to `beside`.

    Paths beyond `reach` are not accessed at all. Raises `FrameRefused`.
    """
    return link_or_inline(source) or _find_file(source, beside, described(source), reach)


def link_or_inline(source: str) -> Link | Inline | None:
    """The link or data URI in `source`; None for a path. Raises `FrameRefused`."""
    name = described(source)
    if (scheme := _SCHEME.match(source)) is None:
        return None
    word = (scheme[1] or scheme[2]).lower()
    if word == "data":
        return _inline(source, name)
    if word not in {"http", "https"}:
        raise FrameRefused(
            f"first frame {name}: `{word}:` links are not supported",
            advice="Give a path beside the sheet or an https link.",
        )
    if "@" in re.split(r"[/?#]", source.partition("://")[2], maxsplit=1)[0]:
        raise FrameRefused(
            f"first frame {name}: a link must not hold a name and password",
            advice="Download the picture and give its path, or use a pre-signed link.",
        )
    return Link(source)


def _inline(source: str, name: str) -> Inline:
    head = _DATA.match(source[:200])
    if head is None:
        raise FrameRefused(
            f"first frame {name} is not a base64 picture",
            advice="A data URI begins with data:image/png;base64, (or jpeg, or webp).",
        )
    return Inline(source, head.end())


def read_inline(inline: Inline, limit: ByteLimit, name: str) -> bytes:
    """The bytes of a data URI. Raises `FrameRefused` for invalid base64 or too many bytes."""
    if len(inline.uri) > 4 * limit.max_bytes:  # line breaks and %2B at their worst
        raise limit.refusal(name)
    text = re.sub(r"\s", "", unquote(inline.uri[inline.begins :]))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise FrameRefused(
            f"first frame {name} is not valid base64: {exc}",
            advice="Copy the data URI again, or give a path beside the sheet.",
        ) from exc
    if len(content) > limit.max_bytes:
        raise limit.refusal(name)
    return content


def read_local(file: LocalFile, limit: ByteLimit, name: str) -> bytes:
    """The bytes of a file. Raises `FrameRefused` if it cannot be read or is too large."""
    with opened(file, limit, name) as reader:
        content = reader.read(limit.max_bytes + 1)
    if len(content) > limit.max_bytes:
        raise limit.refusal(name)
    return content


@contextmanager
def opened(file: LocalFile, limit: ByteLimit, name: str) -> Iterator[BinaryIO]:
    """Open a regular file for reading. Raises `FrameRefused` if it is not one, or too large.

    It may have been replaced since it was found: opening never waits for a pipe.
    """
    if file.size_bytes > limit.max_bytes:
        raise limit.refusal(name)
    try:
        descriptor = os.open(file.path, os.O_RDONLY | _AT_ONCE)
        with open(descriptor, "rb") as reader:  # noqa: PTH123  # a Path cannot take a descriptor
            _check_ordinary(os.fstat(descriptor), name)
            yield reader
    except OSError as exc:
        raise _unreadable(name, exc) from exc


def _find_file(source: str, beside: Path, name: str, reach: Reach) -> LocalFile:
    # Windows writes frames\a.png, which on other systems is a single file name.
    spellings = dict.fromkeys((source, source.replace("\\", "/")))
    try:
        folder = beside if beside.is_dir() else beside.parent
        for spelling in spellings:
            _check_spelling(spelling, folder, name, reach)
        for spelling in spellings:
            path = _on_disk(folder, spelling)
            _check_real(path, folder, name, reach)
            if path.exists():
                return _local_file(path, name)
            if path.is_symlink():
                raise FrameRefused(
                    f"first frame {name} is a broken symbolic link",
                    advice="Put the picture back where the link points, or give its own path.",
                )
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        raise _unreadable(name, exc) from exc
    raise FrameRefused(
        f"first frame {name} is not there: looked in {path.parent}",
        advice=_similar_names(path) + "Paths are relative to the sheet's folder.",
    )


def _check_spelling(spelling: str, folder: Path, name: str, reach: Reach) -> None:
    """Check that a path stays in the sheet's folder as written, without accessing the disk."""
    written = os.path.normpath(folder / spelling)
    if reach.outside or any(_is_inside(written, Path(f)) for f in (folder, folder.resolve())):
        return
    raise FrameRefused(
        f"first frame {name} is outside the sheet's folder",
        advice="Put the picture into that folder or below, or set first_frames.outside = true in "
        "production.toml. A sheet from a link or a pipe may not leave the current folder.",
    )


def _check_real(path: Path, folder: Path, name: str, reach: Reach) -> None:
    """Check that a path also stays in the sheet's folder on disk."""
    if reach.outside or reach.follow_symlinks:
        return
    try:
        real = path.resolve()
    except RuntimeError:  # circular links
        return
    if not _is_inside(real, folder.resolve()):
        raise FrameRefused(
            f"first frame {name} is reached by a symbolic link out of the sheet's folder",
            advice="Put the picture itself there, or set first_frames.follow_symlinks = true in "
            "production.toml.",
        )


def _is_inside(path: str | Path, folder: Path) -> bool:
    return Path(path).is_relative_to(os.path.normpath(folder))


def _local_file(path: Path, name: str) -> LocalFile:
    facts = path.stat()
    _check_ordinary(facts, name)
    return LocalFile(path.absolute(), facts.st_mtime_ns, facts.st_size)


def _check_ordinary(facts: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(facts.st_mode):
        what = "a folder" if stat.S_ISDIR(facts.st_mode) else "not a regular file"
        raise FrameRefused(f"first frame {name} is {what}", advice="Give the path of a picture.")


def _on_disk(folder: Path, spelling: str) -> Path:
    """The path in the disk's spelling: macOS stores accents as separate characters."""
    at = folder
    for part in PurePath(spelling).parts:
        step = at / part
        if not part.isascii() and not os.path.lexists(step):
            with suppress(OSError):
                alike = (name for name in _names_in(at) if _composed(name) == _composed(part))
                step = at / next(alike, part)
        at = step
    return at


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _names_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in itertools.islice(entries, _LISTED)]


def _similar_names(path: Path) -> str:
    """Pictures in the same folder with similar names; other files are not shown."""
    try:
        names = [name for name in _names_in(path.parent) if _PICTURE.search(name)]
    except OSError:
        return f"The folder {path.parent} does not exist. "
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(path.name.casefold(), by_folded, n=3)
    quoted = " or ".join(repr(by_folded[folded]) for folded in near)
    return f"Did you mean {quoted}? " if near else ""


def _unreadable(name: str, exc: OSError | ValueError) -> FrameRefused:
    reason = exc.strerror if isinstance(exc, OSError) else exc
    return FrameRefused(
        f"first frame {name} cannot be read: {reason}", advice="Check its path and permissions."
    )

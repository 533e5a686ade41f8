"""The addresses of videos in the output of a result, whatever its shape.

Documented is an object with `video` or `videos`. Other services nest the address once more
(`{"video": {"url": …}}`), call it otherwise, give a list, or an address relative to their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

_MAX_URL = 8192
_MAX_DEPTH = 4
_MAX_ITEMS = 20
_VIDEO_KEYS = ("video", "videos", "video_url", "video_urls")
_URL_KEYS = ("url", "uri", "href", "download_url", "video_url", "src")
_NESTED_KEYS = ("output", "outputs", "result", "results", "data", "files", "generations")
_VIDEO_ENDINGS = (".mp4", ".mov", ".webm", ".m4v")


def video_addresses(output: object, base_url: str = "") -> tuple[str, ...]:
    """Every address of a video, the likeliest first; none twice."""
    found = (_absolute(text, base_url) for text in _texts(output, 0))
    return tuple(dict.fromkeys(address for address in found if address))


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, Mapping):
        named = [value[key] for key in _VIDEO_KEYS if value.get(key)]
        named = named or [value[key] for key in _URL_KEYS if value.get(key)]
        named = named or [value[key] for key in _NESTED_KEYS if value.get(key)]
        for inner in named or _videos_by_ending(value):
            yield from _texts(inner, depth + 1)
    elif isinstance(value, Sequence):
        for item in value[:_MAX_ITEMS]:
            yield from _texts(item, depth + 1)


def _videos_by_ending(value: Mapping[str, object]) -> list[str]:
    texts = [inner for inner in value.values() if isinstance(inner, str)]
    return [text for text in texts if _path(text).lower().endswith(_VIDEO_ENDINGS)]


def _absolute(text: str, base_url: str) -> str:
    if not text.isprintable() or " " in text or len(text) > _MAX_URL:
        return ""
    if text.lower().startswith(("https://", "http://")):
        return text
    relative = text.startswith(("/", "./", "?")) or _path(text).lower().endswith(_VIDEO_ENDINGS)
    if not base_url or not relative or _is_no_address(text) or urlsplit(text).scheme:
        return ""
    return urljoin(base_url, text)


def _is_no_address(text: str) -> bool:
    """Whether `text` is no address at all."""
    try:
        urlsplit(text)
    except ValueError:
        return True
    return False


def _path(text: str) -> str:
    return "" if _is_no_address(text) else urlsplit(text).path

"""Which links are allowed on the page, and how they are written."""

from collections.abc import Iterable
from unicodedata import category
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from seedance_assets.core.review import Review

_URL_SAFE = "/:@!$&'()*+,;=~-._%"  # URLs are already encoded; only invalid characters are not


def safe_link(link: str | None) -> str | None:
    """`link` for `href` and `src`; None if it must not be followed.

    Allowed are https URLs without a user name, and paths relative to the page (`..` included),
    which are percent-encoded. `javascript:`, `data:`, `file:`, `//host` and paths from the root
    are not.
    """
    if link is None or not link.strip() or any(category(c) == "Cc" for c in link):
        return None
    try:
        parts = urlsplit(link)
        if parts.scheme == "https":
            return _https(parts)
        path = quote(link, safe="/")
    except ValueError:  # a broken IPv6 host; half of a surrogate pair
        return None
    if parts.scheme or parts.netloc or link[0] in "/\\":
        return None
    return path if "/" in path else f"./{path}"


def _https(parts: SplitResult) -> str | None:
    if not parts.hostname or "@" in parts.netloc or not parts.netloc.isascii():
        return None
    return urlunsplit(
        parts._replace(
            netloc=quote(parts.netloc, safe=":[]-."),
            path=quote(parts.path, safe=_URL_SAFE),
            query=quote(parts.query, safe=_URL_SAFE + "?"),
            fragment=quote(parts.fragment, safe=_URL_SAFE + "?"),
        )
    )


def origins(review: Review) -> list[str]:
    """The external origins of pictures and clips, e.g. `https://cdn.example`."""
    takes = [take for shot in review.shots for take in shot.takes]
    given = [shot.first_frame for shot in review.shots]
    given += [link for take in takes for link in (take.video, take.poster, take.strip)]
    return sorted(set(_origins(given)))


def _origins(links: Iterable[str | None]) -> Iterable[str]:
    for link in links:
        safe = safe_link(link)
        if safe is not None and safe.startswith("https:"):
            yield f"https://{urlsplit(safe).netloc}"

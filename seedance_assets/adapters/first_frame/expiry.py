"""When a signed link expires, read from the link."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

_STAMP = re.compile(r"x-(\w+)-date", re.IGNORECASE)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def link_expiry(url: str) -> datetime | None:
    """When the link expires; None if unknown.

    Supports `X-…-Date` with `X-…-Expires` (Amazon, Google and others, signature
    version 4), `Expires` in seconds since 1970 (older signatures, CloudFront), and Azure's `se`.
    """
    with suppress(ValueError, OverflowError):
        query = {name.casefold(): value for name, value in parse_qsl(urlsplit(url).query)}
        return _by_stamp(query) or _by_epoch(query) or _by_azure(query)
    return None


def _by_stamp(query: Mapping[str, str]) -> datetime | None:
    for name, value in query.items():
        if (maker := _STAMP.fullmatch(name)) and (life := query.get(f"x-{maker[1]}-expires")):
            signed = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed + timedelta(seconds=int(life))
    return None


def _by_epoch(query: Mapping[str, str]) -> datetime | None:
    text = query.get("expires", "")
    if not re.fullmatch(r"\d{9,12}", text):
        return None
    return datetime.fromtimestamp(min(float(text), _LATEST), UTC)


def _by_azure(query: Mapping[str, str]) -> datetime | None:
    if "sig" not in query or "se" not in query:
        return None
    ends = datetime.fromisoformat(query["se"])
    return ends if ends.tzinfo else ends.replace(tzinfo=UTC)

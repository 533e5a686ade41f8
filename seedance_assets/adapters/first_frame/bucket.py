"""First frames in an S3-compatible bucket: uploaded once by content, shared by signed links.

The keys come from the environment and stay in the library that signs. Whoever has a signed link
has the picture, so the link goes only to the service.
"""

import os
import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from seedance_assets.adapters.first_frame.formats import EXTENSIONS
from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import FrameNotDelivered, SettingsRefused
from seedance_assets.core.request import FirstFrame, sha256_hex
from seedance_assets.core.settings import Bucket

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

_KEYS = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE",),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)
_TIMEOUT_S = 60
_RETRIES = 2
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_STATUS = re.compile(r"status code: (\d{3}[ \w]{0,40})")


class FrameBucket:
    """The bucket from the settings. Thread-safe."""

    def __init__(self, settings: Bucket, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = os.environ if environ is None else environ
        self._there: set[str] = set()
        self._turns: dict[str, threading.Lock] = {}

    def upload(self, frame: FirstFrame) -> str:
        """Upload a stored frame unless it is there already, and return its key.

        The key is the hash of exactly the bytes that are sent. Blocks: call it in a thread. Raises
        `FrameNotDelivered`, `SettingsRefused` or `StorageError`.
        """
        with storage_errors(f"cannot read {frame.path}"):
            content = frame.path.read_bytes()
        key = str(
            PurePosixPath(
                self._settings.prefix, f"{sha256_hex(content)}.{EXTENSIONS[frame.media_type]}"
            )
        )
        with self._turns.setdefault(key, threading.Lock()):
            if key not in self._there:
                self._upload(key, content, frame.media_type)
                self._there.add(key)
        return key

    def link(self, key: str) -> str:
        """A signed link to an object, valid from now for the time in the settings."""
        store = self._store
        import obstore

        life = timedelta(seconds=self._settings.link_life_s)
        try:
            return obstore.sign(store, "GET", key, life)
        except (obstore.exceptions.BaseError, OSError, ValueError) as exc:
            raise self._refusal("a link cannot be signed", exc) from None

    def _upload(self, key: str, content: bytes, media_type: str) -> None:
        store = self._store
        import obstore

        try:
            if not _has(store, key, len(content)):
                attributes = {"Content-Type": media_type}
                obstore.put(store, key, content, attributes=attributes, use_multipart=False)
        except (obstore.exceptions.BaseError, OSError, ValueError) as exc:
            raise self._refusal("cannot be reached or written", exc) from None

    @cached_property
    def _store(self) -> "S3Store":
        try:
            from obstore.store import S3Store
        except ImportError as exc:
            raise SettingsRefused(
                'first_frames.delivery = "s3" needs the library obstore',
                advice="Install it with: pip install 'seedance-assets[s3]'",
            ) from exc
        if not any(all(self._environ.get(name) for name in names) for names in _KEYS):
            raise SettingsRefused(
                f"no keys for the bucket {self._settings.bucket!r} are set",
                advice="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.",
            )
        settings = self._settings
        endpoint = settings.endpoint_url.rstrip("/")
        config: S3Config = {
            "region": settings.region,
            "virtual_hosted_style_request": settings.bucket_in_host,
            **self._static_keys(),
        }
        if endpoint:
            config["endpoint"] = endpoint
        timeout = timedelta(seconds=_TIMEOUT_S)
        return S3Store(
            settings.bucket,
            config=config,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": timeout},
            retry_config={"max_retries": _RETRIES, "retry_timeout": timeout},
        )

    def _static_keys(self) -> "S3Config":
        """Keys that the environment holds directly; the library finds other kinds itself."""
        key_id, secret = map(self._environ.get, _KEYS[0])
        if not key_id or not secret:
            return {}
        keys: S3Config = {"access_key_id": key_id, "secret_access_key": secret}
        if token := self._environ.get("AWS_SESSION_TOKEN"):
            keys["session_token"] = token
        return keys

    def _refusal(self, what: str, exc: Exception) -> FrameNotDelivered:
        """An error in our own words: the library's text repeats the bucket's answer with keys."""
        code, status = _CODE.search(str(exc)), _STATUS.search(str(exc))
        known = (match[1].strip() for match in (status, code) if match)
        why = ", ".join(known) or type(exc).__name__
        return FrameNotDelivered(
            f"the bucket {self._settings.bucket!r} for first frames: {what} ({why})",
            advice="Check [first_frames.s3] in production.toml, the keys in the environment and "
            "their permissions (s3:GetObject, s3:PutObject), then run again; nothing was paid for.",
        )


def _has(store: "S3Store", key: str, size_bytes: int) -> bool:
    """Whether the bucket has an object; without the right to list, a missing one gives 403."""
    import obstore

    try:
        return obstore.head(store, key)["size"] == size_bytes
    except (FileNotFoundError, PermissionError, obstore.exceptions.PermissionDeniedError):
        return False

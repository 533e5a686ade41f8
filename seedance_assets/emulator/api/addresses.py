"""URLs that the emulator returns, in the service's format."""

import base64
import re
import secrets
import zlib
from urllib.parse import quote

REQUEST_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")
_NANOID = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def root_of(host_header: str, own_root: str) -> str:
    """The root that the caller used, or our own if the Host header is not a host."""
    return f"http://{host_header}" if _HOST.fullmatch(host_header) else own_root


def of_request(root: str, request_id: str, *, cancel: bool = True) -> dict[str, str]:
    """The URLs that are returned with a request id."""
    base = f"{root}/v1/requests/{request_id}"
    urls = {"status_url": f"{base}/status", "result_url": f"{base}/result"}
    return urls | ({"cancel_url": f"{base}/cancel"} if cancel else {})


def new_output_name() -> str:
    """A file name for an output, in the service's format."""
    return "".join(secrets.choice(_NANOID) for _ in range(21)) + "_output.mp4"


def of_output(root: str, name: str, given_out_at: float) -> str:
    """The download URL of an output; it contains the time when it was issued."""
    parts = (_packed("emulator"), _packed(f"{given_out_at:.3f}"))
    return f"{root}/{'/'.join(quote(part, safe='') for part in parts)}/output/{name}"


def given_out_at(part: str) -> float | None:
    """When an output's URL was issued; None if it contains no time."""
    try:
        unpacker = zlib.decompressobj()
        return float(unpacker.decompress(base64.urlsafe_b64decode(part), 100))
    except (ValueError, zlib.error):
        return None


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode()

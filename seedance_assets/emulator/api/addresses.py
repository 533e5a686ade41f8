"""Addresses that the emulator gives out, in the service's forms."""

import base64
import re
import secrets
import zlib
from urllib.parse import quote

REQUEST_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")
_NANOID = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def root_of(host_header: str, own_root: str) -> str:
    """The root that a caller reached us by, or our own if the Host header is no host."""
    return f"http://{host_header}" if _HOST.fullmatch(host_header) else own_root


def of_request(root: str, request_id: str, *, cancel: bool = True) -> dict[str, str]:
    """The addresses that come with a request's id."""
    base = f"{root}/v1/requests/{request_id}"
    urls = {"status_url": f"{base}/status", "result_url": f"{base}/result"}
    return urls | ({"cancel_url": f"{base}/cancel"} if cancel else {})


def new_output_name() -> str:
    """A file name for an output, such as the service gives."""
    return "".join(secrets.choice(_NANOID) for _ in range(21)) + "_output.mp4"


def of_output(root: str, name: str, given_out_at: float) -> str:
    """Where an output is fetched from; the address says when it was given out."""
    parts = (_packed("emulator"), _packed(f"{given_out_at:.3f}"))
    return f"{root}/{'/'.join(quote(part, safe='') for part in parts)}/output/{name}"


def given_out_at(part: str) -> float | None:
    """When an output's address was given out; None if it says no time."""
    try:
        unpacker = zlib.decompressobj()
        return float(unpacker.decompress(base64.urlsafe_b64decode(part), 100))
    except (ValueError, zlib.error):
        return None


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode()

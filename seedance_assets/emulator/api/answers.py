"""HTTP answers, and the service's errors in the shapes that were observed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedance_assets.emulator.jobs.scenario import ErrorName


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: JSON unless `html` is set; `drop` closes the connection instead."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str | None = None
    drop: bool = False
    delay_s: float = 0.0


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


_CODES = {
    "no_balance": (400002, "Insufficient balance to run this model."),
    "bad_token": (400004, "The API token is missing, invalid or expired."),
    "permission_denied": (403001, "You have no permission to access this resource."),
    "wrong_id": (400001, "Invalid resource identifier."),
    "not_found": (404001, "The resource does not exist or has expired."),
    "not_ready": (400005, "The request has not finished yet."),
}
_PLAIN = {
    "payment_required": (402, "Payment required."),
    "unauthorised": (401, "Unauthorized."),
    "bad_request": (400, "Bad request."),
    "unprocessable": (422, "The input does not match the schema of the model."),
    "moderated": (422, "The input was refused: it may contain sensitive content."),
    "too_many": (429, "Too many requests."),
    "server_error": (500, "Internal server error."),
    "unavailable": (503, "The service is temporarily unavailable."),
}
_BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"
)


def error(
    name: ErrorName,
    message: str | None = None,
    *,
    detail: object = None,
    retry_after_s: int | None = None,
) -> Answer:
    """The service's answer for an error; `message` replaces its default text.

    The HTTP status of a six-digit code is its first three digits (section 3 of the contract).
    """
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    if name == "bad_gateway":
        return Answer(status=502, html=_BAD_GATEWAY, headers=headers)
    if name == "forbidden":
        return Answer({"message": message or "Forbidden"}, 403, headers)
    if name == "error_in_200":
        code, words = _CODES["no_balance"]
        return Answer({"error_code": code, "error_message": message or words}, 200, headers)
    if name in _CODES:
        code, words = _CODES[name]
        body: dict[str, object] = {"error_code": code, "error_message": message or words}
        status = code // 1000
    else:
        status, words = _PLAIN[name]
        body = {"error_message": message or words}
    if detail is None and name == "unprocessable":
        detail = [{"loc": ["body"], "msg": body["error_message"], "type": "value_error"}]
    if detail is not None:
        body["detail"] = detail
    return Answer(body, status, headers)


def refusal(name: ErrorName, message: str | None = None, *, detail: object = None) -> Refused:
    """The same as an exception to raise."""
    return Refused(error(name, message, detail=detail))

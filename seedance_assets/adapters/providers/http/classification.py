"""What an answer means that is not the one we hoped for.

The order of judgement: a non-null `error_code` first, whatever the HTTP status (some of RunComfy's
APIs answer 200 with one); then the HTTP status; then "server" for what is no JSON object. The
documented codes have six digits and no documented HTTP status.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from seedance_assets.core.errors import (
    AnswerLost,
    BalanceTooLow,
    GenerationMissing,
    NotAuthorised,
    OtherAccount,
    RequestRefused,
    ServiceError,
    ServiceFault,
    Throttled,
    UnknownModel,
)


class Fault(StrEnum):
    """The class of a bad answer."""

    AUTH = "auth"
    BALANCE = "balance"
    FOREIGN = "foreign"
    MISSING = "missing"
    BAD_INPUT = "bad input"
    BLOCKED = "blocked"
    """A firewall's page in place of the service's answer."""
    NOT_READY = "not ready"
    THROTTLED = "throttled"
    UNCLEAR = "unclear"
    """A 4xx that neither the service nor HTTP explains."""
    SERVER = "server"


BY_CODE: Mapping[int, Fault] = MappingProxyType(
    {
        400001: Fault.MISSING,  # InvalidResourceIdentifier
        400002: Fault.BALANCE,  # InsufficientResources
        400004: Fault.AUTH,  # UserAccountError
        400005: Fault.NOT_READY,  # not documented; seen on /result
        403001: Fault.FOREIGN,  # PermissionDeniedError
        404001: Fault.MISSING,  # ResourceNotFound
    }
)

BY_STATUS: Mapping[int, Fault] = MappingProxyType(
    {
        401: Fault.AUTH,
        402: Fault.BALANCE,
        403: Fault.AUTH,
        404: Fault.MISSING,
        408: Fault.SERVER,
        410: Fault.MISSING,
        429: Fault.THROTTLED,
    }
    # By RFC 9110 and its kin, these say that the request as such was not taken.
    | dict.fromkeys((400, 405, 406, 411, 413, 414, 415, 417, 421, 422, 426, 431), Fault.BAD_INPUT)
)

REFUSES = frozenset({400, 403, 406, 409, 422, 451})
"""Statuses with which the service may refuse an order for its content and say so."""
_OF_FIREWALLS = frozenset({401, 403})
_FORBIDDEN = 403
_NO_CREDIT = "exhausted balance"  # fal locks an account without credit, and says so with a 403
_NO_ERROR = frozenset({"", "0", "None", "False"})
"""What some services write into `error_code` if all is well."""
_SERVER_CODES = range(500_000, 600_000)

# What each class becomes. A class that is not named here becomes the table's last word.
ON_SUBMIT: Mapping[Fault, type[ServiceError]] = MappingProxyType(
    {
        Fault.AUTH: NotAuthorised,
        Fault.FOREIGN: NotAuthorised,
        Fault.BALANCE: BalanceTooLow,
        Fault.MISSING: UnknownModel,
        Fault.BAD_INPUT: RequestRefused,
        Fault.BLOCKED: RequestRefused,
        Fault.THROTTLED: Throttled,
    }
)
ELSE_ON_SUBMIT = AnswerLost  # in doubt, the order may be running and may be billed

ON_GENERATION: Mapping[Fault, type[ServiceError]] = MappingProxyType(
    {
        Fault.AUTH: NotAuthorised,
        Fault.FOREIGN: OtherAccount,
        Fault.BALANCE: BalanceTooLow,
        Fault.MISSING: GenerationMissing,
        Fault.THROTTLED: Throttled,
    }
)
ON_CATALOGUE: Mapping[Fault, type[ServiceError]] = MappingProxyType(
    {
        Fault.AUTH: NotAuthorised,
        Fault.FOREIGN: NotAuthorised,
        Fault.BALANCE: BalanceTooLow,
        Fault.MISSING: UnknownModel,
        Fault.THROTTLED: Throttled,
    }
)
ON_BALANCE: Mapping[Fault, type[ServiceError]] = MappingProxyType(
    {Fault.AUTH: NotAuthorised, Fault.FOREIGN: NotAuthorised, Fault.THROTTLED: Throttled}
)
ELSE_ON_QUESTION = ServiceFault


def classify(
    status: int, document: Mapping[str, Any] | None, *, is_page: bool = False
) -> Fault | None:
    """The class of an answer with this HTTP status and JSON object; None if it is a good one.

    `is_page` says that a web page came in place of JSON.
    """
    code = error_code(document)
    if code is not None and code in BY_CODE:
        return BY_CODE[code]
    if code is not None and (is_success(status) or code in _SERVER_CODES):
        return Fault.SERVER  # an error that nobody has explained
    if is_page and status in _OF_FIREWALLS:
        return Fault.BLOCKED
    if status in BY_STATUS:
        return Fault.BALANCE if _lacks_credit(status, document) else BY_STATUS[status]
    if 400 <= status < 500:  # noqa: PLR2004  # HTTP's own ranges
        return Fault.UNCLEAR
    return None if is_success(status) and document is not None else Fault.SERVER


def _lacks_credit(status: int, document: Mapping[str, Any] | None) -> bool:
    return status == _FORBIDDEN and _NO_CREDIT in str((document or {}).get("detail")).lower()


def is_success(status: int) -> bool:
    """Whether an HTTP status is one of the 2xx."""
    return 200 <= status < 300  # noqa: PLR2004  # HTTP's own range


def error_code(document: Mapping[str, Any] | None) -> int | None:
    """The top-level `error_code`; -1 for one that is no number; None without one."""
    text = str((document or {}).get("error_code")).strip()
    if text in _NO_ERROR:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("400001") else -1

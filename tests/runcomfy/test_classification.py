"""Section 3 of the service's specification, as tables."""

import pytest

from seedance_assets.adapters.providers.http.classification import Fault, classify


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 502])
@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (400001, Fault.MISSING),
        (400002, Fault.BALANCE),
        (400004, Fault.AUTH),
        (400005, Fault.NOT_READY),
        (403001, Fault.FOREIGN),
        (404001, Fault.MISSING),
        ("400002", Fault.BALANCE),
    ],
)
def test_a_documented_code_counts_whatever_the_status(
    status: int, code: object, fault: Fault
) -> None:
    assert classify(status, {"error_code": code}) is fault


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, Fault.AUTH),
        (402, Fault.BALANCE),
        (403, Fault.AUTH),
        (404, Fault.MISSING),
        (410, Fault.MISSING),
        (400, Fault.BAD_INPUT),
        (413, Fault.BAD_INPUT),
        (422, Fault.BAD_INPUT),
        (429, Fault.THROTTLED),
        (408, Fault.SERVER),
        (409, Fault.UNCLEAR),
        (418, Fault.UNCLEAR),
        (499, Fault.UNCLEAR),
        (500, Fault.SERVER),
        (502, Fault.SERVER),
        (503, Fault.SERVER),
        (599, Fault.SERVER),
        (301, Fault.SERVER),
        (302, Fault.SERVER),
        (307, Fault.SERVER),
    ],
)
@pytest.mark.parametrize(
    "document",
    [None, {}, {"message": "Forbidden"}, {"error_code": None}, {"error_code": 429999}],
    ids=["html", "empty", "gateway", "null code", "unknown code"],
)
def test_without_a_documented_code_the_status_counts(
    status: int, fault: Fault, document: dict[str, object] | None
) -> None:
    assert classify(status, document) is fault


@pytest.mark.parametrize("code", [10001, 400009, 500001, -1, "whatever", True, [], {}, 1e300])
def test_an_unknown_code_with_a_good_status_is_an_error_that_nobody_has_explained(
    code: object,
) -> None:
    assert classify(200, {"error_code": code, "request_id": "r1"}) is Fault.SERVER


@pytest.mark.parametrize("code", [0, "0", "", None])
def test_a_code_that_says_no_error_is_none(code: object) -> None:
    assert classify(200, {"error_code": code, "request_id": "r1"}) is None


@pytest.mark.parametrize(
    ("status", "fault"),
    [(401, Fault.BLOCKED), (403, Fault.BLOCKED), (404, Fault.MISSING), (503, Fault.SERVER)],
)
def test_a_page_in_place_of_json_is_a_firewalls(status: int, fault: Fault) -> None:
    assert classify(status, None, is_page=True) is fault


def test_a_server_code_is_never_taken_for_a_refusal() -> None:
    assert classify(400, {"error_code": 500001}) is Fault.SERVER


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_json_object_with_a_good_status_is_a_good_answer(status: int) -> None:
    assert classify(status, {"request_id": "r1"}) is None


def test_a_good_status_without_a_json_object_is_the_servers_fault() -> None:
    assert classify(200, None) is Fault.SERVER


def test_an_account_that_is_locked_for_want_of_credit_is_no_matter_of_the_token() -> None:
    locked = {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}

    assert classify(403, locked) is Fault.BALANCE
    assert classify(403, {"detail": "User is locked. Reason: Admin lock."}) is Fault.AUTH

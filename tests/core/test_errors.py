"""The kinds of failure keep their promises to people and to machines."""

import re
from collections.abc import Iterator

import pytest

from seedance_assets.core import errors
from seedance_assets.core.error_codes import CODES_BY_CLASS_NAME, code_of
from seedance_assets.core.errors import Charge, SeedanceError
from seedance_assets.core.failures import FailureSettings, error_class, may_resubmit


def _kinds(kind: type[SeedanceError] = SeedanceError) -> Iterator[type[SeedanceError]]:
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from _kinds(below)


KINDS = sorted(_kinds(), key=lambda kind: kind.__name__)
LABELS = {
    *("auth", "balance", "bad input", "moderation of input", "moderation of output (video)"),
    *("moderation of output (audio)", "throttled", "service fault", "not found or expired"),
    *("lost answer", "download broken", "storage full", "our own bug"),
}


def test_the_taxonomy_is_whole() -> None:
    assert {kind.label for kind in KINDS} >= LABELS


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_an_error_has_a_code_of_its_own_and_knows_its_cost(kind: type[SeedanceError]) -> None:
    assert error_class(kind.code) is kind
    assert re.fullmatch("[a-z]+(_[a-z]+)*", kind.code)
    if "nothing was paid" in kind.advice:
        assert kind.charge is Charge.NOTHING


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
@pytest.mark.parametrize("charge", [Charge.CHARGED, Charge.UNKNOWN])
def test_nothing_that_may_have_been_charged_is_ever_resubmitted(
    kind: type[SeedanceError], charge: Charge
) -> None:
    assert not may_resubmit(kind, charge, 0, FailureSettings(resubmit=20))


@pytest.mark.parametrize(("name", "code"), CODES_BY_CLASS_NAME.items())
def test_the_class_names_of_earlier_versions_are_still_understood(name: str, code: str) -> None:
    assert code_of(name) == code_of(code) == code
    assert error_class(name) is error_class(code)
    assert error_class(name).code == code


def test_an_error_without_a_code_or_with_that_of_another_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="code"):
        type("Nameless", (SeedanceError,), {})
    with pytest.raises(TypeError, match="the code 'answer_lost' is taken"):
        type("Second", (SeedanceError,), {}, code="answer_lost")


def test_a_word_of_another_version_is_a_failure_like_any_other() -> None:
    assert error_class("no_such_code") is errors.GenerationFailed
    assert error_class(None) is errors.GenerationFailed

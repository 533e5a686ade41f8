"""The kinds of failure keep their promises to people and to machines."""

from collections.abc import Iterator

import pytest

from seedance_assets.core import errors
from seedance_assets.core.errors import Charge, SeedanceError
from seedance_assets.core.failures import FailureSettings, kind_named, may_resubmit


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
def test_a_kind_knows_its_cost_and_is_found_again_by_its_name(kind: type[SeedanceError]) -> None:
    assert kind_named(kind.__name__) is kind
    assert kind("x").may_order_anew is (kind.charge is Charge.NOTHING)
    if "nothing was paid" in kind.advice:
        assert kind.charge is Charge.NOTHING


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
@pytest.mark.parametrize("charge", [Charge.CHARGED, Charge.UNKNOWN])
def test_nothing_that_may_have_been_charged_is_ever_resubmitted(
    kind: type[SeedanceError], charge: Charge
) -> None:
    assert not may_resubmit(kind, charge, 0, FailureSettings(resubmit=20))


def test_a_word_of_another_version_is_a_failure_like_any_other() -> None:
    assert kind_named("NoSuchKind") is errors.GenerationFailed
    assert kind_named(None) is errors.GenerationFailed

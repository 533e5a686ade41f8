"""Rules assign their faults to the orders that match, and to no others."""

from pathlib import Path
from typing import Any

import pytest

from seedance_assets.emulator.jobs.scenario import (
    FailJob,
    Fault,
    OddSubmitAnswer,
    RefuseSubmit,
    Rule,
    Scenario,
)
from tests.emulator.conftest import Open
from tests.emulator.kit import Caller


def refused(caller: Caller, count: int, **inputs: Any) -> list[bool]:
    return [not caller.submit(**inputs).is_success for _ in range(count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"prompt": "BOAT"}, [True] * 4),
        ({"prompt": "train"}, [False] * 4),
        ({"orders": (2, 3)}, [False, True, True, False]),
        ({"times": 1}, [True, False, False, False]),
        ({"audio": True}, [False] * 4),
        ({"prompt": "boat", "orders": (1, 4), "times": 1}, [True, False, False, False]),
        ({"probability": 0.0}, [False] * 4),
    ],
    ids=["prompt", "other prompt", "orders", "times", "audio", "all of them", "never"],
)
def test_a_rule_matches_only_its_conditions(
    start: Open, rule: dict[str, Any], expected: list[bool]
) -> None:
    faults: tuple[Fault, ...] = (RefuseSubmit(),)
    caller = start(scenario=Scenario(rules=(Rule(faults=faults, **rule),)))

    assert refused(caller, 4) == expected


def test_probability_depends_on_the_seed_and_on_how_often_an_input_came_before(
    start: Open, tmp_path: Path
) -> None:
    def draws(seed: int, folder: str) -> list[bool]:
        rule = Rule(probability=0.5, faults=(RefuseSubmit(),))
        caller = start(scenario=Scenario(seed=seed, rules=(rule,)), state_dir=tmp_path / folder)
        return refused(caller, 24, words="other")

    first, again, other = draws(1, "a"), draws(1, "b"), draws(2, "c")

    assert first == again != other
    assert 4 < sum(first) < 20


def test_two_rules_that_match_both_apply(start: Open) -> None:
    rules = (
        Rule(prompt="boat", faults=(FailJob(message="first"),)),
        Rule(faults=(FailJob(message="second"), OddSubmitAnswer(shape="accepted_202"))),
    )
    caller = start(scenario=Scenario(rules=rules))

    answer = caller.submit()

    assert answer.status_code == 202
    assert caller.finish(answer.json()["request_id"])["error"] == "first"

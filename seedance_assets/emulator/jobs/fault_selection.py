"""Select the faults of an order: the scenario's rules in order, with a seeded probability."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from seedance_assets.emulator.jobs.scenario import Fault, Rule, Scenario
from seedance_assets.emulator.jobs.store import Store


def select_faults(
    scenario: Scenario, store: Store, inputs: Mapping[str, Any], *, prompt: str, audio: bool
) -> tuple[Fault, ...]:
    """The faults for an order that has just arrived; also counts the rules' uses."""
    if not scenario.rules:
        return ()
    arrival = store.count_up("submits")
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    repeat = store.count_up(f"input {digest}")
    faults: list[Fault] = []
    for number, rule in enumerate(scenario.rules):
        chance = _chance(f"{scenario.seed} {number} {digest} {repeat}")
        if (
            _fits(rule, prompt=prompt, audio=audio, arrival=arrival)
            and chance < rule.probability
            and (rule.times is None or store.count_up(f"rule {number}") <= rule.times)
        ):
            faults.extend(rule.faults)
    return tuple(faults)


def _fits(rule: Rule, *, prompt: str, audio: bool, arrival: int) -> bool:
    return (
        (rule.prompt is None or rule.prompt.casefold() in prompt.casefold())
        and (not rule.orders or arrival in rule.orders)
        and (rule.audio is None or rule.audio == audio)
    )


def _chance(text: str) -> float:
    """A number from 0 to below 1 that depends only on the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7]) / 2**56

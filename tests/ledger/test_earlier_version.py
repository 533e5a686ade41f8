"""A ledger of the version before opens, and nothing that it has paid for is bought again."""

import sqlite3
from contextlib import closing
from pathlib import Path

from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.take import TakeState
from seedance_assets.wiring import Environment, open_production, plan_production, read_production

EARLIER = Path(__file__).with_name("earlier") / "0003.sql"
SAMPLE = Path(__file__).parents[2] / "data" / "shots.csv"


def test_the_sample_is_bought_once_by_both_versions(tmp_path: Path) -> None:
    """Requests have the fingerprints that they had, and the schema is brought up to date."""
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger:
        ledger.executescript(EARLIER.read_text(encoding="utf-8"))
    environment = Environment.read({"SEEDANCE_HOME": str(tmp_path)})
    shot_list, settings = read_production(SAMPLE)

    with open_production(environment, settings) as production:
        plan = plan_production(environment, production, shot_list)
        takes = production.ledger.takes()

    assert {take.state for take in takes} == {TakeState.MEASURED}
    assert plan.takes_to_buy == 0
    assert {line.state for line in plan.lines} == {ShotStatus.UP_TO_DATE}

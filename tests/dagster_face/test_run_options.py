"""One type carries a run's options, whichever door they come through."""

from dataclasses import fields

from seedance_assets.cli.produce import produce
from seedance_assets.core.run_options import RunOptions
from seedance_assets.defs.assets.production_config import ProductionConfig, config_of

OF_THE_COMMAND = {"sheet", "chosen", "yes", "as_json"}
"""Options of the command itself; `chosen` becomes `shots`."""


def test_both_doors_have_the_names_and_the_defaults_of_the_options() -> None:
    names = {field.name for field in fields(RunOptions)}
    from_command = {parameter.name for parameter in produce.params} - OF_THE_COMMAND

    assert from_command <= ProductionConfig.model_fields.keys() <= names
    assert config_of(RunOptions()) == {}
    default, again = ProductionConfig().options(), RunOptions()
    assert all(getattr(default, n) == getattr(again, n) for n in ProductionConfig.model_fields)


def test_what_a_run_is_launched_with_reads_back_as_the_same_options() -> None:
    given = RunOptions(
        shots=("sh010",), takes=2, retake=" the   gull\nis missing ", retries=0, max_cost_usd=1.5
    )

    config = config_of(given)

    assert config == {
        "shots": ["sh010"],
        "takes": 2,
        "retake": "the gull is missing",
        "retries": 0,
        "max_cost_usd": 1.5,
    }
    back = ProductionConfig(**config).options()
    assert all(getattr(back, n) == getattr(given, n) for n in ProductionConfig.model_fields)

"""Limits of show, sequence and shot; judging again without decoding; the table in the docs."""

from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from seedance_assets.adapters.probe import Probe
from seedance_assets.adapters.production_toml import read_settings
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.picture import Size
from seedance_assets.core.quality import RULES, Expectation, Verdict, judge
from seedance_assets.core.quality.catalogue import catalogue
from seedance_assets.core.quality.finding import Family
from seedance_assets.core.quality.limits import (
    FamilyName,
    QualityLimits,
    QualitySettings,
    RuleName,
)

WRONG = Expectation(Size(1, 1), frames_per_second=24, frames=25, audio=True)
DOCS = Path(__file__).parents[2] / "docs" / "quality-rules.md"
ODD = """
[quality]
preset = "broadcast"
black_fail_s = 1.0
[quality.rules]
flicker = "off"
[quality.sequences.sq010]
black_fail_s = 2.0
motion_warn_levels = 0.5
[quality.shots.sh020]
motion_warn_levels = 0.0
"""


def settings(folder: Path, text: str) -> QualitySettings:
    path = folder / "production.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path).quality


def test_the_most_specific_limit_wins_shot_then_sequence_then_show_then_preset(
    tmp_path: Path,
) -> None:
    quality = settings(tmp_path, ODD)

    show, sequence, shot = (
        quality.limits_for(),
        quality.limits_for("sh010", "sq010"),
        quality.limits_for("sh020", "sq010"),
    )

    assert (show.black_fail_s, sequence.black_fail_s, shot.black_fail_s) == (1.0, 2.0, 2.0)
    assert (sequence.motion_warn_levels, shot.motion_warn_levels) == (0.5, 0.0)
    assert {x.loudness_target_lufs for x in (show, sequence, shot)} == {-23.0}
    assert shot.rules["flicker"] == "off"
    assert shot.rules["duplicates"] == "fail"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[quality]\nblack_fial_s = 1", "quality.black_fial_s: is no setting; did you mean 'bl"),
        ("[quality.shots.a]\nblack_fial_s = 1", "did you mean 'black_fail_s'"),
        (
            "[quality.rules]\nfliker = 'off'",
            "quality.rules.fliker: is no rule; did you mean 'flicker'?",
        ),
        ("[quality.shots.a.rules]\nx = 'off'", "quality.shots.a.rules.x: is no rule; known are in"),
        ("[quality]\npreset = 'cinema'", "'draft', 'broadcast' or 'social'"),
        ("[quality]\nblocking = ['colour']", "quality.blocking.0"),
        ("[quality]\nblack_fail_s = inf", "finite"),
        (
            "[quality]\nfreeze_fail_s = -1",
            "quality.freeze_fail_s: must be greater than or equal to 0",
        ),
        ("[quality]\nblack_pixel_share = 98", "must be less than or equal to 1 (here: 98)"),
        ("[quality]\nout_of_phase_warn = -20", "must be greater than or equal to -1 (here: -20)"),
    ],
    ids=[
        "limit",
        "of a shot",
        "rule",
        "rule like none",
        "preset",
        "family",
        "infinite",
        "negative seconds",
        "share in per cent",
        "correlation in decibels",
    ],
)
def test_an_error_in_the_limits_is_reported_in_one_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(SettingsRefused) as caught:
        settings(tmp_path, text)

    assert says in str(caught.value)
    assert "[key]" not in str(caught.value)


@pytest.mark.parametrize("name", [n for n in QualityLimits.model_fields if n.endswith("_s")])
def test_no_time_and_no_rate_can_be_negative(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsRefused, match=f"{name}: must be greater than or equal to 0"):
        settings(tmp_path, f"[quality]\n{name} = -0.1")


def test_levels_may_be_negative(tmp_path: Path) -> None:
    low = settings(tmp_path, "[quality]\nsilence_dbfs = -70\nloudness_target_lufs = -31\n")

    assert (low.silence_dbfs, low.loudness_target_lufs) == (-70, -31)


def test_a_rule_can_be_switched_off_softened_or_hardened(good: Probe) -> None:
    def verdict(level: str | None) -> Verdict | None:
        rules = {"size": level} if level else {}
        quality = QualitySettings.model_validate({"rules": rules})
        found = judge(good.measurements, WRONG, quality.limits_for())
        return next((f.verdict for f in found if f.rule == "size"), None)

    assert verdict(None) is Verdict.FAIL
    assert verdict("warn") is Verdict.WARN
    assert verdict("off") is None


def test_judging_stored_measurements_again_needs_no_file(good: Probe) -> None:
    kept = good.measurements.model_dump_json(by_alias=True)

    again = Measurements.model_validate_json(kept)

    limits = QualitySettings().limits_for()
    assert judge(again, WRONG, limits) == judge(good.measurements, WRONG, limits)


def test_a_record_of_an_early_version_still_loads_and_is_judged_by_what_it_has(good: Probe) -> None:
    early = good.measurements.model_dump(
        mode="json", by_alias=True, exclude={"seen", "heard", "opening"}
    )
    for part, new in (("video", "colour"), ("video", "start_s"), ("audio", "start_s")):
        del early[part][new]

    findings = judge(Measurements.model_validate(early), WRONG, QualitySettings().limits_for())

    assert {"intact", "size", "audio"} <= {f.rule for f in findings}
    assert not {"black", "loudness"} & {f.rule for f in findings}


def test_every_rule_and_family_can_be_named_in_the_settings() -> None:
    assert tuple(rule.name for rule in RULES) == get_args(RuleName)
    assert tuple(family.value for family in Family) == get_args(FamilyName)
    with pytest.raises(ValidationError):
        QualitySettings.model_validate({"rules": {"nothing": "off"}})


def test_the_table_in_the_docs_is_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == catalogue(), (
        "run: python -m seedance_assets.core.quality.catalogue > docs/quality-rules.md"
    )

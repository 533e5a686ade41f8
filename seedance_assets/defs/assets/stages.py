"""The four stages of the line in Dagster: their assets and checks."""

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from seedance_assets.core.quality import RULES, Family
from seedance_assets.core.stage import Stage
from seedance_assets.defs.show import FREE, THE_SHOW, Show

GROUP = "production"
OP = "production_line"  # a job may not bear an op's name
REQUEST_CHECK = "request_valid"
INTACT_CHECK = "video_intact"

_ABOUT: Mapping[Stage, Mapping[str, Any]] = {
    Stage.SHOT_REQUEST: {
        "kinds": {"json"},
        "description": (
            "The exact input for the service, with its first frame fetched, verified "
            "and hashed. Free."
        ),
    },
    Stage.GENERATION: {
        "kinds": {"video", "api"},
        "tags": {"costs": "money"},
        "description": (
            "**The only asset that costs money.** Each take is ordered once, recorded before it "
            "is sent, and found again by its content after any crash."
        ),
    },
    Stage.VIDEO: {
        "kinds": {"mp4"},
        "description": (
            "The clip in our own storage, complete and hashed, with its whole lineage. Free "
            "to repeat."
        ),
    },
    Stage.MEASUREMENTS: {
        "kinds": {"json"},
        "description": "Raw quality figures of the clip, and the verdict of each rule. Free.",
    },
}
_BEFORE = {
    Stage.SHOT_REQUEST: "shot_list",
    Stage.GENERATION: Stage.SHOT_REQUEST.asset,
    Stage.VIDEO: Stage.GENERATION.asset,
    Stage.MEASUREMENTS: Stage.VIDEO.asset,
}


def build_specs(show: Show = THE_SHOW) -> list[dg.AssetSpec]:
    """The assets, in the order of the stages."""
    return [
        dg.AssetSpec(
            show.key(stage.asset),
            deps=[show.key(_BEFORE[stage])],
            skippable=True,
            group_name=show.named(GROUP),
            owners=list(show.owners),
            **{"tags": FREE, **about},
        )
        for stage, about in _ABOUT.items()
    ]


def build_checks(show: Show = THE_SHOW) -> list[dg.AssetCheckSpec]:
    """The checks of each shot: one per family of rules, on each partition."""
    return [
        _check(show, REQUEST_CHECK, Stage.SHOT_REQUEST, "The request follows the model's rules."),
        _check(show, INTACT_CHECK, Stage.VIDEO, "Every frame of the clip can be decoded."),
        *(
            _check(
                show,
                family.value,
                Stage.MEASUREMENTS,
                family.sentence,
                {rule.name: rule.sentence for rule in RULES if rule.family is family},
            )
            for family in Family
            if family is not Family.INTACT
        ),
    ]


def _check(
    show: Show, name: str, stage: Stage, sentence: str, rules: Mapping[str, str] | None = None
) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # until Dagster calls it stable
        return dg.AssetCheckSpec(
            name,
            asset=show.key(stage.asset),
            partitions_def=show.partitions,
            description=sentence,
            metadata=rules,
        )


def stage_of(key: dg.AssetKey) -> Stage:
    """The stage of an asset."""
    return Stage[key.path[-1].upper()]

"""What the columns of our tables mean, for the pages that show them."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

MEANINGS = {
    "row": "Row of the sheet, as a spreadsheet counts.",
    "shot": "The shot's name, which is its partition.",
    "sequence": "The sequence that the shot belongs to.",
    "prompt": "What the model is asked for.",
    "resolution": "Height of the picture, in lines.",
    "ratio": "Width to height; adaptive: as the first frame.",
    "duration": "Length in seconds.",
    "generate_audio": "Whether the model makes sound too.",
    "camera_fixed": "Whether the camera is asked to stand still.",
    "first_frame": "The picture that the take starts from: beside the sheet, or a link.",
    "state": "Where the shot, or the take, stands.",
    "changes": "Which fields of the request are not those of the last take, old and new.",
    "takes": "How many takes of the same request.",
    "takes_to_buy": "Takes that the next run would pay for.",
    "takes_shared": "Takes that another shot of the same request pays for.",
    "takes_stopped": "Takes that the budget would not let pass.",
    "estimate_usd": "What they will probably cost, in USD.",
    "cost_usd": "What the service has charged, in USD.",
    "name": "The cap's name in [budget] of production.toml.",
    "limit_usd": "The cap, in USD.",
    "spent_usd": "Charged so far, in USD.",
    "reserved_usd": "Ordered and not charged yet, by estimate, in USD.",
    "left_usd": "What may still be ordered, in USD.",
    "low": "Whether little of it is left.",
    "take": "The take's name, which its files bear.",
    "request_id": "The service's name for the generation.",
    "waited_s": "Seconds from order until it was first seen in progress; if this run saw it.",
    "generated_s": "Seconds from then to success.",
    "service_s": "Seconds from order to success.",
    "rule": "The quality rule.",
    "verdict": "What the rules say: pass, warn or fail.",
    "measured": "What was measured.",
    "limit": "Where the rule draws its line.",
    "sentence": "The finding in words.",
    "status": "done, failed, blocked or pending.",
    "reason": "Why, and what to do.",
    "severity": "An error sets the row aside; a warning does not.",
    "column": "The sheet's column.",
    "value": "What stands there.",
    "fix": "How to correct it.",
}


def schema_of(columns: Mapping[str, str]) -> dg.TableSchema:
    """A schema of columns by name and type; each that is known says what it means."""
    return dg.TableSchema(
        [dg.TableColumn(name, kind, MEANINGS.get(name)) for name, kind in columns.items()]
    )


def asset_table(name: str, shown: dg.TableMetadataValue, rows: int) -> dict[str, Any]:
    """The table that an asset is: shown as `name`, its columns and its number of rows (a plot)."""
    return {name: shown, "dagster/column_schema": shown.schema, "dagster/row_count": rows}

"""Descriptions of the columns of our tables, for Dagster's UI."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

MEANINGS = {
    "row": "Row of the sheet, as numbered in a spreadsheet.",
    "shot": "The shot's name, which is its partition.",
    "sequence": "The sequence that the shot belongs to.",
    "prompt": "The prompt for the model.",
    "resolution": "Height of the picture, in lines.",
    "ratio": "Width to height; adaptive: like the first frame.",
    "duration": "Length in seconds.",
    "generate_audio": "Whether the model also makes sound.",
    "camera_fixed": "Whether a fixed camera is ordered.",
    "first_frame": "The picture on which the take opens: beside the sheet, or a link.",
    "state": "The status of the shot or take.",
    "changes": "Fields of the request that differ from the last take, old and new.",
    "takes": "How many takes of the same request.",
    "takes_to_buy": "Takes that the next run would pay for.",
    "takes_shared": "Takes that another shot with the same request pays for.",
    "takes_stopped": "Takes that the budget does not allow.",
    "estimate_usd": "Their expected cost, in USD.",
    "cost_usd": "What the service has charged, in USD.",
    "name": "The cap's name in [budget] of production.toml.",
    "limit_usd": "The cap, in USD.",
    "spent_usd": "Charged so far, in USD.",
    "reserved_usd": "Ordered but not charged yet, estimated, in USD.",
    "left_usd": "What may still be ordered, in USD.",
    "low": "Whether little of it is left.",
    "take": "The take's name, which is also the name of its files.",
    "request_id": "The service's id of the generation.",
    "waited_s": "Seconds from order until first seen in progress, if this run saw it.",
    "generated_s": "Seconds from then to success.",
    "service_s": "Seconds from order to success.",
    "rule": "The quality rule.",
    "verdict": "Result of the rules: pass, warn or fail.",
    "measured": "The measured value.",
    "limit": "The limit of the rule.",
    "sentence": "The finding in words.",
    "status": "done, failed, blocked or pending.",
    "reason": "Reason, and what to do.",
    "severity": "A row with an error is skipped; a row with a warning is not.",
    "column": "The sheet's column.",
    "value": "The value in the cell.",
    "fix": "How to correct it.",
}


def schema_of(columns: Mapping[str, str]) -> dg.TableSchema:
    """A schema of columns by name and type, with descriptions."""
    return dg.TableSchema(
        [dg.TableColumn(name, kind, MEANINGS.get(name)) for name, kind in columns.items()]
    )


def asset_table(name: str, shown: dg.TableMetadataValue, rows: int) -> dict[str, Any]:
    """The table of an asset: shown as `name`, with its columns and number of rows (a plot)."""
    return {name: shown, "dagster/column_schema": shown.schema, "dagster/row_count": rows}

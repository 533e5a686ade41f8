"""The review as tables: CSV for a spreadsheet, JSON for a program, Parquet for analysis."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

from seedance_assets.adapters.formulas import defused, separated
from seedance_assets.adapters.review.rows import Cell, Kind, rows_of
from seedance_assets.core.review import Review


def as_json(review: Review) -> bytes:
    """The review itself, `"schema": 1` first; compact, since reviews can be long."""
    content = review.model_dump(mode="json", by_alias=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")  # half a surrogate pair must not prevent the report


def as_csv(review: Review) -> bytes:
    """The rows of `rows.py`. UTF-8 with a byte order mark, for Excel; times in ISO 8601.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    table = rows_of(review)
    rows = ([row.get(name) for name in table.columns] for row in table.rows)
    lines = (_line(row) for row in (table.columns, *rows))
    return "".join(lines).encode("utf-8-sig", errors="replace")


def _line(cells: Iterable[Cell]) -> str:
    return separated(map(_harmless, cells), ",", "\r\n")


def _harmless(cell: Cell) -> str:
    if isinstance(cell, str):
        return defused(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


def can_write_parquet() -> bool:
    """Whether pyarrow is installed (`pip install 'seedance-assets[parquet]'`); not imported."""
    return find_spec("pyarrow") is not None


def as_parquet(review: Review) -> bytes:
    """The rows of `rows.py` as Parquet: typed columns, times in UTC. Needs pyarrow."""
    import pyarrow
    import pyarrow.parquet

    types = {
        "text": pyarrow.string(),
        "whole": pyarrow.int64(),
        "number": pyarrow.float64(),
        "truth": pyarrow.bool_(),
        "moment": pyarrow.timestamp("us", tz="UTC"),
    }
    table = rows_of(review)
    schema = pyarrow.schema([(name, types[kind]) for name, kind in table.columns.items()])
    columns = {
        name: [_typed(row.get(name), kind) for row in table.rows]
        for name, kind in table.columns.items()
    }
    content = io.BytesIO()
    arrow = pyarrow.Table.from_pydict(columns, schema=schema)
    pyarrow.parquet.write_table(arrow, content, compression="zstd")
    return content.getvalue()


def _typed(cell: Cell, kind: Kind) -> Any:
    if cell is None:
        return None
    if kind == "text":
        return str(cell).encode(errors="replace").decode()
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=UTC)
    return float(cell) if kind == "number" else cell

"""The review folder: a page to read, tables for spreadsheets and programs."""

from pathlib import Path

from seedance_assets.adapters.review.missing import without_missing
from seedance_assets.adapters.review.page import build_page
from seedance_assets.adapters.review.summary_page import build_summary
from seedance_assets.adapters.review.tables import (
    as_csv,
    as_json,
    as_parquet,
    can_write_parquet,
)
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.review import Review

__all__ = ["build_page", "write_review"]


def write_review(review: Review, folder: Path) -> Path:
    """Write the page, its summary and its tables into `folder`; returns the page's path.

    They are `index.html`, `summary.html`, `report.json`, `report.csv` and, where pyarrow is there,
    `report.parquet`. Each file is whole or absent. The page is written last, so that
    the tables exist when it appears. Clips without a file are shown as missing. Raises
    `StorageError` or `StorageFull`.
    """
    review = without_missing(review, folder)
    page = folder / "index.html"
    write_whole(folder / "report.json", as_json(review))
    write_whole(folder / "report.csv", as_csv(review))
    with_parquet = can_write_parquet()
    if with_parquet:
        write_whole(folder / "report.parquet", as_parquet(review))
    write_whole(folder / "summary.html", build_summary(review).encode(errors="replace"))
    write_whole(page, build_page(review, parquet=with_parquet).encode(errors="replace"))
    return page

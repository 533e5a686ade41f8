"""The review folder: a page for people, tables for spreadsheets and programs."""

from pathlib import Path

from seedance_assets.adapters.review.page import build_page
from seedance_assets.adapters.review.tables import as_csv, as_json
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.review import Review

__all__ = ["build_page", "write_review"]


def write_review(review: Review, folder: Path) -> Path:
    """Write `report.json`, `report.csv` and `index.html` into `folder`; returns the page's path.

    Each file is whole or absent. The page comes last, so whoever sees it finds the tables too.
    Raises `StorageError` or `StorageFull`.
    """
    page = folder / "index.html"
    write_whole(folder / "report.json", as_json(review))
    write_whole(folder / "report.csv", as_csv(review))
    write_whole(page, build_page(review).encode(errors="replace"))
    return page

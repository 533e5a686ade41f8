"""The report of `seedance qc`: one page that opens from disk, and one table for a spreadsheet."""

from seedance_assets.adapters.clip_report.page import ClipReport, build_clip_page
from seedance_assets.adapters.clip_report.table import as_csv

__all__ = ["ClipReport", "as_csv", "build_clip_page"]

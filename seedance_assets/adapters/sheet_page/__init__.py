"""What a sheet needs: as a page for people, and as JSON for programs."""

from seedance_assets.adapters.sheet_page.page import as_json, build_sheet_page

__all__ = ["as_json", "build_sheet_page"]

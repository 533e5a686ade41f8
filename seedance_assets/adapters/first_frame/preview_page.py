"""The page of crop previews: one HTML file beside its pictures, opened from disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.adapters.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class PreviewCard:
    """One shot on the page."""

    shot: str
    picture: str = ""
    """File beside the page; empty if there is none."""
    asked: str = ""
    filmed: str = ""
    given: str = ""
    delivered: str = ""
    lost: float = 0.0
    """Cropped share of the picture, from 0 to 1."""
    remarkable: bool = False
    problem: str = ""
    advice: str = ""


def write_page(folder: Path, sheet: str, cards: Sequence[PreviewCard]) -> Path:
    """Write `index.html` for `cards` into `folder`. Raises `StorageError`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("seedance_assets.adapters.first_frame", ""),
        autoescape=True,
        undefined=StrictUndefined,
    )
    template = environment.get_template("preview_page.html.j2")
    page = folder / "index.html"
    write_whole(page, template.render(sheet=sheet, cards=cards).encode())
    return page.absolute()

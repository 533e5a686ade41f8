"""What a person put aside in a workbook, and what cells hold that is no text: told, not guessed."""

from collections.abc import Iterator, Mapping

from seedance_assets.adapters.shot_sheet.package import Relation
from seedance_assets.adapters.shot_sheet.table import MAX_CELL_LENGTH, CellRemark
from seedance_assets.adapters.shot_sheet.worksheet import Page, Place
from seedance_assets.core.shot import Severity

OPEN_AND_SAVE = "Open the workbook in a spreadsheet program and save it, or paste the value."
_DELETE_ROW = "Delete the row if the shot is not wanted; otherwise it is made."
_SHOWN = 80  # characters of a text or link that a remark repeats


def remarks_on(
    page: Page, links: Mapping[str, Relation], pictures_above: set[Place]
) -> Iterator[CellRemark]:
    """Everything that the form of a worksheet says beside its texts."""
    yield from _unseen(page)
    yield from _struck(page)
    for row, place in sorted(page.unsaved - page.pictures):
        yield _broken(
            (row, place), "cell_error", "is a formula without a stored result", OPEN_AND_SAVE
        )
    for found in sorted(page.pictures):
        yield _broken(
            found,
            "cell_picture",
            "contains a picture instead of a file name",
            "Save the picture as a file beside the sheet and write its name.",
        )
    yield from _covered(page, pictures_above)
    for found in sorted(page.cut):
        yield too_long(*found)
    yield from _linked(page, links)


def too_long(row: int, place: int) -> CellRemark:
    """The error for a cell that is longer than a spreadsheet program lets it be."""
    return _broken(
        (row, place),
        "cell_too_long",
        f"has more than {MAX_CELL_LENGTH} characters, more than a cell can hold",
        "Shorten it; if it contains other rows, a quotation mark is not closed.",
    )


def _unseen(page: Page) -> Iterator[CellRemark]:
    for number, why in sorted(page.hidden.items()):
        if number in page.rows:
            yield CellRemark(
                number, None, "row_hidden", f"is {why} in the workbook, but is used", _DELETE_ROW
            )
    last = max((max(cells) for cells in page.rows.values()), default=0)
    for place in sorted(page.hidden_columns):
        if place <= last:
            yield CellRemark(
                None,
                place,
                "column_hidden",
                "is hidden in the workbook, but is used",
                "Show the column and check its cells; delete it if it is not wanted.",
            )


def _struck(page: Page) -> Iterator[CellRemark]:
    rows: dict[int, list[int]] = {}
    for number, place in sorted(page.struck):
        rows.setdefault(number, []).append(place)
    for number, places in rows.items():
        whole = [p for p in places if all(s or not t.strip() for t, s in page.struck[number, p])]
        filled = [p for p, text in page.rows.get(number, {}).items() if text.strip()]
        if len(whole) == len(filled):
            yield CellRemark(
                number, None, "row_struck", "is struck through, but is used", _DELETE_ROW
            )
            continue
        for place in places:
            words = " ".join(t.strip() for t, s in page.struck[number, place] if s)
            yield CellRemark(
                number,
                place,
                "cell_struck",
                f"contains struck-through words, but is used completely: {words[:_SHOWN]!r}",
                "Delete the unwanted words, or remove the strikethrough.",
            )


def _covered(page: Page, pictures: set[Place]) -> Iterator[CellRemark]:
    for row, place in sorted(pictures):
        if row in page.rows and place not in page.rows[row]:
            yield CellRemark(
                row,
                place,
                "cell_picture",
                "is empty; the picture over it is not used",
                "Save the picture as a file beside the sheet and write its name.",
            )


def _linked(page: Page, links: Mapping[str, Relation]) -> Iterator[CellRemark]:
    for (row, place), link in sorted(page.links.items()):
        relation = links.get(link)
        target = relation.target if relation else link
        shown = page.rows.get(row, {}).get(place, "")
        if target and shown and target.rstrip("/") != shown.rstrip("/"):
            yield CellRemark(
                row,
                place,
                "cell_link",
                f"has a hyperlink that is not used: {target[:_SHOWN]!r}",
                "Write the link itself into the cell if it is wanted.",
            )


def _broken(found: Place, rule: str, reason: str, fix: str) -> CellRemark:
    return CellRemark(*found, rule, reason, fix, Severity.ERROR, breaks=True)

"""The column `cuts`: an expectation for the clip, not part of its request."""

import pytest

from tests.sheet.conftest import Read

ROWS = "shot,prompt,first_frame,{column}\na,A boat.,a.png,{cell}\n"


@pytest.mark.parametrize(
    ("column", "cell", "cuts"),
    [
        ("cuts", "2", 2),
        ("Cuts", "0", 0),
        ("Number of cuts", "3.0", 3),
        ("cuts", "any", "any"),
        ("cuts", "ANY", "any"),
        ("cuts", "", None),
    ],
)
def test_a_cell_sets_the_number_of_cuts(read: Read, column: str, cell: str, cuts: object) -> None:
    (shot,) = read(ROWS.format(column=column, cell=cell)).shots

    assert shot.cuts == cuts
    assert "cuts" not in shot.settings


def test_cuts_change_nothing_that_is_sent(read: Read) -> None:
    (with_cuts,) = read(ROWS.format(column="cuts", cell="2")).shots
    (without,) = read(ROWS.format(column="notes", cell="2")).shots

    assert (with_cuts.prompt, with_cuts.settings) == (without.prompt, without.settings)

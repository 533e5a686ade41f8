"""Nothing that comes in with a sheet, a file or an answer steers the terminal, in any command."""

import pytest

from seedance_assets.core.sentences import steers, visible
from seedance_assets.emulator.jobs.scenario import FailJob
from tests.command import Command
from tests.conftest import OpenStage
from tests.stage import Stage, when

BIDI = "\u202e\u2066\u200f"
CLIPBOARD = "\x1b]52;c;ZXZpbA==\x1b\\"
UP = "\x1b[2A\x1b[2K\x9b2A"
EVIL = f"{CLIPBOARD}{UP}{BIDI}\u2028\r\x07"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2A", "a\\x1b[2A"),
        ("\u202eevil", "\\u202eevil"),
        ("\x9b2A", "\\x9b2A"),
        ("one\ntwo", "one\\ntwo"),
        ("\udcff", "\\udcff"),
        ("سلام 👩\u200d🚀 é", "سلام 👩\u200d🚀 é"),
    ],
)
def test_what_steers_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def hostile(stage: Stage) -> Stage:
    good = {"shot": "sh010", "prompt": f"A boat {BIDI}drifts.", "notes": EVIL}
    rows = [{"resolution": f"480p{EVIL}"}, {"duration": EVIL}, {"first_frame": f"x{EVIL}.png"}]
    bad = [{"shot": f"bad{n}", "prompt": "A gull."} | row for n, row in enumerate(rows)]
    stage.write_sheet([good, *bad, {"shot": f"sh{EVIL}", "prompt": EVIL}])
    return stage


def test_no_command_prints_them(open_stage: OpenStage, seedance: Command) -> None:
    refusal = when("boat", FailJob(message=f"no{EVIL}"), times=1)
    with open_stage(refusal) as stage:
        hostile(stage)
        clip = stage.folder / f"clip{UP}{BIDI}.mp4"
        clip.write_bytes(b"no clip" + EVIL.encode())
        for command in (
            ("plan", stage.sheet),
            ("plan", stage.sheet, "--json"),
            ("produce", stage.sheet),
            ("produce", stage.sheet, "--json", "--retry-failed"),
            ("collect",),
            ("review", "--no-open"),
            ("ledger", "list"),
            ("ledger", "show", "sh010_t002"),
            ("ledger", "show", "sh010_t002", "--json"),
            ("ledger", "write-off", f"sh{EVIL}"),
            ("qc", clip),
            ("qc", clip, "--json"),
            ("doctor", stage.sheet),
            (f"plan{UP}",),
            ("plan", f"no{EVIL}.csv"),
            ("plan", stage.sheet, f"--{EVIL}"),
        ):
            said = seedance(*command, **stage.environ)

            printed = said.out + said.err
            found = {c for c in printed if c != "\n" and steers(c)}
            assert not found, (command, found, printed)
            assert printed

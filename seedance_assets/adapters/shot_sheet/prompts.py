"""What is done to a prompt before it is sent, and what its author should know.

Source: the model page ("less than 500 characters to get better results") and ByteDance's prompt
rules: speech stands in double quotes; suffixes such as `--dur 5` are still weakly read.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.placeholders import is_placeholder
from seedance_assets.adapters.shot_sheet.row import Objection
from seedance_assets.core.shot import Severity

ADVISED_LENGTH = 500
MAX_LENGTH = 10_000  # ByteDance: at most 1000 words; beyond, a quotation mark is missing

_SHOWN = 120  # characters of the suffixes that a warning repeats
_SUFFIX = re.compile(
    r"(?<!\S)--(?P<name>[A-Za-z][A-Za-z_]{0,30})(?:(?:[ \t]{1,9}|=)(?!--)(?P<value>\S{1,2000}))?"
)
_KNOWN_SUFFIXES = {
    *("rs", "resolution", "rt", "ratio", "dur", "duration", "seed", "cf", "camerafixed"),
    *("wm", "watermark", "fps", "frames", "framespersecond"),
}
_FOREIGN_SUFFIXES = {
    *("ar", "aspect", "v", "version", "niji", "no", "style", "s", "stylize", "q", "quality"),
    *("c", "chaos", "iw", "w", "weird", "sref", "cref", "oref", "sw", "cw", "ow", "tile", "stop"),
    *("repeat", "r", "uplight", "upbeta", "hd", "test", "testp", "creative", "video", "turbo"),
    *("relax", "fast", "draft", "raw", "motion", "neg", "negative", "cfg", "steps", "sampler"),
    *("size", "width", "height", "model", "loop", "end", "bs", "profile", "p", "exp", "stealth"),
}
"""Of Midjourney and its like; `--no` takes words up to the next suffix."""
_DASHED_SUFFIX = re.compile(
    r"(?<!\S)[—–](?:ar|v|s|q|c|iw|niji|seed|dur|rs|rt|no|style|stylize|chaos)\b"
)
_OTHER_SYNTAX = re.compile(
    r"<(?:lora|lyco|hypernet|embedding):[^<>\s]{1,200}>|\([^()\n]{1,200}:\d(?:\.\d{1,3})?\)"
    r"|(?<=\S)::-?\d?|(?<!\S)/imagine\b|\bnegative prompt:",
    re.IGNORECASE,
)
_VALUE = re.compile(r"-?\d[\w.:%]{0,40}|true|false|adaptive|auto|raw", re.IGNORECASE)
_QUOTES = '"“”„‟'
_PAIRS = (("«", "»"), ("「", "」"), ("『", "』"))
_BROKEN_LETTERS = re.compile("Ã[\x80-\xbf¤¶¼Ÿ©¨ª«¯±³ºŒœ]|â€[™œ\x9d¦“”]|\N{REPLACEMENT CHARACTER}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it will be sent, and what was taken out of it."""

    text: str
    removed: tuple[str, ...] = ()

    @property
    def is_too_long(self) -> bool:
        """Whether it has more characters than the service takes."""
        return len(self.text) > MAX_LENGTH

    @property
    def control_character(self) -> str | None:
        """The first character that is no text, or None."""
        found = _CONTROL.search(self.text)
        return found[0] if found else None

    @property
    def quotes_open(self) -> bool:
        """Whether a double quotation mark never closes: their number is odd, or a pair is not."""
        odd = sum(map(self.text.count, _QUOTES)) % 2 == 1
        return odd or any(self.text.count(a) != self.text.count(b) for a, b in _PAIRS)


def read_prompt(cell: str) -> Prompt:
    """The prompt in a cell: one way of writing for the same text, and no `--xx` suffixes.

    So the same sheet saved by another program asks for the same thing. A run of suffixes at the
    end goes whole; in the middle only the known ones go, since dashes are punctuation too.
    """
    text = unicodedata.normalize("NFC", cell).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\N{NO-BREAK SPACE}", " ").strip()
    if len(text) > MAX_LENGTH:  # refused below
        return Prompt(text)
    pieces, removed, end = [], [], 0
    for start, stop in reversed(_cuts(text)):
        pieces.append(text[end:start].rstrip(" \t"))
        removed.append(text[start:stop])
        end = stop
    pieces.append(text[end:])
    return Prompt("".join(pieces).strip(), tuple(removed))


def _cuts(text: str) -> list[tuple[int, int]]:
    """Where suffixes stand, last one first."""
    cuts = []
    tail, at_the_end = len(text), True
    for match in reversed(list(_SUFFIX.finditer(text))):
        name = match["name"].lower()
        known = name in _KNOWN_SUFFIXES
        foreign_word = known and not _VALUE.fullmatch(match["value"] or "")
        stop = match.end("name") if foreign_word else match.end()
        if name == "no" and at_the_end and "\n" not in text[stop:tail]:
            stop = tail
        at_the_end = at_the_end and not text[stop:tail].strip()
        if at_the_end or known:
            cuts.append((match.start(), stop))
            tail = match.start()
    return cuts


def _foreign_syntax(text: str) -> str:
    """Words of a prompt that are commands to another tool and would be filmed; or an empty text."""
    for match in _SUFFIX.finditer(text):
        if match["name"].lower() in _FOREIGN_SUFFIXES:
            return match[0]
    found = _DASHED_SUFFIX.search(text) or _OTHER_SYNTAX.search(text)
    return found[0] if found else ""


def objections_to(prompt: Prompt) -> Iterator[Objection]:
    """Everything that its author should know of a prompt; most of it only warns."""
    if not prompt.text:
        reason = "has only suffixes" if prompt.removed else "is empty"
        yield Objection("prompt_missing", reason, "Describe what happens in the shot.")
    elif is_placeholder(prompt.text):
        reason = f"is {prompt.text[:_SHOWN]!r}, which is a placeholder, not a description"
        yield Objection("prompt_placeholder", reason, "Describe what happens in the shot.")
    if char := prompt.control_character:
        reason = f"contains the control character U+{ord(char):04X}"
        fix = "Type the prompt again; it contains an invisible character."
        yield Objection("prompt_characters", reason, fix)
    yield from _objections_to_length(prompt.text)
    if not prompt.is_too_long:
        yield from _objections_to_words(prompt)


def _objections_to_length(text: str) -> Iterator[Objection]:
    if len(text) > MAX_LENGTH:
        reason = f"has {len(text)} characters, more than {MAX_LENGTH}"
        fix = "Shorten it; if it contains other rows, a quotation mark is not closed."
        yield Objection("prompt_too_long", reason, fix)
    elif len(text) > ADVISED_LENGTH:
        reason = f"has {len(text)} characters; the service recommends fewer than {ADVISED_LENGTH}"
        fix = "Shorten it, or put the important parts first."
        yield Objection("prompt_long", reason, fix, Severity.WARNING)


def _objections_to_words(prompt: Prompt) -> Iterator[Objection]:
    if prompt.removed:
        reason = f"holds {', '.join(prompt.removed)[:_SHOWN]}, which is not sent"
        fix = "Use the columns of the sheet for settings."
        yield Objection("prompt_suffix", reason, fix, Severity.WARNING)
    if command := _foreign_syntax(prompt.text):
        reason = f"holds {command[:_SHOWN]!r}, a command for another tool, which is sent as text"
        fix = "Remove it from the prompt; use the columns of the sheet for settings."
        yield Objection("prompt_command", reason, fix, Severity.WARNING)
    if found := _BROKEN_LETTERS.search(prompt.text):
        reason = f"holds {found[0]!r}: letters were lost or broken when the sheet was saved"
        fix = "Save the sheet as CSV UTF-8 (or .xlsx) and correct those letters."
        yield Objection("prompt_letters", reason, fix, Severity.WARNING)
    if prompt.quotes_open:
        reason = "has a quotation mark that is not closed"
        fix = "Put each line of speech in quotation marks."
        yield Objection("prompt_quotes", reason, fix, Severity.WARNING)

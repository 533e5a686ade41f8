"""Which 8-bit or double-byte code page a sheet is in, if its own letters say so for certain.

A text in the wrong code page is letters all the same, and a model films whatever it is given. So a
reading counts only if the words look like words of a language that the page is for; where two
readings do, the one with clearly more of its language's frequent words; else none.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from seedance_assets.adapters.shot_sheet.languages import (
    COMMON_CHARACTERS,
    MIXED_WESTERN,
    OTHERS,
    SCRIPTS,
    WESTERN,
    Language,
)

WINDOWS_1252 = "cp1252"
_SINGLE = (
    *(WINDOWS_1252, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "iso8859_9", "iso8859_13", "iso8859_15"),
    *("koi8_r", "koi8_u", "cp866", "cp874"),
)
_OLD = ("mac_roman", "mac_latin2", "mac_turkish", "mac_cyrillic", "mac_greek", "cp850", "cp852")
"""Pages of other systems: they count only if they make more sense than those of Windows and ISO."""
_PAGES = {
    **dict.fromkeys((WINDOWS_1252, "iso8859_15", "mac_roman", "cp850"), "1252"),
    **dict.fromkeys(("cp1250", "iso8859_2", "mac_latin2", "cp852"), "1250"),
    **dict.fromkeys(("cp1254", "iso8859_9", "mac_turkish"), "1254"),
    **dict.fromkeys(("cp1257", "iso8859_13"), "1257"),
    "cp1258": "1258",
}
"""The pages for languages with Latin letters, by the Windows page that has the same letters."""
_DOUBLE = {
    "gb18030": "gb18030",
    "big5": "big5",
    "cp949": "cp949",
    "cp932": "japanese",
    "euc_jp": "japanese",
}
_NAMES = {
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "gb18030": "GB 18030 (GBK)",
    "big5": "Big5",
    "cp949": "EUC-KR",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp866": "DOS 866",
    "cp850": "DOS 850",
    "cp852": "DOS 852",
}
_SAMPLE = 60_000  # bytes of lines with letters beyond ASCII
_MARK = "\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_WORD = re.compile(rf"(?:[^\W\d_]|[{_MARK}])+")
_FOREIGN_WORD = re.compile(r"(?<![^\W\d_])(?:(?![\x00-\x7f])[^\W\d_]){2,}+(?![^\W\d_])")
_FOREIGN_RUN = re.compile(r"(?:(?![\x00-\x7f])[^\W\d_])+")
_AFTER_LETTERS = re.compile(
    r"(?<=[^\W\d_])(?:[“”‚«»‹›•§©®™½¼¾²³¹ªº×](?=[^\W\d_])|[€£±©„‚¿¡])|(?<=')[‚„]"
)
_DOUBTFUL = re.compile(r"(?<=[^\W\d_])\xa0")
"""A space that may be á of DOS."""
_ALONE = frozenset("àáâãäåæèéêëíîïòóôöøùúœıў")
"""Letters that are words; one that is none may be a dash in another page."""
_DASHED = re.compile(r"(?<=[^\W\d_])[–—](?=[^\W\d_])")
_SIGNS = frozenset("“”„‟‘’‚«»‹›–—…•·°€£§©®™×½¼¾²³¹ªº¿¡±µ´\xa0،؛؟־״׳\u3000")
"""What is no letter and stands in texts; anything else comes of a wrong code page."""
_ARABIC_SIGNS = frozenset("،؛؟")
_MOSTLY = 0.9
_DASH_PENALTY = 3  # for a dash inside a word: ñ and ó of a Mac look so in Windows-1252
_OLD_PENALTY = 1.5
_ISO_PENALTY = 0.5
_MARGIN = 0.75  # between a page of Windows and one of another system
_EVIDENCE = 0.5  # with less, Windows-1252 counts, if there is no other
_FREQUENT = 0.45
_SURELY = 0.12  # of frequent characters in a text of a script without spaces
_CLEARLY = 0.55
_MANY = 20  # letters whose frequencies tell as much as a word does
_ENOUGH = 6  # letters that have a frequency
_CJK = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3\u3041-\u30ff]")
_CJK_SIGNS = re.compile(r"[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6\u2010-\u2026\u00b7‘’“”—…×°]")


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    codec: str
    score: float


def code_page_of(content: bytes) -> str | None:
    """Python's word for the code page that some bytes are in; None if it is not certain."""
    sample = b"\n".join(_foreign_lines(content))
    codecs = (*_SINGLE, *_DOUBLE, *_OLD)
    readings = [found for codec in codecs if (found := _reading(sample, codec))]
    best = _clear_winner(readings)
    if best is None or _reading(content, best.codec) is None:
        return None
    return best.codec


def code_page_name(codec: str) -> str:
    """A code page in words: `Windows-1252`, `Shift-JIS`."""
    if codec in _NAMES:
        return _NAMES[codec]
    if codec.startswith("cp"):
        return f"Windows-{codec[2:]}"
    if codec.startswith("iso"):
        return f"ISO 8859-{codec.partition('_')[2]}"
    return f"Mac {codec.partition('_')[2].title()}"


def _foreign_lines(content: bytes) -> Iterator[bytes]:
    """Lines that hold anything beyond ASCII, up to the size of a sample."""
    taken = 0
    for found in re.finditer(rb"[^\r\n]+", content):
        line = found[0]
        if not line.isascii():
            yield line[:_SAMPLE]
            taken += len(line)
        if taken > _SAMPLE:
            return


def _clear_winner(readings: list[_Reading]) -> _Reading | None:
    """The reading with clearly more frequent words than any that gives another text."""
    if not readings:
        return None
    ranked = sorted(
        readings, key=lambda found: -found.score
    )  # stable: Windows-1252 first of equals
    best = ranked[0]
    rivals = [found for found in ranked if found.text != best.text]
    if best.score < _EVIDENCE:
        alone = not rivals and best.codec == WINDOWS_1252
        return best if alone and _FOREIGN_WORD.search(best.text) is None else None
    clear = all(
        best.score > rival.score + _MARGIN * (rival.codec in _OLD or best.codec in _OLD)
        for rival in rivals
    )
    return best if clear else None


def _reading(content: bytes, codec: str) -> _Reading | None:
    """How a code page reads some bytes; None if that is no text of its languages."""
    try:
        text = unicodedata.normalize("NFC", content.decode(codec, errors="strict"))
    except UnicodeDecodeError:
        return None
    if codec in _DOUBLE:
        score = _score_of_characters(text, codec)
    elif _AFTER_LETTERS.search(text) or _closes_unopened(text) or _holds_strange_signs(text):
        return None
    else:
        score = _score_of_words(text, _PAGES.get(codec, ""))
    if score is not None and codec not in _DOUBLE:
        old = codec in _OLD and codec in _PAGES
        score -= _OLD_PENALTY * old + _ISO_PENALTY * codec.startswith("iso")
    return None if score is None else _Reading(text, codec, score)


def _score_of_words(text: str, page: str) -> float | None:
    """How many frequent words of its best language a text has; None if it is of no language."""
    words = _WORD.findall(text)
    foreign = [word for word in words if not word.isascii()]
    if any(_is_odd(word) for word in foreign):
        return None
    letters = [c for word in foreign for c in word.casefold() if not c.isascii()]
    plain = {word.casefold() for word in words}
    scores = [_script_score(letters, plain) if not page else None]
    scores += [
        _language_score(foreign, letters, plain, language)
        for language in (*WESTERN, *OTHERS)
        if page in language.pages
    ]
    if page == "1252" and _fits(foreign, letters, MIXED_WESTERN):
        scores.append(max(len(plain & language.words) for language in WESTERN))
    best = max((score for score in scores if score is not None), default=None)
    if best is None:
        return None
    dashed, doubtful = _DASHED.search(text) is not None, _DOUBTFUL.search(text) is not None
    return best - _DASH_PENALTY * dashed - _OLD_PENALTY * doubtful


def _closes_unopened(text: str) -> bool:
    """Whether the German closing mark stands behind a letter, and no opening one before it."""
    return re.search(r"[^\W\d_]“", text) is not None and "„" not in text


def _holds_strange_signs(text: str) -> bool:
    signs = {char for char in text if not char.isascii()}
    if signs & _ARABIC_SIGNS and not any(
        "\u0621" <= char <= "\u06d2" for char in signs - _ARABIC_SIGNS
    ):
        return True
    return any(map(_is_strange, signs))


def _is_strange(char: str) -> bool:
    """Whether a character is neither a letter nor a sign that stands in texts."""
    if char.isascii() or char in _SIGNS:
        return False
    return unicodedata.category(char) not in {"Lu", "Ll", "Lo", "Lt", "Mn", "Lm"}


def _is_odd(word: str) -> bool:
    """Whether a word mixes scripts, or has a capital letter beyond ASCII behind a small letter."""
    if len(word) == 1 and _script_of(word) == "LATIN" and word.casefold() not in _ALONE:
        return True
    if any(b.isupper() and a.islower() for a, b in pairwise(word) if not (a + b).isascii()):
        return True
    return len({_script_of(char) for char in word}) > 1


@cache
def _script_of(char: str) -> str:
    """`LATIN`, `CYRILLIC`, …; marks that all of them share go with Latin letters."""
    script = unicodedata.name(char, "?").split()[0]
    return "LATIN" if script in {"COMBINING", "FEMININE", "MASCULINE"} else script


def _language_score(
    foreign: list[str], letters: list[str], words: set[str], language: Language
) -> float | None:
    return len(words & language.words) if _fits(foreign, letters, language) else None


def _fits(foreign: list[str], letters: list[str], language: Language) -> bool:
    own = sum(letter in language.letters for letter in letters)
    if own < _MOSTLY * len(letters):
        return False
    runs = (len(run) for word in foreign for run in _FOREIGN_RUN.findall(word))
    return max(runs, default=0) <= language.longest_run


def _script_score(letters: list[str], words: set[str]) -> float | None:
    for script in SCRIPTS:
        if letters and all(letter in script.letters for letter in letters):
            frequent = sum(letter in script.frequent for letter in letters) / len(letters)
            if frequent >= _FREQUENT and len(letters) >= _ENOUGH:
                surely = len(letters) >= _MANY and frequent >= _CLEARLY
                return len(words & script.words) + surely + frequent / 2
    return None


def _score_of_characters(text: str, codec: str) -> float | None:
    """The share of frequent characters; None if characters are none that such a text has."""
    foreign = [char for char in text if not char.isascii()]
    characters = [char for char in foreign if _CJK.match(char)]
    if not characters or any(not (_CJK.match(c) or _CJK_SIGNS.match(c)) for c in foreign):
        return None
    usual = sum(_is_usual(char, codec) for char in characters)
    if usual < _MOSTLY * len(characters):
        return None
    common = COMMON_CHARACTERS[_DOUBLE[codec]]
    share = sum(char in common for char in characters) / len(characters)
    return 100 * share if share >= _SURELY else None


@cache
def _is_usual(char: str, codec: str) -> bool:
    """Whether a character is of the first level of its national standard, or a syllable."""
    if codec == "cp949":
        return "\uac00" <= char <= "\ud7a3" and _lead(char, "euc_kr") is not None
    if "\u3041" <= char <= "\u30ff":
        return codec in {"cp932", "euc_jp"}
    standard, first, last = {
        "gb18030": ("gb2312", 0xB0, 0xD7),
        "big5": ("big5", 0xA4, 0xC6),
        "cp932": ("euc_jp", 0xB0, 0xCF),
        "euc_jp": ("euc_jp", 0xB0, 0xCF),
    }[codec]
    lead = _lead(char, standard)
    return lead is not None and first <= lead <= last


def _lead(char: str, codec: str) -> int | None:
    try:
        return char.encode(codec)[0]
    except UnicodeEncodeError:
        return None

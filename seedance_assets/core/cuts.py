"""The number of cuts that a shot should have: from the sheet, or else from the prompt."""

import re
from typing import Final, Literal

Cuts = int | Literal["any"]
ANY_CUTS: Final = "any"
MAX_CUTS = 50

_QUOTED = re.compile(r"\"[^\"]*+\"|“[^“”]*+”|„[^„“”]*+[“”]|«[^«»]*+»|「[^「」]*+」|『[^『』]*+』")
_NUMBER = r"(?:[2-9]|1\d|two|three|four|five)"
_NONE = (
    r"\b(?:no|without|never|avoid|zero|kein\w*|ohne|sans|pas de|aucune?|sin|ning[uú]n\w*|senza|sem)"
    r"\s+(?:\w+[\s-]+){0,2}"
    r"(?:cut(?:s|ting)?|switch\w*|transitions?|montage|schnitte?\w*|coupes?|cortes?|tagli)\b",
    r"(?:[不没沒]要?有?|无|無)(?:镜头|鏡頭|画面)?(?:切换|切換|剪辑|转场|分镜)",
    r"(?:切り替え|カット割り|カット|場面転換)(?:は|も)?(?:なし|無し|しない|せず)",
)
_ENGLISH = (
    r"(?:^|[.;:!?,\n(\[—–-]\s*|\b(?:then|we|and|camera|scene|shot|view|video|film|picture|it)\s+)"
    r"(?:(?:smash|hard|jump|match|quick)[\s-]+)?cut(?:s|ting)?\s+(?:back\s+|away\s+)?to\b",
    r"\bcut(?:s|ting)?\s+(?:back\s+|away\s+)?to\s+(?:\w+[\s-]+){0,3}"
    r"(?:shot|close-?\s?up|view|angle|scene|pov)\b",
    r"\b(?:smash|jump|hard|match|quick)[\s-]cuts?\b",
    rf"\b(?:shot|scene)\s*#?{_NUMBER}\b\s*[\])]?\s*[:.,\])–—-]",
    r"\b(?:second|third|next|new|another|final)\s+shot\s*[:,]",
    r"\b(?:camera|lens|shot|scene|view|perspective|angle)\s+(?:switch(?:es)?|changes|jumps)\b(?!\s+(?:on|off)\b)",
    r"\b(?:camera|lens|shot|scene)\s+(?:switch|change)\b|\bswitch(?:es)?\s+to\s+(?:\w+[\s-]+){0,3}"
    r"(?:shot|close-?\s?up|view|angle|camera)\b",
    r"\bmulti(?:ple)?[\s-]shots?\b|\bmontage\b|\bcross-?\s?(?:dissolve|fade)s?\b",
    r"\b(?:dissolves?|fades?|transitions?)\s+(?:in)?to\s+(?:\w+[\s-]+){0,3}(?:shot|scene|view)\b",
)
_GERMAN = (
    r"\b(?:um|gegen)?schnitt\s*(?::|auf|zu|zur|zum|in)(?:\s|$)|\bschneide[nt]\s+(?:auf|zu[rm]?)\b",
    rf"\b(?:einstellung|szene)\s*{_NUMBER}\b|\b(?:zweite|dritte|nächste)\s+(?:einstellung|szene)\b",
    r"\bkamera\s+(?:wechselt|springt)\b|\b(?:kamera|szenen|perspektiv)\w*wechsel\b",
    r"\büberblend(?:ung|et|en)\b|\bgegenschuss\b",
)
_FRENCH = (
    r"\bcoupes?\s+(?:sur|vers|franche)\b|\bfondu\s+encha[iî]n[eé]\b|\bcontre-?champ\b",
    rf"\b(?:plan|sc[eè]ne)\s*{_NUMBER}\b|\b(?:plan\s+suivant|deuxi[eè]me\s+plan|nouveau\s+plan)\b",
    r"\bchangement\s+de\s+(?:plan|sc[eè]ne|cam[eé]ra)\b|\bcam[eé]ra\s+(?:change|bascule)\b",
)
_SPANISH_AND_KIN = (
    r"\bcort(?:e|a|amos)\s+(?:directo\s+|seco\s+)?(?:a|para)\b|\bfundido\s+encadenado\b",
    rf"\b(?:plano|toma|escena|cena|scena|inquadratura)\s*{_NUMBER}\b|\bcontraplano\b",
    r"\bcambio\s+de\s+(?:plano|toma|escena|c[aá]mara)\b|\bc[aá]mara\s+(?:cambia|salta)\b",
    r"\bsiguiente\s+(?:plano|toma)\b|\bsegund[oa]\s+(?:plano|toma)\s*:|\bstacco\s+(?:su|a)\b",
)
_CHINESE = (
    r"切换|切換|切到|切至|切向|镜头切|鏡頭切|画面切|转场|轉場|分镜|分鏡",
    r"镜头\s*[2-9２-９二三四五六]|鏡頭\s*[2-9２-９二三四五六]|第[二三四五2-5]个?(?:镜头|鏡頭|场景|画面)",
)
_JAPANESE_AND_KOREAN = (
    r"(?:カット|ショット|シーン)\s*[2-9２-９二三四]|(?:次|別)の(?:カット|ショット|シーン)",
    r"カットバック|カット割り|カットして|にカット|へカット|切り替わ|切り替え|場面転換|場面が変わ",
    r"(?:컷|화면|장면|카메라)(?:이|가|을)?\s*(?:전환|바뀌)|(?:샷|컷|장면)\s*[2-9]",
)
_ANY = (*_ENGLISH, *_GERMAN, *_FRENCH, *_SPANISH_AND_KIN, *_CHINESE, *_JAPANESE_AND_KOREAN)
_ASKS = re.compile("|".join(f"(?:{pattern})" for pattern in _ANY), re.IGNORECASE)
_FORBIDS = re.compile("|".join(f"(?:{pattern})" for pattern in _NONE), re.IGNORECASE)


def cuts_asked(cuts: Cuts | None, prompt: str) -> Cuts | None:
    """The sheet's number; if it is empty, any number if the prompt asks for cuts.

    None: not specified, so the clip must be one take.
    """
    if cuts is not None:
        return cuts
    return ANY_CUTS if prompt_asks_for_cuts(prompt) else None


def prompt_asks_for_cuts(prompt: str) -> bool:
    """Whether a prompt describes several shots ("cut to", "shot 2:", "the camera switches").

    Covers English, German, French, Spanish, Chinese, Japanese and some more; text in quotation
    marks is dialogue and does not count, and "no cuts" means none.
    """
    directions = _FORBIDS.sub(" ", _QUOTED.sub(" ", prompt))
    return _ASKS.search(directions) is not None

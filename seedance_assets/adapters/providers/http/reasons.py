"""What kind of failure the service's words tell of. How it words them is not documented.

Seen at ByteDance's own service, which RunComfy resells: `OutputAudioSensitiveContentDetected`,
`InputImageSensitiveContentDetected.PrivacyInformation` and their kin, with or without
`Input`/`Output` and a suffix, and sentences such as "the output audio may contain sensitive
information" or "may be related to copyright restrictions"; elsewhere `content_policy_violation`.
Texts may repeat a user's prompt, so one word that sounds like moderation is not enough.
"""

import re

from seedance_assets.core.errors import (
    AudioModerated,
    GenerationFailed,
    InputFailed,
    InputModerated,
    Moderated,
    VideoModerated,
)

# Codes name the side themselves; a sentence must name it next to what it says of it.
_CODE = re.compile(
    r"(input|output)?(text|image|video|audio)?"
    r"(?:sensitivecontentdetected|riskdetection|contentmoderat\w*)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?P<side>input|output|generated|prompt|first frame|image|picture|video|audio)\b"
    r"(?:\s+'[^']{0,40}')?\s*(?P<what>text|prompt|image|picture|video|audio|sound)?\b[^.;]{0,40}?"
    r"\b(?:may|might|does|did|was|were|is|has|have)\b[^.;]{0,40}?"
    r"\b(?:sensitive|real person|copyright|moderat\w+|polic(?:y|ies)|unsafe|nsfw|inappropriate)",
    re.IGNORECASE,
)
_OBJECTS = re.compile(
    r"content[ _]polic(?:y|ies)|polic(?:y|ies)[ _]violation|sensitive (?:content|information)"
    r"|\bmoderation\b|\bnsfw\b|content[ _]?risk|safety (?:system|filter|checker)",
    re.IGNORECASE,
)
_BAD_INPUT = re.compile(
    r"\b4(?:00|22)\d{3}\b|\binvalid ?(?:parameter|input|argument|image)|\bvalidation\b"
    r"|\bmust (?:not |be )|\bshould be\b|\bmissing ?parameter|\bis required\b"
    r"|\bdoes not match the schema|\bnot supported\b"
    r"|\bcould not be (?:fetched|downloaded|decoded|read)",
    re.IGNORECASE,
)
_SOUND = {"audio", "sound"}
_SENT = {"input", "prompt", "first frame", "image", "picture", "text"}


def moderation_in(text: str) -> type[Moderated] | None:
    """Which kind of moderation a text of the service tells of, if it does."""
    if code := _CODE.search(text):
        side, what = (part.lower() if part else "" for part in code.groups())
        return _side(side, what)
    if said := _SENTENCE.search(text):
        return _side(said["side"].lower(), (said["what"] or "").lower())
    return Moderated if _OBJECTS.search(text) else None


def _side(side: str, what: str) -> type[Moderated]:
    if side == "input":
        return InputModerated
    if what in _SOUND or side in _SOUND:
        return AudioModerated  # only the model makes sound here: none is ever sent
    if side in {"output", "generated", "video"} or what == "video":
        return VideoModerated
    return InputModerated if side in _SENT or what in _SENT else Moderated


def failure_in(text: str) -> type[GenerationFailed]:
    """The kind of a generation's failure; `GenerationFailed` where the words tell nothing more."""
    if moderation := moderation_in(text):
        return moderation
    return InputFailed if _BAD_INPUT.search(text) else GenerationFailed

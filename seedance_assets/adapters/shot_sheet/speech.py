"""What is heard in a shot: whether speech fits into its length, and sound that nobody described.

Source of the speaking rates: brisk conversation runs at about 200 words a minute, and Mandarin or
Japanese at about seven characters a second; what is faster than that is not understood.
"""

import re
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.row import Objection
from seedance_assets.core.shot import Severity

WORDS_PER_SECOND = 3.4
CHARACTERS_PER_SECOND = 7.5  # of scripts without spaces between words

_SPOKEN = re.compile(r'["“”„‟]([^"“”„‟]++)["“”„‟]|«([^«»]++)»|「([^「」]++)」|『([^『』]++)』')
_OPEN = re.compile(r'["“”„‟«「『](.*)', re.DOTALL)
_WORDLESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")
_SPEAKER = re.compile(r"(?:^|[/\n])[ \t]{0,20}[\w .'’-]{1,40}(?:\([^()\n]{0,80}\))?[ \t]{0,4}:")
_ASIDE = re.compile(r"\[[^\[\]]*+\]|\([^()]*+\)")
_SOUND = re.compile(
    r"\b(?:sounds?|nois[ey]|music|melod|song|sing(?:s|ing|er|ers)?\b|sang|hum(?:s|ming|\b)|whisper|whistl|voice|speak|"
    r"say|said|talk|shout|scream|yell|cr(?:y|ies)\b|laugh|giggl|chuckl|sigh|gasp|call|murmur|"
    r"dialogue|narrat|audio|silen|quiet|hush|ambien|atmospher|roar|rumbl|thunder|rustl|creak|"
    r"crackl|crash|bang|boom|click|clack|tick|buzz|beep|ring|bells?\b|horns?\b|siren|bark|meow|chirp|"
    r"howl|splash|lapping|drip|patter|footstep|applau|cheer|drum|piano|guitar|violin|orchestr|"
    r"engine|hiss|knock|echo|wind\b|surf\b|"
    r"ger[aä]usch|klang|kl[aä]ng|töne?\b|musik|singt|stimm|fl[uü]ster|sprich|sagt|"
    r"ruft\b|rufen|schrei|lacht|lachen|rausch|donner|glocke|"
    r"bruit|musique|chant|chuchot|voix|parle|dit\b|crie|rire|rit\b|silenc|cloche|vent\b|"
    r"ruido|sonido|m[uú]sica|canta|susurr|voz|habla|grita|campana|viento|suono|voce|parla)",
    re.IGNORECASE,
)
_OTHER_SCRIPT = re.compile(r"[^\W\d_]")
_SOUND_SIGNS = re.compile(
    "[声聲音乐樂曲歌唱说說喊叫笑哭风風雷铃鈴鐘钟静靜響响話话]|[ぁ-ん]*(?:音|声|鳴)"
)


def spoken_lines(prompt: str) -> str:
    """What stands in double quotation marks, which the model speaks; a mark may never close."""
    lines = [next(filter(None, found), "") for found in _SPOKEN.findall(prompt)]
    rest = _SPOKEN.sub(" ", prompt)
    return " ".join([*lines, *_OPEN.findall(rest)])


def speaking_time_s(text: str) -> float:
    """Seconds that a brisk speaker needs for some text."""
    signs = len(_WORDLESS.findall(text))
    words = len(_WORD.findall(_WORDLESS.sub(" ", text)))
    return words / WORDS_PER_SECOND + signs / CHARACTERS_PER_SECOND


def objections_to_sound(
    prompt: str, dialogue: str, duration_s: float, *, asked_for: bool
) -> Iterator[Objection]:
    """What its author should know of a shot with sound; `asked_for`: by a column of the sheet."""
    spoken = spoken_lines(prompt)
    lines = spoken or _without_speakers(dialogue)
    needed_s = speaking_time_s(lines)
    if duration_s and needed_s > duration_s:
        reason = (
            f"its dialogue takes about {needed_s:.0f} s to speak, but the shot has {duration_s:g} s"
        )
        fix = "Shorten the dialogue, or make the shot longer."
        yield Objection("dialogue_long", reason, fix, Severity.WARNING)
    if asked_for and not spoken and not _mentions_sound(prompt):
        reason = "asks for sound, but describes none"
        fix = "Describe voices, noises or music; or turn sound off, which halves the price."
        if dialogue:
            fix = "Put the dialogue into the prompt, in double quotes: only the prompt is sent."
        yield Objection("audio_without_sound", reason, fix, Severity.WARNING)


def _without_speakers(dialogue: str) -> str:
    return _ASIDE.sub(" ", _SPEAKER.sub(" ", dialogue))


def _mentions_sound(prompt: str) -> bool:
    """Whether a prompt speaks of sound, as far as its language is one that we know words of."""
    if _SOUND.search(prompt):
        return True
    letters = _OTHER_SCRIPT.findall(prompt)
    foreign = sum(ord(letter) > 0x24F for letter in letters)  # noqa: PLR2004  # end of Latin
    if foreign * 2 <= len(letters):
        return False
    return not _WORDLESS.search(prompt) or _SOUND_SIGNS.search(prompt) is not None

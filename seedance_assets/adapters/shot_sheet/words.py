"""What people call their columns: our own words, usual synonyms, the dialects of other tools.

Sources: Kitsu's import of shots (`Episode, Sequence, Name, Description, Nb Frames, Frame In, Frame
Out, FPS`), AYON's tray publisher (`Folder Path, Frame Start, Frame End, Handle Start, FPS`), and
ShotGrid's default shot page (`Shot Code, Cut In, Cut Out, Cut Duration`).
"""

import re
import unicodedata
from collections.abc import Mapping

OWN = ("shot", "takes", "priority", "max_cost_usd", "audio_fallback")
AIDS = (
    *("episode", "sequence", "folder_path"),
    *("frames", "frame_start", "frame_end", "fps", "dialogue", "description"),
)
"""Columns that help to understand a row and are carried along as they stand, too."""

SYNONYMS: Mapping[str, str] = {
    "shot": (
        "shot name, shot id, shot key, shot code, shot no, shot number, id, name, code, "
        "einstellung, einstellung nr, plan, nom du plan, toma, plano"
    ),
    "takes": "take count, number of takes, no of takes, versions, variants, anzahl takes, prises",
    "priority": "prio, priorität, priorité, prioridad",
    "max_cost_usd": (
        "max cost, max cost in usd, cost limit, max usd, budget, budget usd, max kosten, coût max"
    ),
    "audio_fallback": "silent fallback, fallback silent, sound fallback",
    "prompt": (
        "text, text prompt, prompt text, video prompt, motion prompt, image prompt, "
        "prompttext, video beschreibung, invite"
    ),
    "first_frame": (
        "image, start image, start frame, first image, first frame url, first frame path, "
        "first frame image, image url, image path, input image, picture, still, start still, "
        "bild, startbild, erstes bild, première image, image de départ, imagen, primer fotograma"
    ),
    "resolution": "res, video resolution, output resolution, auflösung, résolution, resolución",
    "ratio": (
        "aspect ratio, aspect, video ratio, format ratio, seitenverhältnis, bildformat, "
        "format d'image, relación de aspecto"
    ),
    "duration_s": (
        "duration, length, length s, duration sec, duration seconds, duration in seconds, "
        "length sec, length seconds, length in seconds, seconds, secs, sec, "
        "dauer, dauer s, länge, länge s, sekunden, dauer in sekunden, durée, durée s, secondes, "
        "duración, segundos"
    ),
    "audio": (
        "sound, with audio, with sound, audio on, sound on, generate sound, "
        "ton, mit ton, son, avec son, sonido"
    ),
    "camera_fixed": (
        "fixed camera, camera lock, camera locked, locked camera, static camera, "
        "feste kamera, kamera fest, caméra fixe, cámara fija"
    ),
    "episode": "ep, folge, épisode, episodio",
    "sequence": "seq, sequence name, sequenz, séquence, secuencia, scene",
    "folder_path": "folder, ayon path, entity path",
    "frames": (
        "nb frames, number of frames, no of frames, frame count, duration frames, "
        "duration in frames, length frames, length in frames, cut duration, anzahl frames, "
        "nombre d'images"
    ),
    "frame_start": "frame in, cut in, in, first frame number, start frame number",
    "frame_end": "frame out, cut out, out, last frame number, end frame number",
    "fps": "frame rate, frames per second, bildrate, cadence",
    "dialogue": "dialog, dialogues, dialogs, spoken lines, dialoge, diálogo",
    "description": "desc, beschreibung, descripción",
}

STAND_INS: Mapping[str, tuple[str, ...]] = {
    "shot": ("folder_path",),
    "prompt": ("description",),
}
"""Columns that give something if nothing else in the sheet does: Kitsu has no other text."""

NO_FILM_IN_PATH = frozenset(
    {
        *("shots", "shot", "sequences", "sequence", "seq", "seqs", "episodes", "episode"),
        *("film", "project", "editorial", "assets", "scenes"),
    }
)
"""Folders of an AYON project that hold sequences and are none."""

_DIALECTS = {
    "Kitsu": {"sequence", "name", "nbframes", "framein", "frameout", "fps"},
    "AYON": {"folderpath", "framestart", "frameend", "handlestart", "handleend", "fps"},
    "ShotGrid": {"shotcode", "cutin", "cutout", "cutduration"},
}
_TELLING = {"Kitsu": {"nbframes"}, "AYON": {"folderpath"}, "ShotGrid": {"cutduration", "shotcode"}}


def word(header: str) -> str:
    """A header for comparing: letters and digits alone, so `Duration (s)` is `durations`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())


def plain(header: str) -> str:
    """A header without what people vary: case, spaces, `_` and `-`."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", header).casefold())


def synonyms(name: str) -> frozenset[str]:
    """What else people call a column of ours, as `word` makes it."""
    return frozenset(word(synonym) for synonym in SYNONYMS.get(name, "").split(",") if synonym)


def dialect(headers: tuple[str, ...]) -> str:
    """The tool whose headers these are, or an empty text."""
    words = {word(header) for header in headers}
    for name, usual in _DIALECTS.items():
        if len(words & usual) > 1 and words & _TELLING[name]:
            return f"{name} columns"
    return ""

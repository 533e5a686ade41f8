"""What people call their columns: our own words, usual synonyms, the dialects of other tools.

Sources: Kitsu's import of shots (`Episode, Sequence, Name, Description, Nb Frames, Frame In, Frame
Out, FPS`), AYON's tray publisher (`Folder Path, Frame Start, Frame End, Handle Start, FPS`), and
ShotGrid's default shot page (`Shot Code, Cut In, Cut Out, Cut Duration`).
"""

import re
import unicodedata
from collections.abc import Mapping

OWN = ("shot", "takes", "priority", "max_cost_usd", "audio_fallback", "cuts")
AIDS = (
    *("episode", "sequence", "folder_path"),
    *("frames", "frame_start", "frame_end", "fps", "minutes", "dialogue", "description"),
)
"""Columns that help to understand a row and are carried along as they stand, too."""

SYNONYMS: Mapping[str, str] = {
    "shot": (
        "shot name, shot id, shot key, shot code, shot no, shot number, id, name, code, "
        "einstellung, einstellung nr, plan, nom du plan, toma, plano"
    ),
    "takes": "take count, number of takes, no of takes, anzahl takes, nombre de prises, prises",
    "priority": "prio, priorität, priorité, prioridad",
    "max_cost_usd": (
        "max cost, max cost in usd, cost limit, max usd, budget, budget usd, max kosten, coût max"
    ),
    "audio_fallback": "silent fallback, fallback silent, sound fallback",
    "cuts": "number of cuts, no of cuts, cut count, anzahl schnitte, nombre de coupes",
    "prompt": (
        "text prompt, prompt text, video prompt, motion prompt, prompttext, video beschreibung, "
        "invite"
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
        "einstellungsdauer, einstellungslänge, cliplänge, durée du plan, duración, segundos, "
        "durata"
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
    "minutes": "min, mins, minute, minuten, minutos, minuti",
    "dialogue": "dialog, dialogues, dialogs, spoken lines, dialoge, diálogo",
    "description": "desc, beschreibung, descripción",
}

GUESSES: Mapping[str, str] = {
    "prompt": "text, image prompt, picture prompt, still prompt, bildprompt",
}
"""What may be meant, or something else: taken only with a remark, and never beside a rival."""

RIVALS: Mapping[str, str] = {
    "prompt": (
        "description, desc, action, actions, motion, movement, visual, visuals, shot description, "
        "scene description, what happens, synopsis, content, beschreibung, handlung, aktion, "
        "bewegung, inhalt, was passiert, bildinhalt, description du plan, contenu, mouvement, "
        "descripción, acción, movimiento, descrizione, azione, descrição, ação"
    ),
}
"""Columns beside which a guess is not safe."""

LOOKALIKES: Mapping[str, str] = {
    "takes": "versions, version, variants, varianten, take, take no, take number, iterations",
    "duration_s": "runtime, timing, time, tc, timecode, minutes, min, minuten, total duration",
    "first_frame": "frame, thumbnail, thumb, storyboard, keyframe, reference, reference image",
}
"""Headers that resemble an input and mean something else as often."""

FOREIGN_INPUTS = (
    "last frame, last frame url, last frame image, last image, end frame, end image, tail image, "
    "final frame, final image, image tail, end still, letztes bild, endbild, schlussbild, "
    "dernière image, image de fin, última imagen, imagen final, último fotograma, ultima "
    "immagine, negative prompt, negative, neg prompt, negativer prompt, prompt négatif, prompt "
    "negativo, negatives, exclude words, seed, random seed, noise seed, graine, semilla, cfg, "
    "cfg scale, guidance, guidance scale, steps, sampler, scheduler, denoise, strength, motion "
    "strength, motion bucket, motion bucket id, loop, looping, watermark, lora, loras, model, "
    "modell, modèle, modelo, model id, model name, engine, provider, camera motion, camera "
    "movement, camera control, camera path, width, height, breite, höhe, style preset, reference "
    "video, control image, controlnet, mask, voice, voice id, lip sync, audio file, audio url, "
    "sound file, music file, upscale, upscaler, enhance prompt, prompt enhancer, 尾帧, 末帧, "
    "反向提示词, 负面提示词, 种子, 終了フレーム, ネガティブプロンプト, シード"
)
"""Inputs of other models and tools, as their batch sheets call them."""

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


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


def header_words(header: str) -> tuple[str, ...]:
    """What a header may be called, the whole of it first: `Takes (1-99)` is `takes199`, `takes`.

    Only notes that say how to fill the column are left out; `Duration (frames)` is not `Duration`.
    """
    found = [word(header)]
    parts = [part for part in re.split(r"[()\[\]{}（）【】]", header[:_LONGEST]) if part.strip()]
    if len(parts) == 1:
        parts = re.split(r"[:：,;*\n|–—]|(?<=\w) (?:- )?(?=\d)", header[:_LONGEST], maxsplit=1)
    name, *notes = parts or [""]
    if notes and all(map(_says_how, notes)):
        found.append(word(name))
    for known in tuple(found):
        for before in _BEFORE:
            if known.startswith(before) and known[len(before) :] in _SETTING_WORDS:
                found.append(known[len(before) :])
    return tuple(dict.fromkeys(found))


_LONGEST = 200  # characters of a header that are looked at
_BEFORE = ("shot", "clip", "video", "output", "target")
_SETTING_WORDS = _listed(
    "duration, durations, durationsec, durationsecs, durationseconds, length, lengths, "
    "lengthsec, lengthseconds, resolution, ratio, aspectratio, audio, sound, camerafixed, "
    "fixedcamera, dauer, länge, durée, duración, seconds, secs"
)
_NOTES = _listed(
    "true, false, yes, no, y, n, x, on, off, ja, nein, wahr, falsch, oui, non, vrai, faux, si, "
    "sí, required, optional, mandatory, pflicht, pflichtfeld, erforderlich, obligatoire, requis, "
    "facultatif, optionnel, obligatorio, opcional, s, sec, secs, second, seconds, sek, sekunden, "
    "secondes, segundos, in, en, usd, us, w, h, p, to, or, and, oder, ou, bis, default, "
    "standard, up, characters, chars, zeichen, url, path, link, file, filename, name, jpg, jpeg, "
    "png, webp, adaptive, auto, integer, int, bool, boolean, text, number, zahl, english, value, "
    "values, select, choose, one, of, dropdown, eg, e, g, zb, z, b, at, least, most, each, per, "
    "shot"
)


def _says_how(note: str) -> bool:
    """Whether a note in a header says only how to fill the column: `1-99`, `TRUE/FALSE`, `s`."""
    words = re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFKC", note).casefold())
    digits = any(w.isdecimal() for w in words)
    return all(w in _NOTES or w.isdecimal() or (digits and w in {"min", "max"}) for w in words)


def plain(header: str) -> str:
    """A header without what people vary: case, spaces, `_` and `-`."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", header).casefold())


def synonyms(name: str) -> frozenset[str]:
    """What else people call a column of ours, as `word` makes it."""
    return words_of(SYNONYMS.get(name, ""))


def words_of(listed: str) -> frozenset[str]:
    """Headers in a list with commas, as `word` makes them."""
    return frozenset(word(name) for name in listed.split(",") if name.strip())


def dialect(headers: tuple[str, ...]) -> str:
    """The tool whose headers these are, or an empty text."""
    words = {word(header) for header in headers}
    for name, usual in _DIALECTS.items():
        if len(words & usual) > 1 and words & _TELLING[name]:
            return f"{name} columns"
    return ""

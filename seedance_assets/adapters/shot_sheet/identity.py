"""What a row is called: `{sequence}_{shot}`, from two columns or from a path as AYON has it."""

import re
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.cells import unquoted
from seedance_assets.adapters.shot_sheet.row import Row
from seedance_assets.adapters.shot_sheet.words import NO_FILM_IN_PATH

_PART = re.compile(r"\{(episode|sequence|shot)\}")
_FLOAT = re.compile(r"\d{1,15}[.,]0+")


@dataclass(frozen=True, slots=True)
class Identity:
    """The name of a row's shot, and the cells that it is made of."""

    key: str
    parts: tuple[tuple[str, str], ...]
    """(meaning of the column, its text), those that are in the key alone."""


class Naming:
    """How the shots of one sheet are called; `template` is that of the settings."""

    def __init__(self, template: str, *, whole_numbers: bool) -> None:
        self._template = template
        self._whole_numbers = whole_numbers

    def identity(self, row: Row) -> Identity:
        """The name of a row's shot; its key is empty if the row names none."""
        wanted = {"shot", *_PART.findall(self._template)}
        found = {
            name: self._cell(row, name) if name in wanted else ""
            for name in ("episode", "sequence", "shot")
        }
        if re.search(r"[\\/]", found["shot"]) and row.is_same("shot", "folder_path"):
            found |= _from_path(found["shot"])
        used = _needed(self._template, found)
        if not found["shot"]:
            return Identity("", ())
        key = _filled(self._template, {name: found[name] if name in used else "" for name in found})
        return Identity(key, tuple((name, found[name]) for name in used))

    def _cell(self, row: Row, meaning: str) -> str:
        text = unquoted(row.text(meaning))
        if self._whole_numbers and _FLOAT.fullmatch(text):
            return re.split("[.,]", text)[0]
        return text


def are_floats(texts: list[str]) -> bool:
    """Whether names are numbers that a program has written as `10.0`, all of them."""
    filled = [text for text in texts if text]
    return bool(filled) and all(_FLOAT.fullmatch(text) for text in filled)


def _from_path(path: str) -> dict[str, str]:
    """Sequence and shot of `/shots/sq010/sh010`; folders that only sort are none."""
    *above, shot = [part for part in re.split(r"[\\/]+", path) if part] or [""]
    folder = above[-1] if above else ""
    return {"shot": shot, "sequence": "" if folder.casefold() in NO_FILM_IN_PATH else folder}


def _needed(template: str, found: dict[str, str]) -> list[str]:
    """The parts that the key is made of: a shot that begins with its sequence needs no other."""
    named = [name for name in _PART.findall(template) if found[name]]
    return [
        name
        for at, name in enumerate(named)
        if not any(_begins_with(found[later], found[name]) for later in named[at + 1 :])
    ]


def _begins_with(name: str, part: str) -> bool:
    """Whether `sq010_sh010` begins with `sq010`; `sq0101` does not, nor shot 1 of scene 1."""
    rest = name[len(part) :]
    return name.casefold().startswith(part.casefold()) and rest != "" and not rest[0].isalnum()


def _filled(template: str, texts: dict[str, str]) -> str:
    """The template with its parts; one that is empty goes with the separator behind it."""
    return re.sub(
        r"\{(episode|sequence|shot)\}([_.-]*)",
        lambda found: f"{texts[found[1]]}{found[2]}" if texts[found[1]] else "",
        template,
    )

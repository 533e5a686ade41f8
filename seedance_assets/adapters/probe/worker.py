"""A process that measures clips for its parent: requests and answers are JSON lines.

FFmpeg is native code and reads untrusted files. If it crashes, it crashes here. The process ends
when its input ends, so no worker outlives its parent.
"""

import base64
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seedance_assets.adapters.probe.confinement import allow_cpu, confine
from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture
from seedance_assets.adapters.probe.single import frame_picture
from seedance_assets.adapters.probe.single_pass import Probe, probe
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import Measurements


def serve() -> None:
    """Answer requests from standard input on the original standard output."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # no library may write between answers
        confine()
        out.write("ready\n")
        out.flush()
        for line in sys.stdin:
            out.write(json.dumps(_answer(json.loads(line))) + "\n")
            out.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    path, limits = Path(request["path"]), ProbeLimits(**request["limits"])
    allow_cpu(limits.wall_s)
    try:
        if request["at_s"] is not None:
            return {"picture": _text(frame_picture(path, request["at_s"], limits))}
        return as_answer(probe(path, limits, opening=_opening(request["opening"])))
    except ClipRefused as refused:
        return {"refused": str(refused)}
    except MemoryError:
        return {"refused": f"{path.name} cannot be measured: it needs too much memory."}


def as_request(
    path: Path, limits: ProbeLimits, opening: InputPicture | None, at_s: float | None
) -> str:
    """The request for a clip's measurements, or for its frame at a time, as a line.

    Paths are absolute: a worker has another current folder.
    """
    picture = asdict(opening) | {"path": str(opening.path.absolute())} if opening else None
    return json.dumps(
        {"path": str(path.absolute()), "limits": asdict(limits), "opening": picture, "at_s": at_s}
    )


def as_answer(found: Probe) -> dict[str, Any]:
    """A probe as plain JSON; the measurements are text, which pydantic writes faster."""
    return {
        "measurements": found.measurements.model_dump_json(by_alias=True),
        "poster": _text(found.poster),
        "strip": _text(found.strip),
        "strip_large": _text(found.strip_large),
    }


def as_probe(answer: dict[str, Any]) -> Probe:
    """The probe from an answer."""
    return Probe(
        Measurements.model_validate_json(answer["measurements"]),
        poster=base64.b64decode(answer["poster"]),
        strip=base64.b64decode(answer["strip"]),
        strip_large=base64.b64decode(answer["strip_large"]),
    )


def _opening(picture: dict[str, Any] | None) -> InputPicture | None:
    return InputPicture(**picture | {"path": Path(picture["path"])}) if picture else None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


if __name__ == "__main__":
    serve()

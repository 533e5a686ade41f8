"""How many small local first frames a second are checked, from their headers and in full.

Makes N pictures (half JPEG, half PNG, 640×360), then checks them: by their headers alone, as the
asset `shot_list` does; in full for the first time (read, hashed, decoded, kept); and in full once
more, as each later run does. One process, two decoders.

    python benchmarks/frames.py              # 2000 pictures
    python benchmarks/frames.py -n 300
"""

import asyncio
import io
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from PIL import Image

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.model_schema import ModelSchema, model_schema
from seedance_assets.core.settings import ProductionSettings

_SIZE = (640, 360)
_WANTED_A_SECOND = 500


@click.command()
@click.option("-n", "count", default=2000, show_default=True, help="Pictures.")
def main(count: int) -> None:
    """Measure the check of first frames."""
    schema = model_schema(ProductionSettings().model)
    with tempfile.TemporaryDirectory() as folder:
        sheet, store = Path(folder) / "show", Path(folder) / "frames"
        sheet.mkdir()
        names = _draw(sheet, count)
        print(f"{count} pictures of {_SIZE[0]}×{_SIZE[1]}, half JPEG, half PNG")
        headers = _measured("headers alone", count, lambda: _headers(store, sheet, names, schema))
        _measured("in full, first time", count, lambda: _whole(store, sheet, names, schema))
        _measured("in full, again", count, lambda: _whole(store, sheet, names, schema))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    assert headers >= _WANTED_A_SECOND, f"wanted: {_WANTED_A_SECOND} headers a second"


def _draw(folder: Path, count: int) -> list[str]:
    """Pictures with something in them, each of its own content."""
    random = np.random.default_rng(7)
    coarse = random.integers(0, 256, (9, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(_SIZE, Image.Resampling.BICUBIC)
    encoded = {}
    for kind in ("JPEG", "PNG"):
        target = io.BytesIO()
        picture.save(target, kind)
        encoded[kind] = target.getvalue()
    names = []
    for n in range(count):
        kind = "JPEG" if n % 2 else "PNG"
        name = f"sh{n:06d}.{kind.lower()}"
        (folder / name).write_bytes(
            encoded[kind] + n.to_bytes(4)
        )  # bytes behind a picture are fine
        names.append(name)
    return names


def _headers(store: Path, folder: Path, names: list[str], schema: ModelSchema) -> None:
    frames = FrameStore(store)
    for name in names:
        assert frames.header(name, beside=folder, schema=schema) is not None


def _whole(store: Path, folder: Path, names: list[str], schema: ModelSchema) -> None:
    frames = FrameStore(store)

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(4)

        async def one(name: str) -> None:
            async with gate:
                await frames.fetch(name, beside=folder, schema=schema)

        await asyncio.gather(*(one(name) for name in names))

    asyncio.run(all_of_them())


def _measured(what: str, count: int, work: Callable[[], None]) -> float:
    started, cpu = time.perf_counter(), time.process_time()
    work()
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    print(f"{what:<22}{count / wall_s:>8.0f} a second{1000 * cpu_s / count:>8.2f} CPU ms each")
    return count / wall_s


if __name__ == "__main__":
    main()

"""A page that shows what the model will film of each first frame, before anything is paid for."""

import asyncio
from pathlib import Path

from seedance_assets.adapters.first_frame import crop_preview
from seedance_assets.adapters.first_frame.preview_page import PreviewCard, write_page
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.picture import expected_ratio
from seedance_assets.core.shot import Shot, ShotList
from seedance_assets.production.planning.frame_problems import CROP_WORTH_A_WORD
from seedance_assets.production.planning.requests import prepare_request
from seedance_assets.production.production_context import ProductionContext

_LONGEST_SIDE = 640


async def write_previews(production: ProductionContext, shot_list: ShotList, folder: Path) -> Path:
    """`index.html` in `folder` with a picture for each shot; returns where the page is.

    A shot whose request cannot be made is on the page with the reason. Raises `StorageError`.
    """
    gate = asyncio.Semaphore(production.settings.concurrency.decoders * 2)

    async def card(shot: Shot) -> PreviewCard:
        async with gate:
            try:
                return await _card(production, shot_list, shot, folder)
            except SeedanceError as exc:
                return PreviewCard(shot=shot.key, problem=str(exc), advice=exc.advice)

    cards = await asyncio.gather(*(card(shot) for shot in shot_list.shots))
    return await asyncio.to_thread(write_page, folder, shot_list.name, cards)


async def _card(
    production: ProductionContext, shot_list: ShotList, shot: Shot, folder: Path
) -> PreviewCard:
    request = await prepare_request(
        shot, model_id=shot_list.model_id, sheet=shot_list.place, frames=production.frames
    )
    frame, crop = request.first_frame, request.crop
    if frame is None or crop is None:
        return PreviewCard(shot=shot.key, problem="The model takes no first frame.")
    jpeg = await asyncio.to_thread(crop_preview, frame, crop, longest_side=_LONGEST_SIDE)
    picture = f"{shot.key}.jpg"
    await asyncio.to_thread(write_whole, folder / picture, jpeg)
    lost = crop.share_lost(frame.size)
    return PreviewCard(
        shot=shot.key,
        picture=picture,
        asked=request.ratio,
        filmed=expected_ratio(request.schema.video, request.resolution, request.ratio, frame.size),
        given=str(frame.size),
        delivered=str(request.size),
        lost=lost,
        remarkable=lost >= CROP_WORTH_A_WORD,
    )

"""The small pictures that everything is measured on, against a slow and plain way to make them."""

from itertools import pairwise

import numpy as np
import pytest

from seedance_assets.adapters.probe.camera import BorderBlocks
from seedance_assets.adapters.probe.every_frame import EveryFrame
from seedance_assets.adapters.probe.luma import Luma, Shrinker, means, shrink_factor

SHAPES = [(72, 128), (270, 480), (361, 719), (496, 864), (720, 1280), (1280, 720)]


def noise(shape: tuple[int, int]) -> Luma:
    """A plane with padding at the end of each row, as a decoder has it."""
    padded = np.random.default_rng(3).integers(0, 256, (shape[0], shape[1] + 32), dtype=np.uint8)
    return padded[:, : shape[1]]


def plainly(luma: Luma, factor: int) -> Luma:
    """Block by block: the rounded mean of its four middle pixels."""
    first = max(0, factor // 2 - 1)
    taps = (first, min(first + 1, factor - 1))
    rows, columns = (side // factor for side in luma.shape)
    small = np.empty((rows, columns), np.uint8)
    for row in range(rows):
        for column in range(columns):
            four = [int(luma[row * factor + y, column * factor + x]) for y in taps for x in taps]
            small[row, column] = (sum(four) + 2) // 4
    return small


def made_small(shrinker: Shrinker, luma: Luma) -> Luma:
    fours = np.empty(shrinker.shape, np.uint16)
    shrinker.add_up(luma, fours)
    return means(fours)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_small_picture_has_the_means_of_four_pixels(shape: tuple[int, int]) -> None:
    luma = noise(shape)

    small = made_small(Shrinker(shape), luma)

    assert (small == plainly(luma, shrink_factor(shape[1], shape[0]))).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_second_row_of_blocks_is_enough_for_a_large_frame(shape: tuple[int, int]) -> None:
    luma, factor = noise(shape), shrink_factor(shape[1], shape[0])

    half = made_small(Shrinker(shape, every_row=False), luma)

    every = plainly(luma, factor)
    assert (half == (every[::2][: len(half)] if factor >= 3 else every)).all()
    assert len(half) in (len(every) // 2, len(every))


@pytest.mark.parametrize("shape", [(9, 100_000), (100_000, 9), (2, 4096)], ids=str)
def test_a_tiny_frame_is_shrunk_too(shape: tuple[int, int]) -> None:
    small = Shrinker(shape)

    assert small.shape[0] * small.shape[1] < 10_000


def test_figures_do_not_depend_on_the_batch_size() -> None:
    dice = np.random.default_rng(5)
    pictures = [dice.integers(0, 256, (72, 128)).astype(np.uint8) for _ in range(21)]
    every = EveryFrame((72, 128), BorderBlocks(72, 128))

    for picture in pictures:
        every.place()[:] = 4 * picture.astype(np.uint16)
    thin = every.thin()

    apart = [abs(b.astype(int) - a) for a, b in pairwise(pictures)]
    assert every.luma == pytest.approx([p.mean() for p in pictures])
    assert every.dark == pytest.approx([(p <= 38).mean() for p in pictures])
    assert every.motion == pytest.approx([0.0, *(a.mean() for a in apart)])
    assert every.peaks == [0, *(a.max() for a in apart)]
    assert (thin == np.stack(pictures)[:, ::2, ::4]).all()

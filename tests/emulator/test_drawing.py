"""Clips are real: exact size and length, opening on their first frame, labelled as emulated."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from seedance_assets.core.model_schema import known_models
from seedance_assets.emulator.drawing.clip import DrawingStopped, draw_clip
from seedance_assets.emulator.drawing.framing import frame_picture
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.emulator.jobs.scenario import OddClip
from tests.emulator.conftest import Open
from tests.emulator.drawn import apart, border_shift, decode_clip, draw, steps
from tests.emulator.kit import SEEDANCE, Caller, data_uri, draw_picture, picture_bytes


def test_a_clip_of_the_services_model_is_exact(start: Open, tmp_path: Path) -> None:
    caller = start(models=None)
    picture = draw_picture(640, 360)
    inputs = {"prompt": "A boat.", "first_frame_image_url": data_uri(picture_bytes(picture))}
    answer = caller.http.post(
        f"{caller.root}/v1/models/{SEEDANCE}", json=inputs | {"duration": 4, "ratio": "adaptive"}
    )
    url = caller.finish(answer.json()["request_id"])["output"]["video"]
    file = tmp_path / "clip.mp4"
    file.write_bytes(caller.http.get(url).content)

    clip = decode_clip(file)

    assert (clip.codec, clip.pixels, clip.size, clip.rate) == ("h264", "yuv420p", (864, 496), 24.0)
    assert len(clip.luma) == 4 * 24 + 1
    assert (clip.audio.codec.name, clip.audio.sample_rate, clip.audio.layout.name) == (
        "aac",
        44_100,
        "mono",
    )
    assert len(clip.sound) / 44_100 == pytest.approx(97 / 24, abs=0.05)
    assert apart(picture, clip.first) < 4


@pytest.mark.parametrize("shape", ["16:9", "1:1", "9:16"])
@pytest.mark.parametrize("seconds", [1, 2])
def test_size_and_length_are_as_ordered_under_any_input_names(
    start: Open, tmp_path: Path, shape: str, seconds: int
) -> None:
    file = start().download_to(tmp_path / "clip.mp4", shape=shape, seconds=seconds)

    clip = decode_clip(file)

    sizes = {"16:9": (128, 72), "1:1": (96, 96), "9:16": (72, 128)}
    assert (clip.size, len(clip.luma)) == (sizes[shape], 24 * seconds + 1)
    assert clip.audio is None


def test_a_clip_is_labelled_as_emulated_and_tagged_with_its_colour_space(tmp_path: Path) -> None:
    clip = draw(tmp_path / "clip.mp4")

    assert clip.metadata["title"] == "EMULATED"
    assert clip.metadata["comment"] == "EMULATED by seedance-assets; not made by the model"
    assert clip.colours == (1, 1, 1)  # BT.709


def test_the_index_comes_before_the_pictures(tmp_path: Path) -> None:
    draw(tmp_path / "clip.mp4")
    content = (tmp_path / "clip.mp4").read_bytes()

    assert content[4:8] == b"ftyp"
    assert content.index(b"moov") < content.index(b"mdat")


def test_colours_survive_encoding_and_decoding(tmp_path: Path) -> None:
    red = Image.new("RGB", (320, 180), (200, 40, 40))

    clip = draw(tmp_path / "clip.mp4", red)

    assert np.abs(np.asarray(clip.first, np.float32).mean((0, 1)) - (200, 40, 40)).max() < 4


@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "free"])
def test_frame_0_is_the_first_frame(tmp_path: Path, fixed: bool) -> None:
    picture = draw_picture(320, 180)

    clip = draw(tmp_path / "clip.mp4", picture, camera_fixed=fixed)

    assert apart(clip.first, picture) < 4
    assert apart(clip.first, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 20


def test_a_fixed_camera_keeps_the_border_still_and_a_free_one_does_not(tmp_path: Path) -> None:
    fixed = draw(tmp_path / "fixed.mp4", camera_fixed=True, frames=73)
    free = draw(tmp_path / "free.mp4", camera_fixed=False, frames=73)

    assert border_shift(fixed.luma) < 1.5
    assert border_shift(free.luma) > 6


GROUNDS = {
    "blocks": draw_picture(320, 180),
    "black": Image.new("RGB", (320, 180)),
    "white": Image.new("RGB", (320, 180), "white"),
    "grey": Image.new("RGB", (320, 180), (128, 128, 128)),
}


@pytest.mark.parametrize("ground", list(GROUNDS))
@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "free"])
def test_no_clip_freezes_for_long_and_none_has_a_cut(
    tmp_path: Path, ground: str, fixed: bool
) -> None:
    clip = draw(tmp_path / "clip.mp4", GROUNDS[ground], camera_fixed=fixed, frames=49)

    changes = steps(clip.luma)
    still = "".join("x" if change < 0.12 else " " for change in changes).split()
    assert max(map(len, still), default=0) < 0.3 * 24
    assert changes.max() < 8


def test_takes_of_one_picture_differ_and_one_seed_gives_one_file(tmp_path: Path) -> None:
    one = draw(tmp_path / "a.mp4", seed="one", camera_fixed=False, sound="ambience")
    draw(tmp_path / "b.mp4", seed="one", camera_fixed=False, sound="ambience")
    other = draw(tmp_path / "c.mp4", seed="other", camera_fixed=False, sound="ambience")

    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert np.abs(one.luma[-1] - other.luma[-1]).mean() > 1
    assert np.abs(one.sound[:40_000] - other.sound[:40_000]).mean() > 0.01


def loudness_of(sound: npt.NDArray[np.float32]) -> float:
    """Integrated loudness in LUFS, by FFmpeg's filter."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=44_100, format="fltp", layout="mono")
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="fltp", layout="mono")
    frame.sample_rate = 44_100
    source.push(frame)
    source.push(None)
    loudness = -99.0
    while True:
        try:
            loudness = float(sink.pull().metadata.get("lavfi.r128.I", loudness))
        except (av.EOFError, av.BlockingIOError):
            return loudness


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_the_ambience_is_audible_and_never_clips(tmp_path: Path, seed: str) -> None:
    sound = draw(tmp_path / "clip.mp4", sound="ambience", seed=seed, frames=97).sound

    assert -23 <= loudness_of(sound) <= -18
    assert np.abs(sound).max() < 0.9


def test_a_drawing_that_is_stopped_leaves_nothing_behind(tmp_path: Path) -> None:
    plan = ClipPlan(
        width=96,
        height=96,
        box=(0, 0, 96, 96),
        frames=25,
        frames_per_second=24,
        sound="none",
        camera_fixed=True,
        seed="",
    )

    with pytest.raises(DrawingStopped):
        draw_clip(tmp_path / "clip.mp4", draw_picture(96, 96), plan, lambda frame: frame < 10)

    assert list(tmp_path.iterdir()) == []


def test_a_clip_may_have_24_frames_a_second_and_no_more(start_with: Open, tmp_path: Path) -> None:
    caller = start_with(OddClip(frames="24d", silent_track=True))

    clip = decode_clip(caller.download_to(tmp_path / "clip.mp4"))

    assert len(clip.luma) == 24
    assert clip.audio is not None
    assert not clip.sound.any()


def test_an_orders_camera_follows_its_role(caller: Caller, tmp_path: Path) -> None:
    locked = decode_clip(caller.download_to(tmp_path / "a.mp4", seconds=2, locked=True))
    free = decode_clip(caller.download_to(tmp_path / "b.mp4", seconds=2, locked=False))

    assert border_shift(locked.luma) < 1.5
    assert border_shift(free.luma) > 2


@pytest.mark.parametrize(
    ("picture", "ratio", "size", "box"),
    [
        ((1920, 1080), "adaptive", (864, 496), (0, 0, 1920, 1080)),
        ((1000, 1000), "adaptive", (640, 640), (0, 0, 1000, 1000)),
        ((1500, 1000), "adaptive", (752, 560), (83.33, 0, 1416.67, 1000)),
        ((1000, 2400), "adaptive", (496, 864), (0, 311.11, 1000, 2088.89)),
        ((2400, 1000), "adaptive", (992, 432), (33.33, 0, 2366.67, 1000)),
        ((1000, 1000), "16:9", (864, 496), (0, 218.75, 1000, 781.25)),
        ((1600, 900), "1:1", (640, 640), (350, 0, 1250, 900)),
        ((1600, 900), "3:4", (560, 752), (462.5, 0, 1137.5, 900)),
    ],
)
def test_a_picture_is_framed_by_the_ratio_and_cropped_about_its_centre(
    picture: tuple[int, int],
    ratio: str,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
) -> None:
    framing = frame_picture(known_models()[SEEDANCE].video, "480p", ratio, picture)

    assert (framing.width, framing.height) == size
    assert framing.box == pytest.approx(box, abs=0.01)

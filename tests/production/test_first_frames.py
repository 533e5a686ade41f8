"""However a first frame goes to the service: the same picture, the same fingerprint, no secret."""

import asyncio
import base64
import functools
import hashlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from seedance_assets.adapters.first_frame import FrameDelivery, FrameStore, delivery_of, link_expiry
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.picture import Size
from seedance_assets.core.request import FirstFrame
from seedance_assets.core.settings import FirstFrameSettings
from seedance_assets.core.shot import Problem, Severity, Shot, ShotList
from seedance_assets.production.events import FrameNotice
from seedance_assets.production.planning.frame_problems import FrameProblems
from seedance_assets.wiring import open_production, plan_production, read_production
from tests.conftest import OpenStage
from tests.first_frame.bucket import KEY_ID, KEYS, SECRET, BucketServer, bucket_server
from tests.first_frame.drawings import drawing, noise, saved, turned_by_exif
from tests.stage import SETTINGS, Stage

MODEL = model_schema("bytedance/seedance-v1.5-pro/image-to-video")
ROW = {"shot": "A", "prompt": "A boat drifts.", "first_frame": "frame.png"}


@dataclass
class Site:
    """A web server that shows the sheet's folder, or any other."""

    root: str
    folder: Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Site(f"http://127.0.0.1:{server.server_port}", folder)
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def bucket() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def film(open_stage: OpenStage) -> Iterator[Stage]:
    with open_stage() as stage:
        stage.environ |= KEYS
        yield stage


def _set(stage: Stage, lines: str) -> None:
    (stage.folder / "production.toml").write_text(SETTINGS + lines, encoding="utf-8")


def _public(site: Site, **more: str) -> str:
    lines = {"base_url": site.root, **more}
    values = "\n".join(f'{name} = "{value}"' for name, value in lines.items())
    return f'\n[first_frames]\ndelivery = "public_url"\n[first_frames.public_url]\n{values}\n'


def _received(stage: Stage) -> set[str]:
    """Hashes of the pictures that the service has got."""
    pictures = (stage.folder / "emulator-state" / "pictures").iterdir()
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in pictures}


@pytest.mark.parametrize("way", ["data_uri", "s3", "public path", "public sha256"])
def test_the_service_gets_the_very_picture_whichever_way_it_goes(
    film: Stage, bucket: BucketServer, site: Site, way: str
) -> None:
    _set(
        film,
        {
            "data_uri": "",
            "s3": bucket.settings(),
            "public path": _public(site),
            "public sha256": _public(site, layout="sha256"),
        }[way],
    )
    content = (film.folder / "frame.png").read_bytes()
    shutil.copy(film.folder / "frame.png", site.folder)
    (site.folder / f"{hashlib.sha256(content).hexdigest()}.png").write_bytes(content)
    film.write_sheet([ROW])

    outcome = film.film()

    assert outcome.done == ["A"], outcome.failed
    assert _received(film) == {hashlib.sha256(content).hexdigest()}


def test_switching_the_way_buys_nothing(film: Stage, bucket: BucketServer, site: Site) -> None:
    shutil.copy(film.folder / "frame.png", site.folder)
    ways = ["", bucket.settings(), _public(site)]

    for n, order in enumerate(permutations(ways)):
        film.write_sheet([ROW | {"prompt": f"A boat drifts, {n}."}])
        for way in order:
            _set(film, way)
            assert film.film().done == ["A"]
        assert film.charges() == n + 1


def test_neither_key_nor_signature_is_kept_anywhere(
    film: Stage, bucket: BucketServer, site: Site
) -> None:
    _set(film, bucket.settings())
    film.write_sheet([ROW])

    assert film.film().done == ["A"]

    assert any("X-Amz-Signature" in query for _, _, query in bucket.seen)  # a link was lent out
    secrets = (KEY_ID, SECRET, "X-Amz-Signature", "X-Amz-Credential")
    for path in film.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [s for s in secrets if s.encode() in content], path
    (take,) = film.takes()
    assert str(take.request["first_frame_image_url"]).startswith("sha256:")


def test_a_bucket_out_of_reach_stops_the_shot_before_it_is_paid_for(
    film: Stage, bucket: BucketServer
) -> None:
    _set(film, bucket.settings(bucket="another"))
    film.write_sheet([ROW])

    failed = film.film().failed["A"]

    assert failed.kind == "frame_not_delivered"
    assert "nothing was paid for" in failed.advice
    assert (film.charges(), film.takes()) == (0, [])


@pytest.mark.parametrize(
    ("there", "says"),
    [(None, "was not found"), (saved(drawing(800, 600)), "is not the same picture as ours")],
    ids=["nothing", "another picture"],
)
def test_a_public_address_is_looked_at_before_anything_is_paid_for(
    film: Stage, site: Site, there: bytes | None, says: str
) -> None:
    if there is not None:
        (site.folder / "frame.png").write_bytes(there)
    _set(film, _public(site))
    film.write_sheet([ROW])

    failed = film.film().failed["A"]

    assert says in failed.reason
    assert film.charges() == 0


def test_what_the_public_address_cannot_show_goes_inside_the_request(
    film: Stage, site: Site
) -> None:
    """A picture that had to be turned lies there as it was; a data URI does not lie there."""
    turned = saved(drawing(), "JPEG", exif=turned_by_exif(3))
    inline = saved(drawing(700, 500), "JPEG")
    (film.folder / "turned.jpg").write_bytes(turned)
    (site.folder / "turned.jpg").write_bytes(turned)
    uri = f"data:image/jpeg;base64,{base64.b64encode(inline).decode()}"
    _set(film, _public(site))
    film.write_sheet([ROW | {"first_frame": "turned.jpg"}, ROW | {"shot": "B", "first_frame": uri}])

    outcome = film.film()

    assert outcome.done == ["A", "B"]
    notices = [e.sentence for e in outcome.events if isinstance(e, FrameNotice)]
    assert len(notices) == 2
    assert all("goes inside the request" in sentence for sentence in notices)
    assert hashlib.sha256(turned).hexdigest() not in _received(film)
    assert hashlib.sha256(inline).hexdigest() in _received(film)


def test_a_frame_outside_of_the_sheets_folder_has_no_public_name(film: Stage, site: Site) -> None:
    shutil.copy(film.folder / "frame.png", film.folder.parent / "frame.png")
    _set(film, _public(site).replace("[first_frames]\n", "[first_frames]\noutside = true\n"))
    film.write_sheet([ROW | {"first_frame": "../frame.png"}])

    failed = film.film().failed["A"]

    assert "is not below the sheet's folder" in failed.reason
    assert 'layout = "sha256"' in failed.advice


def test_a_picture_made_smaller_for_its_way_is_told(film: Stage) -> None:
    (film.folder / "frame.png").write_bytes(saved(noise(800, 600)))
    _set(film, "\n[first_frames]\nmax_data_uri_bytes = 700000\n")
    film.write_sheet([ROW])

    outcome = film.film()

    (notice,) = [e for e in outcome.events if isinstance(e, FrameNotice)]
    assert "is sent as a JPEG of quality" in notice.sentence
    assert outcome.done == ["A"]


@pytest.mark.parametrize(
    "settings",
    [
        {"delivery": "s3", "s3": {"bucket": "abc", "endpoint_url": "http://127.0.0.1:9000"}},
        {"delivery": "s3", "s3": {"bucket": "abc", "endpoint_url": "http://s3.example.com"}},
        {"delivery": "public_url", "public_url": {"base_url": "https://localhost/frames"}},
    ],
    ids=["bucket on loopback", "bucket by http", "site on loopback"],
)
def test_the_real_service_is_not_sent_to_a_place_that_it_cannot_reach(
    kept: FirstFrame, settings: dict[str, object]
) -> None:
    chosen = FirstFrameSettings.model_validate(settings)
    real = delivery_of(chosen, emulated=False, needed_s=900, environ=KEYS)

    with pytest.raises(SettingsRefused, match="the service cannot fetch pictures from"):
        asyncio.run(real.deliver(replace(kept, source="kept.png"), MODEL))


@pytest.fixture
def kept(tmp_path: Path) -> FirstFrame:
    """A frame from a link, kept as it was given."""
    content = saved(drawing())
    path = tmp_path / "kept.png"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    size = Size(640, 480)
    return FirstFrame(sha256, path, "image/png", size, len(content), "https://example.com/a.png")


NOW = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)


def _sent(frame: FirstFrame) -> str:
    """What the service is sent: the start of it, the note, with a link needed for 15 minutes."""
    way = delivery_of(FirstFrameSettings(), emulated=False, needed_s=900, environ={}).way
    delivered_frame = asyncio.run(FrameDelivery(way, 900, now=lambda: NOW).deliver(frame, MODEL))
    return f"{delivered_frame.link()[:80]} {delivered_frame.note}".strip()


def test_a_link_of_the_sheet_goes_to_the_service_as_it_is(kept: FirstFrame) -> None:
    assert _sent(kept) == "https://example.com/a.png"


@pytest.mark.parametrize("minutes", [-5, 5, 14])
def test_a_link_that_ends_too_soon_gives_way_to_the_kept_copy(
    kept: FirstFrame, minutes: int
) -> None:
    ends = int((NOW + timedelta(minutes=minutes)).timestamp())

    sent = _sent(replace(kept, source=f"https://example.com/a.png?Expires={ends}&Signature=SEC"))

    assert sent.startswith("data:image/png;base64,")
    assert "expires at" in sent
    assert "SEC" not in sent


def test_a_link_that_lives_long_enough_is_taken(kept: FirstFrame) -> None:
    ends = int((NOW + timedelta(minutes=16)).timestamp())
    source = f"https://example.com/a.png?Expires={ends}"

    assert _sent(replace(kept, source=source)) == source


def test_a_link_that_only_we_can_follow_is_not_handed_on(kept: FirstFrame) -> None:
    assert _sent(replace(kept, public=False)).startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("link", "ends"),
    [
        ("https://s3/a?X-Amz-Date=20260102T100000Z&X-Amz-Expires=600", "10:10"),
        ("https://gcs/a?X-Goog-Date=20260102T100000Z&X-Goog-Expires=60", "10:01"),
        ("https://tos/a?X-Tos-Date=20260102T100000Z&X-Tos-Expires=120", "10:02"),
        (f"https://cdn/a?Expires={int(NOW.timestamp())}&Key-Pair-Id=x", "10:00"),
        ("https://azure/a?se=2026-01-02T10%3A05%3A00Z&sig=x", "10:05"),
        ("https://azure/a?se=2026-01-02&sig=x", "00:00"),
        ("https://plain/a.png", None),
        ("https://plain/a.png?expires=never", None),
        ("https://plain/a.png?se=2026-01-02", None),
        ("https://s3/a?X-Amz-Date=yesterday&X-Amz-Expires=600", None),
        ("https://s3/a?X-Amz-Date=20260102T100000Z&X-Amz-Expires=9999999999999", None),
        ("https://[broken", None),
    ],
)
def test_a_link_tells_when_it_ends(link: str, ends: str | None) -> None:
    found = link_expiry(link)

    assert (found and f"{found:%H:%M}") == ends


# -- what the plan says ---------------------------------------------------------------------------


def _problems(stage: Stage) -> list[Problem]:
    shot_list, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        return list(plan_production(stage.environment, production, shot_list).problems)


def test_the_plan_warns_of_a_ratio_that_crops_the_first_frame_and_says_how_much(
    plain_stage: Stage,
) -> None:
    for name, size in (("wide", (1600, 900)), ("photo", (1500, 1000)), ("tall", (900, 1600))):
        (plain_stage.folder / f"{name}.png").write_bytes(saved(drawing(*size)))
    plain_stage.write_sheet(
        [
            ROW | {"shot": "A", "first_frame": "wide.png", "ratio": "9:16"},
            ROW | {"shot": "B", "first_frame": "photo.png", "ratio": "adaptive"},
            ROW | {"shot": "C", "first_frame": "tall.png", "ratio": "9:16"},
        ]
    )

    named, adaptive = _problems(plain_stage)

    assert (named.row, named.shot, named.column, named.value) == (2, "A", "ratio", "9:16")
    assert "the middle 32% of the picture's width (1600×900): 68% of it is lost" in named.reason
    assert "or ask for 16:9, which loses nothing" in named.fix
    assert (adaptive.row, adaptive.column, adaptive.value) == (3, "first_frame", "photo.png")
    assert "the nearest ratio, 4:3, films the middle 89%" in adaptive.reason
    assert {named.severity, adaptive.severity} == {Severity.WARNING}


def test_the_plan_tells_a_bad_first_frame_by_its_row(plain_stage: Stage) -> None:
    (plain_stage.folder / "IMG.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    plain_stage.write_sheet([ROW, ROW | {"shot": "B", "first_frame": "IMG.jpg"}])

    (problem,) = _problems(plain_stage)

    assert (problem.row, problem.shot, problem.column) == (3, "B", "first_frame")
    assert problem.severity is Severity.ERROR
    assert problem.reason.startswith("is a HEIC picture (though its name ends in .jpg)")
    assert "Export it as JPEG" in problem.fix


def test_the_plan_warns_of_links_to_the_bucket_that_end_too_soon(
    film: Stage, bucket: BucketServer
) -> None:
    _set(film, bucket.settings(link_life_s=60))
    film.write_sheet([ROW])

    (warning,) = _problems(film)

    assert warning.severity is Severity.WARNING
    assert "link_life_s" in warning.fix
    assert not bucket.seen  # planning uploads nothing


def test_a_row_whose_link_ends_before_the_queue_is_through_is_warned_about() -> None:
    shot = Shot(
        key="A",
        row=7,
        prompt="",
        first_frame=f"https://example.com/a.png?Expires={int(NOW.timestamp())}&Signature=SECRET",
        settings={},
    )
    listed = ShotList(source="s.csv", model_id=MODEL.model_id, sha256="", shots=(shot,), rows=1)
    found = FrameProblems(listed)

    (warning,) = found.expiry(shot, NOW + timedelta(minutes=20))

    assert (warning.row, warning.severity) == (7, Severity.WARNING)
    assert "expires at 2026-01-02 10:00 UTC" in warning.reason
    assert "SECRET" not in str(warning)
    assert not list(found.expiry(shot, NOW - timedelta(minutes=1)))


def test_headers_alone_tell_most_of_it_and_keep_nothing(plain_stage: Stage, tmp_path: Path) -> None:
    (plain_stage.folder / "small.png").write_bytes(saved(drawing(100, 100)))
    (plain_stage.folder / "wide.png").write_bytes(saved(drawing(1600, 900)))
    plain_stage.write_sheet(
        [
            ROW | {"shot": "A", "first_frame": "small.png"},
            ROW | {"shot": "B", "first_frame": "wide.png", "ratio": "1:1"},
            ROW | {"shot": "C", "first_frame": "https://example.com/a.png"},
            ROW | {"shot": "D", "first_frame": "gone.png"},
        ]
    )
    shot_list, _ = read_production(plain_stage.sheet)
    store = tmp_path / "store"

    found = list(FrameProblems(shot_list).in_headers(FrameStore(store)))

    assert [(p.shot, p.severity) for p in found] == [
        ("A", Severity.ERROR),
        ("B", Severity.WARNING),
        ("D", Severity.ERROR),
    ]
    assert not store.exists()

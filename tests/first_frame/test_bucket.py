"""First frames in a bucket: uploaded once by content, shared by private links."""

import logging
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seedance_assets.adapters.first_frame.bucket import FrameBucket
from seedance_assets.adapters.first_frame.expiry import link_expiry
from seedance_assets.core.errors import FrameNotDelivered, SettingsRefused
from seedance_assets.core.request import FirstFrame, sha256_hex
from seedance_assets.core.settings import Bucket
from tests.first_frame.bucket import KEY_ID, KEYS, SECRET, BucketServer
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import drawing, saved, turned_by_exif


@pytest.fixture
def frame(folder: Path, fetch: Fetch) -> FirstFrame:
    (folder / "a.png").write_bytes(saved(drawing()))
    return fetch("a.png")


def _settings(server: BucketServer, **more: object) -> Bucket:
    given = {"bucket": server.bucket, "endpoint_url": server.root, **more}
    return Bucket.model_validate(given)


def test_a_frame_is_uploaded_once_and_linked_many_times(
    bucket: BucketServer, frame: FirstFrame
) -> None:
    ours = FrameBucket(_settings(bucket), KEYS)

    links = [ours.link(ours.upload(replace(frame, source=f"{n}.png"))) for n in range(3)]
    another_process = FrameBucket(_settings(bucket), KEYS)
    links.append(another_process.link(another_process.upload(frame)))

    assert bucket.keys() == [f"first-frames/{frame.sha256}.png"]
    assert bucket.count("PUT") == 1
    for link in links:
        answer = httpx.get(link, timeout=60)
        assert answer.content == frame.path.read_bytes()
        assert answer.headers["Content-Type"] == "image/png"


def test_an_object_is_named_by_the_bytes_that_are_sent(
    bucket: BucketServer, folder: Path, fetch: Fetch
) -> None:
    (folder / "a.jpg").write_bytes(saved(drawing(), "JPEG", exif=turned_by_exif(6)))
    frame = fetch("a.jpg")

    FrameBucket(_settings(bucket, prefix="show/one"), KEYS).upload(frame)

    (key,) = bucket.keys()
    assert key == f"show/one/{sha256_hex(frame.path.read_bytes())}.jpg"
    assert frame.sha256 not in key


def test_a_link_is_valid_for_the_time_in_the_settings(
    bucket: BucketServer, frame: FirstFrame
) -> None:
    ours = FrameBucket(_settings(bucket, link_life_s=600), KEYS)

    link = ours.link(ours.upload(frame))

    ends = link_expiry(link)
    assert ends is not None
    assert httpx.URL(link).params["X-Amz-Expires"] == "600"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "no keys for the bucket 'show-frames' are set"),
        ({"AWS_ACCESS_KEY_ID": KEY_ID}, "no keys for the bucket"),
    ],
    ids=["none", "half"],
)
def test_missing_keys_in_the_environment_are_reported(
    bucket: BucketServer, frame: FirstFrame, environ: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsRefused, match=says) as refused:
        FrameBucket(_settings(bucket), environ).upload(frame)

    assert "AWS_SECRET_ACCESS_KEY" in refused.value.advice
    assert not bucket.seen


def test_a_missing_bucket_is_reported_in_our_words(bucket: BucketServer, frame: FirstFrame) -> None:
    ours = FrameBucket(_settings(bucket, bucket="another"), KEYS)

    with pytest.raises(FrameNotDelivered, match=r"'another'.*404.*NoSuchBucket") as refused:
        ours.upload(frame)

    assert "s3:PutObject" in refused.value.advice
    assert "nothing was paid" in refused.value.advice


def test_an_unreachable_bucket_is_reported_in_time(frame: FirstFrame) -> None:
    ours = FrameBucket(Bucket(bucket="abc", endpoint_url="http://127.0.0.1:1"), KEYS)

    with pytest.raises(FrameNotDelivered, match="cannot be reached"):
        ours.upload(frame)


def test_no_message_and_no_log_has_a_key_or_a_signature(
    bucket: BucketServer, frame: FirstFrame, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ours = FrameBucket(_settings(bucket), KEYS)

    link = ours.link(ours.upload(frame))
    with pytest.raises(FrameNotDelivered) as refused:
        FrameBucket(_settings(bucket, bucket="another"), KEYS).upload(frame)

    signature = httpx.URL(link).params["X-Amz-Signature"]
    told = f"{caplog.text} {refused.value} {refused.value.advice} {ours!r}"
    assert not [secret for secret in (KEY_ID, SECRET, signature) if secret in told]

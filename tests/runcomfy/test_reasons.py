"""The service's words for a failure, as kinds: those seen, and the doubtful ones."""

import pytest

from seedance_assets.adapters.providers.http.reasons import failure_in, moderation_in
from seedance_assets.adapters.providers.runcomfy.answers import read_result
from seedance_assets.core.errors import (
    AudioModerated,
    GenerationFailed,
    InputFailed,
    InputModerated,
    Moderated,
    VideoModerated,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OutputAudioSensitiveContentDetected", AudioModerated),
        ("AudioSensitiveContentDetected.PolicyViolation", AudioModerated),
        ("the output audio may be related to copyright restrictions.", AudioModerated),
        ("The request failed because the output audio may contain sensitive information.",
         AudioModerated),
        ("OutputVideoSensitiveContentDetected.PolicyViolation: no", VideoModerated),
        ("The generated video was flagged by moderation", VideoModerated),
        ("InputTextSensitiveContentDetected", InputModerated),
        ("InputImageSensitiveContentDetected.PrivacyInformation", InputModerated),
        ("the input image 'content[5]' may contain real person. Request id: 1", InputModerated),
        ("The input was refused: it may contain sensitive content.", InputModerated),
        ("SensitiveContentDetected", Moderated),
        ("content_policy_violation", Moderated),
        ("The image could not be decoded.", InputFailed),
        ("The aspect ratio range should be between 0.4 and 2.5.", InputFailed),
        ("prompt is required (422001)", InputFailed),
        ("the audio encoder crashed", GenerationFailed),
        ("Internal error (InternalServiceError, 500001)", GenerationFailed),
        ("The model run failed.", GenerationFailed),
        ("", GenerationFailed),
    ],
)  # fmt: skip
def test_a_reason_has_a_kind(text: str, kind: type[GenerationFailed]) -> None:
    assert failure_in(text) is kind


@pytest.mark.parametrize("text", ["a" * 1000, "input " * 160, "the output " * 90 + "audio"])
def test_a_long_text_that_says_nothing_is_no_moderation(text: str) -> None:
    assert moderation_in(text) is None


@pytest.mark.parametrize(
    "error",
    [
        "OutputAudioSensitiveContentDetected",
        {"code": "OutputAudioSensitiveContentDetected", "message": "The request failed."},
        [{"errorCode": 500001, "error": "OutputAudioSensitiveContentDetected", "debugInfo": ""}],
        {"error_type": "OutputAudioSensitiveContentDetected", "message": "no"},
    ],
    ids=["string", "object", "array", "other key"],
)
def test_the_kind_is_found_in_every_shape_of_an_error(error: object) -> None:
    result = read_result({"status": "failed", "error": error}, str)

    assert result.failure is AudioModerated

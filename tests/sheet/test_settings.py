"""production.toml: each mistake gets its own line with its place."""

from pathlib import Path

import pytest

from seedance_assets.adapters.production_toml import read_settings, settings_beside
from seedance_assets.core.errors import InputMissing, SettingsRefused
from seedance_assets.core.settings import ProductionSettings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "production.toml"


def test_without_a_file_the_defaults_serve() -> None:
    assert read_settings(None) == ProductionSettings()


def test_the_file_beside_the_sheet_is_found(toml: Path) -> None:
    sheet = toml.parent / "shots.csv"
    assert settings_beside(sheet) is None

    toml.touch()

    assert settings_beside(sheet) == toml
    assert read_settings(toml) == ProductionSettings()


def test_values_are_read_and_the_others_keep_their_defaults(toml: Path) -> None:
    toml.write_bytes(
        b"\xef\xbb\xbf"
        b'title = "The Borrowed Light"\r\n'
        b'[defaults]\nduration_s = 8\nratio = "16:9"\naudio = false\n'
        b"[concurrency]\nin_flight = 3\n"
    )

    settings = read_settings(toml)

    assert settings.title == "The Borrowed Light"
    assert settings.defaults == {"duration_s": 8, "ratio": "16:9", "audio": False}
    assert settings.concurrency.in_flight == 3
    assert settings.concurrency.downloads == ProductionSettings().concurrency.downloads


def test_every_mistake_has_a_line_with_file_key_and_value(toml: Path) -> None:
    toml.write_text(
        'modle = "x"\n'
        "[concurrency]\ninflight = 3\ndownloads = 0\nsubmits_per_second = inf\n"
        '[patience]\nsoft_timeout_s = "soon"\n'
        "[defaults]\nduration = [5]\n"
    )

    with pytest.raises(SettingsRefused) as refused:
        read_settings(toml)

    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"{toml}: ") for line in lines)
    said = sorted(line.removeprefix(f"{toml}: ") for line in lines)
    assert said == [
        "concurrency.downloads: must be greater than or equal to 1 (here: 0)",
        "concurrency.inflight: is no setting; did you mean 'in_flight'?",
        "concurrency.submits_per_second: must be a finite number (here: inf)",
        "defaults.duration: must be a text, a number, true or false (here: [5])",
        "modle: is no setting; did you mean 'model'?",
        "patience.soft_timeout_s: must be a valid number, unable to parse string as a number "
        "(here: 'soon')",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'model = "bytedance/seedance"', "model: 'bytedance/seedance' has no schema here; did"),
        (b"[defaults]\ndur = 5", "defaults.dur: is not an input .* did you mean 'duration'"),
        (b"[defaults]\nduration = 3", "defaults.duration: must be one of 4"),
        (b"[defaults]\nduration = 5\nduration_s = 5", "defaults.duration_s: is the same input"),
        (b"concurrency = 3", "concurrency: must be a table"),
        (b"title = \n[price]", "is no TOML: .*line 1"),
        (b"x = " + b"[" * 5000, "nested too deeply"),
        (b"x = " + b"9" * 5000, "a number is too long"),
        (b'title = "\xff"', "is no UTF-8 text"),
        (b'"\\u001b[31m" = 1', r"'\\x1b\[31m': is no setting"),
        (b"#" * (1024 * 1024 + 1), "larger than 1024 KiB"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_a_mistake_is_reported_clearly(toml: Path, content: bytes, says: str) -> None:
    toml.write_bytes(content)

    with pytest.raises(SettingsRefused, match=says) as refused:
        read_settings(toml)

    assert str(toml) in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert "production.toml" in refused.value.advice


@pytest.mark.parametrize("name", ["absent.toml", ".", "a\0b"], ids=["absent", "folder", "nul"])
def test_a_path_that_is_not_a_file_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputMissing, match="cannot be read"):
        read_settings(tmp_path / name)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('way = "pigeon"', "notices.way: must be 'log', 'slack' or 'mail' (here: 'pigeon')"),
        ('tell = ["sucess"]', "notices.tell.0: must be 'success', 'failure' or 'cancelled'"),
        ('way = "mail"', "notices.mail_from: must be set, as `way` is \"mail\" (here: '')"),
        ('mail_to = ["Ada <a@b.c>"]', "notices.mail_to: must be plain e-mail addresses"),
        ('mail_from = "a@b.c\\nBcc: x@y.z"', "notices.mail_from: must be plain e-mail addresses"),
        ('ui = "dagster:3000"', "notices.ui: string should match pattern"),
        ("shots_told = -1", "notices.shots_told: must be greater than or equal to 0"),
        ('webhook = "https://x"', "notices.webhook: is no setting; known are way, tell"),
    ],
)
def test_a_mistake_in_notices_is_reported_in_one_line(toml: Path, lines: str, says: str) -> None:
    toml.write_text(f"[notices]\n{lines}\n")

    with pytest.raises(SettingsRefused) as refused:
        read_settings(toml)

    assert f"{toml}: {says}" in str(refused.value)

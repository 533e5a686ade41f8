"""Names of columns, and how other columns are handled."""

import pytest

from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Severity
from tests.sheet.conftest import Read


@pytest.mark.parametrize(
    "header",
    [
        "shot,prompt,first_frame,duration,ratio,generate_audio,camera_fixed,max_cost_usd",
        "SHOT,Prompt,First Frame,DURATION,Ratio,Generate-Audio,camera fixed,Max Cost USD",
        "ID,Prompt text,Image,Length,Aspect Ratio,Sound,Static camera,Budget",
        "Shot name,Video Prompt,Start image,Length (s),Aspect,Audio,Locked Camera,max. cost (USD)",
        "Name,Prompt,first_frame_image_url,duration_s,Aspect Ratio (W:H),audio,Fixed camera,budget",
    ],
    ids=["ours", "case", "usual", "spoken", "service"],
)
def test_a_column_is_found_by_role_input_name_or_synonym(read: Read, header: str) -> None:
    listed = read(f"{header}\nsh010,Rain,a.png,8,16:9,no,yes,0.5\n")

    shot = listed.shots[0]
    assert (shot.key, shot.prompt, shot.first_frame, shot.max_cost_usd) == (
        "sh010",
        "Rain",
        "a.png",
        0.5,
    )
    assert shot.settings == {
        "resolution": "480p",
        "ratio": "16:9",
        "duration": 8,
        "generate_audio": False,
        "camera_fixed": True,
    }
    assert shot.notes == {}
    assert listed.problems == ()


def test_the_columns_come_from_the_schema_of_the_model(
    read: Read, other_model: ModelSchema
) -> None:
    listed = read(
        "shot,prompt,duration,Foley,Guidance scale,style,first_frame\n"
        'a,Rain,8 s,ja,"1,5",noir,a.png\n'
        "b,Rain,,,,,\n",
        model=other_model,
    )

    shot = listed.shots[0]
    assert (shot.prompt, shot.first_frame) == ("Rain", "")
    assert shot.settings == {"len": "8", "with_foley": True, "guidance": 1.5, "style": "noir"}
    assert shot.notes == {"first_frame": "a.png"}
    (missing,) = listed.errors
    assert (missing.rule, missing.column, missing.row) == ("input_missing", "style", 3)


def test_free_columns_are_carried_under_the_users_own_headers(read: Read) -> None:
    listed = read(
        "shot,prompt,first_frame,Episode,sequence,Dialogue,Lens (mm)\n"
        "a,x,a.png,101,sq010,„Ja“,35\n"
        "b,x,a.png,,,,\n"
    )

    assert listed.shots[0].notes == {
        "Episode": "101",
        "sequence": "sq010",
        "Dialogue": "„Ja“",
        "Lens (mm)": "35",
    }
    assert listed.shots[0].sequence == "sq010"
    assert listed.shots[1].notes == {}


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("prompt,first_frame", ["`shot`"]),
        ("shot,first_frame", ["`prompt`"]),
        ("shot,prompt", ["`first_frame`"]),
        ("when,where", ["`shot`", "`prompt`", "`first_frame`"]),
    ],
)
def test_a_missing_column_is_named_with_those_that_were_found(
    read: Read, header: str, missing: list[str]
) -> None:
    with pytest.raises(SheetRefused) as refused:
        read(f"{header}\nx,y,z\n")

    assert ", ".join(missing) in str(refused.value)
    assert all(repr(name) in str(refused.value) for name in header.split(","))


@pytest.mark.parametrize(
    ("header", "both"),
    [
        ("shot,prompt,first_frame,Prompt", ("'prompt' (column B)", "'Prompt' (column D)")),
        ("shot,prompt,first_frame,prompt", ("'prompt' (column B)", "'prompt' (column D)")),
        ("shot,prompt,first_frame,duration,duration_s", ("'duration'", "'duration_s'")),
        ("shot,prompt,Image,Picture", ("'Image'", "'Picture'")),
        (
            f"shot,first_frame,prompt,{'x,' * 23}Prompt,{'y,' * 675}PROMPT",
            ("'prompt' (column C)", "'Prompt' (column AA)", "'PROMPT' (column AAA)"),
        ),
    ],
    ids=["but for case", "same", "role and input", "two synonyms", "far apart"],
)
def test_two_columns_for_one_thing_are_refused_with_both_names_and_places(
    read: Read, header: str, both: tuple[str, ...]
) -> None:
    cells = ",".join(f"cell {place}" for place in range(header.count(",") + 1))
    with pytest.raises(SheetRefused) as refused:
        read(f"{header}\n{cells}\n")

    assert all(name in str(refused.value) for name in both)


def test_an_exact_name_wins_over_a_synonym_with_a_remark(read: Read) -> None:
    listed = read("ID,shot,prompt,first_frame,duration,Length\n7,a,x,a.png,5,9\n")

    assert (listed.shots[0].key, listed.shots[0].settings["duration"]) == ("a", 5)
    assert listed.shots[0].notes == {"ID": "7", "Length": "9"}
    assert [(p.rule, p.column, p.severity) for p in listed.problems] == [
        ("column_unused", "Length", Severity.WARNING),
        ("columns_unused", None, Severity.WARNING),
    ]
    assert "'ID'" in listed.problems[1].reason


def test_a_duplicate_column_is_reported(read: Read) -> None:
    (warning,) = read("shot,prompt,first_frame,prompt\na,Rain,a.png,Rain\n").problems

    assert warning.rule == "column_unused"
    assert (
        warning.reason == "in column D is only copied to the report, because 'prompt' in B is used"
    )

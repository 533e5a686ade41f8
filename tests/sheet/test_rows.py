"""Valid rows, and the problems of invalid ones."""

import pytest

from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.shot import Problem, Severity, Shot
from tests.sheet.conftest import Read


def _one(read: Read, column: str, cell: str) -> Shot:
    (shot,) = read(f'shot,prompt,first_frame,{column}\na,x,a.png,"{cell}"\n').shots
    return shot


def _wrong(read: Read, column: str, cell: str) -> Problem:
    listed = read(f'shot,prompt,first_frame,{column}\na,x,a.png,"{cell}"\n')
    assert listed.shots == ()
    (problem,) = listed.problems
    assert problem.severity is Severity.ERROR
    return problem


@pytest.mark.parametrize(
    ("column", "cell", "name", "value"),
    [
        ("Duration (s)", "5", "duration", 5),
        ("duration", "5.0", "duration", 5),
        ("duration", "5,0", "duration", 5),
        ("duration", "5 s", "duration", 5),
        ("duration", "12sec.", "duration", 12),
        ("ratio", "16x9", "ratio", "16:9"),
        ("ratio", "16 : 9", "ratio", "16:9"),
        ("ratio", "21/9", "ratio", "21:9"),
        ("ratio", "04:03:00", "ratio", "4:3"),
        ("ratio", "ADAPTIVE", "ratio", "adaptive"),
        ("resolution", "720P", "resolution", "720p"),
        *(("audio", word, "generate_audio", True) for word in ("TRUE", "yes", "Ja", "1", "1.0")),
        *(("audio", word, "generate_audio", False) for word in ("FALSE", "No", "nein", "0", "n")),
    ],
)
def test_usual_spellings_are_understood(
    read: Read, column: str, cell: str, name: str, value: InputValue
) -> None:
    found = _one(read, column, cell).settings[name]

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("column", "cell", "rule", "reason"),
    [
        ("duration", "3", "input_value", "4, 5, 6"),
        ("duration", "5.5", "input_value", "whole number"),
        ("duration", "5 m", "input_value", "whole number"),
        ("duration", "TRUE", "input_value", "whole number"),
        ("ratio", "2:1", "input_value", "16:9"),
        ("resolution", "1080p", "input_value", "480p, 720p"),
        ("audio", "perhaps", "input_value", "true or false"),
        ("takes", "0", "takes_value", "from 1 to 99"),
        ("takes", "100", "takes_value", "from 1 to 99"),
        ("takes", "two", "takes_value", "whole number"),
        ("priority", "high", "priority_value", "whole number"),
        ("max cost", "-1", "max_cost_usd_value", "0 or more"),
        ("max cost", "inf", "max_cost_usd_value", "USD"),
        ("max cost", "1e9", "max_cost_usd_value", "USD"),
        ("max cost", "3 €", "max_cost_usd_value", "USD"),
        ("max cost", "1,234", "max_cost_usd_value", "two amounts"),
    ],
)
def test_a_bad_cell_is_reported_with_place_value_and_reason(
    read: Read, column: str, cell: str, rule: str, reason: str
) -> None:
    problem = _wrong(read, column, cell)

    assert (problem.row, problem.shot, problem.column) == (2, "a", column)
    assert (problem.rule, problem.value) == (rule, cell)
    assert reason in problem.reason
    assert problem.fix


@pytest.mark.parametrize(
    ("cell", "usd"),
    [
        ("0", 0.0),
        ("1.50", 1.5),
        ("1,5", 1.5),
        ("$ 2.25", 2.25),
        ("0,250", 0.25),
        ("1.234,50 USD", 1234.5),
        ("1,234.50", 1234.5),
        ("1'234.50", 1234.5),
        ("", None),
    ],
)
def test_money_is_read_with_points_and_with_commas(
    read: Read, cell: str, usd: float | None
) -> None:
    assert _one(read, "max_cost_usd", cell).max_cost_usd == usd


def test_takes_and_priority_are_whole_numbers(read: Read) -> None:
    assert _one(read, "takes", "3.0").takes == 3
    assert _one(read, "priority", "-5").priority == -5
    assert (_one(read, "takes", "").takes, _one(read, "priority", "").priority) == (1, 0)


def test_an_empty_cell_means_the_productions_default_and_then_the_models(read: Read) -> None:
    sheet = "shot,prompt,first_frame,duration,ratio\na,x,a.png,,\nb,x,a.png,9,1:1\n"

    listed = read(sheet, defaults={"duration_s": 7, "generate_audio": False, "ratio": "9:16"})

    first, second = (shot.settings for shot in listed.shots)
    assert first == {
        "resolution": "480p",
        "ratio": "9:16",
        "duration": 7,
        "generate_audio": False,
        "camera_fixed": True,
    }
    assert (second["duration"], second["ratio"]) == (9, "1:1")


def test_a_default_replaces_a_missing_column(read: Read) -> None:
    listed = read("shot,prompt\na,x\n", defaults={"first_frame": "all.png"})

    assert listed.shots[0].first_frame == "all.png"


@pytest.mark.parametrize(
    ("defaults", "says"),
    [
        ({"durations": 5}, "did you mean 'duration_s'"),
        ({"duration": 3}, "must be one of 4"),
        ({"duration": 5, "duration_s": 6}, "same input as 'duration'"),
        ({"audio": "perhaps"}, "true or false"),
        ({"ratio": float("nan")}, "must be one of"),
        ({"takes": 2}, "is not an input"),
    ],
    ids=["unknown", "not allowed", "twice", "no boolean", "nan", "not the model's"],
)
def test_defaults_that_do_not_fit_the_model_are_refused(
    read: Read, defaults: dict[str, InputValue], says: str
) -> None:
    with pytest.raises(SettingsRefused, match=says):
        read("shot,prompt,first_frame\na,x,a.png\n", defaults=defaults)


def test_all_problems_of_all_rows_are_reported_in_one_pass(read: Read) -> None:
    listed = read(
        "Shot,Prompt,First frame,Duration,Takes\na,x,a.png,5,1\nb b,,,3,0\nc,x,,5,1\nd,x,d.png,,\n"
    )

    assert [shot.key for shot in listed.shots] == ["a", "d"]
    assert [(p.row, p.column, p.rule) for p in listed.errors] == [
        (3, "Shot", "shot_name"),
        (3, "Prompt", "prompt_missing"),
        (3, "First frame", "first_frame_missing"),
        (3, "Duration", "input_value"),
        (3, "Takes", "takes_value"),
        (4, "First frame", "first_frame_missing"),
    ]
    assert listed.rows == 4


def test_an_unquoted_comma_that_shifts_a_row_is_reported(read: Read) -> None:
    listed = read("shot,prompt,first_frame\na,rain, wind and snow,a.png\nb,x,b.png\n")

    assert [shot.key for shot in listed.shots] == ["b"]
    (problem,) = listed.problems
    assert (problem.row, problem.rule, problem.value) == (2, "row_too_wide", "a.png")


def test_a_value_is_shown_cut_short_however_long_it_is(read: Read) -> None:
    problem = _wrong(read, "ratio", "y" * 100_000)

    assert len(problem.value) < 200
    assert len(str(problem)) < 600


@pytest.mark.parametrize(
    ("name", "reason", "proposal"),
    [
        ("sh 010", "' ' (space) at position 3", "'sh_010'"),
        ("küche", "'ü' (latin small letter u with diaeresis) at position 2", "'kuche'"),
        ("sq01/sh02", "'/' (solidus)", "'sq01-sh02'"),
        ("a:b", "':' (colon)", "'a_b'"),
        ("_sh", "starts with '_'", "'sh'"),
        ("..", "starts with '.'", "'shot'"),
        ("a...b", "reads as a range", "'a.b'"),
        ("sh010.", "ends with '.'", "'sh010'"),
        ("con", "device on Windows", "'shot_con'"),
        ("LPT1.v2", "device on Windows", "'shot_LPT1.v2'"),
        ("s" * 81, "81 characters", repr("s" * 80)),
        ("鏡頭", "'鏡' (cjk unified ideograph-93e1) at position 1", "'shot'"),
        ("sh\x07", "U+0007", "'sh'"),
    ],
)
def test_a_name_that_cannot_be_a_file_is_refused_with_a_better_one(
    read: Read, name: str, reason: str, proposal: str
) -> None:
    listed = read(f'shot,prompt,first_frame\n"{name}",x,a.png\n')

    (problem,) = listed.errors
    assert problem.rule == "shot_name"
    assert reason.lower() in problem.reason.lower()
    assert proposal in problem.fix


@pytest.mark.parametrize("name", ["a", "0", "sq010_sh010", "SH-1.b", "console", "a..b", "s" * 80])
def test_a_plain_name_is_a_key(read: Read, name: str) -> None:
    assert read(f"shot,prompt,first_frame\n{name},x,a.png\n").shots[0].key == name


def test_a_duplicate_name_is_an_error_that_names_the_first_row(read: Read) -> None:
    listed = read("shot,prompt,first_frame\nsh010,x,a.png\n\nSH010,y,b.png\nsh010,z,c.png\n")

    assert [shot.row for shot in listed.shots] == [2]
    assert [(p.row, p.rule) for p in listed.problems] == [
        (4, "shot_duplicate"),
        (5, "shot_duplicate"),
    ]
    assert all("row 2" in problem.reason for problem in listed.problems)


def test_a_row_without_a_name_still_reports_its_other_problems(read: Read) -> None:
    listed = read("shot,prompt,first_frame\n,,a.png\n")

    assert [p.rule for p in listed.problems] == ["shot_missing", "prompt_missing"]
    assert listed.problems[0].shot is None

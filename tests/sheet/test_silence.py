"""A sheet that may mean something else gets a remark or is refused; nothing is guessed silently."""

import pytest

from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.shot import Problem, Severity, ShotList
from tests.sheet.conftest import Read

HEADER = "shot,prompt,first_frame"
ROW = "a,Rain and bells,a.png"


def _with(read: Read, header: str, cell: str) -> ShotList:
    return read(f'{HEADER},"{header}"\n{ROW},"{cell}"\n')


def _remarks(listed: ShotList) -> list[tuple[str, str | None]]:
    return [(problem.rule, problem.column) for problem in listed.warnings]


@pytest.mark.parametrize(
    ("header", "cell", "name", "value"),
    [
        ("Takes (1-99)", "3", "takes", 3),
        ("Audio (TRUE/FALSE)", "FALSE", "generate_audio", False),
        ("Duration [s]", "8", "duration", 8),
        ("Duration, sec", "8", "duration", 8),
        ("Duration in seconds (4-12)", "8", "duration", 8),
        ("Duration *", "8", "duration", 8),
        ("Duration (min 4, max 12)", "8", "duration", 8),
        ("Resolution (480p/720p)", "720p", "resolution", "720p"),
        ("Ratio (optional)", "9:16", "ratio", "9:16"),
        ("Shot Duration", "8", "duration", 8),
        ("Clip Length (s)", "8", "duration", 8),
        ("Video Resolution", "720p", "resolution", "720p"),
        ("DURATION （秒 8）", "8", "", None),
        ("Duration (minutes)", "8", "", None),
    ],
)
def test_units_and_hints_in_a_header_are_understood(
    read: Read, header: str, cell: str, name: str, value: object
) -> None:
    listed = _with(read, header, cell)

    (shot,) = listed.shots
    if name:
        found = shot.takes if name == "takes" else shot.settings[name]
        assert found == value
        assert listed.problems == ()
    else:
        assert _remarks(listed) == [("column_unused", header)]


def test_a_length_in_frames_is_not_a_length_in_seconds(read: Read) -> None:
    (shot,) = _with(read, "Duration (frames)", "192").shots

    assert shot.settings["duration"] == 8


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("Resoluton", "resolution"),
        ("Durration", "duration_s"),
        ("Generate Audoi", "audio"),
        ("camera fixd", "camera_fixed"),
        ("Versions", "takes"),
        ("Variants", "takes"),
        ("max costs usd", "max_cost_usd"),
        ("aspect rato", "ratio"),
    ],
)
def test_a_header_similar_to_an_input_is_reported(read: Read, header: str, meant: str) -> None:
    listed = _with(read, header, "7")

    assert listed.shots[0].takes == 1
    (remark,) = listed.problems
    assert (remark.rule, remark.column, remark.severity) == (
        "column_unused",
        header,
        Severity.WARNING,
    )
    assert f"`{meant}`" in remark.reason


@pytest.mark.parametrize(
    "header",
    [
        *("last_frame", "End Image", "Letztes Bild", "Image de fin", "negative_prompt", "Seed"),
        *("CFG Scale", "Camera Motion", "Reference Video", "Width", "尾帧"),
    ],
)
def test_inputs_that_the_model_lacks_are_reported(read: Read, header: str) -> None:
    (remark,) = _with(read, header, "7").problems

    assert (remark.rule, remark.column) == ("column_unused", header)
    assert "no such input" in remark.reason


def test_all_other_columns_are_reported_in_one_remark(read: Read) -> None:
    listed = read(f"{HEADER},Lens,,Notes,Empty\n{ROW},35,x,y,\nb,Wind,b.png,,,,\n")

    (remark,) = listed.problems
    assert (remark.rule, remark.row, remark.severity) == ("columns_unused", None, Severity.WARNING)
    assert "'Lens', column E (no header), 'Notes'" in remark.reason
    assert "Empty" not in remark.reason


@pytest.mark.parametrize(
    "prompt",
    [
        *("N/A", "n.a.", "nan", "NaN", "None", "null", "TBD", "T.B.D.", "tbc", "todo", "-", "--"),
        *("—", "...", "…", "?", "???", "#N/A", "#ЗНАЧ!", "#ССЫЛКА!", "#ИМЯ?", "#Н/Д"),
        *(
            "#VALOR!",
            "#¡VALOR!",
            "#¿NOMBRE?",
            "#ARVO!",
            "#DZIEL/0!",
            "#VALEUR !",
            "#NOM ?",
            "#HIÁNYZIK",
            "#값!",
            "#SAYI/0!",
        ),
        *("Err:502", "Err:508", "Fehler:502", "Ошибка:502", "错误:502", "#####", "k.A.", "folgt"),
        *(
            "à définir",
            "por definir",
            "da definire",
            "待定",
            "無",
            "なし",
            "미정",
            "нет",
            "0",
            "12",
        ),
        *("Placeholder", "lorem ipsum", "same as above", "“TBD”", "(tbd)", "Loading..."),
    ],
)
def test_placeholders_are_not_prompts(read: Read, prompt: str) -> None:
    listed = read(f'{HEADER}\na,"{prompt}",a.png\n')

    assert listed.shots == ()
    assert listed.errors[0].rule in {"prompt_placeholder", "cell_error"}


@pytest.mark.parametrize("prompt", ["None of the boats moves.", "A dash - and rain", "#rain falls"])
def test_sentences_with_placeholder_words_are_prompts(read: Read, prompt: str) -> None:
    assert read(f"{HEADER}\na,{prompt},a.png\n").shots[0].prompt == prompt


@pytest.mark.parametrize("name", ["nan", "TBD", "n/a", "-", "待定"])
def test_placeholders_are_not_pictures(read: Read, name: str) -> None:
    (problem,) = read(f"{HEADER}\na,Rain,{name}\n").errors

    assert problem.rule == "first_frame_missing"


@pytest.mark.parametrize(
    "word",
    ["None", "MOS", "m.o.s.", "silent", "no sound", "ohne Ton", "sans son", "без звука", "なし"],
)
def test_none_in_the_column_of_sound_is_silence(read: Read, word: str) -> None:
    assert _with(read, "generate_audio", word).shots[0].settings["generate_audio"] is False


def test_a_column_that_describes_the_sound_is_not_a_switch(read: Read) -> None:
    listed = read(
        f"{HEADER},Sound\n{ROW},Wind and gulls\nb,Wind,b.png,Silence; a drone\nc,Snow,c.png,MOS\n"
    )

    assert len(listed.shots) == 3
    assert {shot.settings["generate_audio"] for shot in listed.shots} == {True}
    assert _remarks(listed)[0] == ("column_described", "Sound")


def test_a_switch_with_one_odd_value_is_still_a_switch(read: Read) -> None:
    listed = read(f"{HEADER},Sound\n{ROW},yes\nb,Wind,b.png,only at the end\n")

    assert [shot.key for shot in listed.shots] == ["a"]
    assert [problem.rule for problem in listed.errors] == ["input_value"]


@pytest.mark.parametrize(
    "sheet",
    [
        "Shot,Description,Text,Image\n1A,The boat rocks,THE HARBOUR,a.png\n",
        "Shot,Image Prompt,Action,Image\n1A,Still of a boat,The boat sinks,a.png\n",
    ],
)
def test_two_columns_that_could_be_the_prompt_are_not_guessed_between(
    read: Read, sheet: str
) -> None:
    with pytest.raises(SheetRefused, match="could each be `prompt`"):
        read(sheet)


@pytest.mark.parametrize("header", ["Text", "Image Prompt"])
def test_a_guess_is_reported(read: Read, header: str) -> None:
    listed = read(f"shot,{header},first_frame\na,Rain,a.png\n")

    assert listed.shots[0].prompt == "Rain"
    assert _remarks(listed) == [("column_guessed", header)]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Nb Frames", "1,000"),
        ("Nb Frames", "1.000"),
        ("takes", "1,000"),
        ("priority", "1,000"),
        ("Nb Frames", "1 000"),
    ],
)
def test_a_number_with_a_sign_between_thousands_is_never_one(
    read: Read, column: str, cell: str
) -> None:
    listed = _with(read, column, cell)

    assert listed.shots == ()


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("120f", 5),
        ("120 frames", 5),
        ("5 s 12 f", 6),
        ("00:00:04:24", 5),
        ("00:00:04;12", 5),
        ("00:00:04.500", 5),
        ("5000 ms", 5),
        ('5""', 5),
        ("5″", 5),
        ("5 秒", 5),
        ("5.000000000000004", 5),
        ("4.999999999999999", 5),
        ("１２", 12),
        ("\u200f5", 5),
        ("\u202a8\u202c", 8),
    ],
)
def test_lengths_are_read_as_people_write_them(read: Read, cell: str, seconds: int) -> None:
    (shot,) = _with(read, "duration", cell).shots

    assert shot.settings["duration"] == seconds


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("00:05:00", "5 minutes, as a spreadsheet writes a time"),
        ("1 min 10 s", "70.00 s, longer"),
        ("00:01:10:00", "longer than the model's maximum of 12 s"),
        ("600f", "600 frames at 24 fps are 25.00 s"),
        ("5.5", "whole number"),
    ],
)
def test_an_impossible_length_is_reported_in_its_own_unit(read: Read, cell: str, says: str) -> None:
    (problem,) = _with(read, "duration", cell).errors

    assert says in problem.reason
    assert "Write 12" not in problem.fix


def test_minutes_beside_seconds_are_not_passed_over(read: Read) -> None:
    listed = read(f"{HEADER},Min,Sec\n{ROW},1,10\nb,Wind,b.png,0,10\n")

    assert [(shot.key, shot.settings["duration"]) for shot in listed.shots] == [("b", 10)]
    assert "'Min' says '1'" in listed.errors[0].reason


@pytest.mark.parametrize("cell", ["16：9", "１６：９", "16∶9", "16\u200e:9", "‎16:9‎"])
def test_full_width_signs_and_marks_of_direction_do_not_matter(read: Read, cell: str) -> None:
    assert _with(read, "ratio", cell).shots[0].settings["ratio"] == "16:9"


def test_direction_marks_around_names_are_removed(read: Read) -> None:
    listed = read(f"{HEADER}\n\u200fsh01\u200f,סירה אדומה,\u202aframes/f2.jpg\n")

    assert [(s.key, s.first_frame) for s in listed.shots] == [("sh01", "frames/f2.jpg")]


def test_signs_that_are_more_than_wide_are_not_digits(read: Read) -> None:
    assert _with(read, "duration", "1²").shots == ()


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(("Status", word) for word in ("omt", "OMIT", "Omitted", "skip", "on hold", "HLD", "cut")),
        *(("Statut", word) for word in ("supprimé", "en attente", "à ignorer")),
        *(
            ("Status", word)
            for word in ("gestrichen", "entfällt", "отменён", "跳过", "欠番", "보류")
        ),
        *(("Estado", word) for word in ("cancelado", "en espera", "OMITIR - v2")),
        ("Shot Status", "Omitted by client"),
        ("Skip", "yes"),
        ("Omit", "x"),
        ("Include", "no"),
        ("Active", "FALSE"),
        ("Remarks", "on hold"),
    ],
)
def test_a_row_with_an_inactive_status_is_reported(read: Read, header: str, cell: str) -> None:
    listed = _with(read, header, cell)

    told = [problem for problem in listed.warnings if problem.rule == "row_put_aside"]
    assert [problem.row for problem in told] == [2]
    assert len(listed.shots) == 1


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Status", "fin"), ("Status", "approved"), ("Skip", "no"), ("Include", "yes"), ("Notes", "5")],
)
def test_a_row_that_is_wanted_is_not(read: Read, header: str, cell: str) -> None:
    rules = {problem.rule for problem in _with(read, header, cell).problems}

    assert "row_put_aside" not in rules


def test_scene_and_shot_of_one_number_keep_both(read: Read) -> None:
    listed = read(
        "Scene,Shot,Prompt,Image\n1,1,Rain,a.png\n1,2,Wind,b.png\n2,1,Snow,c.png\n2,2,Fog,d.png\n"
    )

    assert [shot.key for shot in listed.shots] == ["1_1", "1_2", "2_1", "2_2"]


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("Boat rocks. --ar 16:9 --v 6.1 --no text, watermark", "Boat rocks."),
        ("Boat rocks. --no text, watermark --ar 16:9", None),
        ("Boat —ar 16:9 rocks", None),
        ("Boat rocks <lora:film:0.8>", None),
        ("A (red boat:1.3) rocks", None),
        ("red boat::2 sea", None),
        ("/imagine a boat", None),
    ],
)
def test_commands_for_other_tools_are_removed_or_reported(
    read: Read, prompt: str, sent: str | None
) -> None:
    listed = read(f'{HEADER}\na,"{prompt}",a.png\n')

    assert {p.rule for p in listed.warnings} & {"prompt_suffix", "prompt_command"}
    if sent is not None:
        assert listed.shots[0].prompt == sent


def _error(read: Read, sheet: str) -> Problem:
    (problem,) = read(sheet).errors
    return problem


def test_a_quotation_mark_that_swallows_rows_is_an_error_with_both_rows(read: Read) -> None:
    problem = _error(
        read,
        f'{HEADER}\nsh01,"Boat rocks.,f1.jpg\nsh02,"Boat sinks.",f2.jpg\nsh03,Boat burns.,f3.jpg\n',
    )

    assert (problem.row, problem.rule) == (2, "quotation_mark")
    assert "row 2 is closed only in row 3" in problem.reason


def test_two_stray_marks_that_make_a_pair_are_an_error(read: Read) -> None:
    problem = _error(
        read, f'{HEADER}\nsh01,"Boat rocks.,f1.jpg\nsh02,Boat sinks.",f2.jpg\nsh03,Fog.,f3.jpg\n'
    )

    assert (problem.row, problem.rule) == (2, "quotation_mark")


def test_verses_with_commas_are_not_rows(read: Read) -> None:
    (shot,) = read(f'{HEADER}\nsh01,"Rain, wind\nSnow, hail",f1.jpg\n').shots

    assert shot.prompt == "Rain, wind\nSnow, hail"


@pytest.mark.parametrize(
    "cell", ['"Stop" he says. Gulls cry.', r'"He says \"hello\" softly."', '"Stop" "he says"']
)
def test_text_behind_a_closing_quotation_mark_is_an_error(read: Read, cell: str) -> None:
    problem = _error(read, f"{HEADER}\nsh01,{cell},f1.jpg\nsh02,Fog.,f2.jpg\n")

    assert (problem.row, problem.column, problem.rule) == (2, "prompt", "quotation_mark")


def test_a_mark_inside_a_cell_that_is_not_quoted_stays(read: Read) -> None:
    (shot,) = read(f'{HEADER}\nsh01,A 5" lens and "rain",f1.jpg\n').shots

    assert shot.prompt == 'A 5" lens and "rain"'


def test_a_cell_longer_than_a_spreadsheet_allows_is_refused(read: Read) -> None:
    problem = _error(read, f"{HEADER}\nsh01,{'«' * 120_000},f1.jpg\n")

    assert (problem.rule, problem.column) == ("cell_too_long", "prompt")


def test_a_line_break_behind_the_longest_cell_does_no_harm(read: Read) -> None:
    problem = _error(read, f'{HEADER}\nsh01,"{"x" * 240_000}\n",f1.jpg\n')

    assert problem.rule == "cell_too_long"


@pytest.mark.parametrize("word", ["n/a", "nan", "-"])
def test_an_ambiguous_sound_cell_is_reported(read: Read, word: str) -> None:
    listed = _with(read, "generate_audio", word)

    assert listed.shots[0].settings["generate_audio"] is True
    assert _remarks(listed) == [("input_placeholder", "generate_audio")]


@pytest.mark.parametrize(
    "page",
    [
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table></table></html>',
    ],
)
def test_what_excel_saves_under_another_name_is_named(read: Read, page: str) -> None:
    with pytest.raises(SheetRefused, match="that Excel saved") as refused:
        read(page)

    assert ".xlsx" in refused.value.advice

"""A change of a long text is shown with the words around it."""

import pytest

from seedance_assets.core.text_change import text_change

PROMPT = "A gull sleeps on the mast of an old boat that drifts through fog; bells ring far away."


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("5", "8", "5 → 8"),
        (PROMPT, PROMPT.replace("sleeps", "rests"), "A gull [sleeps → rests] on the mast …"),
        (
            PROMPT,
            PROMPT.replace("old boat", "old wooden boat"),
            "… of an old [added: wooden] boat that drifts …",
        ),
        (PROMPT, PROMPT.replace(" far away.", ""), "… fog; bells ring [removed: far away.]"),
        (PROMPT, f" {PROMPT}\n", "only spaces or line ends"),
        (
            "海鸥在旧船的桅杆上睡觉，船在黎明的雾中漂流，远处钟声响起。" * 2,
            "海鸥在旧船的桅杆上休息，船在黎明的雾中漂流，远处钟声响起。"
            "海鸥在旧船的桅杆上睡觉，船在黎明的雾中漂流，远处钟声响起。",
            "… 鸥在旧船的桅杆上[睡觉 → 休息]，船在黎明的雾中 …",
        ),
    ],
    ids=["short", "replaced", "added", "removed", "only spaces", "no spaces between words"],
)
def test_a_change_is_shown_with_what_stands_around_it(old: str, new: str, shown: str) -> None:
    assert text_change(old, new) == shown


def test_many_changes_are_counted() -> None:
    old = " ".join(f"word{n} same{n} still{n}" for n in range(20))

    assert text_change(old, old.replace("word", "term")).endswith("; and 17 more")

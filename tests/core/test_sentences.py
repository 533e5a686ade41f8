"""What is wrong, and what to do about it, are told in sentences of their own."""

import pytest

from seedance_assets.core.sentences import in_a_row


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (("it is not there", "Look at the path."), "it is not there. Look at the path."),
        (("It is not there.", "Is it `a`?", "Look."), "It is not there. Is it `a`? Look."),
        (("prompt: A boat → A red bo…", "", "Look"), "prompt: A boat → A red bo… Look"),
        (("no longer in the sheet; kept", ""), "no longer in the sheet; kept"),
        ((), ""),
    ],
)
def test_a_sentence_ends_before_the_next_begins(said: tuple[str, ...], text: str) -> None:
    assert in_a_row(*said) == text

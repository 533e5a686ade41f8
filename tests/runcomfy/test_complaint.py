import json

import pytest

from seedance_assets.adapters.providers.http.complaint import one_line, sentence, verbatim


def as_is(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("Model run failed", "Model run failed"),
        ("two\nlines\tand \x1b[31mred", "two lines and [31mred"),
        ({"message": "no", "type": "moderation"}, "no (moderation)"),
        ({"error_code": 400002, "error_message": "no balance"}, "no balance (400002)"),
        ({"message": "Forbidden"}, "Forbidden"),
        ({"failure_reason": "out of memory"}, "out of memory"),
        ({"error": {"message": "deep", "code": "E1"}}, "deep (E1)"),
        (
            [{"errorCode": 7, "error": "first", "debugInfo": "at 3"}, {"error": "second"}],
            "first (at 3, 7); second",
        ),
        (
            {"detail": [{"loc": ["body", "duration"], "msg": "not in 4…12", "type": "enum"}]},
            "body.duration: not in 4…12 (enum)",
        ),
        ({"error_message": "bad", "detail": "no ratio 2:1"}, "bad (no ratio 2:1)"),
        ({"error_message": "same", "detail": "same"}, "same"),
        ({"strange": [1, 2]}, '{"strange": [1, 2]}'),
        (42, "42"),
        (True, "true"),
        (None, ""),
        ([], ""),
        ({}, ""),
        ("", ""),
        ([[["nested"]]], "nested"),
    ],
)
def test_an_error_of_any_shape_becomes_one_sentence(error: object, said: str) -> None:
    assert sentence(error, as_is) == said


def test_an_error_stays_word_for_word_as_json() -> None:
    error = [{"errorCode": 7, "error": "画面 refused\n", "debugInfo": None}]

    assert json.loads(verbatim(error, as_is)) == error


def test_half_a_character_cannot_reach_the_ledger() -> None:
    verbatim({"error": "\ud800"}, as_is).encode()
    sentence({"error": "\ud800"}, as_is).encode()


def test_the_token_is_taken_out_before_anything_is_cut() -> None:
    text = "x" * 995 + "tok-0123456789"

    said = sentence({"error": text}, lambda words: words.replace("tok-0123456789", "[token]"))

    assert "tok" not in said.replace("[tok", "")


@pytest.mark.parametrize("length", [1000, 100_000])
def test_a_sentence_has_an_end(length: int) -> None:
    assert len(one_line("y" * length)) <= 1000

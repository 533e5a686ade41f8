"""Slack gets one message without control characters, and its address stays secret."""

import json
import logging
import socket

import pytest

from seedance_assets.adapters.notices.slack import SlackNotifier
from seedance_assets.core.errors import NoticeDoubtful, NoticeNotTaken, SettingsRefused
from seedance_assets.core.notice import Notice
from tests.notices.receivers import PATH, running_webhook

NOTICE = Notice(
    title="Borrowed <!channel> Light",
    sentence="Look & see.",
    facts=(("run", "r1"),),
    link="http://ui.example/runs/r1",
)


def test_the_message_arrives_whole_and_its_text_cannot_command_slack() -> None:
    with running_webhook() as hook:
        SlackNotifier(hook.url).send(NOTICE)

    ((path, body),) = hook.posts
    assert path == PATH
    assert json.loads(body) == {
        "text": "*Borrowed &lt;!channel&gt; Light*\nLook &amp; see.\n\nrun: r1\n"
        "http://ui.example/runs/r1"
    }


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_a_no_of_slack_means_that_it_may_be_tried_again(status: int) -> None:
    with running_webhook(status) as hook, pytest.raises(NoticeNotTaken, match=str(status)) as no:
        SlackNotifier(hook.url).send(NOTICE)

    assert len(hook.posts) == 1
    assert "SENTINEL" not in str(no.value)


def test_an_unreachable_slack_got_no_message() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}{PATH}"

        with pytest.raises(NoticeNotTaken, match="cannot be reached") as no:
            SlackNotifier(url).send(NOTICE)

    assert "SENTINEL" not in repr(no.value.__cause__) + str(no.value)


def test_an_answer_that_is_lost_leaves_doubt() -> None:
    with running_webhook(0) as hook, pytest.raises(NoticeDoubtful):
        SlackNotifier(hook.url).send(NOTICE)

    assert len(hook.posts) == 1


def test_no_log_holds_the_address_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_webhook() as hook:
        SlackNotifier(hook.url).send(NOTICE)

    assert hook.posts
    assert not [r for r in caplog.records if "SENTINEL" in r.getMessage()]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/services/SENTINEL",
        "http://hooks.slack.com/services/SENTINEL",
        "https:///services/SENTINEL",
        "https://hooks.slack.com:99999/services/SENTINEL",
        "https://hooks.slack.com",
    ],
)
def test_an_invalid_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsRefused, match="SEEDANCE_SLACK_WEBHOOK") as refused:
        SlackNotifier(url)

    assert "SENTINEL" not in str(refused.value)

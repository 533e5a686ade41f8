"""Mail is sent once, to a real server; a password is never sent without TLS."""

import socket

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from seedance_assets.adapters.notices.mail import MailNotifier, MailServer
from seedance_assets.core.errors import NoticeDoubtful, NoticeNotTaken, SettingsRefused
from seedance_assets.core.notice import Notice
from tests.notices.receivers import running_letterbox

NOTICE = Notice(
    title="Light\r\nBcc: everybody@example.com", sentence="Nine of ten — done.", link="/r/i.html"
)
FROM = "seedance@example.com"
TO = ("ada@example.com", "ben@example.com")


def test_a_letter_arrives_and_a_title_cannot_forge_a_header() -> None:
    with running_letterbox() as box:
        told = MailNotifier(MailServer.read(box.url), FROM, TO).send(NOTICE)

    (letter,) = box.letters
    assert told == "told by e-mail, 2 addresses"
    assert letter["Subject"] == "Light Bcc: everybody@example.com"
    assert letter["Bcc"] is None
    assert letter["To"] == ", ".join(TO)
    assert letter.get_content().splitlines() == ["Nine of ten — done.", "", "/r/i.html"]


def test_an_encoded_word_in_a_title_stays_one_header() -> None:
    title = "=?utf-8?q?Harbour=0d=0aBcc:_x=40evil.example?= 1 of 2 done"
    with running_letterbox() as box:
        notice = Notice(title=title, sentence="One of two.")
        MailNotifier(MailServer.read(box.url), FROM, TO).send(notice)

    (letter,) = box.letters
    assert letter["Bcc"] is None
    assert "Harbour" in letter["Subject"]


def test_refused_recipients_are_reported_and_the_others_get_it() -> None:
    with running_letterbox() as box:
        box.refuses = ("ben@example.com",)
        told = MailNotifier(MailServer.read(box.url), FROM, TO).send(NOTICE)

    assert len(box.letters) == 1
    assert told == "told by e-mail, 1 addresses; refused: ben@example.com: 550 no such person"


@pytest.mark.parametrize("refuses", [(), TO], ids=["message", "everybody"])
def test_what_the_server_refuses_may_be_tried_again(refuses: tuple[str, ...]) -> None:
    with running_letterbox() as box:
        box.refuses, box.answer = refuses, "451 come back later"

        with pytest.raises(NoticeNotTaken, match="no such person" if refuses else "451"):
            MailNotifier(MailServer.read(box.url), FROM, TO).send(NOTICE)


def test_an_unreachable_server_got_no_message() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = MailServer.read(f"smtp://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(NoticeNotTaken, match="cannot be reached"):
            MailNotifier(server, FROM, TO).send(NOTICE)


def test_a_server_that_breaks_off_amid_a_letter_leaves_doubt() -> None:
    with running_letterbox() as box:
        box.answer = ""

        with pytest.raises(NoticeDoubtful, match="broke off"):
            MailNotifier(MailServer.read(box.url), FROM, TO).send(NOTICE)


def test_a_wrong_password_is_reported_without_the_password() -> None:
    def says_no(*_args: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with running_letterbox(authenticator=says_no, auth_require_tls=False) as box:
        url = box.url.replace("//", "//ada:SENTINEL%40@")

        with pytest.raises(NoticeNotTaken, match="535") as no:
            MailNotifier(MailServer.read(url), FROM, TO).send(NOTICE)

    assert "SENTINEL" not in str(no.value) + repr(MailServer.read(url))


def test_a_percent_encoded_password_opens_the_server() -> None:
    def knows(
        _server: object, _session: object, _env: object, _way: str, who: object
    ) -> AuthResult:
        assert isinstance(who, LoginPassword)
        return AuthResult(success=who.password == b"pass@word")

    with running_letterbox(authenticator=knows, auth_require_tls=False) as box:
        url = box.url.replace("//", "//ada:pass%40word@")
        MailNotifier(MailServer.read(url), FROM, TO).send(NOTICE)

    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", MailServer("mail", 25, tls=False)),
        ("smtp://u:p@mail", MailServer("mail", 587, tls=False, user="u", password="p")),
        ("smtps://u:p%3A@mail:99", MailServer("mail", 99, tls=True, user="u", password="p:")),
        ("smtps://mail/", MailServer("mail", 465, tls=True)),
    ],
)
def test_a_url_names_a_server_with_the_usual_port(url: str, server: MailServer) -> None:
    assert MailServer.read(url) == server


@pytest.mark.parametrize(
    "url", ["", "mail:SENTINEL", "https://u:SENTINEL@mail", "smtp://u:SENTINEL@", "smtp://m:x/y"]
)
def test_an_invalid_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsRefused, match="SEEDANCE_SMTP_URL") as refused:
        MailServer.read(url)

    assert "SENTINEL" not in str(refused.value)

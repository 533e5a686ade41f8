"""The HTML of the page: escaped, self-contained, labelled if emulated, small."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from seedance_assets.adapters.review import build_page
from seedance_assets.adapters.review.curves import curves
from seedance_assets.adapters.review.links import safe_link
from seedance_assets.core.measurement import PictureStats
from seedance_assets.core.review import Review
from tests.review.reviews import make_finding, make_problem, make_review, make_shot, make_take

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;\u2028\u2029{{7*7}}"
)


class Outline(HTMLParser):
    """What a browser would make of the page: its elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def data_of(html: str) -> dict[str, Any]:
    """The JSON that the page's script reads."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert match is not None
    loaded: dict[str, Any] = json.loads(match[1])
    return loaded


def hostile_review() -> Review:
    take = make_take(
        name=HOSTILE,
        error=HOSTILE,
        request_id=HOSTILE,
        fingerprint=HOSTILE,
        findings=(
            make_finding(HOSTILE, "fail", sentence=HOSTILE, measured=HOSTILE, family=HOSTILE),
        ),
        inputs={"seed": f"{HOSTILE}!"},
    )
    shot = make_shot(
        HOSTILE,
        sequence=HOSTILE,
        prompt=HOSTILE,
        notes={HOSTILE: HOSTILE},
        settings={HOSTILE: HOSTILE},
        verdict="fail",
        takes=(take,),
    )
    stopped = make_shot("b", status="failed", verdict=None, reason=HOSTILE, advice=HOSTILE)
    problem = make_problem(shot=HOSTILE, column=HOSTILE, value=HOSTILE, reason=HOSTILE, fix=HOSTILE)
    names = dict.fromkeys(("title", "sheet", "model_id", "scope"), HOSTILE)
    return make_review(shot, stopped, problems=(problem,), **names)


def test_no_text_of_the_review_becomes_markup() -> None:
    harmless, hostile = Outline(build_page(make_review())), Outline(build_page(hostile_review()))

    assert len(hostile.all("script")) == len(harmless.all("script")) == 2
    assert not [a for _, a in hostile.elements if any(name.startswith("on") for name in a)]
    assert "alert(1)" in hostile.text
    assert "{{7*7}}" in hostile.text


def test_the_data_holds_no_character_that_could_end_or_change_it() -> None:
    html = build_page(hostile_review())
    raw = html.split('id="data">')[1].split("</script>")[0]

    assert not set(raw) & set("<>&\u2028\u2029")
    assert len(raw) > 1000


def test_the_data_preserves_every_text() -> None:
    data = data_of(build_page(hostile_review()))

    shots, texts = data["shots"], data["texts"]
    shot = shots[0]
    assert shot["key"] == shot["sequence"] == shot["prompt"] == HOSTILE
    assert [HOSTILE, HOSTILE] in shot["notes"]
    finding = [texts[number] for number in shot["takes"][0]["findings"][0]]
    assert finding == [HOSTILE, "fail", HOSTILE, "864×496", HOSTILE, HOSTILE]
    assert ["seed", f"{HOSTILE}!"] in shot["takes"][0]["asked"]
    assert shots[1]["reason"] == shots[1]["advice"] == HOSTILE


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("../media/sh010/sh010_t001.mp4", "../media/sh010/sh010_t001.mp4"),
        ("clip.mp4", "./clip.mp4"),
        ("../media/50% #1?.mp4", "../media/50%25%20%231%3F.mp4"),
        ("../médias/плёнка.mp4", "../m%C3%A9dias/%D0%BF%D0%BB%D1%91%D0%BD%D0%BA%D0%B0.mp4"),
        ("./a:b.mp4", "./a%3Ab.mp4"),
        ("../a\"b'<c>.mp4", "../a%22b%27%3Cc%3E.mp4"),
        ("https://cdn.example/a%20b.mp4?X-Sig=a%2Fb&e=1", None),
        ("HTTPS://cdn.example/ü.mp4", "https://cdn.example/%C3%BC.mp4"),
    ],
)
def test_good_links_are_percent_encoded(link: str, written: str | None) -> None:
    assert safe_link(link) == (written or link)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)\n",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "http://cdn.example/a.mp4",
        "ftp://cdn.example/a.mp4",
        "blob:https://x/1",
        "//cdn.example/a.mp4",
        "\\\\server\\share\\a.mp4",
        "/etc/passwd",
        "https://user:secret@cdn.example/a.mp4",
        "https:///a.mp4",
        "https://[::1/a.mp4",
        "https://cdn.example\u2044evil/a.mp4",
        "../a\0b.mp4",
        "../a\ud800b.mp4",
        "",
        "   ",
    ],
)
def test_unsafe_links_are_dropped(link: str) -> None:
    assert safe_link(link) is None


def test_a_dropped_link_is_not_on_the_page() -> None:
    evil = "javascript:alert(document.title)"
    take = make_take(video=evil, poster=evil, strip=evil)

    html = build_page(make_review(make_shot(first_frame=evil, takes=(take,))))

    assert evil not in html


def test_every_link_of_the_page_is_local() -> None:
    outline = Outline(build_page(make_review(make_shot(), make_shot("sh020"))))
    links = [a[name] for _, a in outline.elements for name in ("href", "src") if name in a]

    assert links
    assert all(str(link).startswith(("#", "../", "./", "data:,")) for link in links)


def test_the_page_names_no_url_but_those_that_were_given() -> None:
    clip = "https://cdn.example/clips/sh010.mp4"
    html = build_page(make_review(make_shot(takes=(make_take(video=clip),)), scope="runcomfy"))

    assert set(re.findall(r"https?://[^\"'\s;<]+", html)) == {
        clip,
        "https://cdn.example",
        "http://www.w3.org/2000/svg",  # the name of a language, not a place
    }


def test_the_policy_lets_in_our_own_code_and_the_given_origins_alone() -> None:
    clip = "https://cdn.example:8443/a.mp4"
    metas = Outline(build_page(make_review(make_shot(takes=(make_take(video=clip),))))).all("meta")
    policy = next(m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in str(policy).split("; "))

    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", rules["script-src"])
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", rules["style-src"])
    assert rules["media-src"] == "'self' data: file: https://cdn.example:8443"


def test_a_host_cannot_write_into_the_policy() -> None:
    html = build_page(make_review(make_shot(first_frame="https://x;script-src *;/a.png")))

    assert "script-src *" not in html


@pytest.mark.parametrize("emulated", [True, False])
def test_the_banner_and_the_badges_are_there_if_and_only_if_emulated(emulated: bool) -> None:
    html = build_page(make_review(emulated=emulated))
    classes = [a.get("class") for _, a in Outline(html).elements]

    assert ("emulated-banner" in classes) is emulated
    assert classes.count("badge") == (3 if emulated else 0)  # head, card, panel
    assert bool(data_of(html)["emulated"]) is emulated


def test_the_head_counts_shots_takes_seconds_and_money() -> None:
    open_take = make_take("b", 2, cost_usd=None, estimate_usd=0.5, measurements=None)
    withdrawn = make_take("b", 3, state="withdrawn", cost_usd=None, estimate_usd=9.0)
    review = make_review(
        make_shot("a"),
        make_shot("b", takes=(make_take("b"), open_take, withdrawn)),
        make_shot("c", status="blocked", verdict=None, takes=()),
    )
    html = build_page(review).split("</header>")[0]
    text = " ".join(Outline(html).text.split())

    assert "Shots 3 2 done · 1 blocked" in text
    assert "Takes 4" in text
    assert "Video 15.1 s" in text
    assert "Cost $0.76 $0.26 charged · $0.50 estimated" in text
    assert f"${review.cost_usd:.2f}" == "$0.76"


@pytest.mark.parametrize(
    ("cost_usd", "said"), [(0.13, "$0.13 as charged"), (None, "$0.50 as estimated")]
)
def test_the_head_does_not_add_up_what_is_of_one_kind(cost_usd: float | None, said: str) -> None:
    take = make_take("a", cost_usd=cost_usd, estimate_usd=0.5)
    html = build_page(make_review(make_shot("a", takes=(take,)))).split("</header>")[0]

    assert f"Cost {said}" in " ".join(Outline(html).text.split())


def test_what_needs_attention_is_listed_with_reason_and_advice() -> None:
    small = make_take("b", findings=(make_finding("size", "fail", sentence="Too small."),))
    review = make_review(
        make_shot("a", status="failed", verdict=None, reason="It broke.", advice="Try again."),
        make_shot("b", verdict="fail", takes=(small,)),
        problems=(
            make_problem(row=7, severity="warning", reason="is long", fix="Shorten it."),
            make_problem(row=9),
        ),
    )
    html = build_page(review).split('id="attention-title"')[1].split("</main>")[0]
    text = " ".join(Outline(html).text.split())

    assert "a 2 Failed It broke. Try again." in text
    assert "b 1 Fail size 864×496 864×496 Too small." in text
    assert text.index("must be one of 4 to 12 Write a number") < text.index("is long Shorten it.")


def test_a_page_of_a_thousand_shots_and_thirty_rules_stays_below_five_megabytes() -> None:
    findings = tuple(
        make_finding(f"rule_{number}", measured=f"{number / 7:.3f} levels") for number in range(31)
    )
    shots = [
        make_shot(f"sq{n // 20:03d}_sh{n:04d}", row=n + 2, prompt="A long prompt. " * 30)
        for n in range(1000)
    ]
    shots = [s.model_copy(update={"takes": (make_take(s.key, findings=findings),)}) for s in shots]

    html = build_page(make_review(*shots))

    assert html.count("<li>") == 1000
    assert len(html.encode()) < 5_000_000


def test_the_curves_are_letters_from_lowest_to_highest() -> None:
    take = data_of(build_page(make_review()))["shots"][0]["takes"][0]

    luma, motion, sound = (take["curves"][name] for name in ("luma", "motion", "sound"))
    assert (len(luma), len(motion), len(sound)) == (121, 121, 240)
    assert (luma[0], luma[60], luma[72]) == ("Z", "E", "Z")  # 100, 16 and 100 of 255, in 63rds
    assert motion[0] == motion[65] == "A"
    assert (motion[1], motion[60]) == ("R", "7")  # on a logarithmic scale
    assert set(sound) == {"g", "Q"}


def test_a_long_clip_is_thinned_so_that_a_single_frame_still_shows() -> None:
    levels = [0.0] * 1999
    levels[777] = 60.0
    seen = PictureStats(luma_levels=(50.0,) * 1999, motion_levels=tuple(levels))
    measured = make_take().measurements
    assert measured

    drawn = curves(measured.model_copy(update={"seen": seen}))

    assert len(drawn["motion"]) == 320
    assert drawn["motion"].count("/") == 1


def test_a_card_names_the_rules_that_its_clip_broke_and_the_filter_counts_them() -> None:
    broken = tuple(make_finding(rule, "fail") for rule in ("cut", "flashes", "black_bars", "size"))
    odd = (make_finding("streams", "warn"), make_finding("cut", "fail"))
    old = make_take("c", current=False, findings=(make_finding("motion", "fail"),))
    review = make_review(
        make_shot("a", takes=(make_take("a", findings=broken),)),
        make_shot("b", takes=(make_take("b", findings=odd),)),
        make_shot("c", takes=(old,)),
    )

    text = " ".join(Outline(build_page(review)).text.split())

    assert "cut · flashes · black bars +1" in text
    assert "cut · streams" in text
    assert "cut (2) " in text
    assert "motion (" not in text  # of an earlier request


def test_an_earlier_request_is_shown_by_its_differences() -> None:
    shot = make_shot(takes=(make_take(inputs={"resolution": "720p", "duration": 5, "seed": True}),))

    take = data_of(build_page(make_review(shot)))["shots"][0]["takes"][0]

    assert take["asked"] == [["resolution", "720p"], ["seed", "yes"]]


def test_the_same_review_gives_the_same_page() -> None:
    assert build_page(make_review()) == build_page(make_review())

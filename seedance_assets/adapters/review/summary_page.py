"""The summary: one printable page with the state of the production."""

from markupsafe import Markup

from seedance_assets.adapters.review.page import page_template, policy, style_of
from seedance_assets.adapters.review.page_data import LABELS
from seedance_assets.core.review import Review
from seedance_assets.core.summary import summarise

_MOST_RULES = 14  # with ten steps it fills one page of A4
_MOST_STEPS = 10
_MOST_SHOTS = 6
_MOST_SEQUENCES = 8


def build_summary(review: Review) -> str:
    """The summary as HTML, self-contained; all texts are escaped."""
    summary = summarise(review)
    style = style_of("page.css") + style_of("summary.css")
    bad = [rule for rule in summary.rules if rule.failed or rule.warned]
    return page_template("summary.html.j2").render(
        review=review,
        summary=summary,
        rules=bad[:_MOST_RULES],
        clean=len(summary.rules) - len(bad),
        more_rules=max(0, len(bad) - _MOST_RULES),
        steps=summary.steps[:_MOST_STEPS],
        more_steps=max(0, len(summary.steps) - _MOST_STEPS),
        sequences=summary.money.by_sequence_usd[:_MOST_SEQUENCES],
        more_sequences=max(0, len(summary.money.by_sequence_usd) - _MOST_SEQUENCES),
        most_shots=_MOST_SHOTS,
        on_page={shot.key for shot in review.shots},
        labels=LABELS,
        style=Markup(style),  # noqa: S704  # our own files
        policy=policy(style, None, []),
    )

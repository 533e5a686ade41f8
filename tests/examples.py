"""How many examples Hypothesis tries."""

from hypothesis import settings


def at_least(count: int) -> settings:
    """`count` examples in every run of the tests; as many as the profile asks for in a longer one.

    The steady profile is read when a test is collected, so `--hypothesis-profile=long` counts.
    """
    return settings(max_examples=max(count, settings().max_examples), deadline=None)

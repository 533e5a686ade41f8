"""Sentences of different origin, put together: each ends before the next begins."""


def in_a_row(*sentences: str) -> str:
    """Those that say anything, one after the other. The last one keeps the end that it has."""
    said = [sentence for sentence in sentences if sentence]
    return " ".join([*map(_ended, said[:-1]), *said[-1:]])


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."

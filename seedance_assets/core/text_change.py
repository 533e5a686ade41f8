"""What has changed in a text, with the words around it: a long prompt is not read twice."""

import difflib
from collections.abc import Sequence

_SHORT = 36  # characters: such texts are shown whole
_AROUND = 3  # words, on each side of a change
_AROUND_LETTERS = 8  # the same in scripts that put no spaces between words
_MOST = 3  # changes


def text_change(old: str, new: str) -> str:
    """`5 → 8`; of long texts `… the gull [sleeps → rests] on the …`."""
    if len(old) <= _SHORT and len(new) <= _SHORT:
        return f"{old} → {new}"
    joint, around = (" ", _AROUND) if " " in old.strip() else ("", _AROUND_LETTERS)
    before, after = (old.split(), new.split()) if joint else (list(old), list(new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    steps = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    if not steps:
        return "only spaces or line ends"
    shown = [_shown(before, after, step, joint, around) for step in steps[:_MOST]]
    more = len(steps) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _shown(
    before: Sequence[str],
    after: Sequence[str],
    step: tuple[str, int, int, int, int],
    joint: str,
    around: int,
) -> str:
    kind, old_start, old_end, new_start, new_end = step
    gone, come = joint.join(before[old_start:old_end]), joint.join(after[new_start:new_end])
    change = {"insert": f"[added: {come}]", "delete": f"[removed: {gone}]"}.get(
        kind, f"[{gone} → {come}]"
    )
    first, last = max(old_start - around, 0), old_end + around
    parts = (*before[first:old_start], change, *before[old_end:last])
    head = "… " if first else ""
    tail = " …" if last < len(before) else ""
    return f"{head}{joint.join(parts)}{tail}"

"""Measure patterns on growing hostile texts, in a separate process that may be killed.

Prints one JSON line a pattern that takes more than its share, and `done` at the end.
"""

import itertools
import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from re import _constants as codes  # type: ignore[attr-defined]  # no public way to the parse
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from types import FrameType
from typing import Any

SIZES = (2_000, 8_000)
STEEP = 9.0
"""Times that a text four times as long may take; 4 is linear, 16 is quadratic."""
WORTH_A_LOOK_S = 0.003
TOO_LONG_S = 0.03
AT_ALL_S = 0.1
"""For the shorter text: even what does not grow may not take so long."""
LIMIT_S = 2.0
"""For one text: what runs longer has no end."""
_ALPHABET = 7
_BRANCHES = 4
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_SAMPLES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " \n",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: "-",
}


class OutOfTime(Exception):
    """A text took longer than any may."""


def letters_of(pattern: "re.Pattern[Any]") -> list[str]:
    """Characters that a pattern speaks of, and one that it does not."""
    text = pattern.pattern
    source = text.decode("latin-1") if isinstance(text, bytes) else text
    found = dict.fromkeys(_letters(parser.parse(source, pattern.flags & ~re.UNICODE)))
    spread = list(found)[:: max(1, len(found) // _ALPHABET)][:_ALPHABET]
    return [*dict.fromkeys([*spread, "a", "é", " "])]


def _letters(items: Any) -> Iterator[str]:
    for item in items:
        code, value = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            yield chr(value)
        elif code is codes.RANGE:
            yield chr(value[0])
        elif code is codes.CATEGORY:
            yield from _SAMPLES.get(value, "a")
        elif isinstance(value, (list, tuple, parser.SubPattern)):
            yield from _letters(value)


def bodies_of(pattern: "re.Pattern[Any]") -> list[str]:
    """What the repeats of a pattern repeat, an example of each of its branches: `<!---->`."""
    text = pattern.pattern
    source = text.decode("latin-1") if isinstance(text, bytes) else text
    found = dict.fromkeys(_bodies(parser.parse(source, pattern.flags & ~re.UNICODE)))
    return [body for body in found if len(body) > 1][:_ALPHABET]


def _bodies(items: Any) -> Iterator[str]:
    for code, value in items:
        inner = _inner(code, value)
        if code in _REPEATS:
            for branch in range(_BRANCHES):
                yield "".join(_example(value[2], branch))
        for one in inner:
            yield from _bodies(one)


def _inner(code: Any, value: Any) -> list[Any]:
    """The patterns inside one."""
    if code in _REPEATS:
        return [value[2]]
    if code is codes.BRANCH:
        return list(value[1])
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.ATOMIC_GROUP:
        return [value]
    return [value[1]] if code in (codes.ASSERT, codes.ASSERT_NOT) else []


def _example(items: Any, branch: int) -> Iterator[str]:
    for code, value in items:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.BRANCH:
            yield from _example(value[1][branch % len(value[1])], branch)
        elif code in _REPEATS:
            yield from list(_example(value[2], branch)) * max(1, min(value[0], 3))
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
            yield from _example(_inner(code, value)[0], branch)
        elif code in (codes.IN, codes.ANY, codes.NOT_LITERAL):
            letters = list(_letters(value)) if code is codes.IN else []
            negated = not letters or value[0][0] is codes.NEGATE
            yield "a" if negated else letters[branch % len(letters)]


def hostile(letters: list[str], bodies: list[str], size: int) -> Iterator[str]:
    """Texts of one letter or two, with a beginning and an end that may not fit."""
    for one in letters:
        yield one * size
        yield one * size + "\0"
    for one, other in itertools.permutations(letters, 2):
        yield (one + other) * (size // 2) + "\0"
        yield one + other * size + "\0"
    for body in bodies:
        yield body * (size // len(body))
        yield body * (size // len(body)) + "\0"


def uses(pattern: "re.Pattern[Any]", methods: set[str]) -> list[Callable[[Any], object]]:
    ways: list[Callable[[Any], object]] = []
    if methods & {"search", "findall", "finditer", "sub", "subn", "split"}:
        ways.append(lambda text: pattern.sub(lambda found: found[0], text))
    if "fullmatch" in methods:
        ways.append(pattern.fullmatch)
    if "match" in methods or not ways:
        ways.append(pattern.match)
    return ways


def seconds(way: Callable[[Any], object], text: Any) -> float:
    """CPU time of one use; raises `OutOfTime`."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        way(text)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def is_slow(way: Callable[[Any], object], short: Any, long: Any) -> bool:
    """Whether a text four times as long takes much more than four times as long."""
    first = seconds(way, short)
    if first < WORTH_A_LOOK_S:
        return False
    if min(first, seconds(way, short)) > AT_ALL_S:
        return True
    once = min(seconds(way, short) for _ in range(3))
    grown = min(seconds(way, long) for _ in range(3))
    return grown > TOO_LONG_S and grown > STEEP * once


def slow_text(pattern: "re.Pattern[Any]", methods: set[str]) -> str:
    """A text on which a pattern is slow, its beginning; or an empty text."""
    letters, bodies = letters_of(pattern), bodies_of(pattern)
    is_bytes = isinstance(pattern.pattern, bytes)
    for short, long in zip(*(hostile(letters, bodies, size) for size in SIZES), strict=True):
        first, second = ((t.encode("latin-1", "replace") if is_bytes else t) for t in (short, long))
        for way in uses(pattern, methods):
            try:
                slow = is_slow(way, first, second)
            except OutOfTime:
                slow = True
            if slow:
                return f"{short[:4]!r}…{short[-4:]!r}"
    return ""


def _stop(_: int, __: FrameType | None) -> None:
    raise OutOfTime


def main() -> None:
    signal.signal(signal.SIGPROF, _stop)
    for line in sys.stdin:
        given = json.loads(line)
        text: Any = given["pattern"]
        pattern = re.compile(text.encode("latin-1") if given["bytes"] else text, given["flags"])
        sys.stdout.write(f"{json.dumps({'at': given['place']})}\n")
        sys.stdout.flush()
        if found := slow_text(pattern, set(given["methods"])):
            sys.stdout.write(f"{json.dumps({'slow': given['place'], 'on': found})}\n")
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()

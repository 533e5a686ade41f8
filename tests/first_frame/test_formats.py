"""The type of a file from its first bytes, in linear time."""

import re
import subprocess
import sys

import pytest

from seedance_assets.adapters.first_frame.formats import HEAD_BYTES, media_type
from seedance_assets.core.errors import FrameRefused


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"<!-- a --><!-- b -->\n<html>", r"a web page \(though"),
        (b"<?xml version='1.0'?><!-- a --> <!DOCTYPE html>", r"a web page \(though"),
        (b"\xef\xbb\xbf<!doctype  HTML>", "not a picture"),
        (b"<!-- never closed <html>", "a web page or SVG"),
        (b"<?xml version='1.0'?><svg>", "a web page or SVG"),
        (b"\x89PNG\n\x1a\n\0\0\0\rIHDR", "a PNG whose bytes were changed"),
        (b"\x89PNG\r\r\n\x1a\r\n\0\0\0\rIHDR", "a PNG whose bytes were changed"),
        (b"\tPNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG whose bytes were changed"),
    ],
)
def test_a_file_is_reported_with_its_real_type(head: bytes, says: str) -> None:
    with pytest.raises(FrameRefused, match=says):
        media_type(head, "'a.png'")


_HOSTILE = {
    "comments": b"<!---->" * 600,
    "comments and blanks": b"<!----> \n" * 500,
    "declarations": b"<?xml?>" * 600,
    "openings": b"<!--" * 1000,
    "blanks": b" " * 4095,
    "doctypes": b"<!doctype" + b" " * 4000,
    "a mixture": b"<?xml <!-- ?> -->" * 250,
}


@pytest.mark.parametrize("head", _HOSTILE.values(), ids=_HOSTILE)
def test_no_beginning_of_a_file_takes_long(head: bytes) -> None:
    """In a process that can be ended: a pattern that hangs holds the interpreter."""
    program = """
import sys
from seedance_assets.adapters.first_frame.formats import media_type
from seedance_assets.core.errors import FrameRefused
try:
    media_type(sys.stdin.buffer.read(), "'a.png'")
except FrameRefused as refused:
    print(refused)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        input=(head + b"<x")[:HEAD_BYTES],
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert re.match(rb"first frame 'a.png' is (a web page|not a picture)", ran.stdout)

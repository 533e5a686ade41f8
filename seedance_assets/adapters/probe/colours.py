"""Names of colour tags for the ITU-T H.273 numbers in a stream."""

from av.video.frame import VideoFrame

_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"}
_TRANSFERS = _PRIMARIES | {
    8: "linear",
    11: "xvycc",
    13: "srgb",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "pq",
    18: "hlg",
}
_MATRICES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"}
_MATRICES |= {9: "bt2020", 10: "bt2020c"}
_RANGES = {1: "limited", 2: "full"}
_UNSPECIFIED = 2  # of the first three; an unspecified range is 0


def colour_tags(frame: VideoFrame) -> str:
    """`primaries/transfer/matrix/range`, with `-` for an unspecified one."""
    return "/".join(
        (
            _name(frame.color_primaries, _PRIMARIES),
            _name(frame.color_trc, _TRANSFERS),
            _name(frame.colorspace, _MATRICES),
            _RANGES.get(int(frame.color_range), "-"),
        )
    )


def is_full_range(frame: VideoFrame) -> bool:
    """Whether luma ranges from 0 to 255, by the tag or the pixel format."""
    return _RANGES.get(int(frame.color_range)) == "full" or frame.format.name.startswith("yuvj")


def _name(number: int, names: dict[int, str]) -> str:
    return "-" if int(number) == _UNSPECIFIED else names.get(int(number), str(int(number)))

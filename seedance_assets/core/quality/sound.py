"""Rules for the sound: present as ordered, complete, and at a sensible level."""

from seedance_assets.core.measurement import LEVEL_STEP_S, Measurements, Span
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import Expectation, Outcome, Scale, exact, worse
from seedance_assets.core.quality.stretches import moment

_STEREO = 2
_GATED = "too soft to be measured"


def audio(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """There is sound if and only if it was ordered, and it is not digital silence."""
    if e.audio is None:
        return None
    a = m.audio
    asked = "sound" if e.audio else "no sound"
    if a is None:
        return exact(not e.audio, "no sound", asked, "Sound was ordered, but there is none.")
    level = "silence" if a.peak_dbfs is None else f"peak {a.peak_dbfs:.1f} dBFS"
    measured = f"{a.codec} {a.sample_rate_hz} Hz, {a.channels} ch, {a.duration_s:.2f} s, {level}"
    silent = a.peak_dbfs is None
    if e.audio:
        return exact(not silent, measured, asked, "The sound track is completely silent.")
    return exact(silent, measured, asked, "There is sound, but none was ordered.")


def sync(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Sound and picture start together, within viewers' tolerance, and have equal length."""
    if m.audio is None or e.audio is False or _padding(m, e):
        return None
    late_s = m.audio.start_s - m.video.start_s
    longer_s = m.audio.duration_s - m.video.duration_s
    start = _start(late_s, limits)
    length = Scale("s", limits.audio_skew_s, limits.audio_skew_s).place(
        abs(longer_s),
        f"Sound and picture differ in length by {abs(longer_s):.2f} s.",
        (moment(min(m.audio.duration_s, m.video.duration_s), abs(longer_s)),),
    )
    return start if worse(start, length) else length


def _start(late_s: float, limits: QualityLimits) -> Outcome:
    """Viewers tolerate late sound more than early sound."""
    late = late_s >= 0
    warn_s = limits.audio_late_warn_s if late else limits.audio_early_warn_s
    fail_s = limits.audio_late_fail_s if late else limits.audio_early_fail_s
    return Scale("s", warn_s, fail_s).place(
        abs(late_s),
        f"The sound starts {abs(late_s):.2f} s {'after' if late else 'before'} the picture.",
        (moment(0.0, abs(late_s)),),
    )


def _padding(m: Measurements, e: Expectation) -> bool:
    """Whether the track is silence that was not ordered."""
    return e.audio is None and m.audio is not None and m.audio.peak_dbfs is None


def sound_format(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """An ordered sound track has a usable sample rate and one or two channels."""
    if m.audio is None or e.audio is False or not e.ordered:
        return None
    rate, channels = m.audio.sample_rate_hz, m.audio.channels
    scale = Scale("Hz", limits.sample_rate_warn_hz, least=True)
    if channels > _STEREO:
        return Scale("channels", _STEREO).place(channels, "Too many channels for an edit.")
    return scale.place(rate, "The sample rate is low: high frequencies are missing.")


def silence(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Ordered sound is not silent for most of the clip. If none was ordered, a silent track is
    padding, and a mostly silent one gets a warning.
    """
    if m.heard is None or e.audio is False:
        return None
    flags = [level < limits.silence_dbfs for level in m.heard.levels_dbfs]
    share = sum(flags) / len(flags) if flags else 1.0
    if e.audio is None and all(flags):
        return None
    scale = Scale("%", limits.silence_warn_share, limits.silence_fail_share, factor=100)
    if e.audio is None:
        scale = Scale("%", limits.silence_fail_share, factor=100)
    spans = tuple(sorted(_stretches(flags), key=lambda span: -span.length_s)[:20])
    return scale.place(share, f"{share:.0%} of the sound is silence.", spans)


def _stretches(flags: list[bool]) -> list[Span]:
    found: list[Span] = []
    for number, flag in enumerate(flags):
        start_s, end_s = round(number * LEVEL_STEP_S, 3), round((number + 1) * LEVEL_STEP_S, 3)
        if flag and found and found[-1].end_s == start_s:
            found[-1] = Span(start_s=found[-1].start_s, end_s=end_s)
        elif flag:
            found.append(Span(start_s=start_s, end_s=end_s))
    return found


def loudness(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The integrated loudness (Rec. ITU-R BS.1770) is near its target."""
    if m.heard is None or e.audio is False or m.heard.loudness_lufs is None:
        return None
    lufs, target = m.heard.loudness_lufs, limits.loudness_target_lufs
    placed = Scale("LU", limits.loudness_warn_lu, limits.loudness_fail_lu).place(
        abs(lufs - target), f"It is {'louder' if lufs > target else 'quieter'} than the target."
    )
    most = placed.limit_value
    return Outcome(
        placed.verdict,
        measured=f"{lufs:.1f} LUFS",
        limit=f"{target:g} LUFS ± {most:g} LU",
        sentence=placed.sentence,
        value=lufs,
        limit_value=target,
        unit="LUFS",
    )


def true_peak(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No peak, also between samples, that a player or encoder would clip."""
    if m.heard is None or e.audio is False or m.heard.true_peak_dbtp is None:
        return None
    scale = Scale("dBTP", limits.true_peak_warn_dbtp, limits.true_peak_fail_dbtp)
    return scale.place(m.heard.true_peak_dbtp, "The sound is too close to full scale.")


def clipping(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No flat tops: samples in a row at full scale."""
    if m.heard is None or m.audio is None or e.audio is False or not m.audio.duration_s:
        return None
    each_s = m.heard.clipped_samples / m.audio.duration_s
    scale = Scale("samples/s", limits.clipped_warn_per_s, limits.clipped_fail_per_s)
    return scale.place(each_s, "The sound is clipped: it will crackle.", _loudest(m))


def _loudest(m: Measurements) -> tuple[Span, ...]:
    """The loudest place in the waveform."""
    if m.heard is None or m.audio is None or not m.heard.waveform:
        return ()
    peaks = m.heard.waveform
    part_s = m.audio.duration_s / len(peaks)
    return (moment(peaks.index(max(peaks)) * part_s, part_s),)


def dc_offset(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The sound is centred on zero: an offset clicks at every cut."""
    if m.heard is None or e.audio is False:
        return None
    scale = Scale("%", limits.dc_offset_warn_share, limits.dc_offset_fail_share, factor=100)
    return scale.place(abs(m.heard.dc_offset_share), "The sound has a DC offset.")


def dropouts(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No dropouts in the sound."""
    if m.heard is None or e.audio is False:
        return None
    holes = m.heard.dropouts
    scale = Scale("holes", limits.dropouts_warn, limits.dropouts_fail)
    return scale.place(len(holes), f"The sound drops out briefly {len(holes)} times.", holes)


def stereo(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Left and right are both audible and do not cancel out in mono."""
    if m.heard is None or e.audio is False or len(m.heard.channel_levels_dbfs) != _STEREO:
        return None
    left, right = m.heard.channel_levels_dbfs
    if max(left, right) < limits.silence_dbfs:
        return None
    if m.heard.correlation is not None and m.heard.correlation < limits.out_of_phase_warn:
        scale = Scale("correlation", limits.out_of_phase_warn, least=True)
        return scale.place(m.heard.correlation, "Left and right cancel each other out in mono.")
    side = "right" if left > right else "left"
    scale = Scale("dB", limits.one_sided_warn_db)
    return scale.place(abs(left - right), f"There is hardly any sound on the {side} side.")

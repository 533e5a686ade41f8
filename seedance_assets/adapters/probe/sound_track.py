"""The audio stream of a clip, packet by packet: its facts and its sound statistics."""

import math
from functools import cached_property
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.loudness import LoudnessMeter
from seedance_assets.adapters.probe.sound_stats import Piece, SoundMeter
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import AudioFacts, SoundStats

_DECODERS = "aac,mp3float,mp3,opus,libopus,ac3,eac3,alac,flac,pcm_s16le,pcm_s16be,pcm_s24le"
_TOGETHER = 32
_PLANES_SAFE = 2  # PyAV 18.1 reads beyond the planes of eight or more channels


class SoundTrack:
    """Decodes and measures an audio stream; full scale is 1.0."""

    def __init__(self, stream: AudioStream, limits: ProbeLimits) -> None:
        self.stream = stream
        self._limits = limits
        self._to_float = AudioResampler(format="flt")
        self._sound: SoundMeter | None = None
        self._meter = LoudnessMeter()
        self._waiting: list[AudioFrame] = []
        self._rate_hz = self._channels = 0
        self._layout = ""
        self._frames = self._bytes = 0
        self._start_s = 0.0
        self.errors = 0
        stream.codec_context.options = {"codec_whitelist": _DECODERS}

    def take(self, packet: "Packet[Any]") -> None:  # not generic at run time
        """Decode one packet. Raises `ClipRefused` for an error that later packets cannot repair."""
        self._bytes += packet.size
        try:
            for frame in self.stream.decode(packet):
                self._add_frame(frame)
        except (FFmpegError, ValueError):
            self.errors += 1

    def _add_frame(self, frame: AudioFrame) -> None:
        channels, rate_hz = frame.layout.nb_channels, frame.sample_rate
        if channels > self._limits.max_channels:
            raise ClipRefused(f"it has more than {self._limits.max_channels} channels of sound")
        if self._sound is None:
            self._rate_hz, self._channels, self._layout = rate_hz, channels, frame.layout.name
            self._start_s = frame.time or 0.0
            self._sound = SoundMeter(rate_hz, channels)
        known = (self._rate_hz, self._channels, self._layout)
        if (rate_hz, channels, frame.layout.name) != known or frame.is_corrupt:
            self.errors += 1
            return
        self._frames += frame.samples
        if self._frames > self._limits.max_audio_s * self._rate_hz:
            raise ClipRefused(f"it has more than {self._limits.max_audio_s:g} s of sound")
        self._waiting.append(frame)
        if len(self._waiting) == _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        """Process the waiting frames; one at a time, between the picture's, would be far slower."""
        frames, self._waiting = self._waiting, []
        if self._sound is not None:
            self._sound.add([self._samples(frame) for frame in frames])
        self._meter.add(frames)

    def _samples(self, frame: AudioFrame) -> Piece:
        """The samples of each channel."""
        if frame.format.name == "fltp" and self._channels <= _PLANES_SAFE:
            planes: Any = frame.planes  # buffers, though PyAV's types do not declare it
            return [np.frombuffer(plane, np.float32, frame.samples) for plane in planes]
        parts = [part.to_ndarray().ravel() for part in self._to_float.resample(frame)]
        return list(np.concatenate(parts).astype(np.float32).reshape(-1, self._channels).T)

    def facts(self) -> AudioFacts:
        """The measured facts; a track without frames has a length of zero."""
        figures, sound = self.stats, self._sound
        length_s = self._frames / self._rate_hz if self._rate_hz else 0.0
        return AudioFacts(
            codec=self.stream.codec_context.name,
            sample_rate_hz=self._rate_hz,
            channels=self._channels,
            duration_s=round(length_s, 6),
            decode_errors=self.errors + (sound.flaws if sound else 0),
            peak_dbfs=_decibels(sound.peak) if sound and figures else None,
            rms_dbfs=_decibels(sound.rms) if sound and figures else None,
            bit_rate_bps=round(8 * self._bytes / length_s) if length_s else 0,
            start_s=round(self._start_s, 6),
        )

    @cached_property
    def stats(self) -> SoundStats | None:
        """The statistics, after the end of the track; None without samples."""
        self._flush()
        return self._sound.figures(self._meter.result()) if self._sound else None


class UnreadableSound:
    """A sound track in a codec that cannot be decoded here."""

    stats = None

    def facts(self) -> AudioFacts:
        """Facts with one error, so that the clip does not pass as intact."""
        return AudioFacts(
            codec="unknown",
            sample_rate_hz=0,
            channels=0,
            duration_s=0.0,
            decode_errors=1,
            peak_dbfs=None,
            rms_dbfs=None,
        )


def open_sound(
    container: av.container.InputContainer, limits: ProbeLimits
) -> SoundTrack | UnreadableSound | None:
    """The first sound track, or None for a silent file."""
    for stream in container.streams.audio:
        known = stream.codec_context is not None
        return SoundTrack(stream, limits) if known else UnreadableSound()
    return None


def _decibels(level: float) -> float | None:
    return round(20 * math.log10(level), 2) if level > 0 else None
